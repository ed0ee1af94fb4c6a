"""Rewrite a benchmark's testbench so that a candidate simulated with it can neither name its parts nor speak for it.

Modules and instances get a suffix, the text that the bench prints is put between marks, and a shim stands between
bench and candidate through which values flow one way only. Suffix and mark are drawn anew for every run.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.records import Direction, Port, SourceFile
from pytest_rtlgen.verilog.interface import find_instance, list_modules, list_ports, parse_reference
from pytest_rtlgen.verilog.syntax import ParsedText, parse_text, walk, walk_tokens

_SUFFIX, _MARK = "\x01", "\x02"
_PRINTS = frozenset(f"${task}{base}" for task in ("display", "write", "strobe", "monitor") for base in ("", *"bho"))


@dataclass(frozen=True, slots=True, kw_only=True)
class HardenedBench:
    """A rewritten testbench, ready to be given a fresh suffix and mark."""

    template: str
    top: str
    """Its top module, before the suffix."""

    def render(self, *, suffix: str, mark: str) -> str:
        """Return the text to compile; ``suffix`` is part of a name, ``mark`` of a format string without ``%``."""
        return self.template.replace(_SUFFIX, suffix).replace(_MARK, mark)

    def name_top(self, suffix: str) -> str:
        """Return the top module's name under ``suffix``."""
        return f"{self.top}_{suffix}"


def list_marked(output: str, mark: str) -> Iterator[str]:
    """Yield what the bench itself printed, one text a print; all else in ``output`` is anyone's."""
    for piece in output.split(f"{mark}<")[1:]:
        text, found, _ = piece.partition(f">{mark}")
        if found:
            yield text


def harden_bench(
    bench: SourceFile, companions: Sequence[SourceFile], *, bench_top: str, top: str, reference: str
) -> HardenedBench:
    """Rewrite ``bench`` and what is compiled with it, for candidates that define ``top`` as ``reference`` does.

    Raises:
        BadReferenceError: the bench does not parse, or instantiates no ``top`` with plain ports.
    """
    texts = [(parse_reference(source), source.text) for source in (bench, *companions)]
    modules = {name for parsed, _ in texts for name in list_modules(parsed)}
    rewriters = [_Rewriter(parsed, frozenset({*modules, top})) for parsed, _ in texts]
    pieces = [rewriter.rewrite(text) for rewriter, (_, text) in zip(rewriters, texts, strict=True)]
    use = next((found for rewriter in rewriters for found in rewriter.list_uses(top)), None)
    ports = _find_ports("\n".join([*(text for _, text in texts), reference]), bench_top=bench_top, top=top)
    if use is None or ports is None:
        raise BadReferenceError(f"{bench.name}: {bench_top!r} instantiates no {top!r} with plain ports")
    return HardenedBench(template="\n".join([*pieces, _render_shim(top, ports, use)]), top=bench_top)


@dataclass(frozen=True, slots=True)
class _Use:
    """How the bench instantiates the candidate's module."""

    is_ordered: bool
    """Ports are connected by position."""
    parameters: tuple[str, ...]
    """Names of the parameters that are set; empty strings when they are set by position."""


@dataclass(frozen=True, slots=True)
class _Rewriter:
    """One pass over a text that collects replacements of stretches of its bytes."""

    parsed: ParsedText
    names: frozenset[str]
    """Modules to be renamed."""
    edits: dict[int, tuple[int, str]] = field(default_factory=dict)
    """First byte: (past the last byte, new text)."""

    def rewrite(self, text: str) -> str:
        """Return ``text`` with everything replaced."""
        nodes = list(_list_nodes(self.parsed.tree.root))
        instances = {str(node.decl.name.valueText) for node in nodes if _kind(node) == "HierarchicalInstance"}
        for node in nodes:
            self._read(node, instances)
        data, pieces, seen = text.encode(), list[bytes](), 0
        for first, (last, new) in sorted(self.edits.items()):
            pieces += [data[seen:first], new.encode()]
            seen = last
        return b"".join([*pieces, data[seen:]]).decode()

    def list_uses(self, top: str) -> Iterator[_Use]:
        """Yield how ``top`` is instantiated, in source order."""
        for node in _list_nodes(self.parsed.tree.root):
            if _kind(node) == "HierarchyInstantiation" and str(node.type.valueText) == top:
                set_ = list(node.parameters.parameters) if node.parameters is not None else []
                names = tuple(
                    str(item.name.valueText) if _kind(item) == "NamedParamAssignment" else ""
                    for item in set_
                    if _kind(item) != "Comma"
                )
                for instance in node.instances:
                    if _kind(instance) == "HierarchicalInstance":
                        is_ordered = any(_kind(item) == "OrderedPortConnection" for item in instance.connections)
                        yield _Use(is_ordered, names)

    def _read(self, node: Any, instances: set[str]) -> None:  # noqa: ANN401  a pyslang SyntaxNode
        kind = _kind(node)
        if kind == "ModuleDeclaration":
            self._rename(node.header.name)
            if node.blockName is not None:
                self._rename(node.blockName.name)
        elif kind == "HierarchyInstantiation" and str(node.type.valueText) in self.names:
            self._rename(node.type)
        elif kind == "HierarchicalInstance":
            self._rename(node.decl.name)
        elif kind == "ScopedName":
            tokens: list[Any] = []
            walk_tokens(node, tokens.append)
            for token in tokens[:-1]:
                if str(token.valueText) in self.names | instances:
                    self._rename(token)
        elif kind == "InvocationExpression" and str(node.left.getFirstToken().rawText) in _PRINTS:
            self._mark_print(node)

    def _rename(self, token: Any) -> None:  # noqa: ANN401
        self._replace(token, f"{token.rawText}_{_SUFFIX}")

    def _mark_print(self, node: Any) -> None:  # noqa: ANN401
        token = node.arguments.parameters[0].getFirstToken() if node.arguments and node.arguments.parameters else None
        raw = str(token.rawText) if token is not None else ""
        if raw.startswith('"') and raw.endswith('"'):
            self._replace(token, f'"{_MARK}<{raw[1:-1]}>{_MARK}"')

    def _replace(self, token: Any, new: str) -> None:  # noqa: ANN401
        if not self.parsed.manager.isMacroLoc(token.location):
            first = int(token.location.offset)
            self.edits[first] = (first + len(str(token.rawText).encode()), new)


def _find_ports(text: str, *, bench_top: str, top: str) -> tuple[Port, ...] | None:
    """Return the ports of ``top`` as the bench's parameters make them, by elaborating bench and reference together."""
    instance = find_instance(parse_text(text), bench_top)
    for item in walk(instance) if instance is not None else ():
        if _kind(item) == "Instance" and item.definition.name == top:
            return list_ports(item)
    return None


def _render_shim(top: str, ports: Sequence[Port], use: _Use) -> str:
    """Return the module that the bench instantiates in the candidate's place.

    A continuous assignment lets no driver through from the far side, so a candidate cannot pull at its own inputs.
    """
    names = [name or f"p{index}_{_SUFFIX}" for index, name in enumerate(use.parameters)]
    header = f" #({', '.join(f'parameter {_spell(name)}= 0' for name in names)})" if names else ""
    passed = [f".{_spell(name)}({_spell(name)})" if use.parameters[0] else name for name in names]
    lines = [f"module {top}_{_SUFFIX}{header}(", ",\n".join(_declare(port) for port in ports), ");"]
    inner = []
    for index, port in enumerate(ports):
        wire, outer = f"w{index}_{_SUFFIX}", _spell(port.name)
        if port.direction is Direction.INOUT:
            wire = outer
        else:
            lines.append(f"  wire {_shape(port)}{wire};")
            is_input = port.direction is Direction.INPUT
            lines.append(f"  assign {wire} = {outer};" if is_input else f"  assign {outer}= {wire};")
        inner.append(wire if use.is_ordered else f".{outer}({wire})")
    parameters = f" #({', '.join(passed)})" if passed else ""
    return "\n".join([*lines, f"  {_spell(top)}{parameters} dut_{_SUFFIX} ({', '.join(inner)});", "endmodule", ""])


def _declare(port: Port) -> str:
    return f"  {port.direction} wire {_shape(port)}{_spell(port.name)}"


def _shape(port: Port) -> str:
    return ("signed " if port.is_signed else "") + (f"[{port.width - 1}:0] " if port.width > 1 else "")


def _spell(name: str) -> str:
    r"""Return ``name`` as an escaped identifier: any name may be written so, and ``\q `` is the same as ``q``."""
    return name if name.endswith(_SUFFIX) else f"\\{name} "


def _kind(node: Any) -> str:  # noqa: ANN401
    return str(getattr(getattr(node, "kind", None), "name", ""))


def _list_nodes(root: Any) -> Iterator[Any]:  # noqa: ANN401
    """Yield every syntax node below ``root``, in source order."""
    import pyslang

    token_type = pyslang.parsing.Token
    stack = [root]
    while stack:
        node = stack.pop()
        if node is not None and not isinstance(node, token_type):
            yield node
            stack.extend(reversed(list(node)))
