"""What a CVDP harness asks for: the commands of its ``docker-compose.yml`` and the settings of its ``.env``.

Source: github.com/NVlabs/cvdp_benchmark, ``src/repository.py``: every service is run, each with its command and
``env_file``, in ``/code/rundir``, with the harness's ``src`` at ``/src``; all must end with exit status 0.
"""

import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pytest_rtlgen.records import SourceFile

COMPOSE, SETTINGS = "docker-compose.yml", "src/.env"
_COMMAND = re.compile(r"^(?P<indent>[ \t]+)command[ \t]*:[ \t]*(?P<text>(?:[^#\n]*[^#\s])?)[^\n]*\n?", re.MULTILINE)
_FOLDED = {"", ">", ">-", "|", "|-"}
"""What stands behind ``command:`` where the command itself stands in deeper lines below it."""
_ENTRYPOINT = re.compile(r"(?m)^[ \t]+entrypoint[ \t]*:")
_SETTING = re.compile(r"\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*\Z")
_PYTHONS = {"python", "python3"}


@dataclass(frozen=True, slots=True, kw_only=True)
class HarnessCommand:
    """One Python program that a harness runs."""

    module: str = ""
    """Module to run, as ``pytest``; empty: ``script`` is run."""
    script: str = ""
    arguments: tuple[str, ...] = ()


def read_commands(files: Iterable[SourceFile]) -> tuple[HarnessCommand, ...]:
    """Return what the services run, in the file's order.

    Raises:
        ValueError: there is no such file, or a command that is not Python's; the message says which.
    """
    compose = find_text(files, COMPOSE)
    found = [text for match in _COMMAND.finditer(compose) if (text := _read_value(match, compose))]
    if not found:
        raise ValueError(f"{COMPOSE} is missing or names no command")
    if _ENTRYPOINT.search(compose):
        raise ValueError(f"{COMPOSE} sets an entrypoint, which only Docker runs")
    return tuple(_read_command(text) for text in found)


def read_settings(files: Iterable[SourceFile]) -> Mapping[str, str]:
    """Return the variables of ``src/.env``; nothing is expanded, and no shell is asked."""
    return dict(_list_settings(find_text(files, SETTINGS)))


def find_text(files: Iterable[SourceFile], name: str) -> str:
    """Return the text of the file ``name``, empty where there is none."""
    return next((file.text for file in files if file.name == name), "")


def _list_settings(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        found = _SETTING.match(line)
        if found is None or line.lstrip().startswith("#"):
            continue
        name, value = found.groups()
        quoted = re.match(r"""(["'])(.*?)\1""", value)
        yield name, quoted[2] if quoted else re.sub(r"\s+#.*", "", value)


def _read_value(match: re.Match[str], compose: str) -> str:
    """Return the text of a ``command``, a list as JSON; of YAML, only the forms that such files use."""
    text = match["text"]
    if text not in _FOLDED:
        return text[1:-1] if text[0] == text[-1] and text[0] in "\"'" else text
    below = []
    for line in compose[match.end() :].splitlines():
        if line.strip() and len(line) - len(line.lstrip()) < len(match["indent"]) + (not line.lstrip().startswith("-")):
            break
        below.append(line.strip())
    if all(line.startswith("- ") for line in below if line):
        return json.dumps([line[2:].strip().strip("\"'") for line in below if line])
    return " ".join(below).strip()


def _read_command(text: str) -> HarnessCommand:
    try:
        words = json.loads(text) if text.startswith("[") else shlex.split(text)
    except ValueError:
        words = []
    match words:
        case ["pytest", *arguments]:
            return HarnessCommand(module="pytest", arguments=tuple(arguments))
        case [python, "-m", module, *arguments] if python in _PYTHONS:
            return HarnessCommand(module=module, arguments=tuple(arguments))
        case [python, script, *arguments] if python in _PYTHONS and not script.startswith("-"):
            return HarnessCommand(script=script, arguments=tuple(arguments))
    raise ValueError(f"its command {text!r} is neither pytest nor python SCRIPT")
