"""``docs/how-to/write-tests-by-hand.md``: its files and commands do what the page says."""

import re
from pathlib import Path

import pytest
from support.page_shell import run_example

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "write-tests-by-hand.md").read_text(encoding="utf-8")
INVERTER = "module add8(input [7:0] a, output [7:0] y); assign y = ~a; endmodule\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with the page's files; the last block is one as well, and checks two files beside it."""
    monkeypatch.delenv("RTLGEN_FORMAL")  # the first example is about a proof
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    names = [*re.findall(r"^`(test_\w+\.py)`:$", PAGE, re.MULTILINE), "test_typed.py"]
    for name, block in zip(names, blocks, strict=True):
        (tmp_path / name).write_text(block, encoding="utf-8")
    for place in ("rtl", "golden"):
        (tmp_path / place).mkdir()
        (tmp_path / place / "add8.sv").write_text(INVERTER)
    return tmp_path


@pytest.mark.simulator
def test_every_example_prints_what_the_page_says(folder: Path) -> None:
    shown = re.findall(r"^```console\n\$ ([^\n]*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    steps = [*shown, ("pytest -q test_typed.py", "...\n1 passed in ...\n")]
    assert len(steps) == 4
    for command, expected in steps:
        run_example(command, expected, folder, timeout_s=300)
