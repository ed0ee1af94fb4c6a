"""Apply the hunks of a unified diff, as CVDP's agentic solutions are written."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@")
_HEADERS = ("--- ", "+++ ", "diff ", "index ")
_NO_NEWLINE = "\\ No newline"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hunk:
    start: int
    """Index of the first line it replaces."""
    old: tuple[str, ...]
    new: tuple[str, ...]


def apply_diff(text: str, diff: str) -> str:
    """Return ``text`` changed as ``diff`` says. An end of file without a newline counts as one with it.

    Raises:
        ValueError: it is no diff, or ``text`` does not hold the lines that it changes.
    """
    lines = text.splitlines()
    pieces: list[str] = []
    seen = 0
    for hunk in _list_hunks(diff):
        found = tuple(lines[hunk.start : hunk.start + len(hunk.old)])
        if hunk.start < seen or found != hunk.old:
            raise ValueError(f"the hunk for line {hunk.start + 1} does not fit the file")
        pieces += [*lines[seen : hunk.start], *hunk.new]
        seen = hunk.start + len(hunk.old)
    return "".join(f"{line}\n" for line in [*pieces, *lines[seen:]])


def _list_hunks(diff: str) -> Iterator[_Hunk]:
    lines = diff.split("\n")
    starts = [index for index, line in enumerate(lines) if _HUNK.match(line)]
    head = lines[: starts[0]] if starts else lines
    if not starts or any(line and not line.startswith(_HEADERS) for line in head):
        raise ValueError("it is no unified diff")
    for index, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        found = _HUNK.match(lines[index])
        first, count = (int(found[1]), int(found[2] or 1)) if found else (1, 1)
        body = [line for line in lines[index + 1 : end] if not line.startswith(_NO_NEWLINE)]
        while body and not body[-1]:
            body.pop()
        old = tuple(line[1:] for line in body if line[:1] in {"", " ", "-"})
        new = tuple(line[1:] for line in body if line[:1] in {"", " ", "+"})
        yield _Hunk(start=first - 1 if count else first, old=old, new=new)
