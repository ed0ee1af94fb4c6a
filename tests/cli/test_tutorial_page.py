"""The tutorials after the first: their files and commands, in the order of the page, do what it says."""

import re
from pathlib import Path

import pytest
from support.page_shell import run_example

PAGES = Path(__file__).parents[2] / "docs" / "tutorial"


@pytest.mark.slow
@pytest.mark.simulator
@pytest.mark.parametrize(("page", "count"), [("your-own-problem", 10), ("read-a-waveform", 4), ("gate-a-model", 6)])
def test_whoever_does_what_the_page_says_sees_what_it_says(page: str, count: int, tmp_path: Path) -> None:
    text = (PAGES / f"{page}.md").read_text(encoding="utf-8")
    commands = 0
    for kind, block in re.findall(r"^```(\w+)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        if kind == "console":
            for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
                run_example(command, expected, tmp_path)
                commands += 1
            continue
        head, _, body = block.partition("\n")
        path = tmp_path / head.split(" ", 1)[1]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body)
    assert commands == count
