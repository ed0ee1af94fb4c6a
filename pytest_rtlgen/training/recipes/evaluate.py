"""A checkpoint judged by this project's own commands: ``generate``, then ``check``."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_rtlgen.errors import ToolError, UsageError
from pytest_rtlgen.training.recipes.settings import Settings

LIMIT_S = 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What a checkpoint scores on the problems that were held out."""

    model: str
    problems: int
    pass_at_1: float
    low: float
    high: float
    credit: float
    """Mean share of outputs that are right."""
    statuses: tuple[tuple[str, int], ...]

    def __str__(self) -> str:
        """Return one line."""
        found = ", ".join(f"{count} {status}" for status, count in self.statuses)
        share = f"pass@1 {self.pass_at_1:.1%} ({self.low:.1%} … {self.high:.1%}), outputs {self.credit:.1%}"
        return f"{self.model}: {share} of {self.problems} problems; {found}"


def evaluate(settings: Settings, stage: str) -> Score:
    """Return what the checkpoint that ``stage`` left scores; its run stays in ``evaluation/STAGE``.

    Raises:
        ToolError: a command failed; the message ends with what it printed.
    """
    folder = settings.out / "evaluation" / stage
    return judge_checkpoint(settings, stage, settings.data.held_out, list_evaluation(settings, stage), folder)


def list_evaluation(settings: Settings, stage: str) -> dict[str, Any]:
    """Return the options of ``generate`` for the checkpoint that ``stage`` left: its own before those of all."""
    common = {name: value for name, value in settings.evaluation.items() if not isinstance(value, Mapping)}
    return {**common, **settings.evaluation.get(stage, {})}


def judge_checkpoint(
    settings: Settings, stage: str, suites: Sequence[str], options: Mapping[str, Any], folder: Path
) -> Score:
    """Return what the checkpoint that ``stage`` left scores on ``suites``; ``find_run`` finds its answers.

    ``options`` are those of ``generate``, and ``backend``.

    Raises:
        ToolError: a command failed; the message ends with what it printed.
    """
    specs = [f"--suite={spec}" for spec in suites]
    asked = [*list_options(settings, stage, options), *specs, f"--out={folder}", "--resume=never"]
    run = _call("generate", *asked).strip()
    summary = json.loads(_call("check", run, *specs, "--json"))["summary"]
    (folder / "run.json").write_text(json.dumps({"run": run, **summary}, indent=2) + "\n", encoding="utf-8")
    total = summary["total"]
    estimate = total["function"]["1"]
    return Score(
        model=stage,
        problems=total["problems"],
        pass_at_1=estimate["value"],
        low=estimate["low"],
        high=estimate["high"],
        credit=total["credit"]["value"],
        statuses=tuple(summary["statuses"].items()),
    )


def find_run(folder: Path) -> Path:
    """Return the run that ``judge_checkpoint`` made in ``folder``.

    Raises:
        UsageError: it made none.
    """
    path = folder / "run.json"
    if not path.exists():
        raise UsageError(f"{path}: not found; run the stage that makes it first")
    return Path(json.loads(path.read_text(encoding="utf-8"))["run"])


def list_options(settings: Settings, stage: str, options: Mapping[str, Any]) -> Iterator[str]:
    """Yield the arguments of ``generate`` that ask the checkpoint that ``stage`` left as ``options`` say."""
    yield f"--model={options.get('backend', 'transformers')}:{settings.out / stage}"
    yield from (f"--{name}={value}" for name, value in options.items() if name != "backend")
    yield f"--seed={settings.seed}"
    if "prompt" not in options:
        yield f"--prompt={settings.prompt}"


def _call(*arguments: str) -> str:
    """Return what a command of ours printed."""
    command = [sys.executable, "-m", "pytest_rtlgen", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    if done.returncode not in {0, 1}:  # 1: some candidate is wrong
        raise ToolError(f"{arguments[0]} failed: {done.stderr.strip()[-500:]}")
    return done.stdout
