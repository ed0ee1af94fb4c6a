"""The part of the self-check that tries a benchmark's own scorer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pytest_rtlgen.records import BenchVerdict, Candidate, Problem, Status
from pytest_rtlgen.scoring.scorer import BenchScorer
from pytest_rtlgen.selfcheck.stubs import Stub

_LEAST_S = 2.0
_PATIENCE = 10.0
"""A module that does nothing may hang a bench: it gets so many times what the reference took."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchFindings:
    """The verdicts of a problem's own scorer on its reference, and on modules that do nothing."""

    status: Status
    """Of the reference, guarded."""
    published: bool | None
    """Whether the reference passes as the benchmark's authors score; ``None``: not tried."""
    code: str
    """The benchmark's own word for it; empty: it has none."""
    message: str
    """Why the reference does not pass; empty where it does."""
    tried: int
    """Modules that do nothing."""
    passing: tuple[str, ...]
    """Those that pass although guarded, by what they do."""
    fooled: tuple[str, ...]
    """Those that pass as published."""

    @property
    def is_passed(self) -> bool:
        """Whether the reference passes under both."""
        return self.status is Status.PASSED and self.published is not False


def try_bench(
    scorer: BenchScorer, problem: Problem, reference: Candidate, stubs: Sequence[Stub]
) -> BenchFindings | None:
    """Return the verdicts of the problem's own scorer on ``reference`` and on ``stubs``; ``None`` without one.

    Where the scorer fails its own reference, no stub is tried: the verdict would mean nothing.

    Raises:
        ToolError: the simulator is missing or broken.
    """
    verdict = scorer.score(reference, problem)
    if verdict is None:
        return None
    is_sound = verdict.is_passed and verdict.is_passed_unguarded is not False
    quick = _shorten(problem, verdict) if is_sound else problem
    found = [(stub, _score(scorer, quick, stub)) for stub in (stubs if is_sound else ())]
    return BenchFindings(
        status=verdict.status,
        published=verdict.is_passed_unguarded,
        code=verdict.code,
        message="" if is_sound else "; ".join(item.message for item in verdict.diagnostics[:2]),
        tried=len(found),
        passing=tuple(stub.outputs for stub, scored in found if scored.is_passed),
        fooled=tuple(stub.outputs for stub, scored in found if scored.is_passed_unguarded),
    )


def _score(scorer: BenchScorer, problem: Problem, stub: Stub) -> BenchVerdict:
    verdict = scorer.score(Candidate(source=stub.source, rule="stub"), problem)
    return verdict or BenchVerdict(status=Status.NO_CODE)


def _shorten(problem: Problem, verdict: BenchVerdict) -> Problem:
    """Return ``problem`` with less time for its bench, but enough for one that took as long as ``verdict``."""
    if problem.testbench is None:
        return problem
    limit = max(_LEAST_S, _PATIENCE * verdict.duration_s)
    bench = replace(problem.testbench, timeout_s=min(problem.testbench.timeout_s, limit))
    return replace(problem, testbench=bench)
