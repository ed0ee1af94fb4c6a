"""Gates that sampling stops at: after each round of one sample a problem it is asked whether they are known."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from pytest_rtlgen.anytime import bound_anytime
from pytest_rtlgen.config import Options
from pytest_rtlgen.config.values import read_gate
from pytest_rtlgen.records import ProblemKey, RunSettings, SampleResult
from pytest_rtlgen.report.gate import SequentialGate

_READERS: Mapping[str, Callable[[SampleResult], float]] = {
    "pass": lambda sample: float(sample.verdict.is_passed),
    "syntax": lambda sample: float(sample.is_compiled),
    "credit": lambda sample: sample.verdict.credit,
}
"""The score of one sample, by the name of its figure in a gate."""


def list_counts(settings: RunSettings, options: Options) -> Iterable[int]:
    """Return after how many samples of each problem it is asked whether the gates are known; the last is all.

    The first is as many as the other gates of ``options`` need. Without gates to stop at, there is one count.
    """
    most = settings.sampling.n
    needed = (*(gate.k or 1 for gate in options.require), *(limit.k for limit in options.compare_fail))
    return range(max(needed, default=1), most + 1) if settings.gates else (most,)


def measure_gates(settings: RunSettings, samples: Iterable[SampleResult]) -> list[SequentialGate]:
    """Return the gates of a run with ``settings``, as far as ``samples`` tell."""
    rounds = list(_list_rounds(samples, settings.sampling.n)) if settings.gates else []
    gates = []
    for text in settings.gates:
        requirement = read_gate(text)
        read = _READERS[requirement.metric]
        scores = [[read(sample) for sample in row] for row in rounds]
        gates.append(
            SequentialGate(
                requirement=requirement,
                error=settings.gate_error,
                measured=bound_anytime(scores, settings.gate_error) if scores else None,
                samples=len(rounds),
                most=settings.sampling.n,
            )
        )
    return gates


def _list_rounds(samples: Iterable[SampleResult], most: int) -> Iterator[Sequence[SampleResult]]:
    """Yield the samples round by round, as long as every problem that was judged at all has one."""
    found: defaultdict[int, dict[ProblemKey, SampleResult]] = defaultdict(dict)
    for sample in samples:
        found[sample.key.index][sample.key.problem] = sample
    problems = {problem for row in found.values() for problem in row}
    for index in range(most):
        if not problems or found[index].keys() != problems:
            return
        yield [found[index][problem] for problem in sorted(problems)]
