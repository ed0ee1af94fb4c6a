"""``python -m pytest_rtlgen.training.recipes.grpo.verl_rows``: the problems as rows for verl, in Parquet.

Source: verl 0.9, ``examples/data_preprocess/gsm8k.py``, for the columns.
"""

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pytest_rtlgen.errors import RtlgenError, ToolError
from pytest_rtlgen.training.recipes.data import list_questions
from pytest_rtlgen.training.recipes.grpo.settings import SHIPPED, GrpoSettings
from pytest_rtlgen.training.recipes.settings import Settings, find_configuration, read_settings

_PROGRAM = "python -m pytest_rtlgen.training.recipes.grpo.verl_rows"


def write_verl_rows(settings: Settings) -> list[Path]:
    """Write ``verl_train.parquet`` and ``verl_held_out.parquet`` into the run's folder; return their paths.

    Raises:
        ToolError: pyarrow is not installed.
    """
    try:
        arrow, parquet = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise ToolError("pyarrow is not installed; run: pip install pyarrow") from error
    settings.out.mkdir(parents=True, exist_ok=True)
    written = []
    for name, specs in (("train", settings.data.train), ("held_out", settings.data.held_out)):
        rows = make_verl_rows(list_questions(settings, specs), split=name)
        written.append(settings.out / f"verl_{name}.parquet")
        parquet.write_table(arrow.Table.from_pylist(rows), written[-1])
    return written


def make_verl_rows(questions: Sequence[dict[str, Any]], *, split: str) -> list[dict[str, Any]]:
    """Return the rows of ``questions``; the ground truth is the problem's id, which ``compute_score`` knows."""
    return [
        {
            "data_source": "rtlgen",
            "prompt": question["prompt"],
            "ability": "verilog",
            "reward_model": {"style": "rule", "ground_truth": question["problem_id"]},
            "extra_info": {"split": split, "index": index},
        }
        for index, question in enumerate(questions)
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the rows and print their paths; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, prog=_PROGRAM)
    parser.add_argument("--config", required=True, help="as for the recipe")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    args = parser.parse_args(arguments)
    try:
        settings = read_settings(GrpoSettings, find_configuration(args.config, SHIPPED), args.out.resolve())
        paths = write_verl_rows(settings)
    except RtlgenError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    sys.stdout.writelines(f"{path}\n" for path in paths)
    return 0


if __name__ == "__main__":
    sys.exit(main())
