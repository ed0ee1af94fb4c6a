"""``docs/how-to/look-at-a-failed-sample.md``: its commands, one after the other, print what the page says."""

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "look-at-a-failed-sample.md"
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@pytest.mark.simulator
def test_every_example_prints_what_the_page_says(tmp_path: Path) -> None:
    blocks = "".join(re.findall(r"^```console\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE))
    steps = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", blocks, re.MULTILINE)
    assert len(steps) == 6
    programs = (
        'pytest() { "$PYTHON" -m pytest -p no:cacheprovider "$@"; }\nrtlgen() { "$PYTHON" -m pytest_rtlgen "$@"; }\n'
    )
    for command, expected in steps:
        done = subprocess.run(
            ["bash", "-c", programs + command],
            cwd=tmp_path,
            env={**os.environ, "PYTHON": sys.executable, "COLUMNS": "80"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        assert doctest.OutputChecker().check_output(expected, done.stdout, FLAGS), f"$ {command}\n{done.stdout}"
        ours = [line for line in done.stdout.splitlines() if not line.startswith("rootdir:") and "rtlgen" not in line]
        is_too_wide = [line for line in ours if len(line) > 80]
        assert command.startswith("rtlgen") or is_too_wide == []
