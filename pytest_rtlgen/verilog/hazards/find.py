"""From a text and the name of its top module to its hazards."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_rtlgen.records import Hazard, HazardKind
from pytest_rtlgen.verilog.hazards.members import read_design
from pytest_rtlgen.verilog.hazards.model import Model, TooLargeError
from pytest_rtlgen.verilog.hazards.rules import Rules, list_hazards
from pytest_rtlgen.verilog.simulator_only import list_simulator_only
from pytest_rtlgen.verilog.syntax import ParsedText, elaborate_top, parse_text

if TYPE_CHECKING:
    from pyslang import ast

_UNCLEAR = "a construct that is not analysed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """What the analysis of a design finds."""

    hazards: tuple[Hazard, ...]
    state_bits: int = 0
    """Of registers and latches, as far as they are analysed."""


def find_hazards(text: str, top: str) -> tuple[Hazard, ...]:
    """Return where event-driven simulation and synthesis may read module ``top`` of ``text`` differently.

    ``text`` is plain Verilog: no macros, directives, attributes, messages or assertions. Empty: none is known, and the
    two differ in what they make of X alone. What cannot be told is listed, apart from ``UNSET_DECISION``: that is
    listed only where simulators see X at all times.

    Raises:
        RuntimeError: pyslang gives up on nesting that is too deep. So does a ``RecursionError``.
    """
    parsed = parse_text(text)
    instance, _compilation = elaborate_top(parsed, top)
    return analyse(instance, text, parsed, top).hazards


def analyse(instance: "ast.InstanceSymbol | None", text: str, parsed: ParsedText, top: str) -> Structure:
    """Return the structure of a text that is parsed and elaborated already; ``instance`` may be ``None``.

    Raises:
        RuntimeError: as for ``find_hazards``.
    """
    found = [_note(what, line) for what, line in list_simulator_only(text, parsed)]
    structure = _analyse_elaborated(instance, parsed, top)
    return replace(structure, hazards=tuple(dict.fromkeys((*found, *structure.hazards))))


def _note(what: str, line: int | None) -> Hazard:
    return Hazard(kind=HazardKind.SIMULATOR_ONLY, names=(what,), line=line)


def _analyse_elaborated(instance: "ast.InstanceSymbol | None", parsed: ParsedText, top: str) -> Structure:
    if any(item.isError() for item in parsed.tree.diagnostics):
        return Structure(hazards=(_note("a text that cannot be parsed", None),))
    if instance is None:
        return Structure(hazards=(_note(f"a text without module {top}", None),))
    model = Model(top, parsed.line)
    try:
        read_design(model, instance)
    except TooLargeError:
        return Structure(hazards=(_note("a design too large to be analysed", None),))
    finally:
        model.forget()
    unclear = [_note(_UNCLEAR, line) for line in dict.fromkeys(model.unclear)]
    rules = Rules(model)
    state_bits = rules.count_state()
    return Structure(hazards=(*unclear, *list_hazards(rules)), state_bits=state_bits)
