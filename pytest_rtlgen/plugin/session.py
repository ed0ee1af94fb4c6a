"""The state of one rtlgen session in one pytest process: suites, run folder, judge."""

import re
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

import pytest

from pytest_rtlgen.config import Options
from pytest_rtlgen.errors import BackendError, DefectError, RtlgenError, StorageError
from pytest_rtlgen.evaluation.generate import answer_problems
from pytest_rtlgen.evaluation.judge import Judge, open_judge
from pytest_rtlgen.evaluation.models import Models, open_models
from pytest_rtlgen.evaluation.open_run import open_run
from pytest_rtlgen.evaluation.settings import read_prompt_style
from pytest_rtlgen.loaders import complete_spec, load_suite
from pytest_rtlgen.loaders.cocotb_bench import list_bench_files
from pytest_rtlgen.plugin.collect import ProblemItem, SuiteCollector
from pytest_rtlgen.plugin.options import is_worker
from pytest_rtlgen.plugin.progress import TerminalWatcher, watch_generation
from pytest_rtlgen.plugin.scoring import RunScoring
from pytest_rtlgen.records import BenchRule, Completion, Problem, SampleKey, SampleResult, Suite
from pytest_rtlgen.storage import RunStore
from pytest_rtlgen.tools.hooks import enter_pytest, leave_pytest

_SAMPLE: Any = "sample"
"""Neither setup, call nor teardown: other plugins pass such a report over."""


def open_session(config: pytest.Config, options: Options) -> "RtlgenSession | None":
    """Load the suites and open the run folder; ``None`` when pytest was started on something that holds no suite.

    Raises:
        pytest.UsageError: one line for whatever is wrong with the options, the suites, the tools or the run folder.
    """
    enter_pytest(config.hook)
    config.add_cleanup(lambda: leave_pytest(config.hook))
    try:
        suites = _load_suites(config, options)
        if options.prompt_only is not None:
            _write_prompts(options, suites.values())
        if not suites:
            return None
        style = read_prompt_style(options, suites.values())
        # With repairs or rounds one process checks everything between them, and any worker may be the one.
        checks_all = options.repair is not None or bool(options.gate)
        judge = open_judge(options, jobs=1 if is_worker(config) and not checks_all else None)
        models = open_models(options, style, warn=TerminalWatcher(config).note)
        store = None if config.option.collectonly else _open_store(config, options, suites, judge, models)
        return RtlgenSession(config, options, suites, judge, models, store)
    except RtlgenError as error:
        raise pytest.UsageError(str(error)) from error


class RtlgenSession:
    """Hooks and state of an active session. One exists per process: main, or each xdist worker."""

    def __init__(
        self,
        config: pytest.Config,
        options: Options,
        suites: dict[Path, Suite],
        judge: Judge,
        models: Models,
        store: RunStore | None,
    ) -> None:
        self.options = options
        self.config = config
        self._suites = suites
        self._judge = judge
        self._models = models
        self._store = store
        self._watcher = TerminalWatcher(config)
        self._unchecked: dict[SampleKey, RtlgenError] = {}
        self._completions: dict[SampleKey, Completion] = {}
        self._results: dict[SampleKey, SampleResult] = {}
        self._generation_error: RtlgenError | None = None
        self._samples = options.n  # of each problem
        if store is not None and not is_worker(config):
            config.pluginmanager.register(RunScoring(options, store, judge, self._watcher), "rtlgen-scoring")

    @property
    def run_path(self) -> Path:
        """The run's folder; where there is no run, that of all runs."""
        return self._store.path if self._store is not None else self.options.out

    @property
    def completions(self) -> tuple[Completion, ...]:
        """What the run has been answered; empty before its first item runs."""
        return tuple(self._completions.values())

    @property
    def models(self) -> Models:
        """Who is asked; they share one account."""
        return self._models

    @property
    def judges_items(self) -> bool:
        """Whether an item without a passing sample fails."""
        return self.options.judges_items

    def explain_failure(self, problem: Problem) -> str:
        """Return why right answers to ``problem`` are known to fail here; empty where nothing is known."""
        return self._judge.explain_failure(problem)

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Leave a problem's bench to the checks: it tries what models write, and is no test of this session."""
        return True if collection_path.suffix == ".py" and collection_path.resolve() in self._bench_files else None

    @cached_property
    def _bench_files(self) -> frozenset[Path]:
        return frozenset(
            path.parent / problem.problem_id / name
            for path, suite in self._suites.items()
            for problem in suite.problems
            if problem.harness is not None and problem.harness.rule is BenchRule.COCOTB
            for name in list_bench_files(problem.harness)
        )

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
        self._judge.close()  # this process checks nothing, and its place on a cluster is for those that do

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

    def check_problem(self, problem: Problem) -> tuple[SampleResult, ...]:
        """Return the results of all samples of one problem; those on disk are not made again.

        Raises:
            RtlgenError: the harness failed; nothing was concluded about the model.
        """
        keys = [SampleKey(suite=problem.suite, problem_id=problem.problem_id, index=i) for i in range(self._samples)]
        missing = [key for key in keys if key not in self._completions]
        if missing:
            raise (
                self._unchecked.get(missing[0])
                or self._generation_error
                or BackendError(f"{problem.problem_id}: sample {missing[0].index} was not generated")
            )
        work = [(problem, self._completions[key]) for key in keys if key not in self._results]
        for outcome in self._judge.judge(work, self._store) if self._store else ():
            if outcome.error is not None:
                raise _find_cause(outcome.error)
            if outcome.result is not None:
                self._results[outcome.result.key] = outcome.result
                self._watcher.see(outcome.result)
        return tuple(self._results[key] for key in keys)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        """Report the samples of an item that was checked: here nothing is captured, so ``-v`` can show them."""
        if isinstance(item, ProblemItem) and call.when == "setup" and call.excinfo is None:
            for result in item.results:
                self._report_sample(item, result)

    def pytest_unconfigure(self) -> None:
        """Leave no simulator behind."""
        self._judge.close()

    def _collect(self, path: Path, parent: pytest.Collector) -> SuiteCollector | None:
        suite = self._suites.get(path.resolve())
        if suite is None:
            return None
        # Outside of pytest's root there is no relative path to be named by, and a folder would not be told from others.
        is_named = path.is_dir() or not path.is_relative_to(self.config.rootpath)
        named: dict[str, Any] = {"name": suite.name, "nodeid": suite.name} if is_named else {}
        collector: SuiteCollector = SuiteCollector.from_parent(
            parent, path=path, session_state=self, suite=suite, **named
        )
        return collector

    def _generate(self, items: Sequence[ProblemItem], store: RunStore) -> None:
        problems, loop = [item.problem for item in items], None
        try:
            answered = answer_problems(
                problems, self._models, store=store, judge=self._judge, watcher=self._watcher, options=self.options
            )
            loop, self._samples = answered.repair, answered.samples
        except RtlgenError as error:
            self._generation_error = error
        self._completions = store.read_completions()
        self._results = store.read_results()
        if self._models.repair is not None:  # what is not finished has no verdict yet
            self._unchecked = loop.errors if loop else {}
            self._completions = {key: self._completions[key] for key in (loop.finished if loop else ())}
        if self._generation_error is not None and not is_worker(self.config) and not self._completions:
            raise pytest.UsageError(str(self._generation_error))  # nothing to judge: one line, not one an item

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


def _find_cause(error: RtlgenError) -> BaseException:
    """Return what pytest is to show: of a mistake in this package the error itself, with its traceback."""
    cause = error.__cause__ if isinstance(error, DefectError) else None
    return cause or error


def _write_prompts(options: Options, suites: Collection[Suite]) -> NoReturn:
    """Write what would be asked, and end the session with one line."""
    from pytest_rtlgen.prompts.write import write_prompts

    style = read_prompt_style(options, suites)
    written = write_prompts(suites, style, options.prompt_only or Path(), limit=options.limit)
    pytest.exit(str(written), returncode=0)


def _load_suites(config: pytest.Config, options: Options) -> dict[Path, Suite]:
    """Return the suites by the path at which pytest will meet them; adds those named by option to its arguments."""
    config.args[:] = map(_name_problem, config.args)
    suites: dict[Path, Suite] = {}
    for spec in map(complete_spec, options.suite):
        suite = load_suite(spec)
        suites.setdefault(_suite_path(spec, options), suite)
    if suites and config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args[:] = []
    config.args += map(str, suites)
    for argument in config.args:
        for path in _find_suite_files(Path(argument.split("::")[0])):
            if path not in suites:
                suites[path] = load_suite(str(path))
    return suites


def _name_problem(argument: str) -> str:
    """Return the node id of the problem whose folder ``argument`` is; any other argument as it is."""
    folder = Path(argument)
    suite = folder.parent / "suite.toml"
    return f"{suite}::{folder.name}" if (folder / "problem.toml").is_file() and suite.is_file() else argument


def _suite_path(spec: str, options: Options) -> Path:
    """Return the file or folder that a suite's specification names, resolved.

    Pytest collects paths only, so that a suite which another package has under a name gets an empty folder to stand
    for it.
    """
    path = Path(spec.rpartition(":")[2] if not Path(spec).exists() else spec).resolve()
    if not path.exists():
        path = (options.out.parent / "suites" / re.sub(r"[^\w.-]", "-", spec)).resolve()
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"{path}: cannot be made: {error.strerror}; choose another --rtlgen-out") from error
    return path / "suite.toml" if (path / "suite.toml").is_file() else path


def _find_suite_files(path: Path) -> list[Path]:
    if path.is_dir():
        return [file.resolve() for file in sorted(path.rglob("suite.toml")) if ".venv" not in file.parts]
    return [path.resolve()] if path.name == "suite.toml" and path.is_file() else []


def _describe_selection(config: pytest.Config) -> str:
    """Return what the user chose items by, as pytest spells it."""
    chosen = {"-k": config.option.keyword, "-m": config.option.markexpr if "rtlgen" in config.option.markexpr else ""}
    named = sorted({f"::{name}" for name in (argument.partition("::")[2] for argument in config.args) if name})
    return " ".join([*(f"{flag} {text}" for flag, text in chosen.items() if text), *named])


def _open_store(
    config: pytest.Config, options: Options, suites: dict[Path, Suite], judge: Judge, models: Models
) -> RunStore | None:
    """Return the run's folder: a worker's controller's, a resumed or a new one."""
    if is_worker(config):
        run: str = vars(config)["workerinput"]["rtlgen_run"]
        return RunStore.open(Path(run)) if run else None
    environment = judge.describe()
    chosen, selection = tuple(suites.values()), _describe_selection(config)
    store = open_run(options, chosen, models.style, environment, models.backends, selection=selection)
    store.adopt_environment(environment)
    return store
