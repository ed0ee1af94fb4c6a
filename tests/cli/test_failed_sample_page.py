"""``docs/how-to/look-at-a-failed-sample.md``: its commands, one after the other, print what the page says."""

import re
from pathlib import Path

import pytest
from support.page_shell import run_example

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "look-at-a-failed-sample.md"


@pytest.mark.simulator
def test_every_example_prints_what_the_page_says(tmp_path: Path) -> None:
    blocks = "".join(re.findall(r"^```console\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE))
    steps = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", blocks, re.MULTILINE)
    assert len(steps) == 6
    for command, expected in steps:
        printed = run_example(command, expected, tmp_path)
        ours = [line for line in printed.splitlines() if not line.startswith("rootdir:") and "rtlgen" not in line]
        is_too_wide = [line for line in ours if len(line) > 80]
        assert command.startswith("rtlgen") or is_too_wide == []
