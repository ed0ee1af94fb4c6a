"""``docs/tutorial/your-own-problem.md``: its files and commands, in the order of the page, do what it says."""

import re
from pathlib import Path

import pytest
from support.page_shell import run_example

PAGE = Path(__file__).parents[2] / "docs" / "tutorial" / "your-own-problem.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.slow
@pytest.mark.simulator
def test_whoever_does_what_the_page_says_sees_what_it_says(tmp_path: Path) -> None:
    commands = 0
    for kind, text in BLOCKS:
        if kind == "console":
            for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE):
                run_example(command, expected, tmp_path)
                commands += 1
            continue
        head, _, body = text.partition("\n")
        path = tmp_path / head.split(" ", 1)[1]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body)
    assert commands == 10
