"""Score a candidate with a benchmark's own cocotb harness, natively, so that nothing but its tests decides.

The harness runs as its authors run it, in our sandbox. Beside that the candidate is screened; cocotb's results go to a
file that the design cannot name; and a pass needs as many cocotb tests as the published solution ran, or, where that is
withheld, at least one in every simulation.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from pytest_rtlgen.check.checker import CheckSettings
from pytest_rtlgen.check.reading.reader import Reader
from pytest_rtlgen.errors import BadReferenceError, ToolError
from pytest_rtlgen.loaders.cvdp_harness import HarnessPlan, read_settings
from pytest_rtlgen.records import (
    CocotbHarness,
    Diagnostic,
    Finding,
    FindingKind,
    PublishedVerdict,
    Severity,
    SourceFile,
    Status,
)
from pytest_rtlgen.scoring.harness_run import (
    HarnessRun,
    list_harness_modules,
    open_harness,
    plan_harness,
)
from pytest_rtlgen.scoring.harness_verdict import count_tests, judge_runs, passes_commands
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.tools.sandbox import choose_sandbox
from pytest_rtlgen.verilog.screen_files import Construct, FilesScreening

_LEAST_MEMORY_MIB, _LEAST_FILE_MIB, _LEAST_OPEN_FILES = 4096, 256, 256
"""Harnesses record waveforms, and load packages that candidates' own checks do not need."""

_CODE = "/code/"
"""Where the container has the candidate's and the given files."""
_SPARE_CPU_S = 10
"""The wall clock ends a run first, which is a time-out whatever the harness makes of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """What every candidate of a harness needs, made from the harness and its solution alone."""

    plan: HarnessPlan
    tolerated: frozenset[Construct] = frozenset()
    """Constructs that the screen forbids and the published solution uses."""
    tests: int = 0
    """cocotb tests that ran with the published solution; 0 where that is withheld."""


class HarnessScorer:
    """Scores candidates with cocotb harnesses. Thread-safe; a context manager that leaves no process behind."""

    def __init__(self, settings: CheckSettings = CheckSettings(), reader: Reader | None = None) -> None:  # noqa: B008  it is frozen
        """``reader`` is that of a checker with the same settings, which closes it; ``None``: start one."""
        self._sandbox = choose_sandbox(settings.sandbox)
        self._limits = _widen(settings.limits)
        self._reader = reader or Reader(sandbox=self._sandbox, jobs=settings.jobs)
        self._is_sharing = reader is not None
        self._lock = threading.Lock()
        self._locks: dict[CocotbHarness, threading.Lock] = {}
        self._prepared: dict[CocotbHarness, _Prepared | str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every process."""
        if not self._is_sharing:
            self._reader.close()

    def score(
        self, files: Mapping[str, str], harness: CocotbHarness, *, with_published: bool = False
    ) -> PublishedVerdict:
        """Return what ``harness`` says of a candidate, given as path → text for the harness's targets.

        ``published`` is whether every command ended with exit status 0. A candidate that the screen refuses is not
        run, unless ``with_published`` asks what the benchmark itself would say.

        Raises:
            BadReferenceError: the harness is broken, or does not pass its own solution.
            ToolError: a program or a Python package that the harness needs is missing.
        """
        started = time.monotonic()
        prepared = self._prepare(harness)
        screened = self._screen(files, harness, prepared)
        if isinstance(screened, FilesScreening):
            verdict = self._run(screened, harness, prepared)
        elif with_published:
            verdict = replace(screened, published=self.passes_as_published(files, harness))
        else:
            verdict = screened
        return replace(verdict, duration_s=time.monotonic() - started)

    def score_published(self, files: Mapping[str, str], harness: CocotbHarness) -> PublishedVerdict:
        """Return what the benchmark's authors would report, also where the harness does not pass its own solution.

        Without a sandbox, a candidate that the screen refuses is not run.

        Raises:
            BadReferenceError: the harness runs nothing, or something that is not Python.
            ToolError: a program that the harness needs is missing.
        """
        started = time.monotonic()
        plan = plan_harness(harness)
        if not self._sandbox.is_active:
            screened = self._screen(files, harness, _Prepared(plan=plan))
            if not isinstance(screened, FilesScreening):
                return screened
            files = _list_texts(screened)
        runs = self._run_plan(files, harness, plan, is_guarded=False)
        verdict = judge_runs(runs, self._bounded(harness), least_tests=0)
        return replace(verdict, published=passes_commands(runs), duration_s=time.monotonic() - started)

    def passes_as_published(self, files: Mapping[str, str], harness: CocotbHarness) -> bool | None:
        """Return whether every command ends with exit status 0, nothing screened and nothing guarded.

        ``None`` where there is no sandbox: such a candidate may write files. It decides nothing.
        """
        if not self._sandbox.is_active:
            return None
        return self.score_published(files, harness).published

    def _prepare(self, harness: CocotbHarness) -> _Prepared:
        with self._lock:
            lock = self._locks.setdefault(harness, threading.Lock())
        with lock:
            if harness not in self._prepared:
                try:
                    self._prepared[harness] = self._calibrate(harness)
                except BadReferenceError as error:
                    self._prepared[harness] = str(error)
            found = self._prepared[harness]
        if isinstance(found, str):
            raise BadReferenceError(found)
        return found

    def _calibrate(self, harness: CocotbHarness) -> _Prepared:
        plan = plan_harness(harness)
        if not harness.solution:
            self._probe(harness, plan)
            return _Prepared(plan=plan)
        files = {file.name: file.text for file in harness.solution}
        screening = self._screen_files(files, harness)
        is_readable = screening.status is None or bool(screening.constructs)
        texts = _list_texts(screening) if is_readable else files
        runs = self._run_plan(texts, harness, plan, is_guarded=True)
        try:
            verdict = judge_runs(runs, self._bounded(harness), least_tests=0)
        except BadReferenceError:
            self._probe(harness, plan)  # tells more
            raise
        if not verdict.is_passed:
            self._probe(harness, plan)
            said = "; ".join(item.message for item in verdict.diagnostics[:3])
            raise BadReferenceError(
                f"{_name(harness)}: the harness does not pass its own solution ({verdict.status}): {said}"
            )
        return _Prepared(plan=plan, tolerated=frozenset(screening.constructs), tests=count_tests(runs))

    def _probe(self, harness: CocotbHarness, plan: HarnessPlan) -> None:
        """Raise when the harness's own Python files cannot be loaded, whatever the candidate."""
        with open_harness(harness, {}, sandbox=self._sandbox, limits=self._bounded(harness)) as place:
            broken = place.list_broken(list_harness_modules(harness), plan.commands[0])
        if not broken:
            return
        if broken[0].lacks:
            raise ToolError(
                f"{_name(harness)}: the harness needs a Python package: {broken[0].reason}; install it with pip"
            )
        raise BadReferenceError(f"{_name(harness)}: the harness cannot be loaded: {broken[0].reason}")

    def _screen(
        self, files: Mapping[str, str], harness: CocotbHarness, prepared: _Prepared
    ) -> PublishedVerdict | FilesScreening:
        """Return what to run, or the verdict of a candidate that is not run."""
        others = sorted(files.keys() - set(harness.targets))
        if others:
            refusal = Diagnostic.of(Finding(kind=FindingKind.OTHER_FILE, name=others[0]), tool="harness")
            return PublishedVerdict(status=Status.REJECTED, diagnostics=(refusal,))
        if not any(text.strip() for text in files.values()):
            empty = Diagnostic(tool="harness", severity=Severity.ERROR, message="no Verilog in the answer")
            return PublishedVerdict(status=Status.NO_CODE, diagnostics=(empty,))
        screening = self._screen_files(files, harness)
        is_tolerated = bool(screening.constructs) and prepared.tolerated.issuperset(screening.constructs)
        if screening.status is not None and not is_tolerated:
            return PublishedVerdict(status=screening.status, diagnostics=screening.diagnostics)
        return screening

    def _screen_files(self, files: Mapping[str, str], harness: CocotbHarness) -> FilesScreening:
        settings = read_settings(harness.files)
        sources = [SourceFile(name=name, text=text) for name, text in files.items()]
        return self._reader.screen_files(sources, harness.context, settings.get("TOPLEVEL", ""), _read_order(settings))

    def _run(self, screening: FilesScreening, harness: CocotbHarness, prepared: _Prepared) -> PublishedVerdict:
        runs = self._run_plan(_list_texts(screening), harness, prepared.plan, is_guarded=True)
        verdict = judge_runs(runs, self._bounded(harness), least_tests=prepared.tests)
        notes = tuple(item for item in screening.diagnostics if item.severity is Severity.NOTE)
        return replace(verdict, diagnostics=(*verdict.diagnostics, *notes, *map(_note, prepared.plan.notes)))

    def _run_plan(
        self, files: Mapping[str, str], harness: CocotbHarness, plan: HarnessPlan, *, is_guarded: bool
    ) -> list[HarnessRun]:
        """Return the runs that decide, in order, until one takes all the time that is left."""
        limits = self._bounded(harness)
        runs: list[HarnessRun] = []
        with open_harness(harness, files, sandbox=self._sandbox, limits=limits) as place:
            deadline = time.monotonic() + limits.wall_s
            has_failed = False
            for command in plan.commands:
                if command.needs_last and has_failed:
                    continue
                run = place.run(command, is_guarded=is_guarded, wall_s=max(1.0, deadline - time.monotonic()))
                has_failed = run.done.exit_code != 0
                if command.decides or run.done.is_timeout:
                    runs.append(run)
                if run.done.is_timeout:
                    break
        return runs

    def _bounded(self, harness: CocotbHarness) -> Limits:
        return replace(self._limits, cpu_s=int(harness.timeout_s) + _SPARE_CPU_S, wall_s=harness.timeout_s)


def _list_texts(screening: FilesScreening) -> dict[str, str]:
    return {file.name: file.text for file in screening.files}


def _read_order(settings: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the files that a harness compiles, in their order; empty where it does not tell."""
    paths = settings.get("VERILOG_SOURCES", "").split()
    return tuple(path.removeprefix(_CODE) for path in paths) if all(path.startswith(_CODE) for path in paths) else ()


def _widen(limits: Limits) -> Limits:
    return replace(
        limits,
        memory_mib=max(limits.memory_mib, _LEAST_MEMORY_MIB),
        file_mib=max(limits.file_mib, _LEAST_FILE_MIB),
        open_files=max(limits.open_files, _LEAST_OPEN_FILES),
    )


def _name(harness: CocotbHarness) -> str:
    return f"harness of {', '.join(harness.targets)}"


def _note(message: str) -> Diagnostic:
    return Diagnostic(tool="harness", severity=Severity.NOTE, message=message)
