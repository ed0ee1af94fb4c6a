"""Two simulators as one: what the first cannot compile is simulated by the second.

Icarus does not support parts of SystemVerilog: casts to enumerations, structure literals, automatic variables. A
reference that is written so is no worse for it. The checker gives a candidate to the second simulator only under
further conditions.
"""

from dataclasses import dataclass, replace

from pytest_rtlgen.records import Isolation
from pytest_rtlgen.simulators.base import Simulation, SimulationJob, Simulator


@dataclass(frozen=True, slots=True)
class WithFallback:
    """Simulates in ``first``, and in ``second`` what ``first`` does not compile. ``close`` ends neither."""

    first: Simulator
    second: Simulator

    @property
    def name(self) -> str:
        """The first simulator's name."""
        return self.first.name

    @property
    def version(self) -> str:
        """The first simulator's program and version."""
        return self.first.version

    @property
    def isolation(self) -> Isolation:
        """What is in force around each design."""
        return self.first.isolation

    def simulate(self, job: SimulationJob) -> Simulation:
        """Simulate one design; where both refuse it, the first one says why.

        Raises:
            ToolError: a simulator is missing or broken.
        """
        simulation = self.first.simulate(job)
        if simulation.trace is not None or simulation.is_compiled:
            return simulation
        other = self.second.simulate(job)
        return simulation if other.trace is None else replace(other, is_fallback=True)

    def close(self) -> None:
        """Nothing: the simulators belong to whoever made them."""
