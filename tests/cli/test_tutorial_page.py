"""The tutorials after the first: whoever installs the wheel and does what a page says sees what it says."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from support.page_shell import run_example, run_shell

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "tutorial"
pytestmark = [pytest.mark.slow, pytest.mark.simulator]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with what the wheel installs, which Python finds before the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    offline = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    build = [sys.executable, "-m", "pip", "wheel", *offline, str(ROOT), f"--wheel-dir={folder}"]
    subprocess.run(build, check=True, timeout=300, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


@pytest.mark.parametrize(("page", "count"), [("your-own-problem", 10), ("read-a-waveform", 4), ("gate-a-model", 6)])
def test_whoever_does_what_the_page_says_sees_what_it_says(
    page: str, count: int, site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(site))
    where = run_shell('"$PYTHON" -c "import pytest_rtlgen; print(pytest_rtlgen.__file__)"', tmp_path)
    assert Path(where.strip()) == site / "pytest_rtlgen" / "__init__.py"
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
