"""Check a suite itself: each reference must pass against itself, and modules that do nothing must fail."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pytest_rtlgen.backends.rename import rename_module
from pytest_rtlgen.check.checker import Checker
from pytest_rtlgen.check.mutation import MutationScore, make_prove, measure_mutation
from pytest_rtlgen.check.stubs import Stub, make_stubs
from pytest_rtlgen.errors import BackendError, BadReferenceError
from pytest_rtlgen.records import Candidate, Problem, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfcheckRow:
    """What the self-check found out about one problem."""

    suite: str
    problem_id: str
    faults: tuple[str, ...] = ()
    """Why candidates of this problem cannot be judged, or would be judged wrongly; empty: all is well."""
    notes: tuple[str, ...] = ()
    """What its author should know although candidates can be judged."""
    checked_share: float | None = None
    """Share of the reference's output bits, over all steps, that candidates are compared with; ``None``: not run."""
    duration_s: float = 0.0
    mutation: MutationScore | None = None
    """``None``: not measured."""

    @property
    def is_ok(self) -> bool:
        """Whether the problem can judge candidates."""
        return not self.faults


def selfcheck_suite(
    checker: Checker, problems: Sequence[Problem], *, mutants: int = 0, seed: int = 0
) -> Iterator[SelfcheckRow]:
    """Yield one row a problem, in order, several problems checked at a time.

    ``mutants``: most mutants of each reference that the stimulus is tried on, drawn by ``seed``; 0: none.

    Raises:
        ToolError: the simulator is missing or broken.
    """
    with ThreadPoolExecutor(checker.settings.jobs, thread_name_prefix="rtlgen-selfcheck") as pool:
        try:
            yield from pool.map(
                lambda problem: selfcheck_problem(checker, problem, mutants=mutants, seed=seed), problems
            )
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def selfcheck_problem(checker: Checker, problem: Problem, *, mutants: int = 0, seed: int = 0) -> SelfcheckRow:
    """Return whether ``problem`` passes its own reference and fails every stub.

    Raises:
        ToolError: the simulator is missing or broken.
    """
    started = time.monotonic()
    try:
        reference = checker.prepare(problem)
        own = Candidate(source=_show_reference(problem), rule="reference")
        verdict = checker.check(own, problem)
        stubs = [stub for stub in make_stubs(reference.wanted) if _passes(checker, problem, stub)]
        prove = make_prove(checker, problem)
        mutation = measure_mutation(checker, problem, limit=mutants, seed=seed, prove=prove) if mutants else None
    except (BadReferenceError, BackendError) as error:
        return SelfcheckRow(
            suite=problem.suite,
            problem_id=problem.problem_id,
            faults=(str(error),),
            duration_s=time.monotonic() - started,
        )
    rows = reference.trace.rows
    return SelfcheckRow(
        suite=problem.suite,
        problem_id=problem.problem_id,
        faults=(*_describe_own(verdict), *map(_describe_stub, stubs)),
        notes=tuple(f"output {signal.name} is never known" for signal in verdict.signals if not signal.checked),
        checked_share=1.0 - rows.count(b"X") / len(rows),
        duration_s=time.monotonic() - started,
        mutation=mutation,
    )


def _show_reference(problem: Problem) -> str:
    """Return the reference's text as a candidate would give it: under the wanted name."""
    if problem.reference_top == problem.top:
        return problem.reference.text
    return rename_module(problem.reference.text, problem.reference_top, problem.top)


def _passes(checker: Checker, problem: Problem, stub: Stub) -> bool:
    return checker.check(Candidate(source=stub.source, rule="stub"), problem).is_passed


def _describe_own(verdict: Verdict) -> tuple[str, ...]:
    if verdict.is_passed:
        return ()
    said = [f"line {item.line}: {item.message}" if item.line else item.message for item in verdict.diagnostics]
    said += [f"output {signal.name} differs" for signal in verdict.signals if signal.mismatches]
    return (f"the reference does not pass against itself ({verdict.status}): {'; '.join(said[:3])}",)


def _describe_stub(stub: Stub) -> str:
    if stub.outputs in {"0", "1"}:
        return f"a module that holds every output at {stub.outputs} passes: the reference never shows anything else"
    return f"a module with every output {stub.outputs} passes"
