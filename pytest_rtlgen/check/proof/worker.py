"""The process that proves: it keeps the gold designs that it was asked about last, each in a process of its own.

Started by ``WorkerPool``: ``python -m pytest_rtlgen.check.proof.worker FD``.
"""

import json
import shutil
import sys
import tempfile
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytest_rtlgen.check.proof.kept import READING_S, SLOWNESS, KeptGold
from pytest_rtlgen.check.proof.model import load_rules
from pytest_rtlgen.check.proof.solver import Solver, SolverLostError, find_time
from pytest_rtlgen.check.proof.text import read_frames, render_cycles, render_rows
from pytest_rtlgen.tools.serve import serve
from pytest_rtlgen.verilog.syntax import parse_text

KEPT_GOLDS = 4
"""Gold designs: one is some 10 MB, and what asks about one asks again."""

_QUICK = 4
"""Where the solver has less than a second or so: how many times as much all its steps may take."""
_SHARE = 0.8
"""Of the solver's wall-clock time, what it has as CPU time on a machine that is not busy."""


def limit_wall(seconds: float) -> float:
    """Return the seconds of wall-clock time after which a proof with ``seconds`` for the solver is given up."""
    return SLOWNESS * (2 * READING_S + _limit_cpu(seconds))


def _limit_cpu(seconds: float) -> float:
    return max(min(READING_S, _QUICK * seconds), 2 * seconds)


class _Prover:
    def __init__(self) -> None:
        self._kept: OrderedDict[str, KeptGold] = OrderedDict()
        self._solver = Solver()

    def answer(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """Return what can be said about two designs.

        Keys of ``question``: ``about``, ``ask`` (``Model``) and ``seconds``. The answer: ``proved`` output names;
        ``refuted``: by output name, the rows after the prefix that show it; ``simulated``: four-state output rows
        by side; ``reason``: why there is none of these; ``is_late``: whether more seconds may tell more;
        ``is_starved``: whether other work on the machine kept it from deciding more.
        """
        about, seconds = question["about"], question["seconds"]
        folder = Path(tempfile.mkdtemp(prefix="proof-"))
        try:
            gold = self._find(json.dumps(about), about)
            made = gold.ask(question["ask"], folder)
            if "joined" not in made:
                return made
            return {**self._decide(made["joined"], about, folder, seconds), "simulated": made["simulated"]}
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _find(self, key: str, about: Mapping[str, Any]) -> KeptGold:
        kept = self._kept.pop(key, None)
        if kept is not None and kept.is_lost:
            kept.close()
            kept = None
        self._kept[key] = kept or KeptGold(about)
        if len(self._kept) > KEPT_GOLDS:
            self._kept.popitem(last=False)[1].close()
        return self._kept[key]

    def _decide(
        self, joined: Mapping[str, Any], about: Mapping[str, Any], folder: Path, seconds: float
    ) -> dict[str, Any]:
        names, cpu_s = joined["outputs"], _limit_cpu(seconds)
        try:
            decided = self._solver.decide(
                folder, seconds=seconds, outputs=len(names), cpu_s=cpu_s, wall_s=SLOWNESS * cpu_s
            )
        except SolverLostError as error:
            return {"reason": str(error), "is_late": error.is_late, "is_starved": error.is_starved}
        found = {names[number]: folder / f"cex{number}.aiw" for number in sorted(decided.refuted)}
        undecided = len(names) - len(decided.proved | decided.refuted)
        return {
            "is_late": undecided > 0,
            "is_starved": decided.cpu_s < _SHARE * find_time(seconds, outputs=len(names), undecided=undecided),
            "proved": [names[number] for number in sorted(decided.proved)],
            "refuted": {name: _render(joined, about, path) for name, path in found.items() if path.exists()},
        }


def _render(joined: Mapping[str, Any], about: Mapping[str, Any], witness: Path) -> str:
    """Return the rows of a counterexample."""
    bits = {number: (bit[0], bit[1]) for number, bit in enumerate(joined["inputs"]) if bit is not None}
    inputs, start = [(name, width) for name, width in about["inputs"]], about["start"]
    frames = read_frames(witness.read_text(encoding="ascii"), bits)
    if joined["is_sampled"]:
        return "".join(render_rows(frames, inputs, about["clocks"], start))
    return "".join(render_cycles(frames, inputs, joined["clock"], start))


if __name__ == "__main__":
    load_rules()
    parse_text("")
    serve(int(sys.argv[1]), _Prover().answer)
