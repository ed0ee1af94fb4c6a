"""``curve``: pass@1 of a saved run against the response budget, by truncation, as papers draw test-time scaling."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_rtlgen.cli.arguments import Parser
from pytest_rtlgen.cli.streams import write_out
from pytest_rtlgen.config.values import read_ks
from pytest_rtlgen.errors import RecordError, UsageError
from pytest_rtlgen.records import SampleResult
from pytest_rtlgen.storage import RunStore

BUDGETS = "4096,8192,12288,16384"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One budget."""

    budget: int
    """Most tokens of one answer."""
    truncated: int
    """Samples that are longer."""
    pass_at_1: float
    """Mean over problems of the share of samples that pass within the budget."""


def add_arguments(parser: Parser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("run_path", metavar="RUN", help="folder of a run, such as .rtlgen/runs/RUN")
    parser.add_argument("--budgets", metavar="N,N", default=BUDGETS, help="tokens of one answer (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print the curve of the run in a folder."""
    from tabulate import tabulate

    try:
        budgets = read_ks(args.budgets)
    except ValueError as error:
        raise UsageError(f"--budgets={args.budgets}: must be {error}") from error
    saved = RunStore.open(Path(args.run_path)).read_run()
    limit = saved.settings.sampling.max_tokens
    if limit is not None and limit < max(budgets):
        raise UsageError(
            f"--budgets={args.budgets}: {args.run_path} was sampled with at most {limit} tokens an answer; "
            "name no budget above that"
        )
    points = draw_curve(saved.samples, budgets, name=args.run_path)
    if args.json:
        rows = [{"budget": p.budget, "truncated": p.truncated, "pass_at_1": p.pass_at_1} for p in points]
        write_out(json.dumps({"run": args.run_path, "curve": rows}))
    else:
        table = [(f"{p.budget:,}", p.truncated, f"{p.pass_at_1:.3f}") for p in points]
        write_out(tabulate(table, headers=("budget", "truncated", "pass@1"), disable_numparse=True))
    return 0


def draw_curve(samples: Sequence[SampleResult], budgets: Sequence[int], *, name: str) -> tuple[Point, ...]:
    """Return a point for each budget: an answer of more tokens counts as cut off, and fails.

    Raises:
        RecordError: there are no samples, or the tokens of one are not known; ``name`` starts the message.
    """
    if not samples:
        raise RecordError(f"{name}: no sample of this run was checked yet; check it with rtlgen check RUN")
    unknown = [sample.key for sample in samples if sample.completion.usage.completion is None]
    if unknown:
        raise RecordError(
            f"{name}: tokens of {len(unknown)} answers are not known, such as {unknown[0].problem_id} sample "
            f"{unknown[0].index}; a curve needs a model whose server counts them"
        )
    return tuple(_draw_point(samples, budget) for budget in budgets)


def _draw_point(samples: Sequence[SampleResult], budget: int) -> Point:
    passed: dict[tuple[str, str], list[bool]] = {}
    truncated = 0
    for sample in samples:
        is_long = (sample.completion.usage.completion or 0) > budget
        truncated += is_long
        label = (sample.key.suite, sample.key.problem_id)
        passed.setdefault(label, []).append(sample.verdict.is_passed and not is_long)
    shares = [sum(row) / len(row) for row in passed.values()]
    return Point(budget=budget, truncated=truncated, pass_at_1=sum(shares) / len(shares))
