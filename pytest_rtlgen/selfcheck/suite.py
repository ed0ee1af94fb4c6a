"""Check a suite itself: references must pass, modules that do nothing must fail; under our scoring and its own."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pytest_rtlgen.check.checker import Checker
from pytest_rtlgen.check.reference import PreparedReference
from pytest_rtlgen.errors import BadReferenceError, RenameError
from pytest_rtlgen.known_bad import Kind, KnownBadList
from pytest_rtlgen.modes import ScoringMode
from pytest_rtlgen.records import BenchRule, Candidate, Problem, Verdict
from pytest_rtlgen.scoring.scorer import BenchScorer
from pytest_rtlgen.selfcheck.bench import BenchFindings, try_bench
from pytest_rtlgen.selfcheck.mutation import MutationScore, make_prove, measure_mutation
from pytest_rtlgen.selfcheck.openings import OpeningsFound, try_openings
from pytest_rtlgen.selfcheck.stubs import Stub, make_forgers, make_stubs
from pytest_rtlgen.tools.pool import run_each
from pytest_rtlgen.verilog.rename import rename_module

_NOTHING_KNOWN = KnownBadList(by_problem={})
_CONSTANTS = {"0", "1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfcheckRow:
    """What the self-check found out about one problem."""

    suite: str
    problem_id: str
    faults: tuple[str, ...] = ()
    """Why candidates of this problem cannot be judged, or would be judged wrongly; empty: all is well."""
    notes: tuple[str, ...] = ()
    """What its author should know although candidates can be judged."""
    is_reference_right: bool | None = None
    """Whether the reference passes our check; ``None``: there is none."""
    checked_share: float | None = None
    """Share of the reference's output bits, over all steps, that candidates are compared with; ``None``: not run."""
    unreached: tuple[str, ...] | None = None
    """What inside the reference no stimulus reaches, each as words; ``None``: not run."""
    duration_s: float = 0.0
    mutation: MutationScore | None = None
    """``None``: not measured."""
    openings: OpeningsFound | None = None
    """``None``: the description leaves nothing open."""
    bench: BenchFindings | None = None
    """``None``: the problem has no scorer of its own, or it was not tried."""

    @property
    def is_ok(self) -> bool:
        """Whether the problem can judge candidates."""
        return not self.faults


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finding:
    """Something that should not be, unless it is known."""

    text: str
    scoring: ScoringMode
    is_lenient: bool
    """Whether too much passes; else the reference does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _OurSide:
    """What our own check finds out about one problem."""

    findings: tuple[_Finding, ...] = ()
    notes: tuple[str, ...] = ()
    is_right: bool | None = None
    stubs: tuple[Stub, ...] = ()
    """Modules that do nothing."""
    checked_share: float | None = None
    unreached: tuple[str, ...] | None = None
    mutation: MutationScore | None = None
    openings: OpeningsFound | None = None


def selfcheck_suite(
    checker: Checker,
    problems: Sequence[Problem],
    *,
    mutants: int = 0,
    seed: int = 0,
    scorer: BenchScorer | None = None,
    known: KnownBadList = _NOTHING_KNOWN,
) -> Iterator[SelfcheckRow]:
    """Yield one row a problem, in order, several problems checked at a time.

    ``mutants``: most mutants of each reference that the stimulus is tried on, drawn by ``seed``; 0: none. ``scorer``
    tries the problems' own testbenches as well. What ``known`` lists is a note, not a fault.

    Raises:
        ToolError: the simulator is missing or broken.
    """

    def check(problem: Problem) -> SelfcheckRow:
        return selfcheck_problem(checker, problem, mutants=mutants, seed=seed, scorer=scorer, known=known)

    return run_each(check, problems, jobs=checker.settings.jobs)


def selfcheck_problem(
    checker: Checker,
    problem: Problem,
    *,
    mutants: int = 0,
    seed: int = 0,
    scorer: BenchScorer | None = None,
    known: KnownBadList = _NOTHING_KNOWN,
) -> SelfcheckRow:
    """Return whether ``problem`` passes its own reference and fails every module that does nothing.

    Raises:
        ToolError: the simulator is missing or broken.
    """
    started = time.monotonic()
    if problem.unjudged:
        return SelfcheckRow(suite=problem.suite, problem_id=problem.problem_id, notes=(f"skipped: {problem.unjudged}",))
    ours = _check_ours(checker, problem, mutants, seed)
    reference = _find_answer(problem)
    bench = try_bench(scorer, problem, reference, ours.stubs) if scorer is not None and reference is not None else None
    faults, excused = _part(problem, (*ours.findings, *_list_bench_findings(bench)), known)
    return SelfcheckRow(
        suite=problem.suite,
        problem_id=problem.problem_id,
        faults=faults,
        notes=(*excused, *ours.notes),
        is_reference_right=ours.is_right,
        checked_share=ours.checked_share,
        unreached=ours.unreached,
        duration_s=time.monotonic() - started,
        mutation=ours.mutation,
        openings=ours.openings,
        bench=bench,
    )


def _check_ours(checker: Checker, problem: Problem, mutants: int, seed: int) -> _OurSide:
    """Return what our own check says; a bad reference is a finding."""
    if not problem.has_reference:
        stubs = _make_bench_stubs(checker, problem)
        alone = ("no reference to compare with; only its own tests can judge",)
        return _OurSide(notes=() if stubs else alone, stubs=stubs)
    try:
        reference = checker.prepare(problem)
        answer = Candidate(source=_show_reference(problem), rule="reference")
        verdict = checker.check(answer, problem)
        forgers = make_forgers(reference.interface, _name_hidden(problem))
        stubs = (*make_stubs(reference.interface), *forgers)
        passing = [stub for stub in stubs if _passes(checker, problem, stub)]
        unreached = checker.measure_depth(problem).unreached
        prove = make_prove(checker, problem)
        mutation = measure_mutation(checker, problem, limit=mutants, seed=seed, prove=prove) if mutants else None
        openings = try_openings(checker, problem, mutants=mutants, seed=seed)
    except (BadReferenceError, RenameError) as error:
        return _OurSide(
            findings=(_Finding(text=str(error), scoring=ScoringMode.OURS, is_lenient=False),), is_right=False
        )
    return _OurSide(
        is_right=verdict.is_passed,
        findings=(*_describe_reference(verdict), *map(_describe_stub, passing), *_list_opening_findings(openings)),
        notes=(*reference.describe_undriven(), *_list_unknown(reference, verdict)),
        stubs=stubs,
        checked_share=_share_known(reference),
        unreached=unreached,
        mutation=mutation,
        openings=openings,
    )


def _make_bench_stubs(checker: Checker, problem: Problem) -> tuple[Stub, ...]:
    """Return modules that do nothing for a user's own bench, made from the ports of the design that passes it."""
    harness = problem.harness
    if harness is None or harness.rule is not BenchRule.COCOTB or not harness.solution:
        return ()
    try:
        return make_stubs(checker.prepare(replace(problem, reference=harness.solution[0], harness=None)).interface)
    except BadReferenceError:
        return ()


def _list_unknown(reference: PreparedReference, verdict: Verdict) -> Iterator[str]:
    undriven = {name for name, _ in reference.undriven}
    for signal in verdict.signals:
        if not signal.checked and signal.name not in undriven:
            yield f"output {signal.name} is never known"


def _share_known(reference: PreparedReference) -> float:
    rows = reference.trace.rows
    return 1.0 - rows.count(b"X") / len(rows)


def _name_hidden(problem: Problem) -> str:
    """Return the name of the reference's module as a candidate may try to reach it."""
    return problem.testbench.reference_top if problem.testbench is not None else problem.reference_top


def _find_answer(problem: Problem) -> Candidate | None:
    """Return the right answer for the problem's own scorer; ``None`` where it is withheld or cannot be shown."""
    if problem.harness is not None:
        solution = problem.harness.solution
        return Candidate(source="", files=solution, rule="reference") if solution else None
    if problem.testbench is None:
        return None
    try:
        return Candidate(source=_show_reference(problem), rule="reference")
    except RenameError:
        return None  # our side says so


def _name(outputs: str) -> str:
    return "a verdict " + outputs if outputs.startswith("forged") else "every output " + outputs


def _list_bench_findings(bench: BenchFindings | None) -> tuple[_Finding, ...]:
    if bench is None:
        return ()
    if not bench.is_passed:
        word = f", {bench.code}" if bench.code else ""
        text = f"its own testbench does not pass the reference ({bench.status}{word}): {bench.message}"
        return (_Finding(text=text, scoring=ScoringMode.BENCH, is_lenient=False),)
    return tuple(
        _Finding(
            text=f"its own testbench passes a module with {_name(what)}",
            scoring=ScoringMode.BENCH,
            is_lenient=True,
        )
        for what in bench.passing
    )


def _part(
    problem: Problem, findings: Sequence[_Finding], known: KnownBadList
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return faults, and notes on what is known."""
    faults, notes = [], []
    for finding in findings:
        entries = known.of(problem.suite, problem.problem_id, finding.scoring)
        kinds = [entry.kind for entry in entries if _excuses(entry.kind, finding)]
        if kinds:
            notes.append(f"known ({kinds[0]}): {finding.text}")
        else:
            faults.append(finding.text)
    return tuple(faults), tuple(notes)


def _excuses(kind: Kind, finding: _Finding) -> bool:
    return kind.is_lenient if finding.is_lenient else kind.is_blocking


def _show_reference(problem: Problem) -> str:
    """Return the reference's text as a candidate would give it: under the expected name."""
    if problem.reference_top == problem.top:
        return problem.reference.text
    return rename_module(problem.reference.text, problem.reference_top, problem.top)


def _passes(checker: Checker, problem: Problem, stub: Stub) -> bool:
    return checker.check(Candidate(source=stub.source, rule="stub"), problem).is_passed


def _describe_reference(verdict: Verdict) -> tuple[_Finding, ...]:
    if verdict.is_passed:
        return ()
    reasons = [f"line {item.line}: {item.message}" if item.line else item.message for item in verdict.diagnostics]
    reasons += [f"output {signal.name} differs" for signal in verdict.signals if signal.mismatches]
    text = f"the reference does not pass against itself ({verdict.status}): {'; '.join(reasons[:3])}"
    return (_Finding(text=text, scoring=ScoringMode.OURS, is_lenient=False),)


def _list_opening_findings(openings: OpeningsFound | None) -> tuple[_Finding, ...]:
    faults = () if openings is None else openings.faults
    return tuple(_Finding(text=text, scoring=ScoringMode.OURS, is_lenient=True) for text in faults)


def _describe_stub(stub: Stub) -> _Finding:
    text = f"a module with every output {stub.outputs} passes"
    if stub.outputs in _CONSTANTS:
        text = f"a module that holds every output at {stub.outputs} passes: the reference never shows anything else"
    return _Finding(text=text, scoring=ScoringMode.OURS, is_lenient=True)
