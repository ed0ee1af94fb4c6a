"""``docs/reference/command-line.md`` is the contract: each of its examples runs and prints what it says."""

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_rtlgen.cli import COMMANDS

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "command-line.md").read_text()
FILES = re.findall(r"```verilog\n// (\S+)\n(.*?)```", PAGE, re.DOTALL)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def list_examples() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return (section, its (command, expected output)s) of every section with examples, in order."""
    found = []
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]:
        blocks = "".join(re.findall(r"^```console\n(.*?)^```$", section, re.DOTALL | re.MULTILINE))
        steps = re.findall(r"^\$ (.*\n(?:> .*\n)*)((?:(?!\$ ).*\n)*)", blocks, re.MULTILINE)
        found.append((section.splitlines()[0], [(re.sub(r"^> ", "", c, flags=re.MULTILINE), w) for c, w in steps]))
    return [(name, steps) for name, steps in found if steps]


def run_shell(command: str, folder: Path) -> str:
    """Return what ``command`` prints on both streams, without progress; its ``python`` is this one."""
    environment = {**os.environ, "PYTHON": sys.executable}
    script = f'python() {{ "$PYTHON" "$@"; }}\n{command}'
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return re.sub(r"^\d+/\d+ .*\n", "", done.stdout, flags=re.MULTILINE)  # a slow machine shows how far it is


@pytest.mark.simulator
def test_every_example_prints_what_the_page_says(mini: Path) -> None:
    folder = mini.parent
    for name, text in FILES:
        (folder / name).write_text(text)
    checker = doctest.OutputChecker()
    examples = list_examples()
    assert {name.split(" ")[0] for name, _ in examples} == {command.name for command in COMMANDS}
    for name, steps in examples:
        for command, wanted in steps:
            got = run_shell(command, folder)
            assert checker.check_output(wanted, got, FLAGS), f"{name}: $ {command}\nwanted:\n{wanted}\ngot:\n{got}"


def test_every_option_of_every_command_is_named() -> None:
    for command in COMMANDS:
        listed = run_shell(f"python -m pytest_rtlgen {command.name} --help", Path.cwd())
        options = set(re.findall(r"--[a-z][a-z-]+", listed)) - {"--help"}
        assert {option for option in options if f"{option}`" not in PAGE and f"{option} " not in PAGE} == set()
