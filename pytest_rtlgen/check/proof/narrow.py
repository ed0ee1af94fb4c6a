"""Divisions in a netlist, made as narrow as their operands are."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyosys.libyosys import Module, SigSpec

DIVISIONS = frozenset({"$div", "$mod", "$divfloor", "$modfloor"})


def narrow_divisions(module: "Module") -> bool:
    """Divide in no more bits than the operands need: an integer literal makes it 32, which are thousands of gates.

    ``module`` is of two-state logic. Only constant divisors other than 0 make the result narrower. Return whether any
    result is narrower now.
    """
    from pyosys import libyosys

    name, is_changed = libyosys.IdString, False
    for cell in list(module.cells_.values()):
        if str(cell.type.str()) not in DIVISIONS:
            continue
        is_signed = bool(cell.getParam(name("\\A_SIGNED")).as_bool())
        widths = []
        for port in ("\\A", "\\B"):
            operand = _strip_extension(cell.getPort(name(port)), is_signed=is_signed)
            cell.setPort(name(port), operand)
            widths.append(operand.size())
        divisor, result = cell.getPort(name("\\B")), cell.getPort(name("\\Y"))
        width = max(widths) + is_signed
        if result.size() > width and divisor.is_fully_const() and divisor.as_int(is_signed):
            narrow = libyosys.SigSpec(module.addWire(module.uniquify(name("\\rtlgen_narrow")), width))
            cell.setPort(name("\\Y"), narrow)
            wide = libyosys.SigSpec(narrow)
            wide.extend_u0(result.size(), is_signed)
            module.connect(result, wide)
            is_changed = True
        cell.fixup_parameters()
    return is_changed


def _strip_extension(signal: "SigSpec", *, is_signed: bool) -> "SigSpec":
    """Return ``signal`` without what only repeats its sign, or the zeros before it.

    Of a signed one two bits stay: Yosys takes the single bit that is -1 for 1.
    """
    from pyosys import libyosys

    zero, size = libyosys.SigBit(libyosys.State.S0), signal.size()
    while size > 1 + is_signed and signal[size - 1] == (signal[size - 2] if is_signed else zero):
        size -= 1
    return signal.extract(0, size)
