"""Look at a candidate where it is elaborated: what the screen, which elaborates nothing, cannot see."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_rtlgen.records import STEP_NS, Finding, FindingKind, Hazard, HazardKind
from pytest_rtlgen.verilog.enclosure import is_inout_net
from pytest_rtlgen.verilog.extent import Extent, measure_extent
from pytest_rtlgen.verilog.hazards import analyse
from pytest_rtlgen.verilog.syntax import ParsedText, elaborate_top, parse_text, walk
from pytest_rtlgen.verilog.tristate import resolve_inouts

if TYPE_CHECKING:
    from pyslang import ast

_DELAYS = {"DelayControl": ("expr",), "Delay3Control": ("expr1", "expr2", "expr3")}
_LONGEST_DELAY_NS = STEP_NS / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What the elaborated design shows."""

    hazards: tuple[Hazard, ...]
    """Where simulation and synthesis may read it differently."""
    refusals: tuple[Finding, ...] = ()
    """For which it is refused, whatever it does."""
    is_clean: bool = False
    """pyslang elaborates it without an error."""
    extent: Extent | None = None
    """``None``: there is no such module."""


def examine_design(text: str, top: str) -> Examination:
    """Return what module ``top`` of ``text``, which is canonical and screened, shows when it is elaborated.

    Raises:
        RuntimeError: pyslang gives up on nesting that is too deep. So does a ``RecursionError``.
    """
    text = resolve_inouts(text)
    parsed = parse_text(text)
    instance, compilation = elaborate_top(parsed, top)
    structure = analyse(instance, text, parsed, top)
    hazards = tuple(item for item in structure.hazards if not _is_inout(item))
    unset = (
        Finding(kind=FindingKind.UNSET_DECISION, name=hazard.message, line=hazard.line)
        for hazard in hazards
        if hazard.kind is HazardKind.UNSET_DECISION
    )
    delays = list_bad_delays(instance, parsed) if instance is not None and "#" in text else ()
    is_clean = instance is not None and not any(item.isError() for item in compilation.getAllDiagnostics())
    extent = None if instance is None else measure_extent(instance, structure.state_bits)
    return Examination(hazards=hazards, refusals=(*unset, *delays), is_clean=is_clean, extent=extent)


def _is_inout(hazard: Hazard) -> bool:
    """Whether the hazard is that both the design and our module around it drive an ``inout``, which they should."""
    return hazard.kind is HazardKind.TWO_DRIVERS and all(is_inout_net(name) for name in hazard.names)


def list_bad_delays(instance: "ast.InstanceSymbol", parsed: ParsedText) -> tuple[Finding, ...]:
    """Return the delays that are computed while the design runs, or longer than half a step."""
    found = dict.fromkeys(
        Finding(kind=FindingKind.DELAY, name=fault, line=parsed.line(expression.sourceRange.start))
        for expression in _list_delays(instance)
        if (fault := _judge_delay(expression, instance))
    )
    return tuple(found)


def _list_delays(instance: "ast.InstanceSymbol") -> "Iterator[ast.Expression]":
    for node in walk(instance):
        control = node if type(node).__name__ in _DELAYS else getattr(node, "delay", None)
        for field in _DELAYS.get(type(control).__name__, ()):
            expression = getattr(control, field)
            if expression is not None:
                yield expression


def _judge_delay(expression: "ast.Expression", instance: "ast.InstanceSymbol") -> str:
    """Return what is wrong with a delay, as words behind that name; empty: a circuit may have it."""
    import pyslang

    value = expression.eval(pyslang.ast.EvalContext(instance)).value
    if not isinstance(value, (pyslang.SVInt, float)):
        return "that is computed"
    if isinstance(value, pyslang.SVInt) and value.hasUnknown:
        return "that is unknown"
    amount = float(value) if isinstance(value, float) else float(int(value))
    if 0 <= amount <= _LONGEST_DELAY_NS:
        return ""
    return f"of {amount:g} ns, longer than half a step of {STEP_NS} ns"
