"""The example of ``docs/how-to/repair-loop.md`` does what the page says."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_rtlgen.storage import RunStore, list_turns

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "how-to" / "repair-loop.md").read_text(encoding="utf-8")


@pytest.mark.simulator
def test_the_example_prints_what_the_page_says(tmp_path: Path) -> None:
    (example,) = re.findall(r"^```console\n\$ (.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    line, _, shown = example.partition("\n")
    command = [word.replace("command:python", f"command:{sys.executable}") for word in shlex.split(line)]
    more = [
        "-p",
        "no:cacheprovider",
        f"--rtlgen-out={tmp_path}",
        "--rtlgen-formal=off",
    ]  # proofs tell the model nothing
    done = subprocess.run(
        [sys.executable, "-m", *command, *more], cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    table = shown.partition("...\n")[2].rstrip()
    assert table in "\n".join(map(str.rstrip, done.stdout.splitlines()))
    (path,) = tmp_path.iterdir()
    told = [found.text for turn in list_turns(RunStore.open(path)) for found in turn.read_feedback().values()]
    assert told == [text.rstrip() for text in re.findall(r"^```text\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)]
