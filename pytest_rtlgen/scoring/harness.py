"""Score a candidate with a benchmark's own cocotb harness, natively, so that nothing but its tests decides.

The harness runs as its authors run it, in our sandbox. Beside that the candidate is screened; cocotb's results go to a
file that the design cannot name; and a pass needs as many cocotb tests as the published solution ran, or, where that is
withheld, at least one in every simulation.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pytest_rtlgen.check.checker import CheckSettings
from pytest_rtlgen.check.reading.reader import Reader
from pytest_rtlgen.errors import BadReferenceError, ToolError
from pytest_rtlgen.records import (
    BenchRule,
    BenchVerdict,
    Candidate,
    CocotbHarness,
    Diagnostic,
    Finding,
    FindingKind,
    Severity,
    SourceFile,
    Status,
    Tool,
)
from pytest_rtlgen.scoring.base import NO_CODE, PreparedBenches, add_note, conclude
from pytest_rtlgen.scoring.harness_run import (
    HarnessRun,
    list_harness_modules,
    open_harness,
    require_programs,
)
from pytest_rtlgen.scoring.harness_verdict import count_tests, judge_runs, passes_commands
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.tools.sandbox import choose_sandbox
from pytest_rtlgen.verilog.screen_files import Construct, FilesScreening

_LEAST_MEMORY_MIB, _LEAST_FILE_MIB, _LEAST_OPEN_FILES = 4096, 256, 256
"""Harnesses record waveforms, and load packages that candidates' own checks do not need."""

_SPARE_CPU_S = 10
"""The wall clock ends a run first, which is a time-out whatever the harness makes of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """What every candidate of a harness needs, made from the harness and its solution alone."""

    tolerated: frozenset[Construct] = frozenset()
    """Constructs that the screen forbids and the published solution uses."""
    tests: int = 0
    """cocotb tests that ran with the published solution; 0 where that is withheld."""


class HarnessScorer:
    """Scores candidates with cocotb harnesses (``Scorer``)."""

    def __init__(self, settings: CheckSettings = CheckSettings(), reader: Reader | None = None) -> None:  # noqa: B008  it is frozen
        """``reader`` is that of a checker with the same settings, which closes it; ``None``: start one."""
        self._sandbox = choose_sandbox(settings.sandbox)
        self._limits = _widen(settings.limits)
        self._reader = reader or Reader(sandbox=self._sandbox, jobs=settings.jobs)
        self._is_sharing = reader is not None
        self._prepared = PreparedBenches(self._calibrate)

    def close(self) -> None:
        """End every process."""
        if not self._is_sharing:
            self._reader.close()

    def score(self, candidate: Candidate, bench: CocotbHarness, *, with_unguarded: bool = False) -> BenchVerdict:
        """As ``Scorer``; the authors pass a candidate where every command ends with exit status 0.

        A candidate that the screen refuses is not run, unless ``with_unguarded`` asks for it and there is a sandbox.
        """
        if not candidate.files and not candidate.source.strip():
            return add_note(BenchVerdict(status=Status.NO_CODE), NO_CODE)
        started = time.monotonic()
        prepared = self._prepared.find(bench)
        files = list_files(candidate, bench)
        screened = self._screen(files, bench, prepared)
        if isinstance(screened, FilesScreening):
            verdict = self._run(screened, bench, prepared)
        elif with_unguarded and self._sandbox.is_active and bench.rule is not BenchRule.COCOTB:
            unguarded = self.score_unguarded(candidate, bench)
            verdict = replace(screened, is_passed_unguarded=unguarded.is_passed_unguarded)
        else:
            verdict = screened
        return replace(verdict, duration_s=time.monotonic() - started)

    def score_unguarded(self, candidate: Candidate, bench: CocotbHarness) -> BenchVerdict:
        """As ``Scorer``; without a sandbox, a candidate that the screen refuses is not run."""
        started = time.monotonic()
        require_programs(bench)
        files = list_files(candidate, bench)
        if not self._sandbox.is_active:
            screened = self._screen(files, bench, _Prepared())
            if not isinstance(screened, FilesScreening):
                return screened
            files = screened.files
        runs = self._run_commands(files, bench, is_guarded=False)
        verdict = judge_runs(runs, self._bounded(bench), least_tests=0)
        return replace(verdict, is_passed_unguarded=passes_commands(runs), duration_s=time.monotonic() - started)

    def _calibrate(self, harness: CocotbHarness) -> _Prepared:
        require_programs(harness)
        if not harness.solution:
            self._probe(harness)
            return _Prepared()
        screening = self._screen_files(harness.solution, harness)
        is_readable = screening.status is None or bool(screening.constructs)
        files = screening.files if is_readable else harness.solution
        runs = self._run_commands(files, harness, is_guarded=True)
        try:
            verdict = judge_runs(runs, self._bounded(harness), least_tests=0)
        except BadReferenceError:
            self._probe(harness)  # tells more
            raise
        if not verdict.is_passed:
            self._probe(harness)
            messages = "; ".join(item.message for item in verdict.diagnostics[:3])
            raise BadReferenceError(
                f"{_name(harness)} does not pass its own {_name_solution(harness)} ({verdict.status}): {messages}"
            )
        _require_simulation(harness, runs)
        return _Prepared(tolerated=frozenset(screening.constructs), tests=count_tests(runs))

    def _probe(self, harness: CocotbHarness) -> None:
        """Raise when the harness's own Python files cannot be loaded, whatever the candidate."""
        with open_harness(harness, (), sandbox=self._sandbox, limits=self._bounded(harness)) as place:
            broken = place.list_broken(list_harness_modules(harness), harness.commands[0])
        if not broken:
            return
        if broken[0].missing_module:
            raise ToolError(f"{_name(harness)} needs a Python package: {broken[0].reason}; install it with pip")
        raise BadReferenceError(f"{_name(harness)} cannot be loaded: {broken[0].reason}")

    def _screen(
        self, files: Sequence[SourceFile], harness: CocotbHarness, prepared: _Prepared
    ) -> BenchVerdict | FilesScreening:
        """Return what to run, or the verdict of a candidate that is not run."""
        others = sorted({file.name for file in files} - set(harness.targets))
        if others:
            refusal = Diagnostic.of(Finding(kind=FindingKind.OTHER_FILE, name=others[0]), tool=Tool.HARNESS)
            return BenchVerdict(status=Status.REJECTED, diagnostics=(refusal,))
        if not any(file.text.strip() for file in files):
            return conclude(Tool.HARNESS, Status.NO_CODE, "no Verilog in the answer")
        screening = self._screen_files(files, harness)
        is_tolerated = bool(screening.constructs) and prepared.tolerated.issuperset(screening.constructs)
        if screening.status is not None and not is_tolerated:
            return BenchVerdict(status=screening.status, diagnostics=screening.diagnostics)
        return screening

    def _screen_files(self, files: Sequence[SourceFile], harness: CocotbHarness) -> FilesScreening:
        return self._reader.screen_files(files, harness.context, harness.top, harness.sources)

    def _run(self, screening: FilesScreening, harness: CocotbHarness, prepared: _Prepared) -> BenchVerdict:
        runs = self._run_commands(screening.files, harness, is_guarded=True)
        verdict = judge_runs(runs, self._bounded(harness), least_tests=prepared.tests)
        if verdict.is_passed:
            _require_simulation(harness, runs)
        notes = tuple(item for item in screening.diagnostics if item.severity is Severity.NOTE)
        return replace(verdict, diagnostics=(*verdict.diagnostics, *notes, *map(_note, harness.notes)))

    def _run_commands(
        self, files: Sequence[SourceFile], harness: CocotbHarness, *, is_guarded: bool
    ) -> list[HarnessRun]:
        """Return the runs that decide, in order, until one takes all the time that is left."""
        limits = self._bounded(harness)
        runs: list[HarnessRun] = []
        with open_harness(harness, files, sandbox=self._sandbox, limits=limits) as place:
            deadline = time.monotonic() + limits.wall_s
            has_failed = False
            for command in harness.commands:
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


def list_files(candidate: Candidate, harness: CocotbHarness) -> tuple[SourceFile, ...]:
    """Return the files that ``candidate`` writes: one text is the only target, and of several nobody knows which."""
    if candidate.files or len(harness.targets) != 1:
        return candidate.files
    return (SourceFile(name=harness.targets[0], text=candidate.source),)


def _require_simulation(harness: CocotbHarness, runs: Sequence[HarnessRun]) -> None:
    """Raise where a user's bench passes a design that no cocotb test was seen to try."""
    if harness.rule is BenchRule.COCOTB and not count_tests(runs):
        raise BadReferenceError(
            f"{_name(harness)} passes without a cocotb test; let it start one by cocotb_tools.runner or cocotb_test"
        )


def _widen(limits: Limits) -> Limits:
    return replace(
        limits,
        memory_mib=max(limits.memory_mib, _LEAST_MEMORY_MIB),
        file_mib=max(limits.file_mib, _LEAST_FILE_MIB),
        open_files=max(limits.open_files, _LEAST_OPEN_FILES),
    )


def _name(harness: CocotbHarness) -> str:
    if harness.rule is BenchRule.COCOTB:
        return f"the bench of {harness.top}"
    return f"harness of {', '.join(harness.targets)}: the harness"


def _name_solution(harness: CocotbHarness) -> str:
    return "reference" if harness.rule is BenchRule.COCOTB else "solution"


def _note(message: str) -> Diagnostic:
    return Diagnostic(tool=Tool.HARNESS, severity=Severity.NOTE, message=message)
