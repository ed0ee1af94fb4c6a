"""A checkpoint judged by this project's own commands: ``generate``, then ``check``."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pytest_rtlgen.errors import ToolError
from pytest_rtlgen.training.recipes.grpo.settings import Settings

LIMIT_S = 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What a checkpoint scores on the problems that were held out."""

    model: str
    problems: int
    pass_at_1: float
    low: float
    high: float
    statuses: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        """Return one line."""
        found = ", ".join(f"{count} {status}" for status, count in self.statuses)
        share = f"pass@1 {self.pass_at_1:.1%} ({self.low:.1%} … {self.high:.1%})"
        return f"{self.model}: {share} of {self.problems} problems; {found}"


def evaluate(settings: Settings, stage: str) -> Score:
    """Return what the checkpoint that ``stage`` left scores; its run stays in ``evaluation/STAGE``.

    Raises:
        ToolError: a command failed; the message ends with what it said.
    """
    folder = settings.out / "evaluation" / stage
    run = _call("generate", *_list_options(settings, stage), "--out", str(folder), "--resume=never").strip()
    document = json.loads(_call("check", run, *_list_suites(settings), "--json"))
    (folder / "run.json").write_text(json.dumps({"run": run, **document["summary"]}, indent=2) + "\n", encoding="utf-8")
    summary = document["summary"]
    estimate = summary["total"]["function"]["1"]
    return Score(
        model=stage,
        problems=summary["total"]["problems"],
        pass_at_1=estimate["value"],
        low=estimate["low"],
        high=estimate["high"],
        statuses=tuple(summary["statuses"].items()),
    )


def find_run(settings: Settings, stage: str) -> Path:
    """Return the folder of the run that ``evaluate`` made."""
    path = settings.out / "evaluation" / stage / "run.json"
    return Path(json.loads(path.read_text(encoding="utf-8"))["run"])


def _list_options(settings: Settings, stage: str) -> Iterator[str]:
    options = {name: value for name, value in settings.evaluation.items() if name != "backend"}
    yield f"--model={settings.evaluation.get('backend', 'transformers')}:{settings.out / stage}"
    yield from (f"--{name}={value}" for name, value in options.items())
    yield f"--seed={settings.seed}"
    yield f"--prompt={settings.prompt}"
    yield from _list_suites(settings)


def _list_suites(settings: Settings) -> Iterator[str]:
    yield from (f"--suite={spec}" for spec in settings.data.held_out)


def _call(*arguments: str) -> str:
    """Return what a command of ours printed."""
    command = [sys.executable, "-m", "pytest_rtlgen", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    if done.returncode not in {0, 1}:  # 1: some candidate is wrong
        raise ToolError(f"{arguments[0]} failed: {done.stderr.strip()[-500:]}")
    return done.stdout
