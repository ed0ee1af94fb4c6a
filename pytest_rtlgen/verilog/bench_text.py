"""Rewrite a benchmark's testbench so that a candidate simulated with it can neither name its parts nor speak for it.

Modules and instances get a suffix, and what the bench prints is put between marks; both are drawn anew for every run.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.records import SourceFile
from pytest_rtlgen.verilog.interface import list_modules, parse_reference
from pytest_rtlgen.verilog.syntax import Node, ParsedText, parse_text, walk_tokens

if TYPE_CHECKING:
    from pyslang import parsing, syntax

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleNames:
    """Which modules a text defines and uses."""

    tops: tuple[str, ...]
    """Defined here and not instantiated here."""
    undefined: tuple[str, ...]
    """Instantiated here and not defined here."""


def read_module_names(text: str) -> ModuleNames:
    """Return the modules that ``text`` defines and uses, in source order; wrong syntax is passed over.

    A ``RuntimeError`` of pyslang (nesting too deep) goes through.
    """
    parsed = parse_text(text)
    defined = list_modules(parsed)
    nodes = _list_nodes(parsed.tree.root)
    used = tuple(dict.fromkeys(str(node.type.valueText) for node in nodes if _kind(node) == "HierarchyInstantiation"))
    return ModuleNames(
        tops=tuple(name for name in defined if name not in used),
        undefined=tuple(name for name in used if name not in defined),
    )


def list_marked(output: str, mark: str) -> Iterator[str]:
    """Yield what the bench itself printed, one text a print; all else in ``output`` is anyone's."""
    for piece in output.split(f"{mark}<")[1:]:
        text, found, _ = piece.partition(f">{mark}")
        if found:
            yield text


def harden_bench(bench: SourceFile, companions: Sequence[SourceFile], *, bench_top: str, top: str) -> HardenedBench:
    """Rewrite ``bench`` and what is compiled with it, for candidates that define the module ``top``.

    Raises:
        BadReferenceError: the bench does not parse, has no ``bench_top``, or defines ``top`` itself.
    """
    texts = [(parse_reference(source), source.text) for source in (bench, *companions)]
    modules = frozenset(name for parsed, _ in texts for name in list_modules(parsed))
    if bench_top not in modules or top in modules:
        found = ", ".join(sorted(modules))
        raise BadReferenceError(f"{bench.name}: the bench must define {bench_top!r} and not {top!r}; found {found}")
    pieces = [_Rewriter(parsed, modules).rewrite(text) for parsed, text in texts]
    return HardenedBench(template="\n".join([*pieces, ""]), top=bench_top)


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

    def _read(self, node: Node, instances: set[str]) -> None:
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
            tokens: list[parsing.Token] = []
            walk_tokens(node, tokens.append)
            for token in tokens[:-1]:
                if str(token.valueText) in self.names | instances:
                    self._rename(token)
        elif kind == "InvocationExpression" and str(node.left.getFirstToken().rawText) in _PRINTS:
            self._mark_print(node)

    def _rename(self, token: "parsing.Token") -> None:
        self._replace(token, f"{token.rawText}_{_SUFFIX}")

    def _mark_print(self, node: Node) -> None:
        token = node.arguments.parameters[0].getFirstToken() if node.arguments and node.arguments.parameters else None
        raw = str(token.rawText) if token is not None else ""
        if raw.startswith('"') and raw.endswith('"'):
            self._replace(token, f'"{_MARK}<{raw[1:-1]}>{_MARK}"')

    def _replace(self, token: Node, new: str) -> None:
        if not self.parsed.manager.isMacroLoc(token.location):
            first = int(token.location.offset)
            self.edits[first] = (first + len(str(token.rawText).encode()), new)


def _kind(node: "syntax.SyntaxNode") -> str:
    return str(getattr(getattr(node, "kind", None), "name", ""))


def _list_nodes(root: "syntax.SyntaxNode") -> Iterator[Node]:
    """Yield every syntax node below ``root``, in source order."""
    import pyslang

    token_type = pyslang.parsing.Token
    stack: list[Node] = [root]
    while stack:
        node = stack.pop()
        if node is not None and not isinstance(node, token_type):
            yield node
            stack.extend(reversed(list(node)))
