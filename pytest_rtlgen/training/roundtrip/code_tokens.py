"""Verilog as tokens, so that designs compare by what they say: without comments, layout, and at will names. Pure."""

import hashlib
import re
from collections.abc import Sequence

from pytest_rtlgen.verilog.lexical import COMMENT, ESCAPED_NAME, STRING_START, UNCLOSED_COMMENT

_TOKEN = re.compile(
    rf"""(?P<skip>\s+|{COMMENT}|{UNCLOSED_COMMENT}|`timescale[^\n]*|`default_nettype[^\n]*)
    |(?P<string>{STRING_START}"?)
    |(?P<number>(?:\d[\d_]*\s*)?'\s*[sS]?[bBoOdDhH]\s*[0-9a-fA-FxXzZ?_]+|\d[\d_]*)
    |(?P<name>{ESCAPED_NAME}|[`$]?[A-Za-z_][\w$]*)
    |(?P<other><<<|>>>|===|!==|[-+*/%&|^~<>=!]=|<<|>>|&&|\|\||\*\*|\+:|-:|\#\#|::|.)""",
    re.DOTALL | re.VERBOSE,
)
_WORD = re.compile(r"[a-z0-9_]+")
_BASES = {"b": 2, "o": 8, "d": 10, "h": 16}
_LITERAL = re.compile(r"(\d*)'(s?)([bodh])(.+)")
_KEYWORD_LINES = (
    "always always_comb always_ff always_latch and assign automatic begin bit buf byte case casex casez default else",
    "end endcase endfunction endgenerate endmodule endpackage endtask enum for forever function generate genvar if",
    "import initial inout input int integer localparam logic longint module nand negedge nor not or output package",
    "packed parameter posedge priority real reg repeat return shortint signed struct task tri type typedef union",
    "unique unsigned void wait wand while wire wor xnor xor",
)
_KEYWORDS = frozenset(word for line in _KEYWORD_LINES for word in line.split())


def list_tokens(source: str) -> tuple[str, ...]:
    """Return the tokens of Verilog text in order; equal numbers are spelt alike, such as ``4'HF`` and ``4'b1111``."""
    found = []
    for match in _TOKEN.finditer(source):
        if match.lastgroup == "number":
            found.append(_spell_number(match[0]))
        elif match.lastgroup != "skip":
            found.append(match[0])
    return tuple(found)


def hide_names(tokens: Sequence[str]) -> tuple[str, ...]:
    """Return ``tokens`` with each name replaced by the number of its first use: designs that only rename are equal."""
    numbers: dict[str, str] = {}
    return tuple(numbers.setdefault(token, f"#{len(numbers)}") if _is_name(token) else token for token in tokens)


def digest_structure(source: str) -> str:
    """Return a digest that two designs share exactly when they differ in names, comments and layout only."""
    return hashlib.sha256("\n".join(hide_names(list_tokens(source))).encode("utf-8", "replace")).hexdigest()


def list_words(text: str) -> tuple[str, ...]:
    """Return the words of a description, in lower case, without punctuation."""
    return tuple(_WORD.findall(text.lower()))


def cut_shingles(tokens: Sequence[str], size: int) -> frozenset[int]:
    """Return 64-bit hashes of every run of ``size`` tokens; of the whole where that is shorter."""
    runs = ["\n".join(tokens[start : start + size]) for start in range(max(1, len(tokens) - size + 1))]
    return frozenset(
        int.from_bytes(hashlib.blake2b(run.encode("utf-8", "replace"), digest_size=8).digest()) for run in runs
    )


def _is_name(token: str) -> bool:
    return (token[0].isalpha() or token[0] in "_\\") and token not in _KEYWORDS


def _spell_number(text: str) -> str:
    plain = re.sub(r"[\s_]", "", text).lower()
    match = _LITERAL.match(plain)
    if match is None or re.search(r"[xz?]", match[4]):
        return plain
    try:
        return f"{match[1]}'{match[2]}{int(match[4], _BASES[match[3]])}"
    except ValueError:
        return plain
