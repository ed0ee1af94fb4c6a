"""Prove a candidate equivalent to its reference, output by output (``docs/explanation/formal.md``)."""

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_rtlgen.check.compare import compare_traces
from pytest_rtlgen.check.holds import render_edge
from pytest_rtlgen.check.proof.worker import limit_wall
from pytest_rtlgen.check.reference import PreparedReference
from pytest_rtlgen.check.stimulus.assumptions import AssumedGroup, render_assumed
from pytest_rtlgen.records import ClockEdge, Equivalence, Interface, Polarity, Port, Proof, Stimulus, Trace
from pytest_rtlgen.tools.cut_short import note_cut_short
from pytest_rtlgen.tools.lru import Lru
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.tools.sandbox import Sandbox
from pytest_rtlgen.tools.worker import WorkerLostError, WorkerPool

_RESET_CYCLES = 4
_KEPT = 4096
_ANSWER_S = 10.0
"""Seconds beyond the worker's own limit after which the worker itself is given up."""
_DOUBT = "Yosys reads the design otherwise than the simulator"
_LATE = "the time was up"
_SEQUENCE = "of outputs whose latency is open nothing is proved"
_SIMULATED = 400
"""Steps of the stimulus in which Yosys must show what the simulator showed."""
_LIMITS = Limits(cpu_s=24 * 3600, memory_mib=4096, file_mib=512)
"""CPU time is bounded per question; the process itself lives long."""


class Prover:
    """Proves in sandboxed worker processes. Thread-safe; ``close`` ends them."""

    def __init__(self, *, sandbox: Sandbox, jobs: int, budget_s: float) -> None:
        self._pool = WorkerPool("pytest_rtlgen.check.proof.worker", sandbox=sandbox, limits=_LIMITS, size=jobs)
        self._budget_s = budget_s
        self._unmodelled: Lru[PreparedReference, frozenset[str]] = Lru(_KEPT)

    def compare(
        self, reference: PreparedReference, source: str, trace: Trace | None = None, *, refuses_two_drivers: bool = True
    ) -> Equivalence:
        """Return what can be proved about the module ``reference.simulated.module`` in ``source``.

        ``trace`` is what the simulator showed of it: an output that Yosys shows otherwise is unknown, as Yosys then
        does not model what the simulator runs. Nothing here is a verdict until a counterexample has been replayed.
        Without ``refuses_two_drivers`` a net may have two drivers, which Yosys merges: then only counterexamples mean
        anything.

        Raises:
            ToolError: no worker can be started.
        """
        open_ = _list_unproved(reference)
        if len(open_) == len(reference.simulated.outputs):
            return _conclude(reference, {"reason": _SEQUENCE}, open_)
        known = self._unmodelled.find(reference)
        sides = [*(["gold"] if known is None else []), *(["gate"] if trace else [])]
        question = _ask(reference, source, sides, self._budget_s, refuses_two_drivers=refuses_two_drivers)
        try:
            answer = self._pool.ask(question, limit_wall(self._budget_s) + _ANSWER_S)
        except WorkerLostError:
            answer = {"reason": "the proof's process was lost"}
        if answer.get("is_starved"):
            note_cut_short()
        if known is None and "simulated" in answer:
            found = frozenset(_list_differing(reference.trace, answer["simulated"]["gold"]))
            known = self._unmodelled.keep(reference, found)
        doubted = set(known or ()) | open_
        if trace and "simulated" in answer:
            doubted |= _list_differing(reference.forget_undriven(trace), answer["simulated"]["gate"])
        return _conclude(reference, answer, doubted)

    def close(self) -> None:
        """End the workers."""
        self._pool.close()


def make_prefix(interface: Interface, assumed: Sequence[AssumedGroup] = ()) -> tuple[str, Mapping[str, str]]:
    """Return rows that reset the design, or none, and the value of every input after them."""
    values = {port.name: "0" * port.width for port in interface.inputs}
    values.update({clock.port: "1" if clock.edge is ClockEdge.FALLING else "0" for clock in interface.clocks})
    if interface.resets:
        values.update({reset.port: "1" if reset.active is Polarity.HIGH else "0" for reset in interface.resets})
    for group in assumed:
        values.update(_split(group))
    if not interface.resets:
        return "", values
    rows = [_row(interface.inputs, values)]
    for _ in range(_RESET_CYCLES):
        for clock in interface.clocks:
            away = {**values, clock.port: "10"[int(values[clock.port])]}
            rows += [_row(interface.inputs, away), _row(interface.inputs, values)]
    return "".join(rows), values


def _ask(
    reference: PreparedReference, source: str, sides: Sequence[str], seconds: float, *, refuses_two_drivers: bool
) -> dict[str, Any]:
    """Return the question for ``proof/worker.py``; ``about`` is the same for all candidates."""
    interface, stimulus = reference.simulated, reference.stimulus
    prefix, start = make_prefix(interface, reference.assumed)
    widths = {port.name: port.width for port in interface.inputs}
    assumed, assumed_inputs = render_assumed(reference.assumed) if reference.assumed else ("", ())
    about = {
        "gold": reference.source,
        "gold_top": reference.top,
        "inputs": [(port.name, port.width) for port in interface.inputs],
        "outputs": [(port.name, port.width) for port in interface.outputs],
        "clocks": [clock.port for clock in interface.clocks],
        "prefix": prefix,
        "blurred": _blur(interface, prefix),
        "start": start,
        "assumed": assumed,
        "assumed_inputs": assumed_inputs,
        "holds": [(hold.port, hold.cycles, widths[hold.port]) for hold in reference.openings.holds],
        "edge": render_edge(interface),
        "is_open": bool(reference.undriven),
    }
    asked = {
        "gate": source,
        "gate_top": interface.module,
        "refuses_two_drivers": refuses_two_drivers,
        "simulate": sides,
        "rows": stimulus.rows[: _SIMULATED * stimulus.width].decode("ascii") if sides else "",
        "steps": min(_SIMULATED, stimulus.steps),
    }
    return {"about": about, "ask": asked, "seconds": seconds}


def _list_unproved(reference: PreparedReference) -> set[str]:
    latency = reference.openings.latency
    return set() if latency is None else {latency.valid, *latency.data}


def _split(group: AssumedGroup) -> dict[str, str]:
    """Return the value of each of the group's inputs at rest."""
    values, at, resting = {}, 0, group.resting.decode()
    for port in group.ports:
        values[port.name] = resting[at : at + port.width]
        at += port.width
    return values


def _blur(interface: Interface, rows: str) -> str:
    """Return ``rows`` with every input unknown that is no clock and no reset."""
    kept = {clock.port for clock in interface.clocks} | {reset.port for reset in interface.resets}
    keeps = [port.name in kept for port in interface.inputs for _ in range(port.width)]
    return "".join(bit if keeps[at % len(keeps)] else "x" for at, bit in enumerate(rows))


def _conclude(reference: PreparedReference, answer: Mapping[str, Any], doubted: set[str]) -> Equivalence:
    inputs, width = reference.stimulus.inputs, reference.stimulus.width
    prefix = make_prefix(reference.simulated, reference.assumed)[0]
    refuted = {
        name: Stimulus(inputs=inputs, rows=(prefix + rows).encode("ascii"), steps=len(prefix + rows) // max(1, width))
        for name, rows in answer.get("refuted", {}).items()
        if name not in doubted and rows
    }
    proved = set(answer.get("proved", ())) - doubted
    found = [
        (
            port.name,
            Proof.EQUIVALENT if port.name in proved else Proof.DIFFERENT if port.name in refuted else Proof.UNKNOWN,
        )
        for port in reference.simulated.outputs
    ]
    reason = ""
    unknown = {name for name, proof in found if proof is Proof.UNKNOWN}
    is_late = bool(answer.get("is_late")) and not unknown <= doubted
    if unknown:
        open_ = _list_unproved(reference)
        reason = answer.get("reason") or (_SEQUENCE if unknown <= open_ else _DOUBT if doubted - open_ else _LATE)
    return Equivalence(
        outputs=tuple(found), reason=reason, counterexamples=tuple(refuted.items()), is_out_of_time=is_late
    )


def _list_differing(expected: Trace, rows: str) -> set[str]:
    """Return the outputs that Yosys shows otherwise where the simulator knows them, as far as ``rows`` go."""
    expected = Trace(outputs=expected.outputs, rows=expected.rows[: len(rows)])
    actual = Trace(outputs=expected.outputs, rows=rows.encode("ascii"))
    return {signal.name for signal in compare_traces(expected, actual) if signal.mismatches}


def _row(ports: Sequence[Port], values: Mapping[str, str]) -> str:
    return "".join(values[port.name] for port in ports)
