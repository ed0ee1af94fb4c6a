"""What a CVDP harness asks for: the commands of its ``docker-compose.yml``, each with the settings it starts with.

Source: github.com/NVlabs/cvdp_benchmark, ``src/repository.py``: every service is run, each with its command and
``env_file``, in ``/code/rundir``, with the harness's ``src`` at ``/src``; all must end with exit status 0.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from posixpath import join, normpath

from pytest_rtlgen.loaders.compose import COMPOSE, Service, read_services
from pytest_rtlgen.loaders.packages import find_packages
from pytest_rtlgen.loaders.shell_script import split_script
from pytest_rtlgen.records import HARNESS_FOLDER, CocotbHarness, HarnessCommand, SourceFile

SETTINGS = "src/.env"
"""Where a harness's settings stand, unless its services name other files."""
_CODE = "/code/"
"""Where the container has the candidate's and the given files."""
_FOLDERS = {"/code", *(f"/code/{name}" for name in ("rtl", "verif", "docs", "src", "rundir")), "/src", "/rundir"}
_SETTING = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_]\w*)[ \t]*=[ \t]*"""
    r"""(?:"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>[^']*)'|(?P<plain>(?:\\\n|[^\n])*))""",
    re.MULTILINE | re.DOTALL,
)
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_PYTHON = re.compile(r"(?:/\S*/)?python(?:3(?:\.\d+)?)?")
_SHELLS = {"sh", "bash", "/bin/sh", "/bin/bash", "/usr/bin/sh", "/usr/bin/bash"}
_SHELL_OPTION = re.compile(r"-[lx]*c[lx]*")
"""The script stands next; ``l`` and ``x`` change nothing here."""
_WITHOUT_EFFECT = {"echo", "true", ":"}


@dataclass(frozen=True, slots=True, kw_only=True)
class HarnessPlan:
    """All that a harness runs, in order."""

    commands: tuple[HarnessCommand, ...]
    notes: tuple[str, ...] = ()
    """What is otherwise here than the harness asks for."""


@dataclass(slots=True)
class _Shell:
    """Where a script stands, and with which variables."""

    folder: str
    settings: dict[str, str]


def make_harness(
    files: tuple[SourceFile, ...],
    *,
    targets: tuple[str, ...],
    context: tuple[SourceFile, ...] = (),
    solution: tuple[SourceFile, ...] = (),
) -> CocotbHarness:
    """Return the harness whose tests and settings are ``files``, with all that they tell of how it is run.

    Raises:
        ValueError: as ``read_plan``.
    """
    plan = read_plan(files)
    settings = _merge_settings([dict(command.settings) for command in plan.commands])
    return CocotbHarness(
        files=files,
        context=context,
        targets=targets,
        solution=solution,
        commands=plan.commands,
        notes=plan.notes,
        top=settings.get("TOPLEVEL", ""),
        sources=_read_order(settings),
    )


def read_plan(files: Sequence[SourceFile]) -> HarnessPlan:
    """Return what the services run, in the file's order.

    Raises:
        ValueError: there is no such file, or it asks for more than Python and packages that are here; the message
            says what.
    """
    commands: list[HarnessCommand] = []
    packages: list[str] = []
    for service in read_services(find_text(files, COMPOSE)):
        settings = _read_service_settings(service, files)
        found, installed = _read_service(service, _Shell(HARNESS_FOLDER, settings), files)
        commands += found
        packages += installed
    if not commands:
        raise ValueError(f"{COMPOSE} names no command that runs a test")
    return HarnessPlan(commands=tuple(commands), notes=find_packages(packages, files))


def read_settings(files: Sequence[SourceFile]) -> Mapping[str, str]:
    """Return the variables of the first command, with the ``VERILOG_SOURCES`` of all; nothing is expanded."""
    try:
        found = [dict(command.settings) for command in read_plan(files).commands]
    except ValueError:
        found = [read_env(find_text(files, SETTINGS))]
    return _merge_settings(found)


def _merge_settings(found: Sequence[Mapping[str, str]]) -> Mapping[str, str]:
    """Return the first of ``found`` with the ``VERILOG_SOURCES`` of all."""
    sources = dict.fromkeys(path for settings in found for path in settings.get("VERILOG_SOURCES", "").split())
    return {**found[0], "VERILOG_SOURCES": " ".join(sources)} if sources else found[0]


def _read_order(settings: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the files that a harness compiles, in their order; empty where it does not tell."""
    paths = settings.get("VERILOG_SOURCES", "").split()
    return tuple(path.removeprefix(_CODE) for path in paths) if all(path.startswith(_CODE) for path in paths) else ()


def read_env(text: str) -> dict[str, str]:
    """Return the variables of an env file; no shell is asked.

    Text in quotes, and one whose lines end in a backslash, may go over several lines.
    """
    return {match["name"]: _read_setting(match) for match in _SETTING.finditer(text)}


def find_text(files: Iterable[SourceFile], name: str) -> str:
    """Return the text of the file ``name``, empty where there is none."""
    return next((file.text for file in files if file.name == name), "")


def _read_setting(match: re.Match[str]) -> str:
    if match["double"] is not None:
        return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], match["double"], flags=re.DOTALL)
    if match["single"] is not None:
        return match["single"]
    return re.sub(r"(?:^|\s+)#.*", "", match["plain"].replace("\\\n", " "), flags=re.DOTALL).strip()


def _read_service_settings(service: Service, files: Sequence[SourceFile]) -> dict[str, str]:
    names = [str(PurePosixPath(name)) for name in service.env_files or (SETTINGS,)]
    gone = next((name for name in names if not any(file.name == name for file in files)), None)
    if gone is not None and service.env_files:
        raise ValueError(f"{COMPOSE} names the file {gone}, which the harness does not have")
    settings: dict[str, str] = {}
    for name in names:
        settings |= read_env(find_text(files, name))
    return settings | dict(service.environment)


def _read_service(
    service: Service, shell: _Shell, files: Sequence[SourceFile]
) -> tuple[list[HarnessCommand], list[str]]:
    """Return the commands of one service, and the packages that it installs before."""
    words = service.words
    if any("$" in word for word in words):
        raise ValueError(f"its command {' '.join(words)!r} has a variable, which only Docker and a shell can fill in")
    match words:
        case [program, option, script] if program in _SHELLS and _SHELL_OPTION.fullmatch(option):
            return _read_lists(split_script(script), shell, files)
        case _:
            return _read_lists([[words]], shell, files)


def _read_lists(
    lists: Sequence[Sequence[tuple[str, ...]]], shell: _Shell, files: Sequence[SourceFile]
) -> tuple[list[HarnessCommand], list[str]]:
    commands: list[HarnessCommand] = []
    packages: list[str] = []
    for number, joined in enumerate(lists, start=1):
        found = [item for words in joined for item in _read_simple(words, shell, files, packages)]
        commands += [
            replace(command, needs_last=index > 0, decides=number == len(lists)) for index, command in enumerate(found)
        ]
    if lists and not any(command.decides for command in commands):
        raise ValueError(f"its script ends in {' '.join(lists[-1][-1])!r}, which tests nothing")
    return commands, packages


def _read_simple(
    words: tuple[str, ...], shell: _Shell, files: Sequence[SourceFile], packages: list[str]
) -> Iterator[HarnessCommand]:
    """Yield the command that ``words`` run, if any; note in ``shell`` and ``packages`` what else they do."""
    given: dict[str, str] = {}
    rest = list(words)
    while rest and (found := _ASSIGNMENT.fullmatch(rest[0])):
        given[found[1]] = found[2]
        rest.pop(0)
    match rest:
        case [] if given:
            shell.settings |= given
        case ["cd", folder]:
            shell.folder = _find_folder(folder, shell, files)
        case ["export", *pairs] if pairs and all(_ASSIGNMENT.fullmatch(pair) for pair in pairs):
            shell.settings |= dict(pair.split("=", 1) for pair in pairs)
        case ["pip" | "pip3", "install", *what]:
            packages += what
        case [python, "-m", "pip", "install", *what] if _PYTHON.fullmatch(python):
            packages += what
        case [name, *_] if name in _WITHOUT_EFFECT:
            pass
        case _:
            command = _read_command(rest[1:] if rest[0] == "exec" else rest)
            yield replace(command, folder=shell.folder, settings=tuple((shell.settings | given).items()))


def _find_folder(name: str, shell: _Shell, files: Sequence[SourceFile]) -> str:
    """Return the absolute path of a folder that the container has."""
    path = normpath(join(shell.folder, name))
    if path not in _FOLDERS | {f"/{parent}" for file in files for parent in PurePosixPath(file.name).parents}:
        raise ValueError(f"its script goes to {name!r}, a folder that is not known before it runs")
    return path


def _read_command(words: Sequence[str]) -> HarnessCommand:
    match words:
        case ["pytest" | "py.test", *arguments]:
            return HarnessCommand(module="pytest", arguments=tuple(arguments))
        case [python, "-m", module, *arguments] if _PYTHON.fullmatch(python):
            return HarnessCommand(module=module, arguments=tuple(arguments))
        case [python, script, *arguments] if _PYTHON.fullmatch(python) and not script.startswith("-"):
            return HarnessCommand(script=script, arguments=tuple(arguments))
    raise ValueError(f"its command {' '.join(words)!r} is neither pytest nor python SCRIPT")
