"""Frozen dataclasses to plain JSON values and back, driven by their annotations alone."""

import json
import sys
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import TypeVar, Union, cast, get_args, get_origin, get_type_hints

from pytest_rtlgen.errors import RecordError
from pytest_rtlgen.records import BenchVerdict

T = TypeVar("T")
Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
_Reader = Callable[[Json, str, str], object]
"""(value, where, name of the field) -> object."""
_SHOWN = 60
"""Most characters of a wrong value in a message."""
_KEYS: Mapping[type, Mapping[str, str]] = {BenchVerdict: {"is_passed_unguarded": "published"}}
"""Of fields that are kept under another key than their name: saved runs and reports have it."""
_EXPECTED = {str: "text", int: "a whole number", bool: "true or false", float: "a finite number"}


def encode(value: object) -> Json:
    """Return ``value`` as JSON values: a dataclass becomes an object, a tuple a list, an enum member its value.

    Bytes, which are rows of ``01XZ`` characters, become text.

    Raises:
        TypeError: a type that records do not use.
    """
    if isinstance(value, Enum):
        return encode(value.value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, bytes):
        return value.decode("ascii")
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    if is_dataclass(value):
        return {key: encode(getattr(value, name)) for name, key in list_keys(value.__class__).items()}
    msg = f"a record cannot hold a {type(value).__name__}"
    raise TypeError(msg)


def decode(kind: type[T], value: Json, where: str) -> T:
    """Return the record of type ``kind`` that ``encode`` turned into ``value``.

    No other key may be there. One that is missing has its field's default: a run of before the field is read so.
    ``where`` starts each message, as ``path:line``.

    Raises:
        RecordError: ``value`` is not such a record.
    """
    return cast("T", _reader(cast("type", kind))(value, where, ""))


@cache
def list_keys(kind: type) -> Mapping[str, str]:
    """Return the key under which each field of a record is kept."""
    kept = _KEYS.get(kind, {})
    return {field.name: kept.get(field.name, field.name) for field in fields(kind)}


def write_text(value: object) -> str:
    """Return ``encode(value)`` as one line of ASCII JSON without newline; any text survives, lone surrogates too."""
    return json.dumps(encode(value), allow_nan=False, separators=(",", ":"))


def read_text(kind: type[T], text: bytes, where: str) -> T:
    """Return the record of type ``kind`` written in ``text``.

    Raises:
        RecordError: ``text`` is not JSON, or not such a record.
    """
    try:
        value = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_refuse_twins)
    except (ValueError, RecursionError) as error:
        raise RecordError(f"{where}: not JSON: {error}; restore the file, or remove that line") from error
    return decode(kind, value, where)


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"{name} is no JSON number")


def _refuse_twins(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("an object has the same key twice")
    return table


@cache
def _reader(kind: type) -> _Reader:
    """Return the function that reads a value annotated as ``kind``."""
    origin = get_origin(kind)
    if origin is tuple:
        return _tuple_reader(get_args(kind))
    if origin in (Union, types.UnionType):
        return _optional_reader(get_args(kind))
    if isinstance(kind, type) and is_dataclass(kind):
        return _dataclass_reader(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _enum_reader(kind)
    if kind is bytes:
        return _read_rows
    if kind in (str, int, bool, float):
        return _plain_reader(kind)
    msg = f"records cannot hold {kind}"
    raise TypeError(msg)


def _fail(where: str, name: str, expected: str, value: object) -> RecordError:
    shown = repr(value)
    shown = shown if len(shown) <= _SHOWN else shown[: _SHOWN - 3] + "..."
    return RecordError(
        f"{where}: {name or 'record'} must be {expected}, got {shown}; was it written by another version?"
    )


def _plain_reader(kind: type) -> _Reader:
    def read(value: Json, where: str, name: str) -> object:
        is_number = kind is float and type(value) in (int, float)
        if is_number and abs(cast("float", value)) <= sys.float_info.max:
            return float(cast("float", value))
        if type(value) is not kind or is_number:
            raise _fail(where, name, _EXPECTED[kind], value)
        return value

    return read


def _read_rows(value: Json, where: str, name: str) -> object:
    if not isinstance(value, str) or not value.isascii():
        raise _fail(where, name, "ASCII text", value)
    return value.encode("ascii")


def _enum_reader(kind: type[Enum]) -> _Reader:
    members: Mapping[object, Enum] = {member.value: member for member in kind}

    def read(value: Json, where: str, name: str) -> object:
        if not isinstance(value, str) or value not in members:
            raise _fail(where, name, "one of " + ", ".join(map(str, members)), value)
        return members[value]

    return read


def _optional_reader(choices: tuple[type, ...]) -> _Reader:
    (inner,) = (choice for choice in choices if choice is not type(None))
    read_inner = _reader(inner)

    def read(value: Json, where: str, name: str) -> object:
        return None if value is None else read_inner(value, where, name)

    return read


def _tuple_reader(items: tuple[object, ...]) -> _Reader:
    is_open = items[1:] == (Ellipsis,)
    readers = tuple(_reader(cast("type", item)) for item in (items[:1] if is_open else items))

    def read(value: Json, where: str, name: str) -> object:
        if not isinstance(value, list):
            raise _fail(where, name, "a list", value)
        if is_open:
            return tuple(readers[0](item, where, f"{name}[{place}]") for place, item in enumerate(value))
        if len(value) != len(readers):
            raise _fail(where, name, f"a list of {len(readers)}", value)
        pairs = zip(readers, value, strict=True)
        return tuple(reader(item, where, f"{name}[{place}]") for place, (reader, item) in enumerate(pairs))

    return read


def _dataclass_reader(kind: type) -> _Reader:
    keys = list_keys(kind)
    names = {key: name for name, key in keys.items()}

    @cache
    def list_readers() -> Mapping[str, _Reader]:  # not before a record is read: it may hold some of its own kind
        hints = get_type_hints(kind)
        return {key: _reader(hints[name]) for name, key in keys.items()}

    needed = {
        keys[field.name] for field in fields(kind) if field.default is MISSING and field.default_factory is MISSING
    }

    def read(value: Json, where: str, name: str) -> object:
        if not isinstance(value, dict):
            raise _fail(where, name, f"an object ({kind.__name__})", value)
        if not needed <= value.keys() <= names.keys():
            raise _key_error(kind, needed - value.keys(), value.keys() - names.keys(), where)
        readers = list_readers()
        prefix = f"{name}." if name else ""
        return kind(**{names[key]: readers[key](item, where, prefix + key) for key, item in value.items()})

    return read


def _key_error(kind: type, missing: set[str], unknown: set[str], where: str) -> RecordError:
    parts = [f"missing {', '.join(sorted(missing))}"] if missing else []
    parts += [f"unknown {', '.join(map(repr, sorted(unknown)))}"] if unknown else []
    return RecordError(f"{where}: not a {kind.__name__}: {'; '.join(parts)}; was it written by another version?")
