"""Presets that ask for function over the hostile corpora: the highest reward of any case that must not pass.

Each case is checked once, as rewards check by default; the reward of each preset follows from the verdict. The
candidate is given in the form that codev-r1 wants, so that nothing is lost for lack of a tag. Beside it stand honest
wrong answers to the same problems: a mutant of each reference that builds and fails, with as many outputs right where
one is found. Run it with ``PYTHONPATH=tests``.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from support.hostile_cases import OURS, SHARED, HostileCase, judge, lay_canary, load_cases
from tabulate import tabulate

from pytest_rtlgen.check.checker import Checker
from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.records import Candidate, SourceFile, Status, Verdict
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.training import PRESETS, REWARD_CHECK, Preset, find_preset, mix
from pytest_rtlgen.verilog.mutate import list_mutants

ANSWER = "<think>It is simple.</think><answer>```verilog\n…\n```</answer>"
MIX = {"codev-r1": 0.8, "graded": 0.2}
TRIES = 16
"""Mutants of a reference that are tried at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One case with its verdict, and that of an honest wrong answer to the same problem."""

    case: HostileCase
    verdict: Verdict
    honest: Verdict | None
    """``None``: no mutant was found that builds and fails."""

    @property
    def may_pass(self) -> bool:
        return Status.PASSED in self.case.acceptable


def list_presets() -> dict[str, Preset]:
    """Return the presets that ask what a design does; those of spec2rtl pay for whatever compiles."""
    alone = {name: find_preset(name) for name in PRESETS}
    return {**{name: one for name, one in alone.items() if not one.compiles_alone}, mix(MIX).name: mix(MIX)}


def value_of(preset: Preset, verdict: Verdict) -> float:
    return preset.reward_of(verdict, ANSWER).value or 0.0


def find_honest(checker: Checker, case: HostileCase, least: float) -> Verdict | None:
    """Return the verdict on a mutant of the case's reference that runs and is wrong.

    Of several that with the most outputs right, looked for until one has the share ``least``.
    """
    source = SourceFile(name=str(case.folder / "golden.sv"), text=case.golden)
    try:
        mutants = list_mutants(source, case.top, limit=TRIES)
    except BadReferenceError:
        return None
    best: Verdict | None = None
    for mutant in mutants:
        verdict = checker.check(Candidate(source=mutant.source, rule="given"), case.pose())
        if verdict.status is Status.MISMATCH and (best is None or verdict.credit > best.credit):
            best = verdict
        if best is not None and best.credit >= least:
            break
    return best


def judge_cases(checker: Checker, cases: Iterable[HostileCase], *, jobs: int, has_honest: bool) -> list[Judged]:
    def run(case: HostileCase) -> Judged:
        with tempfile.TemporaryDirectory() as name:
            verdict = judge(checker, case, lay_canary(Path(name) / "canary"))
        least = 0.0 if verdict.is_passed else verdict.credit
        return Judged(case=case, verdict=verdict, honest=find_honest(checker, case, least) if has_honest else None)

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(run, cases))


def find_highest(preset: Preset, judged: Sequence[Judged]) -> tuple[float, str]:
    """Return the highest reward of a case that must not pass, and one that earns it."""
    return max((value_of(preset, item.verdict), item.case.folder.name) for item in judged if not item.may_pass)


def render_table(judged: Sequence[Judged], presets: Mapping[str, Preset]) -> str:
    rows = []
    for name, preset in presets.items():
        highest, which = find_highest(preset, judged)
        honest = sorted(value_of(preset, item.honest) for item in judged if item.honest is not None)
        sound = [value_of(preset, item.verdict) for item in judged if item.case.is_sound]
        wrong = f"{honest[len(honest) // 2]:.2f} ({honest[-1]:.2f})" if honest else "-"
        rows.append([name, f"{highest:.2f}", which, wrong, f"{min(sound, default=0.0):.2f}"])
    heads = ["preset", "highest hostile", "case", "honest wrong, median (highest)", "correct, lowest"]
    return tabulate(rows, heads, disable_numparse=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", metavar="TEXT", default="", help="cases whose name holds TEXT")
    part = parser.parse_args().only
    cases = [case for case in (*load_cases(OURS), *load_cases(SHARED)) if part in case.folder.name]
    with Checker(replace(REWARD_CHECK, limits=Limits(cpu_s=3, wall_s=10), jobs=2, no_cache=True)) as checker:
        judged = judge_cases(checker, cases, jobs=2, has_honest=True)
    must_not = [item for item in judged if not item.may_pass]
    compared = sum(item.honest is not None for item in judged)
    print(f"{len(must_not)} candidates that must not pass, of {len(cases)}; {compared} honest wrong answers\n")
    print(render_table(judged, list_presets()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
