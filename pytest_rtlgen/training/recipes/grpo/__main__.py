"""``python -m pytest_rtlgen.training.recipes.grpo --config FILE --out FOLDER``: a whole run, or stages of it."""

import argparse
import json
import logging
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pytest_rtlgen.errors import RtlgenError, UsageError
from pytest_rtlgen.training.recipes.grpo.curve import Step
from pytest_rtlgen.training.recipes.grpo.evaluate import evaluate
from pytest_rtlgen.training.recipes.grpo.routes import try_routes
from pytest_rtlgen.training.recipes.grpo.settings import Settings, find_configuration, read_settings
from pytest_rtlgen.training.recipes.grpo.stages import make_data, train_grpo, train_supervised

_LOG = logging.getLogger("pytest_rtlgen.training.recipes.grpo")
Stage = Callable[[Settings], str]


def _say_supervised(settings: Settings) -> str:
    return json.dumps(train_supervised(settings))


def _say_grpo(settings: Settings) -> str:
    steps = train_grpo(settings)
    return f"mean reward {_compare(steps)} over {len(steps)} steps; {settings.out / 'curve.csv'}"


def _compare(steps: Sequence[Step]) -> str:
    """Return the mean of the first and of the last tenth of the steps."""
    tenth = max(1, len(steps) // 10)
    first, last = steps[:tenth], steps[-tenth:]
    return " -> ".join(f"{sum(step.reward for step in part) / tenth:.3f}" for part in (first, last))


def _say_routes(settings: Settings) -> str:
    """Compare the rewards of every route.

    Raises:
        UsageError: two routes differ.
    """
    reports = try_routes(settings, "sft")
    tried = [report for report in reports if not report.missing]
    if len({report.rewards for report in tried}) > 1:
        raise UsageError(f"routes differ: {[(report.name, report.rewards) for report in tried]}")
    rewards = tried[0].rewards
    total = sum(reward or 0.0 for reward in rewards)
    lines = [f"{report.name}: {report.missing or 'the same'}" for report in reports]
    return f"{len(rewards)} completions, sum of rewards {total:g}; " + "; ".join(lines)


STAGES: Mapping[str, Stage] = {
    "data": make_data,
    "sft": _say_supervised,
    "evaluate-sft": lambda settings: str(evaluate(settings, "sft")),
    "grpo": _say_grpo,
    "evaluate-grpo": lambda settings: str(evaluate(settings, "grpo")),
    "routes": _say_routes,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the stages that were asked for, all of them by default; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m pytest_rtlgen.training.recipes.grpo", description=__doc__)
    parser.add_argument("--config", required=True, help="TOML file, or the name of one that is shipped: tiny, 7b")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--stage", choices=STAGES, action="append", help="only this stage; may be given again")
    args = parser.parse_args(arguments)
    logging.basicConfig(stream=sys.stderr, format="%(message)s", level=logging.WARNING)
    _LOG.setLevel(logging.INFO)
    try:
        args.out.mkdir(parents=True, exist_ok=True)
        settings = read_settings(find_configuration(args.config), args.out.resolve())
        for stage in args.stage or STAGES:
            _run(stage, settings)
    except RtlgenError as error:
        _LOG.error("error: %s", error)
        return 2
    return 0


def _run(stage: str, settings: Settings) -> None:
    """Run one stage and note what it said and the seconds it took in ``report.jsonl``."""
    wall_s, cpu_s = time.monotonic(), time.process_time()
    said = STAGES[stage](settings)
    wall_s, cpu_s = time.monotonic() - wall_s, time.process_time() - cpu_s
    _LOG.info("%s (%.0f s): %s", stage, wall_s, said)
    note = {"stage": stage, "wall_s": round(wall_s, 1), "cpu_s": round(cpu_s, 1), "said": said}
    with (settings.out / "report.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(note) + "\n")


if __name__ == "__main__":
    sys.exit(main())
