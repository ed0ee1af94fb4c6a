"""From a table of TOML or JSON to ``Openings``; one reader for every place where they may stand.

Source: docs/reference/suite-format.md, which is the contract.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pytest_rtlgen.errors import SuiteError
from pytest_rtlgen.records import Assumption, Care, Hold, Latency, Openings, Problem, SourceFile

KEYS = ("care", "assume", "hold", "variants", "latency", "reset_kind", "power_up", "parameters")
_PAGE = "see: rtlgen help suite-format"
_LATENCY = '{ valid = "o_en", data = ["sum"], bound = 8 }'
_VARIANT = '"other.sv", { text = "module ..." } or { edits = [{ old = "...", new = "..." }] }'
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")

ReadFile = Callable[[str], SourceFile]
"""Returns the file of a name that stands beside the reference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a table stands, for messages."""

    path: str
    text: str = ""
    """The whole file; empty: ``path`` is all that a message can name."""
    start: int = 0
    """Offset in it at which the table begins."""

    def of(self, key: str) -> str:
        """Return ``path:line`` of ``key``, of the table where it is not found."""
        if not self.text:
            return self.path
        match = re.compile(rf"^\s*(?:\[+[\w.]*\b)?{re.escape(key)}\b", re.MULTILINE).search(self.text, self.start)
        end = match.end() if match else self.start
        return f"{self.path}:{self.text.count(chr(10), 0, end) + 1}"

    def fail(self, key: str, what: str) -> SuiteError:
        """Return the error about ``key``."""
        return SuiteError(f"{self.of(key)}: {what}; {_PAGE}")


def read_openings(values: object, place: Place, *, problem: Problem, read_file: ReadFile | None = None) -> Openings:
    """Return what the table ``values`` says is open in ``problem``.

    Variants are given as the name of a file (where there is a ``read_file``), as text, or as edits of the reference.
    Whether ports exist and conditions hold together is found out when the reference is prepared.

    Raises:
        SuiteError: a key or a value is not as it should be; the message starts with ``path:line``.
    """
    if not isinstance(values, Mapping):
        raise place.fail("openings", "openings must be a table")
    for key in values:
        if key not in KEYS:
            raise place.fail(str(key), f"unknown key {key!r} in openings; known are {', '.join(KEYS)}")
    return Openings(
        care=_read_care(values, place),
        assumptions=tuple(
            Assumption(condition=text, place=place.of("assume")) for text in _read_texts(values, "assume", place)
        ),
        holds=_read_holds(values, place),
        variants=_read_variants(values, place, problem.reference, read_file),
        latency=_read_latency(values, place),
        reset_kind=_read_names(values, "reset_kind", place),
        is_power_up_open=_read_flag(values, "power_up", place),
        is_parameter_open=_read_flag(values, "parameters", place),
        place=place.of("openings"),
    )


def _read_care(values: Mapping[str, object], place: Place) -> tuple[Care, ...]:
    table = values.get("care", {})
    if not isinstance(table, Mapping) or not all(isinstance(text, str) and text.strip() for text in table.values()):
        raise place.fail("care", 'care must give each output a condition, such as { sum = "valid" }')
    return tuple(Care(output=name, condition=text, place=place.of("care")) for name, text in table.items())


def _read_holds(values: Mapping[str, object], place: Place) -> tuple[Hold, ...]:
    table = values.get("hold", {})
    if not isinstance(table, Mapping) or not all(type(cycles) is int and cycles > 1 for cycles in table.values()):
        raise place.fail("hold", "hold must give each input a number of clock cycles, 2 or more, such as { a = 2 }")
    return tuple(Hold(port=name, cycles=cycles, place=place.of("hold")) for name, cycles in table.items())


def _read_texts(values: Mapping[str, object], key: str, place: Place) -> tuple[str, ...]:
    found = values.get(key, [])
    if not isinstance(found, list) or not all(isinstance(item, str) and item.strip() for item in found):
        raise place.fail(key, f'{key} must be a list of texts, such as ["a", "b"]')
    return tuple(found)


def _read_names(values: Mapping[str, object], key: str, place: Place) -> tuple[str, ...]:
    names = _read_texts(values, key, place)
    for name in names:
        if not _NAME.fullmatch(name):
            raise place.fail(key, f"{key}: {name!r} must be the name of a port")
    return names


def _read_flag(values: Mapping[str, object], key: str, place: Place) -> bool:
    """Return whether ``key`` is there, with the only value that says something."""
    if key not in values:
        return False
    if values[key] is not True:
        raise place.fail(key, f"{key} must be true; remove it where it is not open")
    return True


def _read_latency(values: Mapping[str, object], place: Place) -> Latency | None:
    table = values.get("latency")
    if table is None:
        return None
    if not isinstance(table, Mapping) or set(table) != {"valid", "data", "bound"}:
        raise place.fail("latency", f"latency must look like {_LATENCY}")
    data, bound = _read_names(table, "data", place), table["bound"]
    if not isinstance(table["valid"], str) or not _NAME.fullmatch(table["valid"]):
        raise place.fail("latency", "latency: valid must be the name of an output")
    if not data or table["valid"] in data:
        raise place.fail("latency", "latency: data must name the outputs that valid announces, one or more")
    if type(bound) is not int or bound < 1:
        raise place.fail("latency", "latency: bound must be a whole number of clock cycles, 1 or more")
    return Latency(valid=table["valid"], data=data, bound=bound, place=place.of("latency"))


def _read_variants(
    values: Mapping[str, object], place: Place, reference: SourceFile, read_file: ReadFile | None
) -> tuple[SourceFile, ...]:
    found = values.get("variants", [])
    if not isinstance(found, list):
        raise place.fail("variants", f"variants must be a list of {_VARIANT}")
    return tuple(_read_variant(item, number, place, reference, read_file) for number, item in enumerate(found, start=1))


def _read_variant(
    item: object, number: int, place: Place, reference: SourceFile, read_file: ReadFile | None
) -> SourceFile:
    name = f"{place.of('variants')}: variant {number}"
    if isinstance(item, str) and read_file is not None:
        return read_file(item)
    if isinstance(item, Mapping) and set(item) == {"text"} and isinstance(item["text"], str) and item["text"].strip():
        return SourceFile(name=name, text=item["text"])
    if isinstance(item, Mapping) and set(item) == {"edits"} and isinstance(item["edits"], list) and item["edits"]:
        return SourceFile(name=name, text=_edit(reference.text, item["edits"], number, place))
    raise place.fail("variants", f"variant {number} must be {_VARIANT}")


def _edit(text: str, edits: list[object], number: int, place: Place) -> str:
    """Return ``text`` with every ``old`` replaced by its ``new``, one edit after the other."""
    for edit in edits:
        if not isinstance(edit, Mapping) or set(edit) != {"old", "new"}:
            raise place.fail("variants", f'variant {number}: an edit must look like {{ old = "...", new = "..." }}')
        old, new = edit["old"], edit["new"]
        if not isinstance(old, str) or not isinstance(new, str) or not old.strip():
            raise place.fail("variants", f"variant {number}: old and new must be text, and old not empty")
        if old not in text:
            raise place.fail(
                "variants", f"variant {number}: {old!r} does not stand in the reference; copy it from there"
            )
        text = text.replace(old, new)
    return text
