"""``check RUN``: the answers of a saved run, made here or on another machine, that have no verdict yet."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from pytest_rtlgen.cli.arguments import read_options
from pytest_rtlgen.cli.report import print_report, read_status
from pytest_rtlgen.config import Options
from pytest_rtlgen.errors import RecordError, UsageError
from pytest_rtlgen.evaluation.judge import Judged, judge_run, open_judge
from pytest_rtlgen.evaluation.late import prove_late
from pytest_rtlgen.evaluation.results import count_fewest, finish_run, report_run, write_html
from pytest_rtlgen.evaluation.settings import list_deciding, read_deciding
from pytest_rtlgen.evaluation.watch import ConsoleWatcher
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.records import RunSettings, Suite
from pytest_rtlgen.report.console import write_note
from pytest_rtlgen.report.run_report import RunReport
from pytest_rtlgen.storage import RunStore

EXIT_NOT_JUDGED = 2


def check_run(args: argparse.Namespace) -> int:
    """Check what has no verdict in ``args.run_path``, print the summary and return the exit status.

    Raises:
        UsageError: an option contradicts the run's settings, or ``--suite`` is another dataset than the run's.
        RecordError: there is no such run, it cannot be read, or it holds no answer.
        ToolError: the simulator is missing or broken.
        StorageError: a verdict could not be written; those before it are.
    """
    store = RunStore.open(Path(args.run_path))
    options = read_run_options(args, store.header.settings)
    _refuse_other_settings(store, options)
    _compare_suites(store, args.rtlgen_suite or ())
    judged = judge_stored(store, options)
    repair = store.header.settings.repair
    report = finish_judged(store, judged, args, may_finish=not repair)
    print_report(report, as_json=args.json)
    if repair and not store.is_finished:
        write_note(f"{store.path}: first answers only; pytest with --rtlgen-resume={store.path} goes on to repair them")
    if judged.failed:
        return EXIT_NOT_JUDGED
    return read_status(report)


def read_run_options(args: argparse.Namespace, settings: RunSettings) -> Options:
    """Return the options, those that verdicts depend on as ``settings`` have them unless the command line names them.

    Raises:
        UsageError: a value that cannot be meant.
    """
    kept = read_deciding(settings)
    named = {option.field for option in list_deciding() if getattr(args, option.key, None) is not None}
    return read_options(args)._replace(**{name: value for name, value in kept.items() if name not in named})


def judge_stored(store: RunStore, options: Options) -> Judged:
    """Check every answer in ``store`` that has no verdict; ``options`` agree with the run's settings."""
    watcher = ConsoleWatcher()
    with open_judge(options) as judge:
        judged = judge_run(store, judge, watcher)
        if not store.is_finished:
            prove_late(store, judge, watcher, budget_s=options.late_budget_s)
    return judged


def finish_judged(store: RunStore, judged: Judged, args: argparse.Namespace, *, may_finish: bool) -> RunReport:
    """Report what was done, and finish the run if it may be and is complete; return what it came to.

    Raises:
        RecordError: there is no verdict to summarize.
    """
    failed = f", {len(judged.failed)} problems not judged" if judged.failed else ""
    write_note(f"{store.path}: {judged.checked} checked, {judged.there_before} there before{failed}")
    saved = store.read_run()
    excluded = {**judged.known_bad, **judged.failed}
    if not saved.samples:
        raise RecordError(f"{store.path}: {_explain_nothing(store, judged)}")
    options = read_options(args, rtlgen_n=str(count_fewest(store, saved, excluded)))
    report = report_run(store, options, judged=judged, run=saved)
    finish_run(store, report, is_complete=may_finish and report.is_complete)
    write_html(store, report, options)
    return report


def _explain_nothing(store: RunStore, judged: Judged) -> str:
    reasons = [*judged.known_bad.values(), *judged.failed.values()]
    if reasons:
        return f"no problem could be judged, so there is no summary; {reasons[0]}"
    if store.count_completions():
        return "its answers are to problems that it does not name; copy the whole folder again"
    return "holds no answer; copy completions.jsonl too, or ask for answers with rtlgen generate"


def load_suites(store: RunStore, specs: Sequence[str]) -> list[Suite]:
    """Return the suites of ``specs``, each of which must have the name of one of the run's.

    Raises:
        SuiteError: one cannot be loaded.
        UsageError: the run has no suite of that name.
    """
    suites, digests = [load_suite(spec) for spec in specs], dict(store.header.settings.suites)
    for suite in suites:
        if suite.name not in digests:
            known = ", ".join(digests)
            raise UsageError(f"--suite {suite.path}: the run {store.path} has no suite {suite.name!r}; it has {known}")
    return suites


def _compare_suites(store: RunStore, specs: Sequence[str]) -> None:
    digests = dict(store.header.settings.suites)
    for suite in load_suites(store, specs):
        was = digests[suite.name]
        if suite.digest != was:
            raise UsageError(
                f"--suite {suite.path}: another dataset than that of the run {store.path}: digest {suite.digest}, the "
                f"run's is {was}; leave --suite out to check against the run's own, or use rescore"
            )


def _refuse_other_settings(store: RunStore, options: Options) -> None:
    kept = read_deciding(store.header.settings)
    for option in list_deciding():
        was, now = kept[option.field], getattr(options, option.field)
        if was != now:
            raise UsageError(
                f"--{option.name}={now}: the run {store.path} was made with {'none' if was is None else was}; "
                f"leave it out, or use rescore for a new run with other settings"
            )
