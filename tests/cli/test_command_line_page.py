"""``docs/reference/command-line.md`` is the contract: each of its examples runs and prints what it says."""

import contextlib
import doctest
import io
import re
import shlex
from pathlib import Path

import pytest
from support.page_shell import FLAGS, run_shell

from pytest_rtlgen.cli import COMMANDS, main

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "command-line.md").read_text()
FILES = re.findall(r"```verilog\n// (\S+)\n(.*?)```", PAGE, re.DOTALL)


def list_examples() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return (section, its (command, expected output)s) of every section with examples, in order."""
    found = []
    for section in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]:
        blocks = "".join(re.findall(r"^```console\n(.*?)^```$", section, re.DOTALL | re.MULTILINE))
        steps = re.findall(r"^\$ (.*\n(?:> .*\n)*)((?:(?!\$ ).*\n)*)", blocks, re.MULTILINE)
        found.append((section.splitlines()[0], [(re.sub(r"^> ", "", c, flags=re.MULTILINE), w) for c, w in steps]))
    return [(name, steps) for name, steps in found if steps]


PLAIN = re.compile(r"rtlgen ([^|&<>;]*?)(; echo \"exit status \$\?\")?\n?")
"""A command that needs no shell; every other is given to one."""


def run_here(arguments: str, folder: Path) -> tuple[str, int]:
    """Return what a command prints on both streams, run in this process, and its exit status."""
    words = shlex.split(arguments)
    matches = [
        sorted(path.relative_to(folder) for path in folder.glob(word)) if "*" in word else [word] for word in words
    ]
    printed = io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        status = main([str(word) for found in matches for word in found])
    return printed.getvalue(), status


def run_example(command: str, folder: Path) -> str:
    """Return what an example prints, without progress, which a slow machine shows."""
    plain = PLAIN.fullmatch(command)
    if plain is None:
        text = run_shell(command, folder)
    else:
        text, status = run_here(plain[1], folder)
        text += f"exit status {status}\n" if plain[2] else ""
    return re.sub(r"^\d+/\d+ .*\n", "", text, flags=re.MULTILINE)


@pytest.mark.simulator
def test_every_example_prints_what_the_page_says(mini: Path) -> None:
    folder = mini.parent
    for name, text in FILES:
        (folder / name).write_text(text)
    checker = doctest.OutputChecker()
    examples = list_examples()
    assert {name.split(" ")[0] for name, _ in examples} == {command.name for command in COMMANDS}
    for name, steps in examples:
        for command, expected in steps:
            got = run_example(command, folder)
            assert checker.check_output(expected, got, FLAGS), f"{name}: $ {command}\nwanted:\n{expected}\ngot:\n{got}"


def test_every_option_of_every_command_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    for command in COMMANDS:
        with pytest.raises(SystemExit, match="0"):
            main([command.name, "--help"])
        listed = capsys.readouterr().out
        options = set(re.findall(r"--[a-z][a-z-]+", listed)) - {"--help"}
        assert {option for option in options if f"{option}`" not in PAGE and f"{option} " not in PAGE} == set()
