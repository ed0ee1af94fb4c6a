"""Plain data out of a pickle, without unpickling: opcodes are read by an allow-list, and nothing is ever called.

An ``Unpickler`` whose ``find_class`` refuses every name would still let the pickle drive CPython's machine: a memo of
2**31 places is allocated on one opcode, lists nest as deep as the file says, and what a later version adds is carried
out. Here an opcode that is not in the tables below is refused by its name, and size and depth are counted as the data
is built, shared parts as often as they are referred to.

Source: Python 3.14, ``Lib/pickletools.py``: what each opcode means, and ``genops``, which only splits them.
"""

import pickletools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pytest_rtlgen.errors import SuiteError

Plain = None | bool | int | float | str | bytes | tuple["Plain", ...] | frozenset["Plain"] | Mapping["Plain", "Plain"]
"""What a plain pickle holds; its lists are tuples here, and its sets frozen."""

MOST_BYTES = 4 << 20
"""Of a pickle, and of the texts in the data, each counted as often as it is referred to."""
MOST_VALUES = 10_000
"""Values in the data, counted likewise; few enough for a set in which all hashes collide."""
MOST_DEPTH = 16
_MOST_OPCODES = 8 * MOST_VALUES
_LONGEST_NUMBER = 64
"""Bits of a whole number."""
_CONSTANTS: Mapping[str, Plain] = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_FRAMING = {"PROTO", "FRAME"}
_SCALARS = {
    *_CONSTANTS,
    *("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"),
    *("BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "BINBYTES", "SHORT_BINBYTES"),
}
_EMPTY = {"EMPTY_LIST": "list", "EMPTY_DICT": "dict", "EMPTY_SET": "set"}
_ADDING = {"APPEND": ("list", 1), "SETITEM": ("dict", 2)}
_ADDING_MARKED = {"APPENDS": "list", "SETITEMS": "dict", "ADDITEMS": "set"}
_TUPLES = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_TAKEN = "plain data is read only: dicts, lists, tuples, sets, texts and numbers"


class _Item(NamedTuple):
    """A finished value with what it holds, itself included."""

    value: Plain
    size: int
    """Bytes of its texts and numbers, and one for each value."""
    values: int = 1
    depth: int = 0


@dataclass(slots=True)
class _Open:
    """A list, dict or set to which a pickle may still add."""

    kind: str
    items: list[_Item] = field(default_factory=list)
    done: _Item | None = None
    """Once it is part of something else, after which nothing is added."""


def read_plain_pickle(data: bytes, place: str) -> Plain:
    """Return the plain data that ``data`` holds: lists come as tuples, sets frozen, dicts as dicts.

    Nothing of it is called or imported. ``place`` starts each message.

    >>> import pickle
    >>> read_plain_pickle(pickle.dumps({"code": "module m; endmodule", "ports": {("a", 1)}}), "rows.parquet: row 1")
    {'code': 'module m; endmodule', 'ports': frozenset({('a', 1)})}

    Raises:
        SuiteError: it is no pickle of plain data, or larger than ``MOST_BYTES``, ``MOST_VALUES`` or ``MOST_DEPTH``.
    """
    try:
        return _Machine().run(data)
    except ValueError as error:  # also of ``genops``, for what is cut off
        raise SuiteError(f"{place}: the pickle is not read: {error}") from error


class _Machine:
    """The stack and the memo of a pickle."""

    def __init__(self) -> None:
        self._stack: list[_Item | _Open] = []
        self._marks: list[int] = []
        self._memo: dict[int, _Item | _Open] = {}

    def run(self, data: bytes) -> Plain:
        if len(data) > MOST_BYTES:
            raise ValueError(f"it has {len(data)} bytes, more than {MOST_BYTES}")
        for count, (opcode, argument, position) in enumerate(pickletools.genops(data), start=1):
            name = opcode.name
            try:
                if name == "STOP":
                    (last,) = self._take(len(self._stack))
                    return last.value
                self._do(name, argument, count)
            except (IndexError, KeyError, TypeError) as error:
                raise ValueError(f"{name} at byte {position} does not fit what stands before it") from error
            except ValueError as error:
                raise ValueError(f"{name} at byte {position}: {error}") from error
        raise ValueError("it has no end")

    def _do(self, name: str, argument: object, count: int) -> None:  # noqa: C901  a branch for each kind of opcode
        if count > _MOST_OPCODES:
            raise ValueError(f"more than {_MOST_OPCODES} opcodes")
        if name in _SCALARS:
            self._stack.append(_make_scalar(_CONSTANTS.get(name, argument)))
        elif name in _EMPTY:
            self._stack.append(_Open(_EMPTY[name]))
        elif name == "MARK":
            self._marks.append(len(self._stack))
        elif name in _ADDING:
            kind, taken = _ADDING[name]
            self._add(kind, self._take(taken))
        elif name in _ADDING_MARKED:
            self._add(_ADDING_MARKED[name], self._take_marked())
        elif name in _TUPLES:
            self._stack.append(_join("tuple", self._take(_TUPLES[name])))
        elif name in {"TUPLE", "FROZENSET"}:
            self._stack.append(_join("tuple" if name == "TUPLE" else "set", self._take_marked()))
        elif name in {"BINPUT", "LONG_BINPUT", "MEMOIZE"}:
            self._memo[len(self._memo) if argument is None else _as_index(argument)] = self._stack[-1]
        elif name in {"BINGET", "LONG_BINGET"}:
            self._stack.append(self._memo[_as_index(argument)])
        elif name not in _FRAMING:
            shown = f" {argument[:80]!r}" if isinstance(argument, str) else ""
            raise ValueError(f"not carried out{shown}; {_TAKEN}")

    def _take(self, count: int) -> list[_Item]:
        """Remove ``count`` values from above the last mark, and return them finished, in order."""
        start = len(self._stack) - count
        if start < (self._marks[-1] if self._marks else 0):
            raise IndexError
        taken = [_finish(value) for value in self._stack[start:]]
        del self._stack[start:]
        return taken

    def _take_marked(self) -> list[_Item]:
        taken = self._take(len(self._stack) - self._marks[-1])
        self._marks.pop()
        return taken

    def _add(self, kind: str, items: list[_Item]) -> None:
        target = self._stack[-1]
        if not isinstance(target, _Open) or target.kind != kind:
            raise IndexError
        if target.done is not None:
            raise ValueError("it holds itself, or is added to after it was used")
        target.items += items


def _make_scalar(value: object) -> _Item:
    if isinstance(value, str):
        return _Item(value, 1 + len(value.encode("utf-8", "surrogatepass")))
    if isinstance(value, bytes):
        return _Item(value, 1 + len(value))
    if isinstance(value, int) and value.bit_length() > _LONGEST_NUMBER:
        raise ValueError(f"a number of more than {_LONGEST_NUMBER} bits")
    if value is not None and not isinstance(value, int | float):
        raise TypeError
    return _Item(value, 1)


def _as_index(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError
    return value


def _finish(value: _Item | _Open) -> _Item:
    if isinstance(value, _Item):
        return value
    if value.done is None:
        value.done = _join(value.kind, value.items)
    return value.done


def _join(kind: str, items: Sequence[_Item]) -> _Item:
    """Return the collection of ``items``, counted before it is built."""
    size = 1 + sum(item.size for item in items)
    values = 1 + sum(item.values for item in items)
    depth = 1 + max((item.depth for item in items), default=0)
    limits = ((size, MOST_BYTES, "bytes"), (values, MOST_VALUES, "values"), (depth, MOST_DEPTH, "levels"))
    for found, most, what in limits:
        if found > most:
            raise ValueError(f"more than {most} {what} of data")
    return _Item(_build(kind, [item.value for item in items]), size, values, depth)


def _build(kind: str, values: Sequence[Plain]) -> Plain:
    if kind == "dict":
        if len(values) % 2:
            raise IndexError
        return dict(zip(values[::2], values[1::2], strict=True))
    return frozenset(values) if kind == "set" else tuple(values)
