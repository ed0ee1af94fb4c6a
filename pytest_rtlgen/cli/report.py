"""``report``: the summary of a saved run, computed anew from its results."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_rtlgen.cli.arguments import Command, Parser, add_options, read_options
from pytest_rtlgen.cli.streams import say, write_out
from pytest_rtlgen.errors import RecordError

if TYPE_CHECKING:
    from pytest_rtlgen.records import Problem, Run, Summary
    from pytest_rtlgen.storage import RunStore


def add_arguments(parser: Parser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("run_path", metavar="RUN", help="folder of a run, such as .rtlgen/runs/RUN")
    parser.add_argument("--json", action="store_true", help="print the run and its summary as one JSON document")
    add_options(parser, "k", "prices")


def run(args: argparse.Namespace) -> int:
    """Print the summary of the run in a folder."""
    from pytest_rtlgen.storage import RunStore

    store = RunStore.open(Path(args.run_path))
    saved = store.read_run()
    summary = summarize_run(store, saved, args)
    prices = read_options(args, rtlgen_n=str(saved.settings.sampling.n)).prices
    print_run(store, saved, summary, as_json=args.json, prices=prices)
    return 0


def print_run(
    store: "RunStore", saved: "Run", summary: "Summary", *, as_json: bool, prices: Path | None = None
) -> None:
    """Print what pytest prints at the end of a run, or one JSON document, and warn when the run is not complete.

    ``prices`` names the file that says what the run's model costs.

    Raises:
        UsageError: the prices cannot be read.
    """
    from pytest_rtlgen.evaluation.repair import add_turns, count_waiting, sum_run_spending
    from pytest_rtlgen.report import (
        add_without,
        compare_sides,
        render_run_json,
        render_sides,
        render_summary,
        render_turns,
    )
    from pytest_rtlgen.scoring.scorer import find_known_bad

    spending = sum_run_spending(store, prices)
    summary = add_turns(summary, store, _list_problems(store, summary), prices=prices)
    known = find_known_bad(saved.settings.simulator, dict(saved.environment.tools).get("simulator", ""))
    summary = add_without(summary, saved.samples, known)
    ks = [k for k, _ in summary.total.function]
    sides = compare_sides(_list_problems(store, summary), saved.samples, known, ks)
    if as_json:
        write_out(render_run_json(saved, summary, sides, spending=spending).rstrip("\n"))
    else:
        title = f"{saved.settings.model}  n={saved.settings.sampling.n}"
        write_out(render_summary(summary, title=title, run_path=str(store.path), spending=spending))
        turns = render_turns(saved.settings, summary.turns)
        if turns:
            write_out("\n" + turns)
        if sides:
            write_out("\n" + render_sides(sides))
    missing, waiting = count_gaps(store, saved, summary)
    if missing or waiting:
        n = saved.settings.sampling.n
        say(f"{store.path}: incomplete: {missing} problems have fewer than {n} samples, {waiting} have none")
    unrepaired = count_waiting(store)
    if unrepaired:
        say(f"{store.path}: incomplete: {unrepaired} samples still have a repair to come; go on with the run")


def summarize_run(
    store: "RunStore", saved: "Run", args: argparse.Namespace, *, excluded: Mapping[str, str] | None = None
) -> "Summary":
    """Return the summary of what was checked; the ks go as far as the problem with the fewest checked samples allows.

    ``excluded`` are the problems that could not be judged, with reasons; ``None``: those that a finished run names.

    Raises:
        RecordError: nothing was checked yet.
        UsageError: a k that was asked for needs more samples.
    """
    from pytest_rtlgen.metrics import summarize

    if excluded is None:
        excluded = dict(store.read_summary().excluded) if store.is_finished else {}
    counts: dict[str, int] = {}
    for sample in saved.samples:
        label = f"{sample.key.suite}/{sample.key.problem_id}"
        counts[label] = counts.get(label, 0) + 1
    judged = [count for label, count in counts.items() if label not in excluded]
    if not judged:
        raise RecordError(
            f"{store.path}: no sample of this run was checked yet; check it with python -m pytest_rtlgen check RUN"
        )
    wanted = counts.keys() | excluded.keys()
    problems = [item for item in store.header.problems if f"{item.suite}/{item.problem_id}" in wanted]
    options = read_options(args, rtlgen_n=str(min(judged)))
    return summarize(problems, saved.samples, options.k, excluded=tuple(excluded.items()))


def _list_problems(store: "RunStore", summary: "Summary") -> list["Problem"]:
    labels = {f"{score.suite}/{score.problem_id}" for score in summary.problems} | dict(summary.excluded).keys()
    return [item for item in store.header.problems if f"{item.suite}/{item.problem_id}" in labels]


def count_gaps(store: "RunStore", saved: "Run", summary: "Summary") -> tuple[int, int]:
    """Return how many problems have too few checked samples, and how many have none; those never asked count too."""
    missing = sum(score.n < saved.settings.sampling.n for score in summary.problems)
    asked = sum(not problem.unjudged for problem in store.header.problems)
    return missing, asked - len(summary.problems) - len(summary.excluded)


COMMAND = Command(name="report", help="print the summary of a saved run", add_arguments=add_arguments, run=run)
