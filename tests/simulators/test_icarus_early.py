"""A simulation that is looked at while it runs, and ended when that is enough."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from builders import COUNTER, COUNTER_INTERFACE

from pytest_rtlgen.check.stimulus.make import make_stimulus
from pytest_rtlgen.modes import SandboxMode
from pytest_rtlgen.records import Trace
from pytest_rtlgen.simulators import SimulationJob, Simulator, make_simulator
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.tools.sandbox import choose_sandbox

pytestmark = pytest.mark.simulator
LONG = make_stimulus(COUNTER_INTERFACE, cycles=4000)
JOB = SimulationJob(source=COUNTER, interface=COUNTER_INTERFACE, stimulus=LONG)


@pytest.fixture(scope="module")
def warm() -> Iterator[Simulator]:
    limits = Limits(cpu_s=10, wall_s=60)
    simulator = make_simulator("icarus", sandbox=choose_sandbox(SandboxMode.AUTO), limits=limits, jobs=1)
    yield simulator
    simulator.close()


def test_it_ends_when_the_start_is_enough(warm: Simulator) -> None:
    whole = warm.simulate(JOB).trace
    assert whole is not None
    found = warm.simulate(replace(JOB, is_enough=lambda _: True))
    assert (found.trace, found.status) == (None, None)
    assert found.start is not None
    assert 256 * 5 <= len(found.start.rows) < len(whole.rows)
    assert whole.rows.startswith(found.start.rows)
    assert warm.simulate(JOB).trace == whole, "the next job is another"


def test_it_goes_on_while_it_is_not(warm: Simulator) -> None:
    seen: list[int] = []

    def look(start: Trace) -> bool:
        seen.append(len(start.rows) // start.width)
        return False

    found = warm.simulate(replace(JOB, is_enough=look))
    assert found.trace == warm.simulate(JOB).trace
    assert len(seen) >= 2
    assert seen == sorted(seen)
    assert seen[0] >= 256


def test_a_stop_that_comes_too_late_harms_nothing(warm: Simulator) -> None:
    steps = 257
    short = replace(LONG, rows=LONG.rows[: steps * LONG.width], steps=steps)
    whole = warm.simulate(replace(JOB, stimulus=short)).trace
    for _ in range(10):
        found = warm.simulate(replace(JOB, stimulus=short, is_enough=lambda _: True))
        assert found.status is None
        assert (found.trace or whole) == whole
    assert warm.simulate(replace(JOB, stimulus=short)).trace == whole


def test_what_never_comes_so_far_is_not_looked_at(warm: Simulator) -> None:
    stops = COUNTER.replace("endmodule", "  initial #5 $finish;\nendmodule")
    found = warm.simulate(replace(JOB, source=stops, is_enough=lambda _: True))
    assert found.status == "early-finish"
    refused = warm.simulate(replace(JOB, source="module counter(", is_enough=lambda _: True))
    assert refused.status == "syntax-error"
