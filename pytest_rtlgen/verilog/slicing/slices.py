"""From a text and the name of a module to the stretches of the text that drive each of its outputs."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.verilog.slicing.declarations import declare_all
from pytest_rtlgen.verilog.slicing.design import Design
from pytest_rtlgen.verilog.slicing.graph import Piece
from pytest_rtlgen.verilog.slicing.members import list_inside, read_body
from pytest_rtlgen.verilog.slicing.source import Source
from pytest_rtlgen.verilog.syntax import ParsedText, list_errors, parse_text

_FLAGS = ("AllowUseBeforeDeclare", "AllowHierarchicalConst", "AllowUnnamedGenerate", "RelaxEnumConversions")
"""What simulators take and pyslang by itself would not."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of a text: ``text[start:stop]``."""

    start: int
    stop: int


def slice_outputs(source: str, top: str) -> Mapping[str, tuple[Span, ...]]:
    """Return, for each output or inout port of module ``top``, the sorted spans of ``source`` that can change it.

    Offsets count characters. Spans hold whole statements, declarations and the heads of what governs them, neither
    start nor end in white space, and have more than white space between them. The module's own header is no part of
    them, ports that matter apart. A net or variable counts as a whole: bits are not told apart.

    Hostile text can make this hang: ``check.slicing.Slicer`` runs it in a process of its own.

    Raises:
        BadReferenceError: the text does not parse, is too deeply nested, or has no module ``top``.
    """
    found = _Slices(source, top)
    return {name: found.list_spans(name) for name in found.outputs}


def trace_outputs(source: str, top: str) -> Mapping[str, frozenset[str]]:
    """Return, for each output or inout port of module ``top``, the input ports that it can depend on.

    Raises:
        BadReferenceError: as ``slice_outputs``.
    """
    found = _Slices(source, top)
    return {name: found.list_inputs(name) for name in found.outputs}


class _Slices:
    def __init__(self, text: str, top: str) -> None:
        parsed = _parse(text)
        self._source = Source(text, parsed)
        self._design = Design(self._source)
        declare_all(self._source, self._design.names, parsed.tree.root)
        try:
            self._read(*_elaborate(parsed, top))
        except RecursionError as error:
            raise BadReferenceError("the text is too deeply nested to be sliced; split it up") from error
        finally:
            self._design.forget()

    def _read(self, instance: Any, _compilation: Any) -> None:  # noqa: ANN401
        read_body(self._design, instance.body, Piece())
        ports = [port for port in instance.body.portList if hasattr(port, "direction")]
        inside = {str(port.name): list_inside(port) for port in ports}
        self._ports = {name: self._design.number(symbols) for name, symbols in inside.items()}
        self._names = {name: {name, *(str(symbol.name) for symbol in symbols)} for name, symbols in inside.items()}
        self._offset = int(instance.body.syntax.sourceRange.start.offset)
        self._inputs = [str(port.name) for port in ports if port.direction.name != "Out"]
        self.outputs = [str(port.name) for port in ports if port.direction.name != "In"]

    def list_spans(self, output: str) -> tuple[Span, ...]:
        """Return the spans of one output."""
        pieces = self._reach(output)
        merged = self._source.merge(area for piece in pieces for area in piece.ranges)
        return tuple(Span(*area) for area in self._source.count_characters(merged))

    def list_inputs(self, output: str) -> frozenset[str]:
        """Return the inputs of one output."""
        symbols = {symbol for piece in self._reach(output) for symbol in piece.reads}.union(self._ports[output])
        return frozenset(name for name in self._inputs if any(symbol in symbols for symbol in self._ports[name]))

    def _reach(self, output: str) -> set[Piece]:
        names = self._design.names
        declared = [piece for name in self._names[output] for piece in names.resolve(name, self._offset)]
        return self._design.graph.reach(self._ports[output], [*declared, *names.directives], names.list_named)


def _parse(text: str) -> ParsedText:
    try:
        parsed = parse_text(text)
    except RuntimeError as error:
        raise BadReferenceError(f"the text cannot be parsed: {error}; slice only what compiles") from error
    found = parsed.tree.diagnostics
    errors = list_errors(parsed, found, most=1) if len(found) else ()
    if errors:
        raise BadReferenceError(f"line {errors[0].line}: {errors[0].message}; slice only what compiles")
    return parsed


def _elaborate(parsed: ParsedText, top: str) -> tuple[Any, Any]:
    """Return module ``top`` as an InstanceSymbol, and the compilation that keeps it alive."""
    import pyslang

    options = pyslang.ast.CompilationOptions()
    options.topModules = {top}
    options.flags = _load_flags()
    bag = pyslang.Bag()
    bag.compilationOptions = options
    compilation = pyslang.ast.Compilation(bag)
    compilation.addSyntaxTree(parsed.tree)
    for instance in compilation.getRoot().topInstances:
        if instance.name == top:
            return instance, compilation
    raise BadReferenceError(f"no module {top!r} in the text; name the right one as top")


@cache
def _load_flags() -> Any:  # noqa: ANN401
    """Return pyslang's usual flags and ours."""
    import pyslang

    flags = pyslang.ast.CompilationOptions().flags
    for name in _FLAGS:
        flags |= getattr(pyslang.ast.CompilationFlags, name)
    return flags
