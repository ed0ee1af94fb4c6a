"""Casts of signedness, written so that every Icarus compiles them."""

from pytest_rtlgen.verilog.survey import apply_spans
from pytest_rtlgen.verilog.syntax import Node, ParsedText


def call_signed(text: str, parsed: ParsedText) -> str:
    """Return ``text``, which ``parsed`` is, with ``signed'(x)`` written as ``$signed(x)``, likewise ``unsigned'(x)``.

    They are the same, but Icarus before release 12 has only the call. Bytes and lines keep their
    numbers, so a cast over two lines stays.

    Source: IEEE 1800-2017, 6.24.1.
    """
    import pyslang

    data = text.encode()  # pyslang counts bytes
    spans: list[tuple[int, int, str]] = []

    def see(node: Node) -> None:
        if getattr(node, "kind", None) == pyslang.syntax.SyntaxKind.SignedCastExpression:
            first, last = node.signing.location.offset, node.apostrophe.location.offset + 1
            if b"\n" not in data[first:last]:
                spans.append((first, last, f"${node.signing.valueText}".ljust(last - first)))

    parsed.tree.root.visit(see)
    return apply_spans(text, sorted(spans))
