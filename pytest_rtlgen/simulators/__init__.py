"""Simulators: a design and a Stimulus in, a Trace out."""

from typing import TYPE_CHECKING

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.simulators.base import Simulation, SimulationJob, Simulator

if TYPE_CHECKING:  # the program that proves needs this folder, and starts no other
    from pytest_rtlgen.tools.process import Limits
    from pytest_rtlgen.tools.sandbox import Sandbox

__all__ = [
    "CROSS_SIMULATORS",
    "SIMULATORS",
    "Simulation",
    "SimulationJob",
    "Simulator",
    "make_cross_simulator",
    "make_simulator",
]

SIMULATORS = ("icarus", "icarus-cold", "yosys")
CROSS_SIMULATORS = ("yosys", "verilator")
"""Those that give a second opinion; what they refuse, or do not model, proves nothing."""


def make_simulator(name: str, *, sandbox: "Sandbox", limits: "Limits", jobs: int) -> Simulator:
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


def make_cross_simulator(name: str, *, sandbox: "Sandbox", limits: "Limits") -> Simulator:
    """Return the simulator called ``name`` for a second opinion; nothing is started yet.

    Raises:
        UsageError: there is none of that name.
    """
    if name == "verilator":
        from pytest_rtlgen.simulators.verilator import VerilatorSim

        return VerilatorSim(sandbox=sandbox, limits=limits)
    if name in CROSS_SIMULATORS:
        return make_simulator(name, sandbox=sandbox, limits=limits, jobs=1)
    raise UsageError(f"--rtlgen-cross-check={name}: unknown; choose one of {', '.join(CROSS_SIMULATORS)}")
