"""Other codes for the state constants of a design: parameters and enum values whose number nobody looks at."""

import random
import re
from collections.abc import Iterable, Iterator
from typing import Any

from pytest_rtlgen.verilog.interface import find_instance
from pytest_rtlgen.verilog.syntax import ParsedText, is_name, plain, walk

_EQUALITY = {"Equality", "Inequality", "CaseEquality", "CaseInequality"}
_CONSTANTS = {"ParameterSymbol", "EnumValueSymbol"}
_MAX_WIDTH = 16
_ALL_X = re.compile(r"\d*'[sS]?[bodhBODH]?[xX]+")
_Place = int
"""Where a symbol is declared: the offset of its name in the text; instances of one module share it."""


def find_new_codes(parsed: ParsedText, top: str, chance: random.Random) -> dict[_Place, str]:
    """Return new values, as Verilog text, by the place where each state constant's name is declared.

    A group of constants is re-encoded when it and the registers that hold it meet only each other, in assignments,
    equality and case items: then no number can be told from outside.
    """
    instance = find_instance(parsed, top)
    uses = _Uses(list(walk(instance)) if instance is not None else [])
    codes: dict[_Place, str] = {}
    for group in uses.list_groups():
        codes |= _choose(group, chance)
    return codes


class _Uses:
    """Which values meet which, and which of them are looked at in another way."""

    def __init__(self, nodes: Iterable[Any]) -> None:
        self._symbols: dict[_Place, Any] = {}
        self._meets: dict[_Place, _Place] = {}
        self._exposed: set[_Place] = set()
        self._plain_uses: set[int] = set()
        for node in nodes:
            self._read(node)

    def list_groups(self) -> Iterator[list[Any]]:
        """Yield the symbols of each group that can be re-encoded."""
        groups: dict[_Place, list[Any]] = {}
        for place, symbol in self._symbols.items():
            groups.setdefault(self._root(place), []).append(symbol)
        exposed = {self._root(place) for place in self._exposed}
        for root, group in groups.items():
            constants = [symbol for symbol in group if type(symbol).__name__ in _CONSTANTS]
            if root not in exposed and len(constants) > 1 and len(constants) < len(group):
                yield group

    def _read(self, node: Any) -> None:
        kind = type(node).__name__
        if kind == "AssignmentExpression":
            self._join([node.left, *_list_values(node.right)])
        elif kind == "BinaryExpression" and node.op.name in _EQUALITY:
            self._join([node.left, node.right])
        elif kind == "CaseStatement" and node.condition.name == "Normal":
            self._join([node.expr, *(value for item in node.items for value in item.expressions)])
        elif kind == "SignalEventControl" and node.edge.name == "None":
            self._plain_uses.add(node.expr.sourceRange.start.offset)
        elif kind in {"VariableSymbol", "NetSymbol"}:
            self._read_declaration(node)
        elif kind == "PortSymbol" and node.internalSymbol is not None:
            self._expose(node.internalSymbol)
        elif is_name(node) and node.sourceRange.start.offset not in self._plain_uses:
            self._expose(node.symbol)

    def _read_declaration(self, symbol: Any) -> None:
        if not symbol.type.isFourState:  # starts as 0, which is one of the codes
            self._expose(symbol)
        if symbol.initializer is not None:
            self._join_symbols([symbol], _list_values(symbol.initializer))

    def _join(self, expressions: Iterable[Any]) -> None:
        self._join_symbols([], expressions)

    def _join_symbols(self, symbols: list[Any], expressions: Iterable[Any]) -> None:
        """Note that these values meet; a value without a name exposes the others, unless it is all X."""
        met, is_exposed = list(symbols), False
        for expression in map(plain, expressions):
            if is_name(expression):
                self._plain_uses.add(expression.sourceRange.start.offset)
                met.append(expression.symbol)
            elif not _is_unknown(expression):
                is_exposed = True
        places = [self._note(symbol) for symbol in met]
        for place in places[1:]:
            self._unite(place, places[0])
        if is_exposed and places:
            self._exposed.add(places[0])

    def _note(self, symbol: Any) -> _Place:
        place = int(symbol.location.offset)
        if place not in self._symbols:
            self._symbols[place] = symbol
            self._meets[place] = place
            if type(symbol).__name__ == "EnumValueSymbol":  # an enum's values are chosen together
                for other in symbol.parentScope:
                    self._unite(self._note(other), place)
        return place

    def _expose(self, symbol: Any) -> None:
        self._exposed.add(self._note(symbol))

    def _unite(self, place: _Place, other: _Place) -> None:
        root = self._root(other)
        self._meets[self._root(place)] = root

    def _root(self, place: _Place) -> _Place:
        while self._meets[place] != place:
            place = self._meets[place]
        return place


def _list_values(expression: Any) -> Iterator[Any]:
    """Yield what ``expression`` may be: itself, or the branches of a conditional."""
    expression = plain(expression)
    if type(expression).__name__ == "ConditionalExpression":
        yield from _list_values(expression.left)
        yield from _list_values(expression.right)
    else:
        yield expression


def _is_unknown(expression: Any) -> bool:
    return bool(_ALL_X.fullmatch(str(expression.syntax).strip()))


def _choose(group: list[Any], chance: random.Random) -> dict[_Place, str]:
    """Return other codes, all different, that fit the narrowest register of the group."""
    constants = [symbol for symbol in group if type(symbol).__name__ in _CONSTANTS]
    width = min(int(symbol.type.bitWidth) for symbol in group)
    old = [int(symbol.value.value) for symbol in constants]
    if width > _MAX_WIDTH or len(set(old)) < len(old) or max(old) >= 1 << width:
        return {}
    new = old
    while new == old:
        new = chance.sample(range(1 << width), len(old))
    return {
        int(symbol.location.offset): f"{int(symbol.type.bitWidth)}'d{code}"
        for symbol, code in zip(constants, new, strict=True)
    }
