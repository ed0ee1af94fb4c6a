"""What the readers of statements and of members share: the signals, the text, and the functions met so far."""

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from pytest_rtlgen.verilog.slicing.graph import Piece
from pytest_rtlgen.verilog.slicing.names import Names
from pytest_rtlgen.verilog.slicing.source import Range, Source
from pytest_rtlgen.verilog.slicing.uses import Uses, resolve
from pytest_rtlgen.verilog.syntax import Node

if TYPE_CHECKING:
    from pyslang import ast

_NAME = re.compile(r"[A-Za-z_][\w$]*")
_OUTSIDE = {"ModuleDeclarationSyntax", "GenerateBlockSyntax", "AnsiPortListSyntax", "CompilationUnitSyntax"}


class Subroutine:
    """A function or task: the pieces that its statements hang from."""

    def __init__(self, head: Piece, results: Sequence[Piece]) -> None:
        self.head = head
        self.called = Piece()
        """All its calls: whatever it sets outside itself depends on them."""
        self.timing: list[Piece] = []
        """Its delays, waits and events, which hold up whoever calls it."""
        self.results = results


class _Signals(dict[Node, Piece]):
    """The signal of each symbol. Symbols are held meanwhile: for one let go, pyslang makes a new object."""

    def __missing__(self, symbol: "ast.Symbol") -> Piece:
        inner = resolve(symbol)
        found = self[symbol] = Piece() if inner is symbol else self[inner]
        return found


class Design:
    """The pieces under construction, by the signals that they set."""

    def __init__(self, source: Source, read_subroutine: "Callable[[Design, Node], None]") -> None:
        """``read_subroutine`` notes what a function or task does, on its first call."""
        self.source = source
        self._read_subroutine = read_subroutine
        self.names = Names(source)
        self.subroutines: dict[ast.Symbol, Subroutine] = {}
        self._signals: _Signals = _Signals()

    def forget(self) -> None:
        """Let go of pyslang's symbols. One that outlives its compilation makes a later one abort the process."""
        self.subroutines.clear()
        self._signals.clear()

    def list_signals(self, symbols: "Iterable[ast.Symbol]") -> list[Piece]:
        """Return the signal of each symbol."""
        return [self._signals[symbol] for symbol in symbols]

    def drive(self, symbols: "Iterable[ast.Symbol]", piece: Piece) -> None:
        """Note that ``piece`` sets each of ``symbols``."""
        for symbol in symbols:
            self._signals[symbol].also.append(piece)

    def add(self, uses: Uses, piece: Piece) -> None:
        """Add ``piece``, which does what ``uses`` says: it reads and sets those symbols and makes those calls."""
        signals = self._signals
        piece.also += map(signals.__getitem__, uses.reads)
        for symbol in uses.targets:
            signals[symbol].also.append(piece)
        for symbol in uses.calls:
            found = self.call(symbol)
            if found is not None:
                piece.also += found.results
                found.called.also.append(piece)

    def call(self, symbol: Node) -> Subroutine | None:
        """Return function or task ``symbol``, read on its first call; ``None`` where its text is not there."""
        if symbol not in self.subroutines and type(symbol).__name__ == "SubroutineSymbol" and symbol.syntax is not None:
            self._read_subroutine(self, symbol)
        return self.subroutines.get(symbol)

    def read_names(self, scope: Node, area: Range) -> Uses:
        """Return ``Uses`` in which everything that is named in ``area`` is both set and read."""
        uses = Uses()
        for name in dict.fromkeys(_NAME.findall(self.source.flat, *area)):
            with suppress(RuntimeError):  # a keyword
                symbol = scope.lookupName(name)
                if symbol is not None and symbol.isValue:
                    uses.targets.append(symbol)
        uses.reads += uses.targets
        return uses


def find_owner(symbol: "ast.Symbol") -> Node:
    """Return the syntax of what ``symbol`` is declared in; ``None`` for one without, as the value of a function."""
    declaration = symbol.syntax.parent if symbol.syntax is not None else None
    return declaration.parent if declaration is not None else None


def is_local(symbol: "ast.Symbol") -> bool:
    """Whether ``symbol`` is declared inside a function, a task or a block of statements."""
    return type(find_owner(resolve(symbol))).__name__ not in _OUTSIDE
