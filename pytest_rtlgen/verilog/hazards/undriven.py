"""Bits of outputs that nothing in the design drives: they float in every simulation."""

from collections.abc import Iterator

from pytest_rtlgen.verilog.hazards.members import read_design
from pytest_rtlgen.verilog.hazards.model import Model, TooLargeError
from pytest_rtlgen.verilog.hazards.nets import Nets
from pytest_rtlgen.verilog.syntax import elaborate_top, parse_text


def find_undriven(text: str, top: str) -> dict[str, int]:
    """Return, by the name of an output of module ``top``, the mask of its bits that nothing drives.

    A net that is only connected to others counts as what drives those. Nothing is found in a design that cannot be
    analysed whole.
    """
    parsed = parse_text(text)
    instance, compilation = elaborate_top(parsed, top)
    if instance is None or any(item.isError() for item in compilation.getAllDiagnostics()):
        return {}
    model = Model(top, parsed.line)
    try:
        read_design(model, instance)
        return {} if model.unclear else dict(_list_undriven(model))
    except (TooLargeError, RuntimeError, RecursionError):  # pyslang gives up on nesting that is too deep
        return {}
    finally:
        model.forget()


def _list_undriven(model: Model) -> Iterator[tuple[str, int]]:
    nets = Nets(model)
    driven: dict[int, int] = {signal.number: signal.initial for signal in model.signals}
    for process in model.processes:
        for number, bits in process.list_driven():
            driven[number] |= bits
    for signal in model.signals:
        if signal.is_output and not signal.is_input and signal.is_fine:
            places = (1 << place for place in range(signal.width))
            mask = sum(bit for bit in places if _is_undriven(nets, driven, signal.number, bit))
            if mask:
                yield signal.name, mask


def _is_undriven(nets: Nets, driven: dict[int, int], signal: int, bit: int) -> bool:
    source, place, is_inverted = nets.resolve(signal, bit)
    return not is_inverted and not driven[source] & place and not nets.model.signals[source].is_input
