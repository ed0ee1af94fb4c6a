"""``rescore``: the answers of a run checked again with other settings, into a run of their own."""

import argparse
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_rtlgen.cli.arguments import CHECK_OPTIONS, Command, Parser, add_options
from pytest_rtlgen.cli.check_run import (
    EXIT_NOT_JUDGED,
    SETTLED,
    finish_judged,
    judge_stored,
    load_suites,
    read_run_options,
)
from pytest_rtlgen.cli.streams import say, write_out
from pytest_rtlgen.errors import RecordError

if TYPE_CHECKING:
    from pytest_rtlgen.config import Options
    from pytest_rtlgen.records import Problem, RunSettings, SampleKey, SampleResult
    from pytest_rtlgen.storage import RunStore

_SHOWN = 50
"""Samples listed; ``--json`` has all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One sample whose verdict is another now."""

    suite: str
    problem_id: str
    index: int
    before: str
    """Status, and what the benchmark's own scorer said where it was asked."""
    after: str


def add_arguments(parser: Parser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("run_path", metavar="RUN", help="folder of a run, such as .rtlgen/runs/RUN; it stays as it is")
    parser.add_argument("--json", action="store_true", help="print one JSON object: both runs and what changed")
    add_options(parser, "suite", "out", *CHECK_OPTIONS, "scoring", "jobs", "prices")


def run(args: argparse.Namespace) -> int:
    """Check every answer of a run again, and say which verdicts changed."""
    from pytest_rtlgen.cli.report import print_run
    from pytest_rtlgen.storage import RunStore

    old = RunStore.open(Path(args.run_path))
    options = read_run_options(args, old.header.settings)
    new = _open_copy(old, args, options)
    judged = judge_stored(new, options)
    saved, summary = finish_judged(new, judged, args, may_finish=True)
    before, after = old.read_results(), new.read_results()
    compared, changes = len(before.keys() & after.keys()), list_changes(before, after)
    if args.json:
        _print_json(old, new, compared, changes)
    else:
        print_run(new, saved, summary, as_json=False, prices=options.prices)
        _print_changes(compared, changes)
    return EXIT_NOT_JUDGED if judged.failed else 0


def list_changes(
    before: "Mapping[SampleKey, SampleResult]", after: "Mapping[SampleKey, SampleResult]"
) -> tuple[Change, ...]:
    """Return the samples of both whose verdicts differ, by key."""
    rows = ((key, _describe(before[key]), _describe(after[key])) for key in sorted(before.keys() & after.keys()))
    return tuple(
        Change(suite=key.suite, problem_id=key.problem_id, index=key.index, before=was, after=now)
        for key, was, now in rows
        if was != now
    )


def _describe(result: "SampleResult") -> str:
    from pytest_rtlgen.report.disagreement import describe_published

    status = str(result.verdict.status)
    return f"{status}, published {describe_published(result.published)}" if result.published else status


def _open_copy(old: "RunStore", args: argparse.Namespace, options: "Options") -> "RunStore":
    """Return the run to check into: an unfinished one of the same answers and settings, else a new one."""
    from pytest_rtlgen.storage import RunStore, find_resumable

    settings, problems = _settle(old, args, options)
    completions = old.read_last_completions()
    if not completions:
        raise RecordError(f"{old.path}: holds no answer; ask for them with python -m pytest_rtlgen generate")
    out = options.out if args.rtlgen_out else old.path.parent
    found = find_resumable(out, settings)
    if found is not None and found.resolve() != old.path.resolve():
        store = RunStore.open(found)
        if store.header.problems == problems and store.read_completions() == completions:
            return store
    store = RunStore.create(out, settings, old.header.environment, problems)
    for completion in completions.values():
        store.append_completion(completion)
    return store


def _settle(
    old: "RunStore", args: argparse.Namespace, options: "Options"
) -> tuple["RunSettings", tuple["Problem", ...]]:
    """Return the new run's settings and problems; suites that the command line does not name stay as they were."""
    from pytest_rtlgen.config import OPTIONS

    suites = {suite.name: suite for suite in load_suites(old, args.rtlgen_suite or ())}
    digests = dict(old.header.settings.suites)
    for name, suite in suites.items():
        if suite.digest != digests[name]:
            say(f"{suite.path}: another dataset than the run's: digest {suite.digest}, was {digests[name]}")
    changed = {option.field: getattr(options, option.field) for option in OPTIONS if option.name in SETTLED}
    digests |= {name: suite.digest for name, suite in suites.items()}
    kept = [problem for problem in old.header.problems if problem.suite not in suites]
    fresh = [problem for suite in suites.values() for problem in suite.problems]
    return replace(old.header.settings, **changed, suites=tuple(digests.items())), (*kept, *fresh)


def _print_changes(compared: int, changes: Sequence[Change]) -> None:
    from pytest_rtlgen.report import escape_controls

    kinds = Counter(f"{change.before} -> {change.after}" for change in changes)
    write_out(f"\nchanged: {len(changes)} of {compared} verdicts")
    for kind, count in kinds.most_common():
        write_out(f"  {count} x {kind}")
    for change in changes[:_SHOWN]:
        name = escape_controls(f"{change.suite}/{change.problem_id} sample {change.index}")
        write_out(f"  {name}: {change.before} -> {change.after}")
    if len(changes) > _SHOWN:
        write_out(f"  and {len(changes) - _SHOWN} more; --json has all")


def _print_json(old: "RunStore", new: "RunStore", compared: int, changes: Sequence[Change]) -> None:
    from pytest_rtlgen.storage import encode

    rows = [encode(change) for change in changes]
    write_out(json.dumps({"run": str(new.path), "of": str(old.path), "compared": compared, "changed": rows}))


COMMAND = Command(
    name="rescore",
    help="check the answers of a run again with other settings, into a new run, and say which verdicts changed",
    add_arguments=add_arguments,
    run=run,
)
