"""Decisions on what nothing ever sets."""

from collections.abc import Iterable, Iterator

from pytest_rtlgen.verilog.hazards.model import Kind, Model, Process, Value
from pytest_rtlgen.verilog.hazards.nets import Nets


def list_unset_decisions(nets: Nets) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Yield (line, signals that nothing ever sets) of each such decision that an output depends on."""
    unset = _find_unset(nets.model)
    if not any(unset.values()):
        return
    found: list[tuple[int, int, list[int]]] = []
    for number, decision in enumerate(nets.model.decisions):
        names = [signal for signal, value in decision.operands if _is_unset(nets.model, value, unset)]
        if names:
            found.append((number, decision.line, names))
    reached = _reach_decisions(nets) if found else set[int]()
    for number, line, names in found:
        if number in reached:
            yield line, tuple(dict.fromkeys(names))


def _find_unset(model: Model) -> dict[int, int]:
    """Return the bits by signal that are X at all times in every simulation: the greatest fixed point."""
    unset = {
        signal.number: signal.mask & ~signal.initial
        for signal in model.signals
        if not signal.is_input
        and not signal.is_local
        and signal.is_kept
        and signal.mask & ~signal.initial
        and _last(signal.name) not in model.unclear_names
    }
    pending = [flow for process in model.processes for flow in process.flows if flow.mask & unset.get(flow.target, 0)]
    has_changed = True
    while has_changed:
        has_changed = False
        kept = []
        for flow in pending:
            if not flow.mask & unset[flow.target]:
                continue
            if _is_unset(model, flow.value, unset):
                kept.append(flow)
            else:
                unset[flow.target] &= ~flow.mask
                has_changed = True
        pending = kept
    return unset


def _is_unset(model: Model, value: Value, unset: dict[int, int]) -> bool:
    return all(
        any(mask and not mask & ~unset.get(signal, 0) for signal, mask in model.list_atoms(rule))
        for rule in value.unset
    )


def _reach_decisions(nets: Nets) -> set[int]:
    """Return the numbers of the decisions that an output of the top depends on."""
    model = nets.model
    bits = {signal.number: signal.mask for signal in model.signals if signal.is_output}
    pending = list(bits.items())
    decisions: set[int] = set()
    while pending:
        signal, mask = pending.pop()
        for process, flow in nets.into.get(signal, ()):
            if not flow.mask & mask:
                continue
            decisions.update(model.list_decisions(flow.value.reads))
            for source, read in (*model.list_atoms(flow.value.reads), *_list_events(process)):
                if read & ~bits.get(source, 0):
                    bits[source] = bits.get(source, 0) | read
                    pending.append((source, read))
    return decisions


def _list_events(process: Process) -> Iterable[tuple[int, int]]:
    if process.kind is not Kind.EDGE:
        return ()
    return [(event.signal, event.mask) for event in process.events if event.signal >= 0]


def _last(name: str) -> str:
    return name.rpartition(".")[2].lstrip("\\").rstrip()
