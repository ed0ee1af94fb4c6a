"""From the TOML files in this folder to entries. ``docs/reference/known-bad.md`` is the contract."""

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

from pytest_rtlgen.errors import SuiteError
from pytest_rtlgen.known_bad.entries import Kind, KnownBad, KnownBadList, KnownOpening
from pytest_rtlgen.modes import ScoringMode
from pytest_rtlgen.openings import Place
from pytest_rtlgen.openings.read import KEYS

FORMAT = 1
_KEYS = {"suite", "problem", "scoring", "kind", "simulator", "versions", "evidence", "found"}
_OPENING_KEYS = {"suite", "problem", "evidence", "found", *KEYS}
_OPENING_TABLE = re.compile(r"^\s*\[\[\s*openings\s*\]\]", re.MULTILINE)
_SIMULATORS = ("any", "icarus", "verilator")
_VERSIONS = re.compile(r"(\d+)(?:-(\d+))?")
E = TypeVar("E", bound=StrEnum)


def load_known_bad(*, ours: tuple[str, str], bench: tuple[str, str]) -> KnownBadList:
    """Return what is known to be bad on one machine.

    ``ours`` and ``bench`` are (simulator, version) of what simulates the reference and the benchmark's own bench, such
    as ``("icarus", "11.0")``. An entry that spoils both scorings is narrowed to the one whose simulator shows it.
    """
    found: defaultdict[tuple[str, str], list[KnownBad]] = defaultdict(list)
    for entry in _read_all():
        shown = [
            scoring
            for scoring, tool in ((ScoringMode.OURS, ours), (ScoringMode.BENCH, bench))
            if entry.scoring.covers(scoring) and entry.applies_to(*tool)
        ]
        if shown:
            scoring = shown[0] if len(shown) == 1 else ScoringMode.BOTH
            found[entry.suite, entry.problem_id].append(replace(entry, scoring=scoring))
    return KnownBadList(by_problem={key: tuple(entries) for key, entries in found.items()})


def read_known_bad(text: str, where: str) -> tuple[KnownBad, ...]:
    """Return the entries of one file; ``where`` starts each message.

    Raises:
        SuiteError: it is not such a file.
    """
    tables = _read_file(text, where).get("problem", [])
    return tuple(
        _read_entry(one, f"{where}: problem {number}")
        for number, table in enumerate(tables, start=1)
        for one in _list_suites(table)
    )


def load_known_openings(suite: str) -> Mapping[str, KnownOpening]:
    """Return, by problem, what the descriptions of the published benchmark ``suite`` are known to leave open."""
    return {entry.problem_id: entry for entry in _read_all_openings() if entry.suite == suite}


@cache
def _read_all_openings() -> tuple[KnownOpening, ...]:
    return tuple(entry for name, text in _list_files() for entry in read_known_openings(text, name))


def read_known_openings(text: str, where: str) -> tuple[KnownOpening, ...]:
    """Return the ``[[openings]]`` of one file; ``where`` starts each message.

    Raises:
        SuiteError: it is not such a file, or holds two tables for one problem.
    """
    tables = _read_file(text, where).get("openings", [])
    starts = [match.end() for match in _OPENING_TABLE.finditer(text)]
    if not isinstance(tables, list) or len(starts) != len(tables):
        raise SuiteError(f"{where}: openings must be written as [[openings]]")
    found: dict[tuple[str, str], KnownOpening] = {}
    for table, start in zip(tables, starts, strict=True):
        for one in _list_suites(table):
            entry = _read_opening(one, Place(path=where, text=text, start=start))
            if found.setdefault((entry.suite, entry.problem_id), entry) is not entry:
                raise entry.place.fail("problem", f"{entry.problem_id} has openings already; write them into one table")
    return tuple(found.values())


def _read_opening(table: Mapping[str, object], place: Place) -> KnownOpening:
    unknown = sorted(table.keys() - _OPENING_KEYS)
    if unknown:
        raise place.fail(unknown[0], f"unknown key {unknown[0]!r}; known are {', '.join(sorted(_OPENING_KEYS))}")
    where = place.of("suite")
    return KnownOpening(
        suite=_read_text(table, "suite", where),
        problem_id=_read_text(table, "problem", where),
        evidence=_read_text(table, "evidence", where),
        found=_read_text(table, "found", where),
        values={key: value for key, value in table.items() if key in KEYS},
        place=place,
    )


def _read_file(text: str, where: str) -> dict[str, Any]:
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SuiteError(f"{where}: not TOML: {error}") from error
    if values.get("format") != FORMAT or not isinstance(values.get("version"), str):
        raise SuiteError(f'{where}: needs format = {FORMAT} and a version, such as version = "2026.11"')
    return values


@cache
def _read_all() -> tuple[KnownBad, ...]:
    return tuple(entry for name, text in _list_files() for entry in read_known_bad(text, name))


def _list_files() -> Iterable[tuple[str, str]]:
    folder = files("pytest_rtlgen.known_bad")
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            yield file.name, file.read_text(encoding="utf-8")


def _list_suites(table: Mapping[str, object]) -> Iterable[Mapping[str, object]]:
    """Yield ``table`` for each suite that it names: one, or a list where several hold the same problem."""
    suites = table.get("suite")
    return [{**table, "suite": suite} for suite in suites] if isinstance(suites, list) and suites else [table]


def _read_entry(table: Mapping[str, object], where: str) -> KnownBad:
    unknown = sorted(table.keys() - _KEYS)
    if unknown:
        raise SuiteError(f"{where}: unknown key {unknown[0]!r}; known are {', '.join(sorted(_KEYS))}")
    simulator = _read_text(table, "simulator", where, "any")
    if simulator not in _SIMULATORS:
        raise SuiteError(f"{where}: simulator = {simulator!r} is unknown; use {', '.join(_SIMULATORS)}")
    return KnownBad(
        suite=_read_text(table, "suite", where),
        problem_id=_read_text(table, "problem", where),
        scoring=_read_choice(table, "scoring", where, ScoringMode),
        kind=_read_choice(table, "kind", where, Kind),
        simulator=simulator,
        versions=_read_versions(_read_text(table, "versions", where, "any"), where),
        evidence=_read_text(table, "evidence", where),
        found=_read_text(table, "found", where),
    )


def _read_text(table: Mapping[str, object], key: str, where: str, default: str | None = None) -> str:
    value = table.get(key, default)
    if not isinstance(value, str) or not value.strip() or "\n" in value:
        raise SuiteError(f"{where}: {key} must be one line of text")
    return value


def _read_choice(table: Mapping[str, object], key: str, where: str, kind: type[E]) -> E:
    text = _read_text(table, key, where)
    if text not in tuple(kind):
        raise SuiteError(f"{where}: {key} = {text!r} is unknown; use {', '.join(kind)}")
    return kind(text)


def _read_versions(text: str, where: str) -> tuple[int, int] | None:
    """Return the range that ``any``, ``11`` or ``11-12`` names."""
    if text == "any":
        return None
    match = _VERSIONS.fullmatch(text)
    if match is None:
        raise SuiteError(f'{where}: versions = {text!r} must be "any", a major version such as "11", or "11-12"')
    return int(match[1]), int(match[2] or match[1])
