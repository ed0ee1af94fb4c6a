"""From the verdicts on disk to what a run came to."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from pytest_rtlgen.config import Options
from pytest_rtlgen.errors import RecordError
from pytest_rtlgen.evaluation.compare import compare_with_base
from pytest_rtlgen.evaluation.judge import Judged
from pytest_rtlgen.evaluation.repair import add_turns, count_waiting, sum_run_spending
from pytest_rtlgen.evaluation.sent_prompts import SentPrompts
from pytest_rtlgen.evaluation.sequential import measure_gates
from pytest_rtlgen.evaluation.synthesis import keep_passes, read_rows
from pytest_rtlgen.metrics import summarize
from pytest_rtlgen.records import Problem, ProblemKey, Run, SampleResult, Summary
from pytest_rtlgen.report.gate import Gate, SequentialGate, measure_limits
from pytest_rtlgen.report.paper import compare_with_paper
from pytest_rtlgen.report.run_report import Gaps, RunReport
from pytest_rtlgen.report.side_by_side import compare_sides
from pytest_rtlgen.report.without import add_without
from pytest_rtlgen.scoring.scorer import find_known_bad
from pytest_rtlgen.storage import RunStore
from pytest_rtlgen.tools.hooks import call_hook

NOTHING: Judged = Judged(checked=0, there_before=0, known_bad={}, failed={})
"""A run that was only read."""


def count_fewest(store: RunStore, run: Run, excluded: Collection[ProblemKey]) -> int:
    """Return how many checked samples the problem with the fewest has: the largest k that can be estimated.

    Raises:
        RecordError: nothing was checked yet.
    """
    counts = Counter(sample.key.problem for sample in run.samples if sample.key.problem not in excluded)
    if not counts:
        raise RecordError(f"{store.path}: no sample of this run was checked yet; check it with rtlgen check RUN")
    return min(counts.values())


def report_run(
    store: RunStore,
    options: Options,
    *,
    judged: Judged = NOTHING,
    run: Run | None = None,
    only: Collection[ProblemKey] | None = None,
) -> RunReport:
    """Return what the run in ``store`` came to, of the problems in ``only``; ``None``: of all with a sample.

    Of ``options`` count ``k``, ``prices``, ``preset``, ``require``, ``compare`` and ``compare_fail``; gates that end
    the sampling are the run's own. Problems that ``judged`` could not judge are named, and no figure counts them.

    Raises:
        RecordError: what is stored, or the run to compare with, cannot be read.
        UsageError: the prices cannot be read, or the run to compare with has no problem in common.
    """
    run = store.read_run() if run is None else run
    excluded = dict(sorted({**judged.known_bad, **judged.failed}.items()))
    counted = {sample.key.problem for sample in run.samples} if only is None else set(only)
    problems = [problem for problem in store.header.problems if problem.key in counted | excluded.keys()]
    results = [sample for sample in run.samples if sample.key.problem in counted]
    gates = measure_gates(run.settings, (result for result in results if result.key.problem not in excluded))
    if gates:  # which may have ended the run before it had the samples that a k needs
        counts = Counter(result.key.problem for result in results)
        fewest = min((count for key, count in counts.items() if key not in excluded), default=0)
        options = options._replace(k=tuple(k for k in options.k if k <= fewest))
    summary = summarize(problems, results, options.k, excluded=_name(excluded))
    summary = add_turns(summary, store, problems, prices=options.prices)
    comparison = compare_with_base(store, results, options)
    known = find_known_bad(run.settings.simulator, dict(run.environment.tools).get("simulator", ""))
    summary = add_without(summary, results, known)
    return RunReport(
        path=store.path,
        run=run,
        summary=summary,
        spending=sum_run_spending(store, options.prices),
        sides=compare_sides(problems, results, known, options.k),
        synthesis=keep_passes(read_rows(store), results),
        papers=tuple(_list_papers(problems, results, run, options, excluded)),
        comparison=comparison,
        gates=(
            *(Gate(requirement=gate, measured=gate.measure(summary)) for gate in options.require),
            *gates,
            *(measure_limits(options.compare_fail, comparison) if comparison is not None else ()),
        ),
        gaps=_find_gaps(store, run, summary, gates),
        not_judged=judged.failed,
        page=options.html,
    )


def finish_run(store: RunStore, report: RunReport, *, is_complete: bool) -> None:
    """Show other packages what the run came to, and write it where ``is_complete``, which finishes the run.

    A run of which a late proof has opened a gate again is gone on with.

    Raises:
        StorageError: it cannot be written.
    """
    if is_complete and not report.has_open_gate:
        store.write_summary(report.summary)
    call_hook("summary", summary=report.summary)


def write_html(store: RunStore, report: RunReport, options: Options) -> None:
    """Write the page that ``options`` ask for; nothing where they ask for none.

    Raises:
        StorageError: it cannot be written.
        RecordError: what is stored cannot be read.
    """
    if options.html is None:
        return
    from pytest_rtlgen.report.html.page import render_page
    from pytest_rtlgen.report.html.write import write_page

    pieces = render_page(
        report, store.header.problems, SentPrompts(store).find, hides_references=options.hide_references
    )
    write_page(options.html, pieces)


def _list_papers(
    problems: Sequence[Problem],
    results: Sequence[SampleResult],
    run: Run,
    options: Options,
    excluded: Mapping[ProblemKey, str],
) -> Iterator[str]:
    """Yield, for each suite that the preset's paper reports on, our figures beside the paper's."""
    for suite, _ in run.settings.suites if options.preset else ():
        found = [result for result in results if result.key.suite == suite]
        if not found:
            continue
        chosen = [problem for problem in problems if problem.suite == suite]
        left_out = {key: reason for key, reason in excluded.items() if key.suite == suite}
        summary = summarize(chosen, found, options.k, excluded=_name(left_out))
        table = compare_with_paper(options.preset or "", suite, summary, run.settings)
        if table:
            yield table


def _find_gaps(store: RunStore, run: Run, summary: Summary, gates: Sequence[SequentialGate]) -> Gaps:
    """Return what is missing; problems that were never asked count too. A run whose gates are known is whole."""
    is_known = bool(gates) and all(gate.is_decided for gate in gates)
    n = gates[0].samples if is_known else run.settings.sampling.n
    asked = sum(not problem.unjudged for problem in store.list_selected())
    return Gaps(
        short=sum(score.n < n for score in summary.problems),
        unanswered=asked - len(summary.problems) - len(summary.excluded),
        unrepaired=count_waiting(store),
    )


def _name(excluded: Mapping[ProblemKey, str]) -> tuple[tuple[str, str], ...]:
    return tuple((str(key), reason) for key, reason in excluded.items())
