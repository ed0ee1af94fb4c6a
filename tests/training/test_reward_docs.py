"""The first examples of the page on rewards prints what the page says; what the others import is there."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_rtlgen.modes import SandboxMode
from pytest_rtlgen.tools.sandbox import choose_sandbox

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "reward-a-trainer.md").read_text(encoding="utf-8")


@pytest.mark.simulator
def test_the_examples_print_what_the_page_says() -> None:
    if not choose_sandbox(SandboxMode.AUTO).is_active:
        pytest.skip("the example requires a sandbox, which this machine has not")
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    (kind, code), (_, expected), (_, more_code), (_, more) = blocks[:4]
    assert kind == "python"
    done = subprocess.run(
        [sys.executable, "-c", code + more_code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stderr + done.stdout == expected + more


def test_every_other_example_imports_what_is_there() -> None:
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert len(blocks) > 3
    for block in blocks:
        needed = re.match(r"# needs (\w+)\n", block)
        if needed is None or importlib.util.find_spec(needed[1]) is not None:
            imports = "\n".join(line for line in block.splitlines() if line.startswith(("import ", "from ")))
            subprocess.run([sys.executable, "-c", imports], cwd=ROOT, check=True, timeout=120)
        compile(block, "page", "exec")
