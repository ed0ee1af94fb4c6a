"""A whole run in one call: settings, run, generation, judgement, results."""

from collections.abc import Sequence
from pathlib import Path

from pytest_rtlgen.backends import Backend, BackendSettings, make_backend
from pytest_rtlgen.config.resolve import resolve_call
from pytest_rtlgen.evaluation.generate import answer_problems
from pytest_rtlgen.evaluation.judge import judge_run, open_judge
from pytest_rtlgen.evaluation.late import prove_late
from pytest_rtlgen.evaluation.models import MakeBackend, open_models
from pytest_rtlgen.evaluation.open_run import open_run
from pytest_rtlgen.evaluation.results import finish_run, report_run, write_html
from pytest_rtlgen.evaluation.settings import read_prompt_style
from pytest_rtlgen.evaluation.synthesis import synthesize_at_end
from pytest_rtlgen.evaluation.watch import ConsoleWatcher, Watcher
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.records import Suite
from pytest_rtlgen.report.run_report import RunReport


def evaluate(
    suites: str | Path | Suite | Sequence[str | Path | Suite],
    model: str | Backend,
    *,
    watcher: Watcher | None = None,
    **options: object,
) -> RunReport:
    """Judge ``model`` on ``suites`` and return what the run came to: the run that pytest would make.

    ``suites`` are specifications as after ``--rtlgen-suite`` or loaded suites, ``model`` is a specification as after
    ``--rtlgen-model`` or a backend of your own. ``options`` are those of ``rtlgen help options`` without
    ``--rtlgen-`` and with ``_`` for ``-``, such as ``n=5``, ``k=(1, 5)`` or ``formal="off"``. An unfinished run of the
    same settings is gone on with. ``watcher`` is told how far it is; by default lines on standard error show it.

    Raises:
        UsageError: an option that does not exist or cannot be meant.
        SuiteError: a suite cannot be loaded.
        BackendError: the model failed; the same call goes on with what had arrived.
        ToolError: the simulator is missing or broken.
        StorageError: something could not be written; what was is kept.

    >>> import tempfile
    >>> answers = "replay:fixtures/completions/core"
    >>> with tempfile.TemporaryDirectory() as out:
    ...     report = evaluate("suites/core", answers, n=5, limit=1, formal="off", out=out)
    >>> [(score.problem_id, score.passed, score.n) for score in report.summary.problems]
    [('abs_diff_accum_8', 2, 5)]
    """
    watcher = watcher or ConsoleWatcher()
    named = [suites] if isinstance(suites, str | Path | Suite) else list(suites)
    spec = model if isinstance(model, str) else model.name
    resolved = resolve_call({**options, "model": spec})
    loaded = [item if isinstance(item, Suite) else load_suite(str(item)) for item in named]
    style = read_prompt_style(resolved, loaded)
    problems = [problem for suite in loaded for problem in suite.problems[: resolved.limit]]
    models = open_models(resolved, style, warn=watcher.note, make=_find_maker(model))
    with open_judge(resolved) as judge:
        store = open_run(resolved, loaded, style, judge.describe(), models.backends)
        answer_problems(problems, models, store=store, judge=judge, watcher=watcher, options=resolved)
        judged = judge_run(store, judge, watcher)
        prove_late(store, judge, watcher, budget_s=resolved.late_budget_s)
    synthesize_at_end(store, resolved, watcher)
    report = report_run(store, resolved, judged=judged)
    finish_run(store, report, is_complete=not judged.failed)
    write_html(store, report, resolved)
    return report


def _find_maker(model: str | Backend) -> MakeBackend:
    """Return what makes the run's backends: a model that is a backend already is taken as it is."""
    if isinstance(model, str):
        return make_backend
    given = model

    def make(spec: str, settings: BackendSettings) -> Backend:
        return given if spec == given.name else make_backend(spec, settings)

    return make
