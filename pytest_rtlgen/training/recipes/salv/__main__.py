"""``python -m pytest_rtlgen.training.recipes.salv --config FILE --out FOLDER``: a whole run, or stages of it."""

import json
import sys
from collections.abc import Sequence

from pytest_rtlgen.training.recipes.data import make_data
from pytest_rtlgen.training.recipes.easy import make_output_tasks
from pytest_rtlgen.training.recipes.evaluate import evaluate
from pytest_rtlgen.training.recipes.program import Recipe, run_recipe
from pytest_rtlgen.training.recipes.salv.dpo import train_dpo
from pytest_rtlgen.training.recipes.salv.pairs import sample_answers, write_preferences
from pytest_rtlgen.training.recipes.salv.settings import SHIPPED, SalvSettings
from pytest_rtlgen.training.recipes.trainers import train_supervised

RECIPE = Recipe(
    module="pytest_rtlgen.training.recipes.salv",
    about=__doc__,
    kind=SalvSettings,
    shipped=SHIPPED,
    stages={
        "data": lambda settings: make_data(settings, make_output_tasks),
        "sft": lambda settings: json.dumps(train_supervised(settings)),
        "evaluate-sft": lambda settings: str(evaluate(settings, "sft")),
        "sample": lambda settings: str(sample_answers(settings)),
        "pairs": lambda settings: str(write_preferences(settings)),
        "dpo": lambda settings: str(train_dpo(settings, "dpo", is_plain=False)),
        "evaluate-dpo": lambda settings: str(evaluate(settings, "dpo")),
        "dpo-plain": lambda settings: str(train_dpo(settings, "dpo-plain", is_plain=True)),
        "evaluate-dpo-plain": lambda settings: str(evaluate(settings, "dpo-plain")),
    },
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the stages that were asked for, all of them by default; return the exit status."""
    return run_recipe(RECIPE, arguments)


if __name__ == "__main__":
    sys.exit(main())
