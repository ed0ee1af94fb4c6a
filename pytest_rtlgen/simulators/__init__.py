"""Simulators: a design and a Stimulus in, a Trace out."""

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.simulators.base import Simulation, SimulationJob, Simulator
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.tools.sandbox import Sandbox

__all__ = ["SIMULATORS", "Simulation", "SimulationJob", "Simulator", "make_simulator"]

SIMULATORS = ("icarus", "icarus-cold", "yosys")


def make_simulator(name: str, *, sandbox: Sandbox, limits: Limits, jobs: int) -> Simulator:
    """Return the simulator called ``name``; nothing is started yet.

    Raises:
        UsageError: there is none of that name.
    """
    if name == "icarus":
        from pytest_rtlgen.simulators.icarus_warm import IcarusWarm

        return IcarusWarm(sandbox=sandbox, limits=limits, jobs=jobs)
    if name == "icarus-cold":
        from pytest_rtlgen.simulators.icarus_cold import IcarusCold

        return IcarusCold(sandbox=sandbox, limits=limits)
    if name == "yosys":
        from pytest_rtlgen.simulators.yosys_sim import YosysSim

        return YosysSim(sandbox=sandbox, limits=limits)
    raise UsageError(f"--rtlgen-simulator={name}: unknown; choose one of {', '.join(SIMULATORS)}")
