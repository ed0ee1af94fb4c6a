"""From a candidate and its problem to a Verdict: screen, simulate, compare (``docs/explanation/verdicts.md``)."""

import platform
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from functools import partial
from types import TracebackType
from typing import Self

from pytest_rtlgen.check.acceptance import prepare_accepted
from pytest_rtlgen.check.compare import compare_traces, has_unknown_mismatch
from pytest_rtlgen.check.confirm import Confirmer, Simulated, judge_simulation, note_undriven
from pytest_rtlgen.check.cross_check import CrossCheck
from pytest_rtlgen.check.kept import ReferenceCache, Shelf, is_final, is_of_any_layout, open_caches
from pytest_rtlgen.check.outputs import confirm_outputs
from pytest_rtlgen.check.powered_up import find_same, judge_powered_up
from pytest_rtlgen.check.proof.prover import Prover
from pytest_rtlgen.check.reading.reader import Reader
from pytest_rtlgen.check.reference import PreparedReference, ask_for, change_seed, list_memory_files
from pytest_rtlgen.check.refusals import (
    add_diagnostics,
    describe_drivers,
    make_note,
    note_excess,
    refuse,
    refuse_examined,
)
from pytest_rtlgen.check.stimulus.depth import Depth, measure_depth
from pytest_rtlgen.check.stimulus.hints import list_asked
from pytest_rtlgen.check.stimulus.make import DEFAULT_CYCLES
from pytest_rtlgen.check.waves import Waves, choose_waves, simulate_again
from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.modes import CheckDepth, FormalMode, SandboxMode
from pytest_rtlgen.openings import list_accepted
from pytest_rtlgen.records import (
    Candidate,
    HazardKind,
    Method,
    Problem,
    Proof,
    Severity,
    Status,
    Verdict,
)
from pytest_rtlgen.simulators import make_simulator
from pytest_rtlgen.simulators.fallback import WithFallback
from pytest_rtlgen.storage.codec import Json, encode
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.tools.sandbox import choose_sandbox
from pytest_rtlgen.tools.versions import list_versions
from pytest_rtlgen.verilog.constants import ConstantHint
from pytest_rtlgen.verilog.examine import Examination
from pytest_rtlgen.verilog.lexical import join_tokens
from pytest_rtlgen.verilog.screen import Screening

KEPT_REFERENCES = 512
"""Prepared references that a checker remembers; one is some 100 KiB, so a stream of any length stays small."""

QUICK_S = 0.25
"""Solver's seconds for a proof whose rest may wait, or that nobody asked for."""
KEPT_SECONDS = 32
KEPT_DEPTHS = 256
"""What is unreached, and few deep runs, that a checker remembers; a run is mostly below 1 MiB, as it is compressed."""
_REFUSED = frozenset({Status.SYNTAX_ERROR, Status.ELABORATION_ERROR})
"""What a compiler says of a text that it does not take."""
_DEEP_STEPS_OF_YOSYS = 1 << 15
"""Yosys simulates a tenth as many steps a second as Icarus."""
_DECIDING_NOTHING = frozenset({"jobs", "no_cache", "sandbox"})
"""Settings that no verdict depends on; of the sandbox, what there is of it counts."""
_NOT_OF_REFERENCES = frozenset({"formal", "formal_budget_s", "cross_check", "depth"})
_STRUCTURAL = frozenset(HazardKind) - {HazardKind.SIMULATOR_ONLY, HazardKind.UNSET_DECISION}
"""Hazards for which a design must be right in both readings, the simulator's and that of synthesis."""
_SECOND_LENGTH = 4
"""How much longer the second stimulus is, which only candidates meet that passed and were not wholly proved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSettings:
    """How candidates are checked.

    >>> CheckSettings(cycles=200, jobs=2).simulator
    'icarus'
    """

    simulator: str = "icarus"
    """``icarus``, ``icarus-cold`` or ``yosys``."""
    sandbox: SandboxMode = SandboxMode.AUTO
    limits: Limits = Limits()  # noqa: RUF009  immutable
    jobs: int = 1
    """Designs simulated at the same time."""
    stimulus_seed: int = 0
    cycles: int | None = None
    """Clock cycles of one check; ``None``: what each problem says."""
    formal: FormalMode = FormalMode.CONFIRM
    """``late``: whoever checks comes back with ``confirm`` to what was out of time."""
    formal_budget_s: float = 2.0
    """Seconds that the solver may take for one candidate."""
    depth: CheckDepth = CheckDepth.FULL
    cross_check: str | None = None
    """``yosys`` or ``verilator``: a second simulator that can fail a candidate."""
    no_cache: bool = False
    """Whether reference work and verdicts are neither kept on disk nor taken from there."""


class Checker:
    """Checks candidates against references. Thread-safe; a context manager that leaves no process behind.

    Each reference is simulated once a seed, also when several threads ask for it; the ``KEPT_REFERENCES`` used last are
    kept.

    >>> problem = next(one for one in load_suite("suites/core").problems if one.problem_id == "barrel_shifter_16")
    >>> with Checker(CheckSettings(cycles=50)) as checker:
    ...     verdict = checker.check(Candidate(source=problem.reference.text, rule="given"), problem)
    >>> verdict.status.value, [signal.name for signal in verdict.signals]
    ('passed', ['dout', 'last', 'zero', 'bad_op'])
    """

    def __init__(self, settings: CheckSettings = CheckSettings()) -> None:
        self.settings = settings
        self.sandbox = sandbox = choose_sandbox(settings.sandbox)
        """In which candidates run."""
        self.simulator = make_simulator(settings.simulator, sandbox=sandbox, limits=settings.limits, jobs=settings.jobs)
        self.reader = Reader(sandbox=sandbox, jobs=settings.jobs)
        """For who scores with the same settings; ``close`` ends it."""
        references, verdicts = (None, None) if settings.no_cache else open_caches()
        scope = partial(self._list_deciding, without=_NOT_OF_REFERENCES)
        kept, kept_seconds = (Shelf(references, PreparedReference, scope, stage) for stage in ("first", "second"))
        self._references = ReferenceCache(self._prepare, KEPT_REFERENCES, kept)
        self._seconds = ReferenceCache(self._prepare_second, KEPT_SECONDS, kept_seconds)
        self._depths = ReferenceCache(self._measure_depth, KEPT_DEPTHS, Shelf(references, Depth, scope))
        self._verdicts = Shelf(verdicts, Verdict, self._list_deciding)
        self._prover = Prover(sandbox=sandbox, jobs=settings.jobs, budget_s=_choose_budget(settings))
        self._cross_check = CrossCheck(settings.cross_check, sandbox, settings.limits) if settings.cross_check else None
        self._other = make_simulator("yosys", sandbox=sandbox, limits=settings.limits, jobs=settings.jobs)
        self._trusted = WithFallback(self.simulator, self._other)
        self._synthesis = CrossCheck("yosys", sandbox, _widen(settings.limits))
        self._confirmers = {
            is_elsewhere: self._make_confirmer(is_elsewhere=is_elsewhere) for is_elsewhere in (False, True)
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Find the simulator now, not with the first candidate.

        Raises:
            ToolError: it is missing or broken.
        """
        self.simulator.version  # noqa: B018  raises

    def close(self) -> None:
        """End every process."""
        self.simulator.close()
        self._other.close()
        self._synthesis.close()
        self.reader.close()
        self._prover.close()
        if self._cross_check is not None:
            self._cross_check.close()

    def prepare(self, problem: Problem, *, seed: int | None = None) -> PreparedReference:
        """Return the reference's interface, stimulus and trace, made on first use, as is all else that is accepted.

        ``seed``: of the stimulus; ``None``: that of the settings.

        Raises:
            BadReferenceError: a reference does not build, does not finish, or shows no known output.
        """
        seed = self._choose_seed(seed)
        first, *_ = [self._references.get(accepted.problem, seed) for accepted in list_accepted(problem)]
        return first

    def measure_depth(self, problem: Problem, *, seed: int | None = None) -> Depth:
        """Return what no stimulus reaches inside the reference, and the deep run, made on first use.

        Raises:
            BadReferenceError: the problem's reference is no good.
            ToolError: the simulator is missing or broken.
        """
        return self._depths.get(list_accepted(problem)[0].problem, self._choose_seed(seed))

    def screen(self, source: str, problem: Problem) -> Screening:
        """Return the text that every tool gets of a candidate, and what was left out of it, or why it is refused.

        Raises:
            BadReferenceError: the problem's reference is no good.
            ToolError: no reader can be started.
        """
        return self.reader.screen(source, self.prepare(problem).interface, list_memory_files(problem))

    def check(self, candidate: Candidate, problem: Problem, *, seed: int | None = None) -> Verdict:
        """Return what ``candidate`` is worth under the stimulus of ``seed``; ``None``: that of the settings.

        Raises:
            BadReferenceError: the problem's reference is no good.
            ToolError: the simulator is missing or broken.
        """
        started = time.monotonic()
        verdict = self._judge_extraction(candidate) or self._check_accepted(
            candidate.text, problem, self._choose_seed(seed)
        )
        return replace(verdict, duration_s=time.monotonic() - started)

    def simulate_again(self, candidate: Candidate, problem: Problem, verdict: Verdict) -> Waves | None:
        """Return what ``candidate`` and reference do at every step of the stimulus that shows what ``verdict`` says.

        ``verdict`` is that of ``check``. ``None``: the candidate was not simulated, or did not run.

        Raises:
            BadReferenceError: the problem's reference is no good.
            ToolError: the simulator is missing or broken.
        """
        if not verdict.is_compiled:
            return None
        accepted = [one.problem for one in list_accepted(problem)]
        tried = accepted if verdict.is_passed else accepted[:1]
        return choose_waves((self._simulate_again(candidate.text, one, verdict) for one in tried), verdict)

    def confirm_outputs(self, candidate: Candidate, problem: Problem) -> frozenset[str]:
        """Return the outputs of ``candidate``, a wrong one, that are right: proved, or by the second stimulus as well.

        Raises:
            BadReferenceError: the problem's reference is no good.
            ToolError: a tool is missing or broken.
        """
        first, seed = list_accepted(problem)[0].problem, self.settings.stimulus_seed
        screening = self.screen(candidate.text, first)
        if screening.status is not None:
            return frozenset()
        return confirm_outputs(
            screening.source,
            self._references.get(first, seed),
            reader=self.reader,
            simulator=self._trusted,
            prover=self._prover,
            second=lambda compared: find_same(self._seconds.get(first, seed), compared),
        )

    def _simulate_again(self, source: str, problem: Problem, verdict: Verdict) -> Waves | None:
        seed = self.settings.stimulus_seed
        reference = self._references.get(problem, seed)
        screening = self.reader.screen(source, reference.interface, list_memory_files(problem))
        if screening.status is not None:  # the verdict is of another version, or of another text
            return None

        examination = self.reader.examine(screening.source, reference.simulated.module)

        def list_later(compared: PreparedReference) -> Iterator[PreparedReference]:
            with suppress(BadReferenceError):  # too slow for the longer one, or not known under it
                yield from self._list_later(screening.source, problem, seed, compared, examination)
            run = self._depths.get(problem, seed).run if compared.powered_up is None else None
            if run is not None:
                yield run.unpack(compared)

        return simulate_again(
            screening.source, reference, verdict, reader=self.reader, simulator=self._trusted, later=list_later
        )

    def _list_deciding(self, *, without: frozenset[str] = frozenset()) -> Json:
        """Return all that decides verdicts besides problem and text, settings left out that are in ``without``."""
        values = {field.name: getattr(self.settings, field.name) for field in fields(self.settings)}
        decisive = {name: encode(value) for name, value in values.items() if name not in without | _DECIDING_NOTHING}
        tools = [self.simulator.version, platform.python_version(), *list_versions()]
        if "cross_check" in decisive and self._cross_check is not None:
            tools.append(self._cross_check.version)
        return [decisive, encode(self.simulator.isolation), encode(tuple(tools))]

    def _choose_seed(self, seed: int | None) -> int:
        return self.settings.stimulus_seed if seed is None else seed

    def _prepare(self, problem: Problem, seed: int) -> PreparedReference:
        usual = self.settings.stimulus_seed
        if seed != usual:
            return change_seed(self._references.get(problem, usual), self._trusted, seed=seed)
        return prepare_accepted(problem, self._trusted, self.reader, seed=seed, cycles=self.settings.cycles)

    def _prepare_second(self, problem: Problem, seed: int) -> PreparedReference:
        cycles = _SECOND_LENGTH * (self.settings.cycles or problem.cycles or DEFAULT_CYCLES)
        return prepare_accepted(problem, self._trusted, self.reader, seed=-1 - seed, cycles=cycles)

    def _measure_depth(self, problem: Problem, seed: int) -> Depth:
        first = self._references.get(problem, seed)
        try:
            second = self._seconds.get(problem, seed)
        except BadReferenceError:  # too slow for the longer one
            second = None
        return measure_depth(problem, first, second, self._trusted)

    def _judge_extraction(self, candidate: Candidate) -> Verdict | None:
        if candidate.is_truncated:
            return refuse(Status.TRUNCATED, Method.EXTRACT, "the answer ends inside the module")
        if not candidate.text.strip():
            return refuse(Status.NO_CODE, Method.EXTRACT, f"no Verilog module in the answer ({candidate.rule})")
        return None

    def _check_accepted(self, source: str, problem: Problem, seed: int) -> Verdict:
        """Return the verdict of the reference, or the pass of another accepted design that ``source`` matches whole."""
        self.prepare(problem, seed=seed)
        (_, first), *others = [(one.name, one.problem) for one in list_accepted(problem)]
        verdict = self._check_source(source, first, seed)
        if verdict.status is not Status.MISMATCH:
            return verdict
        for name, other in others:
            found = self._check_source(source, other, seed)
            if found.is_passed:
                return add_diagnostics(found, make_note(f"it is right as {name}, which the problem accepts as well"))
        return verdict

    def _check_source(self, source: str, problem: Problem, seed: int) -> Verdict:
        judge = partial(self._screen_and_judge, source, problem, seed)
        return self._verdicts.find(problem, judge, text=(str(seed), "text", source), keeps=is_final)

    def _screen_and_judge(self, source: str, problem: Problem, seed: int) -> Verdict:
        reference = self._references.get(problem, seed)  # within what is kept, as it may be cut short
        screening = self.reader.screen(source, reference.interface, list_memory_files(problem))
        if screening.status is not None:
            return Verdict(status=screening.status, method=Method.SCREEN, diagnostics=screening.diagnostics)
        judge = partial(self._judge_screened, screening.source, problem, seed)
        tokens = (str(seed), "tokens", join_tokens(screening.source))
        verdict = self._verdicts.find(problem, judge, text=tokens, keeps=is_of_any_layout)
        return replace(
            verdict,
            diagnostics=(*screening.diagnostics, *verdict.diagnostics),
            isolation=self.simulator.isolation,
            simulator=verdict.simulator or self.simulator.version,
        )

    def _judge_screened(self, source: str, problem: Problem, seed: int) -> Verdict:
        return judge_powered_up(
            source,
            self._references.get(problem, seed),
            self.reader,
            lambda text, compared: self._prove_first(text, compared) or self._simulate(text, problem, compared),
        )

    def _prove_first(self, source: str, reference: PreparedReference) -> Verdict | None:
        """Return the verdict of a complete proof; ``None`` where there is none and simulation must tell."""
        if self.settings.formal is not FormalMode.FIRST:
            return None
        examination = self.reader.examine(source, reference.simulated.module)
        if examination is None or examination.hazards or examination.refusals:
            return None
        equivalence = self._prover.compare(reference, source)
        if equivalence.result is not Proof.EQUIVALENT:
            return None
        known = compare_traces(reference.trace, reference.trace)
        return Verdict(
            status=Status.PASSED,
            method=Method.PROVE,
            signals=known,
            diagnostics=note_undriven(reference),
            equivalence=equivalence,
            simulator=self._other.version,
        )

    def _simulate(self, source: str, problem: Problem, reference: PreparedReference) -> Verdict:
        may_stop = self.settings.depth is CheckDepth.VERDICT
        first = judge_simulation(self.simulator, reference, source, may_stop=may_stop)
        is_refused = first.verdict.method == Method.COMPILE and first.verdict.status in _REFUSED
        if is_refused and self.simulator.name != self._other.name:
            return self._simulate_elsewhere(first.verdict, source, problem, reference)
        if first.trace is None:
            return first.verdict
        if not first.verdict.is_passed:
            return self._name_drivers(first, source, reference)
        examination = self.reader.examine(source, reference.simulated.module)
        return refuse_examined(examination) or self._confirm(first, source, problem, reference, examination)

    def _confirm(
        self,
        first: Simulated,
        source: str,
        problem: Problem,
        reference: PreparedReference,
        examination: Examination | None,
        *,
        is_elsewhere: bool = False,
    ) -> Verdict:
        hazards = examination.hazards if examination is not None else ()
        excess = self._list_excess(problem, reference, examination)
        confirmer = self._confirmers[is_elsewhere]
        seed = self.settings.stimulus_seed if excess else reference.stimulus.seed  # few of them need another reference
        verdict = confirmer.confirm(
            first,
            source=source,
            reference=reference,
            later=lambda: self._list_later(source, problem, seed, reference, examination),
            depth=lambda: Depth() if reference.powered_up is not None else self._depths.get(problem, seed),
            hazards=hazards,
            proves=bool(excess) or self.settings.formal is not FormalMode.OFF,
            is_full=bool(excess) or self.settings.depth is CheckDepth.FULL,
        )
        if excess and verdict.is_passed and self.settings.formal is FormalMode.OFF:
            verdict = replace(verdict, equivalence=None)  # nobody asked for it: a design must not gain by its excess
        verdict = add_diagnostics(verdict, *map(note_excess, excess[:1]))
        is_other = not is_elsewhere and self._other.name not in {self.simulator.name, self.settings.cross_check}
        if verdict.is_passed and is_other and any(hazard.kind in _STRUCTURAL for hazard in hazards):
            verdict = confirmer.read_again(verdict, self._synthesis, source=source, reference=reference)
        return add_diagnostics(verdict, *describe_drivers(hazards, Severity.WARNING))

    def _list_later(
        self,
        source: str,
        problem: Problem,
        seed: int,
        reference: PreparedReference,
        examination: Examination | None,
    ) -> Iterator[PreparedReference]:
        """Yield ``reference`` under the second stimulus, and under one that asks for what only ``source`` asks for.

        Raises:
            BadReferenceError: it is too slow for one of them, or not known under it.
        """
        longer = find_same(self._seconds.get(problem, seed), reference)
        yield longer
        known = self._references.get(problem, reference.stimulus.seed).extent
        extent = None if examination is None else examination.extent
        new = () if extent is None or known is None else extent.list_new_constants(known)
        mined = [hint for hint in self.reader.mine(source, reference.simulated.module) if hint.port is not None]
        asked = list_asked((*mined, *map(ConstantHint.of, new)), longer.simulated.inputs, longer.plan)
        if asked:
            yield ask_for(longer, asked, self._trusted)

    def _list_excess(
        self, problem: Problem, reference: PreparedReference, examination: Examination | None
    ) -> tuple[str, ...]:
        """Return, in words, why a candidate may do what stimuli do not show, where no more is asked for."""
        depth, formal = self.settings.depth, self.settings.formal
        if depth is CheckDepth.STIMULUS or (depth is CheckDepth.FULL and formal is not FormalMode.OFF):
            return ()
        known = self._references.get(problem, reference.stimulus.seed).extent
        if examination is None or examination.extent is None or known is None:
            return ("a design that cannot be compared with the reference",)
        return (*(hazard.message for hazard in examination.hazards), *examination.extent.list_excess(known))

    def _make_confirmer(self, *, is_elsewhere: bool) -> Confirmer:
        return Confirmer(
            self._other if is_elsewhere else self.simulator,
            self._trusted,
            self._prover,
            self._cross_check,
            deep_steps=_DEEP_STEPS_OF_YOSYS if is_elsewhere else None,
        )

    def _simulate_elsewhere(
        self, refused: Verdict, source: str, problem: Problem, reference: PreparedReference
    ) -> Verdict:
        """Return the second simulator's verdict on what the first cannot compile, ``refused`` if that tells nothing.

        It tells nothing of a text that pyslang does not take either, or that synthesis may read otherwise.
        """
        examination = self.reader.examine(source, reference.simulated.module)
        if examination is None or not examination.is_clean:
            return refused
        if examination.hazards or examination.refusals:
            return add_diagnostics(
                refused, *(make_note(hazard.message, hazard.line) for hazard in examination.hazards[:1])
            )
        first = judge_simulation(self._other, reference, source)
        if first.trace is None:
            return refused
        verdict = first.verdict
        if verdict.is_passed:
            verdict = self._confirm(first, source, problem, reference, examination, is_elsewhere=True)
        note = f"{self.simulator.version} cannot compile it, so {self._other.version} simulated it"
        return replace(add_diagnostics(verdict, make_note(note)), simulator=self._other.version)

    def _name_drivers(self, first: Simulated, source: str, reference: PreparedReference) -> Verdict:
        """Return the mismatch ``first`` with the name of what has two drivers, where X or Z shows."""
        if first.trace is None or not has_unknown_mismatch(reference.trace, first.trace):
            return first.verdict
        examination = self.reader.examine(source, reference.simulated.module)
        hazards = examination.hazards if examination is not None else ()
        return add_diagnostics(first.verdict, *describe_drivers(hazards, Severity.ERROR))


def _choose_budget(settings: CheckSettings) -> float:
    """Return the seconds that the solver may take at once."""
    is_quick = settings.formal in {FormalMode.LATE, FormalMode.OFF}
    return min(QUICK_S, settings.formal_budget_s) if is_quick else settings.formal_budget_s


def _widen(limits: Limits) -> Limits:
    """Return ``limits``, but at least the usual time: Yosys is slower, and what it cannot finish is not found out."""
    usual = Limits()
    return replace(limits, cpu_s=max(limits.cpu_s, usual.cpu_s), wall_s=max(limits.wall_s, usual.wall_s))
