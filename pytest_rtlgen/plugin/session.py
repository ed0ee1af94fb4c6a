"""The state of one rtlgen session in one pytest process: suites, run folder, checker."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytest
from filelock import FileLock

import pytest_rtlgen
from pytest_rtlgen.check.checker import Checker
from pytest_rtlgen.config import Options
from pytest_rtlgen.errors import BackendError, RtlgenError
from pytest_rtlgen.evaluation.repair import RepairLoop, RepairPlan
from pytest_rtlgen.evaluation.stages import check_completions, describe_environment, generate_completions
from pytest_rtlgen.known_bad import Scoring
from pytest_rtlgen.loaders import complete_spec, load_suite
from pytest_rtlgen.plugin.collect import ProblemItem, SuiteCollector
from pytest_rtlgen.plugin.models import open_models
from pytest_rtlgen.plugin.options import check_settings, prompt_style, run_settings
from pytest_rtlgen.plugin.progress import GenerationProgress, watch_generation
from pytest_rtlgen.plugin.scoring import RunScoring
from pytest_rtlgen.records import Completion, Problem, RunSettings, SampleKey, SampleResult, Suite
from pytest_rtlgen.scoring.scorer import PublishedScorer, ScoringMode, find_known_bad
from pytest_rtlgen.storage import RunStore, find_resumable

_SAMPLE: Any = "sample"
"""Neither setup, call nor teardown: other plugins pass such a report over."""


def open_session(config: pytest.Config, options: Options) -> "RtlgenSession | None":
    """Load the suites and open the run folder; ``None`` when pytest was started on something that holds no suite.

    Raises:
        pytest.UsageError: one line for whatever is wrong with the options, the suites, the tools or the run folder.
    """
    try:
        suites = _load_suites(config, options)
        if options.prompt_only is not None:
            _write_prompts(options, suites.values())
        if not suites:
            return None
        checker = Checker(check_settings(options, is_worker=hasattr(config, "workerinput")))
        store = _open_store(config, options, suites, checker)
        return RtlgenSession(config, options, suites, checker, store)
    except RtlgenError as error:
        raise pytest.UsageError(str(error)) from error


class RtlgenSession:
    """Hooks and state of an active session. One exists per process: main, or each xdist worker."""

    def __init__(
        self,
        config: pytest.Config,
        options: Options,
        suites: dict[Path, Suite],
        checker: Checker,
        store: RunStore | None,
    ) -> None:
        self.options = options
        self.config = config
        self._suites = suites
        self._checker = checker
        self._scorer = PublishedScorer(checker.settings, ScoringMode(options.scoring))
        self._store = store
        self._models = open_models(config, options)
        self._style = prompt_style(options, suites.values())
        self._repair = self._models.plan_repair(options, self._style)
        self._unsettled: dict[SampleKey, RtlgenError] = {}
        self._completions: dict[SampleKey, Completion] = {}
        self._results: dict[SampleKey, SampleResult] = {}
        self._generation_error: RtlgenError | None = None
        self._is_worker = hasattr(config, "workerinput")
        if store is not None and not self._is_worker:
            problems = [problem for suite in suites.values() for problem in suite.problems]
            config.pluginmanager.register(RunScoring(options, store, problems), "rtlgen-scoring")

    @property
    def judges_items(self) -> bool:
        """Whether an item without a passing sample fails."""
        return not self.options.report_only and not self.options.require

    def explain_failure(self, problem: Problem) -> str:
        """Return why right answers to ``problem`` are known to fail here; empty where nothing is known."""
        scoring = Scoring.PUBLISHED if self._scorer.decides(problem) else Scoring.OURS
        known = find_known_bad(self.options.simulator, self._checker.simulator.version)
        return known.explain_failure(problem.suite, problem.problem_id, scoring)

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> SuiteCollector | None:
        """Collect a suite's own file."""
        return self._collect(file_path, parent)

    def pytest_collect_directory(self, path: Path, parent: pytest.Collector) -> SuiteCollector | None:
        """Collect a suite that is a folder."""
        return self._collect(path, parent)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:  # noqa: ANN401  an xdist WorkerController
        """Tell an xdist worker which run it works for."""
        node.workerinput["rtlgen_run"] = str(self._store.path) if self._store else ""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Iterator[None]:
        """Generate what is missing before the first item runs; one process does it, the others wait for it."""
        items = [item for item in session.items if isinstance(item, ProblemItem)]
        if self._store is None or session.config.option.collectonly:
            return (yield)
        if items:
            self._generate(items, self._store)
            return (yield)
        with watch_generation(self.config, self._store):
            return (yield)

    def check_problem(self, item: ProblemItem) -> tuple[SampleResult, ...]:
        """Return the results of all samples of one problem; those on disk are not made again.

        Raises:
            RtlgenError: the harness failed; nothing was concluded about the model.
        """
        problem = item.problem
        keys = [SampleKey(suite=problem.suite, problem_id=problem.problem_id, index=i) for i in range(self.options.n)]
        missing = [key for key in keys if key not in self._completions]
        if missing:
            raise (
                self._unsettled.get(missing[0])
                or self._generation_error
                or BackendError(f"{problem.problem_id}: sample {missing[0].index} was not generated")
            )
        work = [(problem, self._completions[key]) for key in keys if key not in self._results]
        for result in check_completions(self._checker, work, store=self._store, scorer=self._scorer):
            self._results[result.key] = result
            self.config.hook.pytest_rtlgen_sample_checked(result=result)
        return tuple(self._results[key] for key in keys)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        """Report the samples of an item that was checked: here nothing is captured, so ``-v`` can show them."""
        if isinstance(item, ProblemItem) and call.when == "setup" and call.excinfo is None:
            for result in item.results:
                self._report_sample(item, result)

    def pytest_unconfigure(self) -> None:
        """Leave no simulator behind."""
        self._checker.close()
        self._scorer.close()

    def _collect(self, path: Path, parent: pytest.Collector) -> SuiteCollector | None:
        suite = self._suites.get(path.resolve())
        if suite is None:
            return None
        # A folder may lie outside of pytest's root, where it has no path of its own to be named by.
        named: dict[str, Any] = {"name": suite.name, "nodeid": suite.name} if path.is_dir() else {}
        collector: SuiteCollector = SuiteCollector.from_parent(
            parent, path=path, session_state=self, suite=suite, **named
        )
        return collector

    def _generate(self, items: Sequence[ProblemItem], store: RunStore) -> None:
        progress = GenerationProgress(self.config)
        problems = [item.problem for item in items]
        loop = self._make_loop(self._repair, store, progress) if self._repair else None
        try:
            with FileLock(store.path / "generation.lock"):
                generate_completions(
                    problems,
                    backend=self._models.generator,
                    sampling=self.options.sampling,
                    store=store,
                    style=self._style,
                    progress=progress.show,
                )
                if loop is not None:
                    loop.run(problems)
        except RtlgenError as error:
            self._generation_error = error
        finally:
            progress.end()
        self._completions = store.read_completions()
        self._results = store.read_results()
        if loop is not None:  # what is not settled has no verdict yet
            self._unsettled = loop.errors
            self._completions = {key: self._completions[key] for key in loop.settled}
        if self._generation_error is not None and not self._is_worker and not self._completions:
            raise pytest.UsageError(str(self._generation_error))  # nothing to judge: one line, not one an item

    def _make_loop(self, plan: RepairPlan, store: RunStore, progress: GenerationProgress) -> RepairLoop:
        return RepairLoop(
            plan,
            store=store,
            checker=self._checker,
            scorer=self._scorer,
            progress=lambda what, done, total: progress.show(done, total, what),
            see=lambda result: self.config.hook.pytest_rtlgen_sample_checked(result=result),
        )

    def _report_sample(self, item: ProblemItem, result: SampleResult) -> None:
        report = pytest.TestReport(
            nodeid=item.nodeid,
            location=item.location,
            keywords={},
            outcome="passed",
            longrepr=None,
            when=_SAMPLE,
            duration=result.verdict.duration_s,
            rtlgen_sample={
                "index": result.key.index,
                "status": result.verdict.status.value,
                "is_passed": result.verdict.is_passed,
            },
        )
        item.ihook.pytest_runtest_logreport(report=report)


def _write_prompts(options: Options, suites: Collection[Suite]) -> NoReturn:
    """Write what would be asked, and end the session with one line."""
    from pytest_rtlgen.prompts.write import write_prompts

    style = prompt_style(options, suites)
    written = write_prompts(suites, style, options.prompt_only or Path(), limit=options.limit)
    pytest.exit(str(written), returncode=0)


def _load_suites(config: pytest.Config, options: Options) -> dict[Path, Suite]:
    """Return the suites by the path at which pytest will meet them; adds those named by option to its arguments."""
    specs = {spec: _suite_path(spec) for spec in map(complete_spec, options.suite)}
    if specs and config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args[:] = []
    config.args += [str(path) for path in specs.values()]
    for argument in config.args:
        for path in _find_suite_files(Path(argument.split("::")[0])):
            specs.setdefault(str(path), path)
    suites: dict[Path, Suite] = {}
    for spec, path in specs.items():
        if path not in suites:
            suites[path] = config.hook.pytest_rtlgen_load_suite(spec=spec) or load_suite(spec)
    return suites


def _suite_path(spec: str) -> Path:
    """Return the file or folder that a suite's specification names, resolved."""
    path = Path(spec.rpartition(":")[2] if not Path(spec).exists() else spec).resolve()
    return path / "suite.toml" if (path / "suite.toml").is_file() else path


def _find_suite_files(path: Path) -> list[Path]:
    if path.is_dir():
        return [file.resolve() for file in sorted(path.rglob("suite.toml")) if ".venv" not in file.parts]
    return [path.resolve()] if path.name == "suite.toml" and path.is_file() else []


def _open_store(
    config: pytest.Config, options: Options, suites: dict[Path, Suite], checker: Checker
) -> RunStore | None:
    """Return the run's folder: a worker's controller's, a resumed or a new one; none for ``--collect-only``."""
    if hasattr(config, "workerinput"):
        return RunStore.open(Path(config.workerinput["rtlgen_run"])) if config.workerinput["rtlgen_run"] else None
    if config.option.collectonly:
        return None
    settings = run_settings(options, tuple(suites.values()))
    if options.resume not in {"auto", "never"}:
        return _resume(Path(options.resume), settings, checker)
    found = find_resumable(options.out, settings) if options.resume == "auto" else None
    if found is not None:
        return _resume(found, settings, checker)
    environment = describe_environment(checker, pytest_rtlgen.__version__)
    problems = [problem for suite in suites.values() for problem in suite.problems]
    return RunStore.create(options.out, settings, environment, problems)


def _resume(path: Path, settings: RunSettings, checker: Checker) -> RunStore:
    """Return a run to go on with; one that was only generated so far, perhaps elsewhere, is checked here."""
    store = RunStore.open(path, settings)
    store.adopt_environment(describe_environment(checker, pytest_rtlgen.__version__))
    return store
