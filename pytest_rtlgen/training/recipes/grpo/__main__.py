"""``python -m pytest_rtlgen.training.recipes.grpo --config FILE --out FOLDER``: a whole run, or stages of it."""

import json
import sys
from collections.abc import Sequence

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.training.recipes.data import make_data
from pytest_rtlgen.training.recipes.easy import make_expression_tasks
from pytest_rtlgen.training.recipes.evaluate import evaluate
from pytest_rtlgen.training.recipes.grpo.curve import Step
from pytest_rtlgen.training.recipes.grpo.routes import try_routes
from pytest_rtlgen.training.recipes.grpo.settings import SHIPPED, GrpoSettings
from pytest_rtlgen.training.recipes.grpo.stages import train_grpo
from pytest_rtlgen.training.recipes.program import Recipe, run_recipe
from pytest_rtlgen.training.recipes.trainers import train_supervised


def _report_grpo(settings: GrpoSettings) -> str:
    steps = train_grpo(settings)
    return f"mean reward {_compare(steps)} over {len(steps)} steps; {settings.out / 'curve.csv'}"


def _compare(steps: Sequence[Step]) -> str:
    """Return the mean of the first and of the last tenth of the steps."""
    tenth = max(1, len(steps) // 10)
    first, last = steps[:tenth], steps[-tenth:]
    return " -> ".join(f"{sum(step.reward for step in part) / tenth:.3f}" for part in (first, last))


def _report_routes(settings: GrpoSettings) -> str:
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


RECIPE = Recipe(
    module="pytest_rtlgen.training.recipes.grpo",
    about=__doc__,
    kind=GrpoSettings,
    shipped=SHIPPED,
    stages={
        "data": lambda settings: make_data(settings, make_expression_tasks),
        "sft": lambda settings: json.dumps(train_supervised(settings)),
        "evaluate-sft": lambda settings: str(evaluate(settings, "sft")),
        "grpo": _report_grpo,
        "evaluate-grpo": lambda settings: str(evaluate(settings, "grpo")),
        "routes": _report_routes,
    },
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the stages that were asked for, all of them by default; return the exit status."""
    return run_recipe(RECIPE, arguments)


if __name__ == "__main__":
    sys.exit(main())
