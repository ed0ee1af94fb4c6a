"""A check that is simulated again, for what both designs did at every step."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from pytest_rtlgen.check.compare import mark_mismatches
from pytest_rtlgen.check.powered_up import judge_powered_up
from pytest_rtlgen.check.reading.reader import Reader
from pytest_rtlgen.check.reference import PreparedReference
from pytest_rtlgen.records import Method, Status, Stimulus, Trace, Verdict
from pytest_rtlgen.simulators import SimulationJob, Simulator

Later = Callable[[PreparedReference], Iterable[PreparedReference]]
"""Returns a reference under the further stimuli that a candidate meets once it has passed the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waves:
    """What drove a candidate, what was expected of it, and what it did. All parts have the same steps."""

    stimulus: Stimulus
    expected: Trace
    """X where nothing is asked of a bit."""
    actual: Trace
    differs: tuple[tuple[str, bytes], ...]
    """(output, a ``1`` for each step at which it counts as wrong, a ``0`` for each other), in the order of outputs."""

    @property
    def is_wrong(self) -> bool:
        """Whether an output counts as wrong at some step."""
        return any(b"1" in steps for _, steps in self.differs)


def simulate_again(
    source: str, reference: PreparedReference, verdict: Verdict, *, reader: Reader, simulator: Simulator, later: Later
) -> Waves | None:
    """Return the waves of the screened ``source`` under the first stimulus at which it is wrong, if ``verdict`` fails.

    Where it is wrong under none, and where ``verdict`` is a pass, they are those under the first stimulus; ``None``: it
    does not run under that one. ``later`` is asked where the first shows nothing, after the counterexamples of
    ``verdict``. ``simulator`` simulates candidates and references.

    Raises:
        ToolError: a tool is missing or broken.
    """
    found: list[Waves] = []

    def judge(text: str, compared: PreparedReference) -> Verdict:
        waves = _simulate(text, compared, simulator)
        if waves is not None and not waves.is_wrong and not verdict.is_passed:
            others = (_simulate(text, other, simulator) for other in _list_later(compared, verdict, simulator, later))
            waves = next((one for one in others if one is not None and one.is_wrong), waves)
        found.extend([waves] if waves is not None else [])
        is_right = waves is not None and not waves.is_wrong
        return Verdict(status=Status.PASSED if is_right else Status.MISMATCH, method=Method.SIMULATE)

    judge_powered_up(source, reference, reader, judge)
    return choose_waves(found, verdict)


def choose_waves(found: Iterable[Waves | None], verdict: Verdict) -> Waves | None:
    """Return the first of ``found`` that shows what ``verdict`` says, else the first; ``None`` where there is none."""
    waves = [one for one in found if one is not None]
    return next((one for one in waves if one.is_wrong is not verdict.is_passed), waves[0] if waves else None)


def _list_later(
    reference: PreparedReference, verdict: Verdict, simulator: Simulator, later: Later
) -> Iterator[PreparedReference]:
    counterexamples = verdict.equivalence.counterexamples if verdict.equivalence is not None else ()
    fitting = [found for _, found in counterexamples if found.inputs == reference.stimulus.inputs]
    for found in sorted(fitting, key=lambda stimulus: stimulus.steps):
        stimulus = reference.keep_assumed(found, simulator)
        job = SimulationJob(
            source=reference.source, interface=replace(reference.simulated, module=reference.top), stimulus=stimulus
        )
        trace = simulator.simulate(job).trace
        if trace is not None:
            yield replace(reference, stimulus=stimulus, trace=reference.forget_undriven(trace))
    yield from later(reference)


def _simulate(source: str, reference: PreparedReference, simulator: Simulator) -> Waves | None:
    job = SimulationJob(source=source, interface=reference.simulated, stimulus=reference.stimulus)
    simulation = simulator.simulate(job)
    trace = simulation.trace or simulation.start
    if trace is None or not trace.rows:
        return None
    steps = len(trace.rows) // trace.width
    stimulus = replace(
        reference.stimulus, rows=reference.stimulus.rows[: steps * reference.stimulus.width], steps=steps
    )
    expected = replace(reference.trace, rows=reference.trace.rows[: len(trace.rows)])
    differs = mark_mismatches(expected, reference.retime(trace))
    return Waves(stimulus=stimulus, expected=expected, actual=trace, differs=differs)
