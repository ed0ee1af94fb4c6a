"""An ``inout`` without tri-state nets, for tools that know none: for each Z there stands what drives it from outside.

Only plain cases are resolved: each bit of the port has one continuous assignment, in which Z stands alone as a branch
of conditional expressions, or none. A text that holds any other Z or driver stays as it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_rtlgen.errors import InnerError
from pytest_rtlgen.verilog.drivers import Bits, list_bits, overlap
from pytest_rtlgen.verilog.enclosure import ENCLOSED, list_inout_texts
from pytest_rtlgen.verilog.interface import find_instance
from pytest_rtlgen.verilog.lexical import escape_name
from pytest_rtlgen.verilog.survey import Span, apply_spans
from pytest_rtlgen.verilog.syntax import Node, ParsedText, parse_text, plain, symbol_key, walk_elaborated

if TYPE_CHECKING:
    from pyslang import ast, parsing, syntax

_HEADERS = {"VariablePortHeader", "NetPortHeader"}
_ROUTINES = {"TaskDeclaration", "FunctionDeclaration"}
_WILD = {"casez", "casex"}
_Z_DIGITS = frozenset("zZ?")
_LITERALS = {"IntegerLiteral", "UnbasedUnsizedIntegerLiteral"}


class _NotPlainError(InnerError):
    """The text has a driver or a Z that is not resolved."""


def resolve_inouts(text: str) -> str:
    """Return an enclosed text without ``inout`` ports, or ``text`` itself where it has none or not only plain ones."""
    start = text.rfind(f"\nmodule {ENCLOSED} (")
    if start < 0 or "weak0" not in text[start:]:
        return text
    try:
        return _Resolver(text[: start + 1], text[start + 1 :], parse_text(text)).resolve()
    except _NotPlainError:
        return text


@dataclass(slots=True)
class _Resolver:
    text: str
    around: str
    """The module around the design."""
    parsed: ParsedText
    spans: list[Span] = field(default_factory=list)
    handled: set[int] = field(default_factory=set)
    """Where the Z that are replaced begin."""

    def resolve(self) -> str:
        """Return the whole text, resolved. Raises ``_NotPlainError``."""
        enclosed = find_instance(self.parsed, ENCLOSED)
        instances = (
            [] if enclosed is None else [n for n in walk_elaborated(enclosed) if type(n).__name__ == "InstanceSymbol"]
        )
        _require(len(instances) > 1)
        design = instances[1]
        _require(sum(item.definition.name == design.definition.name for item in instances) == 1)
        ports = [port for port in design.body.portList if port.direction.name == "InOut"]
        nodes = list(walk_elaborated(design))
        undriven = [port for port in ports if not self._resolve_port(port, nodes, design)]
        module = design.definition.syntax
        self._edit_header(module, ports)
        self._require_no_other_z()
        tied = "".join(f" assign {escape_name(port.name)} = {escape_name(f'{port.name}.in')};" for port in undriven)
        end = int(module.endmodule.location.offset)
        self.spans.append((end, end, f"{tied} "))
        around = self.around
        for port in ports:
            for old, new in list_inout_texts(str(port.name)):
                _require(around.count(old) == 1)
                around = around.replace(old, new)
        return apply_spans(self.text, sorted(self.spans)) + around

    def _resolve_port(self, port: "ast.PortSymbol", nodes: Sequence[Node], design: "ast.InstanceSymbol") -> bool:
        """Replace each Z that ``port`` is driven with; return whether it is driven at all."""
        key, width = symbol_key(port.internalSymbol), int(port.type.bitWidth)
        place = port.type.range if hasattr(port.type, "range") else None
        _require(width == 1 or (place is not None and (int(place.left), int(place.right)) == (width - 1, 0)))
        whole = {key: [Bits(key)]}
        assigned = [node.assignment for node in nodes if type(node).__name__ == "ContinuousAssignSymbol"]
        continuous = [item for item in assigned if type(item).__name__ == "AssignmentExpression"]
        _require(len(continuous) == len(assigned))
        places = {_offset(item) for item in continuous}
        for node in nodes:
            kind = type(node).__name__
            if kind == "AssignmentExpression":
                bits = list_bits(node.left, design) or []
                _require(not overlap(bits, whole) or _offset(node) in places)
            elif kind == "InstanceSymbol" and node.hierarchicalPath != design.hierarchicalPath:
                for connection in node.portConnections:
                    self._require_input(connection, whole, design)
            elif kind == "PrimitiveInstanceSymbol":
                for item in node.portConnections:
                    expression = getattr(item, "left", item)
                    _require(not overlap(list_bits(expression, design) or [], whole))
        seen: dict[int, None] = {}
        for item in continuous:
            bits = list_bits(item.left, design) or []
            if overlap(bits, whole):
                for index in self._resolve_driver(item, str(port.name), bits, width):
                    _require(index not in seen)
                    seen[index] = None
        _require(len(seen) in {0, width})
        return bool(seen)

    def _resolve_driver(
        self, assignment: "ast.AssignmentExpression", name: str, bits: "Sequence[Bits]", width: int
    ) -> Iterator[int]:
        """Replace each Z in an assignment to a port, and yield the indices of the bits that it drives."""
        left: Node = assignment.left
        _require(len(bits) == 1)
        if type(left).__name__ == "NamedValueExpression":
            selection = ""
        else:
            _require(type(left).__name__ in {"ElementSelectExpression", "RangeSelectExpression"})
            _require(bits[0].low is not None)
            data = self.text.encode()
            first, last = int(left.value.sourceRange.end.offset), int(left.sourceRange.end.offset)
            selection = data[first:last].decode()
        for leaf in self._list_z(assignment.right, int(left.type.bitWidth)):
            area = leaf.sourceRange
            span = int(area.start.offset), int(area.end.offset), f"{escape_name(f'{name}.in')}{selection} "
            if span not in self.spans:
                self.spans.append(span)
            self.handled.update(range(span[0], span[1]))
        yield from range(0 if bits[0].low is None else bits[0].low, width if bits[0].high is None else bits[0].high + 1)

    def _list_z(self, expression: Node, width: int) -> "Iterator[ast.Expression]":
        """Yield the branches of ``expression`` that are Z and nothing else."""
        expression = plain(expression)
        if type(expression).__name__ == "ConditionalExpression":
            yield from self._list_z(expression.left, width)
            yield from self._list_z(expression.right, width)
        elif type(expression).__name__ in _LITERALS and set(str(expression.value).rpartition("'")[2][1:]) == {"z"}:
            is_wide = type(expression).__name__ != "IntegerLiteral" or int(expression.value.bitWidth) >= width
            _require(is_wide)
            yield expression

    def _require_input(
        self, connection: "ast.PortConnection", whole: "Mapping[str, list[Bits]]", design: "ast.InstanceSymbol"
    ) -> None:
        """Raise ``_NotPlainError`` where an instance may drive the port."""
        expression = connection.expression
        if expression is None or getattr(getattr(connection.port, "direction", None), "name", "") == "In":
            return
        _require(not overlap(list_bits(getattr(expression, "left", expression), design) or [], whole))

    def _edit_header(self, module: "syntax.ModuleDeclarationSyntax", ports: "Sequence[ast.PortSymbol]") -> None:
        header: Node = module.header
        kind = str(header.ports.kind.name)
        _require(kind in {"AnsiPortList", "NonAnsiPortList"})
        wires = [f"input [{int(port.type.bitWidth) - 1}:0] {escape_name(f'{port.name}.in')}" for port in ports]
        names = wires if kind == "AnsiPortList" else [escape_name(f"{port.name}.in") for port in ports]
        opening = int(header.ports.openParen.location.offset) + 1
        self.spans.append((opening, opening, "".join(f"{name}, " for name in names)))
        if kind == "NonAnsiPortList":
            after = int(header.semi.location.offset) + 1
            self.spans.append((after, after, "".join(f" {wire};" for wire in wires)))
        for token in _list_inout_tokens(module):
            first = int(token.location.offset)
            self.spans.append((first, first + len("inout"), "output"))

    def _require_no_other_z(self) -> None:
        for token in _list_z_tokens(self.parsed.tree.root):
            _require(int(token.location.offset) in self.handled)


def _list_z_tokens(root: Node) -> "Iterator[parsing.Token]":
    """Yield the numbers with Z digits, but for the patterns of ``casez`` and ``casex``."""
    from pyslang.parsing import Token

    stack = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, Token):
            is_number = str(node.kind.name) in {"IntegerLiteral", "UnbasedUnsizedLiteral"}
            if is_number and not _Z_DIGITS.isdisjoint(str(node.rawText)):
                yield node
        elif str(node.kind.name) == "CaseStatement" and str(node.caseKeyword.rawText) in _WILD:
            stack += [node.expr, *(item.clause for item in node.items)]
        else:
            stack.extend([item for item in node if item is not None])


def _list_inout_tokens(module: Node) -> "Iterator[parsing.Token]":
    """Yield the words ``inout`` in the module's port declarations."""
    stack = [module]
    while stack:
        node = stack.pop()
        kind = str(node.kind.name)
        if kind in _HEADERS and str(node.direction.rawText) == "inout":
            yield node.direction
        elif kind not in _ROUTINES and hasattr(node, "sourceRange"):
            stack.extend([item for item in node if item is not None])


def _offset(node: "ast.Expression") -> int:
    return int(node.sourceRange.start.offset)


def _require(condition: bool) -> None:
    if not condition:
        raise _NotPlainError
