"""Data inside a page: as text that ends no script element, and as chunks that are unpacked when they are read."""

import base64
import json
import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_CHUNK = 256 * 1024
"""Characters of one chunk's JSON: a browser unpacks it in a few milliseconds, and deflate gains little above."""
_ESCAPES = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


class Chunk(NamedTuple):
    """Some records in a row."""

    first: int
    """Number of its first record."""
    text: str
    """Base64 of zlib's form of a JSON list."""


def render_json(value: object) -> str:
    r"""Return ``value`` as ASCII JSON that is safe inside a script element, whatever its texts hold.

    >>> render_json("</script><!--")
    '"\\u003c/script\\u003e\\u003c!--"'
    """
    return _dump(value).translate(_ESCAPES)


def pack(records: Iterable[object]) -> Iterator[Chunk]:
    """Yield ``records`` in chunks, in order; texts that neighbours share cost next to nothing."""
    lines: list[str] = []
    first = size = 0
    for record in records:
        lines.append(_dump(record))
        size += len(lines[-1])
        if size >= _CHUNK:
            yield _make_chunk(first, lines)
            first, size, lines = first + len(lines), 0, []
    if lines:
        yield _make_chunk(first, lines)


def _make_chunk(first: int, lines: list[str]) -> Chunk:
    packed = zlib.compress(f"[{','.join(lines)}]".encode("ascii"), 6)
    return Chunk(first, base64.b64encode(packed).decode("ascii"))


def _dump(value: object) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":"))
