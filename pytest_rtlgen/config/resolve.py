"""Command line, ini file and environment to one checked record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from pytest_rtlgen.config.option import VARIABLE_PREFIX, Option
from pytest_rtlgen.config.papers import load_preset
from pytest_rtlgen.config.table import OPTIONS, Options
from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.spelling import suggest

_ALIKE = 0.75
"""Of two words of an option, below which one is no slip of the other: ``MODLE`` and ``MODEL`` have 0.8."""
_COMMAND_LINE = "command line"
_CALL = "argument of the call"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """A value as the user gave it, and where."""

    value: object
    place: str
    """``command line``, ``argument of the call``, ``ini file``, ``environment``, ``preset`` or ``default``."""
    spelling: str
    """The option as it is spelt there."""


def resolve_options(
    cli: Mapping[str, object], ini: Mapping[str, object], env: Mapping[str, str], *, place: str = _COMMAND_LINE
) -> Options:
    """Return the options: command line wins over environment, that over ini file, over preset, over default.

    ``cli`` and ``ini`` map ``Option.key`` to what was given: text, a list of texts, true or false; ``None`` stands for
    "not given", as do empty text and an empty list in ``ini`` and ``env``. ``env`` maps ``Option.variable``; other
    entries of all three are left alone. ``place`` is how messages call where ``cli`` comes from.

    Raises:
        UsageError: a value that cannot be meant; the message says which, from where, and what is allowed.
    """
    given = {option.field: _find(option, cli, ini, env, place) for option in OPTIONS}
    given |= _list_preset(given)
    values: dict[str, Any] = {option.field: _read(option, given[option.field]) for option in OPTIONS}
    values["k"] = _fit_ks(values, given)
    _check_repair(values, given)
    if values["compare_fail"] and not values["compare"]:
        _refuse_limit(given["compare_fail"])
    return Options(**values)


def read_environment(environ: Mapping[str, str], options: Sequence[Option]) -> dict[str, str]:
    """Return what ``environ`` gives for ``options``.

    Raises:
        UsageError: a variable is nearly an option's, and what was meant would be left out without a word.
    """
    known = {option.variable.removeprefix(VARIABLE_PREFIX) for option in OPTIONS}
    for name in environ:
        word = name.removeprefix(VARIABLE_PREFIX)
        if word == name or word in known:
            continue
        import difflib  # not in every session of pytest

        near = difflib.get_close_matches(word, known, n=1, cutoff=_ALIKE)
        if near:
            raise UsageError(f"{name} (environment): there is no such option; did you mean {VARIABLE_PREFIX}{near[0]}?")
    return {option.variable: environ[option.variable] for option in options if option.variable in environ}


def resolve_call(given: Mapping[str, object]) -> Options:
    """Return the options of a call from Python, whose names are those of the fields of ``Options`` or of the table.

    Values may be of the type that the option has: numbers, paths, true and false, sequences of them. Neither ini files
    nor the environment count.

    Raises:
        UsageError: there is no such option, or a value that cannot be meant.
    """
    rows = {name: option for option in OPTIONS for name in (option.field, option.name.replace("-", "_"))}
    unknown = [name for name in given if name not in rows]
    if unknown:
        hint = suggest(unknown[0], rows) or f"; options are {', '.join(sorted(rows))}"
        raise UsageError(f"{unknown[0]}: there is no such option{hint}")
    spelt = {rows[name].key: _spell(rows[name], value) for name, value in given.items() if value is not None}
    return resolve_options(spelt, {}, {}, place=_CALL)


def _spell(option: Option, value: object) -> object:
    """Return a value as the command line has it."""
    if isinstance(value, str) or (option.is_flag and isinstance(value, bool)):
        return value if not (option.is_repeatable and isinstance(value, str)) else [value]
    if isinstance(value, Mapping):
        return [f"{key}={item}" for key, item in value.items()]
    if isinstance(value, Sequence):
        texts = [str(item) for item in value]
        return texts if option.is_repeatable else ",".join(texts)
    return str(value)


def _find(
    option: Option, cli: Mapping[str, object], ini: Mapping[str, object], env: Mapping[str, str], place: str
) -> _Given:
    value = cli.get(option.key)
    if value is not None and not (option.is_flag and value is False) and value != []:
        return _Given(value=value, place=place, spelling=option.flag)
    text = env.get(option.variable, "")
    if not _is_blank(text):
        return _Given(value=text, place="environment", spelling=option.variable)
    value = ini.get(option.key)
    if value is not None and not _is_blank(value):
        return _Given(value=value, place="ini file", spelling=option.key)
    return _Given(value=option.default, place="default", spelling=option.flag)


def _list_preset(given: Mapping[str, _Given]) -> dict[str, _Given]:
    """Return the values of the preset, if there is one, for the options that are given nowhere."""
    if given["preset"].place == "default":
        return {}
    row = next(option for option in OPTIONS if option.name == "preset")
    name = str(_read(row, given["preset"]))
    return {
        option.field: _Given(value=load_preset(name).options[option.name], place="preset", spelling=option.flag)
        for option in OPTIONS
        if option.name in load_preset(name).options and given[option.field].place == "default"
    }


def _is_blank(value: object) -> bool:
    return not value.strip() if isinstance(value, str) else value == []


def _read(option: Option, given: _Given) -> object:
    if given.place == "default":
        return option.default
    if not option.is_repeatable:
        return _read_one(option, given, given.value)
    return tuple(_read_one(option, given, item) for item in _items(given))


def _items(given: _Given) -> list[object]:
    """Return the parts of a repeatable option: one an occurrence on the command line, elsewhere one a line or comma."""
    if isinstance(given.value, str) and given.place not in {_COMMAND_LINE, _CALL}:
        return [part for line in given.value.splitlines() for part in line.split(",") if part.strip()]
    if isinstance(given.value, Sequence) and not isinstance(given.value, str):
        return list(given.value)
    return [given.value]


def _read_one(option: Option, given: _Given, item: object) -> object:
    if option.is_flag and isinstance(item, bool):
        return item
    try:
        return option.parse(str(item))
    except ValueError as error:
        shown = f"={str(item)[:80]!r}" if option.is_echoed else ""
        raise UsageError(f"{given.spelling}{shown} ({given.place}): must be {error}") from error


def _check_repair(values: Mapping[str, Any], given: Mapping[str, _Given]) -> None:
    """Refuse options of the repair loop without the loop."""
    for name in ("reflector", "show_testbench"):
        if values[name] and values["repair"] is None:
            raise UsageError(
                f"{given[name].spelling} ({given[name].place}): says how answers are repaired, but none are; "
                "add --rtlgen-repair=compile:3,simulate:4"
            )


def _refuse_limit(given: _Given) -> NoReturn:
    raise UsageError(
        f"{given.spelling} ({given.place}): limits the difference from another run, but none is named; add "
        "--rtlgen-compare=RUN"
    )


def _fit_ks(values: Mapping[str, Any], given: Mapping[str, _Given]) -> tuple[int, ...]:
    """Return the ks to estimate: those asked for, and those that the gates need."""
    ks: tuple[int, ...] = values["k"]
    n: int = values["n"]
    needed: set[int] = set()
    for name in ("require", "compare_fail", "gate"):
        found = {gate.k for gate in values[name] if gate.k is not None}
        if found and max(found) > n:
            _refuse_k(max(found), n, given[name])
        needed |= found
    if given["k"].place in {"default", "preset"}:
        ks = tuple(k for k in ks if k <= n)
    elif max(ks) > n:
        _refuse_k(max(ks), n, given["k"])
    return tuple(sorted({*ks, *needed}))


def _refuse_k(k: int, n: int, given: _Given) -> None:
    raise UsageError(
        f"{given.spelling} ({given.place}): k = {k} needs {k} completions a problem, but --rtlgen-n is {n}; "
        "raise n or lower k"
    )
