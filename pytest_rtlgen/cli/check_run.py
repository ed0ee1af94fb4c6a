"""``check RUN``: the answers of a saved run, made here or on another machine, that have no verdict yet."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest_rtlgen
from pytest_rtlgen.cli.arguments import count_jobs, make_check_settings, read_options
from pytest_rtlgen.cli.streams import say
from pytest_rtlgen.errors import RecordError, UsageError

if TYPE_CHECKING:
    from pytest_rtlgen.cli.judge_run import Judged
    from pytest_rtlgen.config import Options
    from pytest_rtlgen.records import Run, RunSettings, Suite, Summary
    from pytest_rtlgen.storage import RunStore

SETTLED = ("simulator", "stimulus-seed", "cycles", "formal", "formal-budget", "cross-check", "scoring")
"""Options that are part of a run: what its verdicts depend on."""
EXIT_NOT_JUDGED = 2


def check_run(args: argparse.Namespace) -> int:
    """Check what has no verdict in ``args.run_path``, print the summary and return the exit status.

    Raises:
        UsageError: an option contradicts the run's settings, or ``--suite`` is another dataset than the run's.
        RecordError: there is no such run, it cannot be read, or it holds no answer.
        ToolError: the simulator is missing or broken.
        StorageError: a verdict could not be written; those before it are.
    """
    from pytest_rtlgen.cli.report import print_run
    from pytest_rtlgen.storage import RunStore

    store = RunStore.open(Path(args.run_path))
    options = read_run_options(args, store.header.settings)
    _refuse_other_settings(store, options)
    _compare_suites(store, args.rtlgen_suite or ())
    judged = judge_stored(store, options)
    repair = store.header.settings.repair
    saved, summary = finish_judged(store, judged, args, may_finish=not repair)
    print_run(store, saved, summary, as_json=args.json, prices=options.prices)
    if repair and not store.is_finished:
        say(f"{store.path}: first answers only; pytest with --rtlgen-resume={store.path} goes on to repair them")
    return EXIT_NOT_JUDGED if judged.failed else 0


def read_run_options(args: argparse.Namespace, settings: "RunSettings") -> "Options":
    """Return the options, those that verdicts depend on as ``settings`` have them unless the command line names them.

    Raises:
        UsageError: a value that cannot be meant.
    """
    from pytest_rtlgen.config import OPTIONS

    settled = [option for option in OPTIONS if option.name in SETTLED]
    kept = {item.field: getattr(settings, item.field) for item in settled if getattr(args, item.key, None) is None}
    return replace(read_options(args), **kept)


def judge_stored(store: "RunStore", options: "Options") -> "Judged":
    """Check every answer in ``store`` that has no verdict; ``options`` agree with the run's settings."""
    from pytest_rtlgen.check.checker import Checker
    from pytest_rtlgen.cli.judge_run import judge_run
    from pytest_rtlgen.evaluation.stages import describe_environment
    from pytest_rtlgen.scoring.scorer import PublishedScorer, ScoringMode

    settings = make_check_settings(options, jobs=count_jobs(options))
    with Checker(settings) as checker, PublishedScorer(settings, ScoringMode(options.scoring)) as scorer:
        here = describe_environment(checker, pytest_rtlgen.__version__)
        if not store.adopt_environment(here):
            say(f"{store.path}: checked on another machine, or with other tools, so far; verdicts keep what made them")
        return judge_run(store, checker, scorer)


def finish_judged(
    store: "RunStore", judged: "Judged", args: argparse.Namespace, *, may_finish: bool
) -> "tuple[Run, Summary]":
    """Say what was done, and finish the run if it may be and is complete; return it with its summary.

    Raises:
        RecordError: there is no verdict to summarize.
    """
    from pytest_rtlgen.cli.report import count_gaps, summarize_run

    failed = f", {len(judged.failed)} problems not judged" if judged.failed else ""
    say(f"{store.path}: {judged.checked} checked, {judged.there_before} there before{failed}")
    excluded = {**judged.known_bad, **judged.failed}
    saved = store.read_run()
    if not saved.samples:
        raise RecordError(f"{store.path}: {_explain_nothing(store, excluded)}")
    summary = summarize_run(store, saved, args, excluded=dict(sorted(excluded.items())))
    if may_finish and not judged.failed and count_gaps(store, saved, summary) == (0, 0):
        store.write_summary(summary)
    return saved, summary


def _explain_nothing(store: "RunStore", excluded: Mapping[str, str]) -> str:
    if excluded:
        return f"no problem could be judged, so there is no summary; {next(iter(excluded.values()))}"
    if store.count_completions():
        return "its answers are to problems that it does not name; copy the whole folder again"
    return "holds no answer; copy completions.jsonl too, or ask for answers with python -m pytest_rtlgen generate"


def load_suites(store: "RunStore", specs: Sequence[str]) -> list["Suite"]:
    """Return the suites of ``specs``, each of which must have the name of one of the run's.

    Raises:
        SuiteError: one cannot be loaded.
        UsageError: the run has no suite of that name.
    """
    from pytest_rtlgen.loaders import load_suite

    suites, digests = [load_suite(spec) for spec in specs], dict(store.header.settings.suites)
    for suite in suites:
        if suite.name not in digests:
            known = ", ".join(digests)
            raise UsageError(f"--suite {suite.path}: the run {store.path} has no suite {suite.name!r}; it has {known}")
    return suites


def _compare_suites(store: "RunStore", specs: Sequence[str]) -> None:
    digests = dict(store.header.settings.suites)
    for suite in load_suites(store, specs):
        was = digests[suite.name]
        if suite.digest != was:
            raise UsageError(
                f"--suite {suite.path}: another dataset than that of the run {store.path}: digest {suite.digest}, the "
                f"run's is {was}; leave --suite out to check against the run's own, or use rescore"
            )


def _refuse_other_settings(store: "RunStore", options: "Options") -> None:
    from pytest_rtlgen.config import OPTIONS

    for option in OPTIONS:
        if option.name not in SETTLED:
            continue
        was, now = getattr(store.header.settings, option.field), getattr(options, option.field)
        if was != now:
            raise UsageError(
                f"--{option.name}={now}: the run {store.path} was made with {'none' if was is None else was}; "
                f"leave it out, or use rescore for a new run with other settings"
            )
