"""From a text and the name of a module to the stretches of the text that drive each of its outputs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import starmap
from operator import itemgetter
from typing import TYPE_CHECKING

from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.verilog.canonical import leave_out_switched, preprocessor_options
from pytest_rtlgen.verilog.slicing.declarations import declare_all
from pytest_rtlgen.verilog.slicing.design import Design
from pytest_rtlgen.verilog.slicing.graph import Piece, reach
from pytest_rtlgen.verilog.slicing.members import list_inside, read_body
from pytest_rtlgen.verilog.slicing.source import Source
from pytest_rtlgen.verilog.slicing.statements import read_subroutine
from pytest_rtlgen.verilog.slicing.uses import load_directions
from pytest_rtlgen.verilog.syntax import ParsedText, elaborate_top, list_errors, parse_text

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of a text: ``text[start:stop]``."""

    start: int
    stop: int


def slice_outputs(source: str, top: str) -> Mapping[str, tuple[Span, ...]]:
    """Return, for each output or inout port of module ``top``, the sorted spans of ``source`` that can change it.

    Offsets count characters. Spans hold whole statements, declarations and the heads of what governs them, neither
    start nor end in white space, and have more than white space between them. The module's own header is no part of
    them, ports that matter apart. The text is read as a check reads it: with ``SYNTHESIS`` defined, and without what
    stands between ``translate_off`` and ``translate_on``. A net or variable counts as a whole: bits are not told apart.

    Hostile text can make this hang: ``check.reading.reader.Reader`` runs it in a process of its own.

    Raises:
        BadReferenceError: the text does not parse, is too deeply nested, or has no module ``top``.
    """
    return _Slices(source, top).list_spans()


def trace_outputs(source: str, top: str) -> Mapping[str, frozenset[str]]:
    """Return, for each output or inout port of module ``top``, the input ports that it can depend on.

    Raises:
        BadReferenceError: as ``slice_outputs``.
    """
    return _Slices(source, top).list_inputs()


class _Slices:
    def __init__(self, text: str, top: str) -> None:
        parsed = _parse(text)
        self._source = Source(text, parsed)
        self._design = Design(self._source, read_subroutine)
        self._inputs: dict[str, list[Piece]] = {}
        """The signals of each input or inout port."""
        self._outputs: dict[str, list[Piece]] = {}
        """The signals and the declarations of each output or inout port."""
        declare_all(self._source, self._design.names, parsed.tree.root)
        try:
            self._read(parsed, top)
        except RecursionError as error:
            raise BadReferenceError("the text is too deeply nested to be sliced; split it up") from error
        finally:
            self._design.forget()

    def _read(self, parsed: ParsedText, top: str) -> None:
        instance, _compilation = elaborate_top(parsed, top)
        if instance is None:
            raise BadReferenceError(f"no module {top!r} in the text; name the right one as top")
        read_body(self._design, instance.body, Piece())
        only_in, only_out = load_directions()
        offset = int(instance.body.syntax.sourceRange.start.offset)
        for port in instance.body.portList:
            if hasattr(port, "direction"):
                name, direction, symbols = str(port.name), port.direction, list_inside(port)
                signals = self._design.list_signals(symbols)
                if direction is not only_out:
                    self._inputs[name] = signals
                if direction is not only_in:
                    names = {name, *(str(symbol.name) for symbol in symbols)}
                    declared = [piece for item in names for piece in self._design.names.resolve(item, offset)]
                    self._outputs[name] = [*signals, *declared]

    def list_spans(self) -> Mapping[str, tuple[Span, ...]]:
        """Return the spans of each output."""
        reached = {name: self._reach(name) for name in self._outputs}
        areas = [
            (area, piece) for piece in set().union(*reached.values()) for area in piece.ranges if area[1] > area[0]
        ]
        areas.sort(key=itemgetter(0))  # once, not for each output
        found = {}
        for name, pieces in reached.items():
            merged = self._source.merge([area for area, piece in areas if piece in pieces])
            found[name] = tuple(starmap(Span, self._source.count_characters(merged)))
        return found

    def list_inputs(self) -> Mapping[str, frozenset[str]]:
        """Return the inputs of each output."""
        return {name: frozenset(self._list_inputs(name)) for name in self._outputs}

    def _list_inputs(self, output: str) -> Iterator[str]:
        found = self._reach(output)
        return (name for name, signals in self._inputs.items() if not found.isdisjoint(signals))

    def _reach(self, output: str) -> set[Piece]:
        names = self._design.names
        return reach([*self._outputs[output], *names.directives], names.list_named)


def _parse(text: str) -> ParsedText:
    try:
        parsed = parse_text(leave_out_switched(text), options=preprocessor_options())
    except RuntimeError as error:
        raise BadReferenceError(f"the text cannot be parsed: {error}; slice only what compiles") from error
    found = parsed.tree.diagnostics
    errors = list_errors(parsed, found, most=1) if len(found) else ()
    if errors:
        raise BadReferenceError(f"line {errors[0].line}: {errors[0].message}; slice only what compiles")
    return parsed
