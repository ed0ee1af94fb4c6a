"""The first example of the page on rewards runs and prints what the page says."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "reward-a-trainer.md").read_text(encoding="utf-8")


@pytest.mark.simulator
def test_the_example_prints_what_the_page_says() -> None:
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (kind, code), (_, wanted) = blocks[:2]
    assert kind == "python"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stderr + done.stdout == wanted
