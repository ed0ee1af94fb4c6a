"""A second simulator's opinion of a candidate: it can find one out, and never passes one.

What depends on the simulator (the order of events, X taken for false) may come out differently elsewhere.
Only a known bit of the second simulator that contradicts a known bit of the reference counts: Yosys gives X where
Icarus is optimistic, Verilator where a bit depends on power-up, and both refuse code that Icarus takes.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

from pytest_rtlgen.check.compare import compare_known
from pytest_rtlgen.check.reference import PreparedReference
from pytest_rtlgen.records import SignalVerdict, Status
from pytest_rtlgen.simulators import Simulation, SimulationJob, make_cross_simulator
from pytest_rtlgen.tools.cut_short import note_cut_short
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.tools.sandbox import Sandbox

_KEPT_REFERENCES = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossCheckResult:
    """What the second simulator found out about a candidate."""

    disagrees: tuple[str, ...]
    """Outputs that contradict the reference there, in declared order."""
    signals: tuple[SignalVerdict, ...] = ()
    """One an output that could be judged there; ``checked`` counts steps known to both."""
    note: str = ""
    """What could not be judged, and why; empty: every output was."""


class CrossCheck:
    """Simulates candidates in a second simulator. Thread-safe; each reference is simulated there once."""

    def __init__(self, simulator_name: str, sandbox: Sandbox, limits: Limits) -> None:
        self._simulator = make_cross_simulator(simulator_name, sandbox=sandbox, limits=limits)
        self._simulate_reference = lru_cache(_KEPT_REFERENCES)(self._simulate_reference_once)

    @property
    def version(self) -> str:
        """Program and version of the second simulator."""
        return self._simulator.version

    def close(self) -> None:
        """End every process and remove every file."""
        self._simulator.close()

    def examine(self, reference: PreparedReference, source: str) -> CrossCheckResult:
        """Return where ``source``, a screened candidate, contradicts ``reference`` in the second simulator.

        Raises:
            ToolError: the second simulator is missing or broken.
        """
        simulation = self._simulate_reference(reference)
        if simulation.trace is None:
            if simulation.status is Status.TIMEOUT:  # which only the first candidate has seen
                note_cut_short()
            return CrossCheckResult(disagrees=(), note=self._describe_refusal("the reference", simulation))
        left_out = _list_wrong(compare_known(reference.trace, simulation.trace))
        if len(left_out) == len(reference.trace.outputs):
            return CrossCheckResult(disagrees=(), note=self._describe_left_out(left_out))
        job = SimulationJob(source=source, interface=reference.simulated, stimulus=reference.stimulus)
        found = self._simulator.simulate(job)
        if found.trace is None:
            return CrossCheckResult(disagrees=(), note=self._describe_refusal("the candidate", found))
        signals = tuple(
            one for one in compare_known(reference.trace, reference.retime(found.trace)) if one.name not in left_out
        )
        note = self._describe_left_out(left_out) if left_out else ""
        return CrossCheckResult(disagrees=_list_wrong(signals), signals=signals, note=note)

    def _simulate_reference_once(self, reference: PreparedReference) -> Simulation:
        interface = replace(reference.simulated, module=reference.top)
        job = SimulationJob(source=reference.source, interface=interface, stimulus=reference.stimulus)
        return self._simulator.simulate(job)

    def _describe_refusal(self, what: str, simulation: Simulation) -> str:
        first = simulation.diagnostics[0] if simulation.diagnostics else None
        reason = f": {first.message}" if first else ""
        where = f" at line {first.line}" if first and first.line else ""
        return f"{self._simulator.name} cannot simulate {what} ({simulation.status}){where}{reason}"

    def _describe_left_out(self, names: tuple[str, ...]) -> str:
        return f"not judged by {self._simulator.name}, where the reference itself differs: {', '.join(names)}"


def _list_wrong(signals: tuple[SignalVerdict, ...]) -> tuple[str, ...]:
    return tuple(signal.name for signal in signals if signal.mismatches)
