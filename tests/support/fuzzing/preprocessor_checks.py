"""What must hold of a canonical text: nothing is left for a preprocessor to do, and every token is the raw text's."""

import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest
from pathlib import Path
from typing import Any, Protocol

from pytest_rtlgen.records import Status
from pytest_rtlgen.simulators.icarus import find_icarus
from pytest_rtlgen.verilog.syntax import walk_tokens


class Canonical(Protocol):
    """The text that every tool gets, or why none does."""

    @property
    def text(self) -> str: ...

    @property
    def status(self) -> Status | None:
        """Why the text is refused; ``None``: it is not."""


Canonise = Callable[[str], Canonical]
"""From a model's text."""
_UNDEFINED = ("__slang__", "__slang_major__", "__slang_minor__", "SV_COV_START", "SV_COV_STOP", "SV_COV_RESET",
              "SV_COV_CHECK", "SV_COV_MODULE", "SV_COV_HIER", "SV_COV_ASSERTION", "SV_COV_FSM_STATE",
              "SV_COV_STATEMENT", "SV_COV_TOGGLE", "SV_COV_OVERFLOW", "SV_COV_ERROR", "SV_COV_NOCOV", "SV_COV_OK",
              "SV_COV_PARTIAL")  # fmt: skip
_LONGEST_S = 20.0


class Fault(StrEnum):
    """What does not hold."""

    LEFT_OVER = "Icarus' preprocessor changes it"
    TOKENS = "its tokens are not those of the raw text"
    LINES = "a token stands on another line"
    AGAIN = "it is not its own canonical text"
    ACCEPTED = "of Yosys and Icarus one accepts it and the other does not"
    REFUSED = "it is called a syntax error, and slang reads it without one"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that does not hold of one text."""

    fault: Fault
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadToken:
    """A token as slang reads it."""

    kind: str
    value: str
    """What it means: of a string its characters, of a name the name without its escape, else the text."""
    is_escaped: bool
    line: int
    """From 1; of what a macro makes, the line where the outermost use of a macro begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadText:
    """A text as slang reads it."""

    tokens: tuple[ReadToken, ...]
    errors: tuple[str, ...]


def list_differences(raw: str, canonise: Canonise) -> Iterator[Difference]:
    """Yield what does not hold of the canonical text of ``raw``, slang and Icarus' preprocessor being the judges."""
    expected = read_raw(raw)
    made = canonise(raw)
    text = made.text
    if made.status is not None:
        if made.status is Status.SYNTAX_ERROR and not expected.errors:
            yield Difference(fault=Fault.REFUSED, detail="")
        return
    found = read_text(text)
    yield from compare_tokens(expected.tokens, found.tokens)
    for error in found.errors:
        yield Difference(fault=Fault.TOKENS, detail=f"slang reads it with an error: {error}")
    again = canonise(text)
    if again.status is not None or read_text(again.text) != found:
        yield Difference(fault=Fault.AGAIN, detail=str(again.status or "its tokens are others then"))
    yield from _compare_preprocessed(text)


def read_raw(raw: str) -> ReadText:
    """Return how slang reads a model's text: as a synthesis tool does, what is switched off being no text at all."""
    text = raw.replace("\r\n", "\n").replace("\r", "\n")
    return read_text(leave_out_switched(text))


def read_text(text: str) -> ReadText:
    """Return the tokens of ``text``, preprocessed with ``SYNTHESIS`` and no macro of slang's defined."""
    import pyslang

    options = pyslang.parsing.PreprocessorOptions()
    options.predefines = ["SYNTHESIS=1"]
    options.undefines = list(_UNDEFINED)
    options.maxIncludeDepth = 0
    manager = pyslang.SourceManager()
    tree = pyslang.syntax.SyntaxTree.fromText(text, manager, "t.sv", "t.sv", pyslang.Bag([options]))
    engine = pyslang.DiagnosticEngine(manager)
    errors = tuple(engine.formatMessage(item) for item in tree.diagnostics if item.isError())
    tokens: list[ReadToken] = []

    def see(token: Any) -> None:
        if token.rawText:
            line = manager.getLineNumber(manager.getFullyExpandedLoc(token.location))
            tokens.append(_read_token(token, int(line)))

    walk_tokens(tree.root, see)
    return ReadText(tokens=tuple(tokens), errors=errors)


def _read_token(token: Any, line: int) -> ReadToken:
    raw, kind = str(token.rawText), str(token.kind.name)
    is_escaped = raw.startswith("\\")
    value = raw
    if raw.startswith('"') or is_escaped:
        try:
            value = str(token.valueText)
        except UnicodeDecodeError:
            value = raw
    return ReadToken(kind=kind, value=value, is_escaped=is_escaped, line=line)


def compare_tokens(expected: Sequence[ReadToken], found: Sequence[ReadToken]) -> Iterator[Difference]:
    """Yield the first token that is another one, and the first that stands on another line.

    An escaped name may be spelled as another name, if it is the same one everywhere and nothing else's.
    """
    spelled: dict[str, str] = {}
    is_same_line = True
    for number, (want, got) in enumerate(zip_longest(expected, found)):
        if want is None or got is None or not _is_same(want, got, spelled):
            yield Difference(fault=Fault.TOKENS, detail=f"token {number}: expected {want}, found {got}")
            return
        if is_same_line and want.line != got.line:
            is_same_line = False
            yield Difference(fault=Fault.LINES, detail=f"token {number}: expected {want}, found {got}")
    plain = {token.value for token in expected if token.kind == "Identifier" and token.value not in spelled}
    names = list(spelled.values())
    if len(set(names)) < len(names) or plain & set(names):
        yield Difference(fault=Fault.TOKENS, detail=f"names that are not distinct: {spelled}")


def _is_same(want: ReadToken, got: ReadToken, spelled: dict[str, str]) -> bool:
    if want.kind != got.kind:
        return False
    if want.is_escaped or (want.kind == "Identifier" and want.value in spelled):
        return spelled.setdefault(want.value, got.value) == got.value
    return want.value == got.value


def leave_out_switched(text: str) -> str:
    """Return ``text`` with blanks for what stands between comments that switch synthesis off and on."""
    kept: list[str] = []
    is_on = True
    for piece in _split(text):
        way = _read_switch(piece)
        shown = is_on and way != "off"
        is_on = way == "on" or (is_on and way != "off")
        kept.append(piece if shown else "".join(char if char == "\n" else " " for char in piece))
    return "".join(kept)


def _split(text: str) -> Iterator[str]:
    """Yield ``text`` in pieces, each comment, string and escaped name being one."""
    at = 0
    while at < len(text):
        start, two = at, text[at : at + 2]
        if two == "//":
            at = _find(text, "\n", at)
        elif two == "/*":
            at = _find(text, "*/", at + 2) + 2
        elif text[at] == '"':
            at += 1
            while at < len(text) and text[at] not in '"\n':
                at += 2 if text[at] == "\\" else 1
            at += 1
        elif text[at] == "\\":
            while at < len(text) and not text[at].isspace():
                at += 1
        at = max(at, start + 1)
        yield text[start:at]


def _find(text: str, part: str, at: int) -> int:
    found = text.find(part, at)
    return len(text) if found < 0 else found


def _read_switch(piece: str) -> str:
    """Return ``on``, ``off`` or, of what is no such comment, nothing."""
    if piece[:2] not in {"//", "/*"}:
        return ""
    words = re.findall(r"\w+|[^\s\w]", piece[2:].lower())[:2]
    ways = {f"{name}_{way}": way for name in ("translate", "synthesis") for way in ("on", "off")}
    found = [word for word in words if word in ways][:1] if words[:1] != ["*"] else []
    return ways[found[0]] if found else ""


def _compare_preprocessed(text: str) -> Iterator[Difference]:
    after = run_preprocessor(text)
    if after is None:
        yield Difference(fault=Fault.LEFT_OVER, detail="it fails")
        return
    for number, (one, two) in enumerate(zip_longest(text.split("\n"), after.split("\n"), fillvalue=""), 1):
        if one.rstrip() != two.rstrip():
            yield Difference(fault=Fault.LEFT_OVER, detail=f"line {number}: {one!r}, after it {two!r}")
            return


def run_preprocessor(text: str) -> str | None:
    """Return what Icarus' preprocessor makes of ``text``; ``None`` where it fails or has something to say.

    Lines are kept, but for those with a ``line`` directive, which are left out.
    """
    parts = find_icarus().parts
    if parts is None:
        raise RuntimeError("the parts of this Icarus may not be started without its driver")
    with tempfile.TemporaryDirectory(prefix="rtlgen-fuzz-") as name:
        source = Path(name) / "t.v"
        source.write_text(text, encoding="utf-8", newline="")
        done = subprocess.run([parts / "ivlpp", source], capture_output=True, timeout=_LONGEST_S, check=False)
    if done.returncode or done.stderr:
        return None
    lines = done.stdout.decode("utf-8", "replace").split("\n")
    return "\n".join(line for line in lines if not line.startswith("`line "))
