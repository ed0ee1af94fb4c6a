"""The page on environments: its first example prints what it says, the others import what is there."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_rtlgen.cli import main

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "how-to" / "plug-in-an-environment.md").read_text(encoding="utf-8")


@pytest.mark.simulator
def test_the_first_example_prints_what_the_page_says() -> None:
    (kind, code), (_, expected), *_ = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert kind == "python"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == expected


def test_every_other_example_imports_what_is_there() -> None:
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 3
    for block in blocks:
        needed = re.match(r"# needs (\w+)\n", block)
        if needed is None or importlib.util.find_spec(needed[1]) is not None:
            imports = "\n".join(line for line in block.splitlines() if line.startswith(("import ", "from ")))
            subprocess.run([sys.executable, "-c", imports], cwd=ROOT, check=True)
        compile(block, "page", "exec")


def test_every_kind_of_package_is_written_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for kind in re.findall(r"^\$ rtlgen environment \w+ --for ([\w-]+)$", PAGE, re.MULTILINE):
        folder = tmp_path / kind
        assert main(["environment", str(folder), "--for", kind]) == 0
        assert capsys.readouterr().out.startswith(f"{folder}: written. Next:")
        assert not list(folder.rglob("__pycache__"))
        assert main(["environment", str(folder), "--for", kind]) == 2
        assert "has something in it; name a new or an empty folder" in capsys.readouterr().err
    assert main(["environment", str(tmp_path / "x"), "--for", "openen"]) == 2
    assert "--for openen: unknown; did you mean openenv?" in capsys.readouterr().err
