"""The example of ``docs/how-to/extend-with-hooks.md``, installed as users do, under pytest, by command, from Python."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "fixtures" / "example_hooks"
PAGE = (ROOT / "docs" / "how-to" / "extend-with-hooks.md").read_text()

pytestmark = [pytest.mark.slow, pytest.mark.simulator]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the example package, without any network, into a folder of its own."""
    folder = tmp_path_factory.mktemp("hooks")
    source, target = folder / "source", folder / "site"
    shutil.copytree(EXAMPLE, source)
    offline = ["--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check", "--quiet"]
    command = [sys.executable, "-m", "pip", "install", *offline, "--target", str(target), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return target


def start(folder: Path, site: Path, *args: str) -> str:
    """Return what a module of Python prints in ``folder``, with the packages of ``site`` installed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment |= {"PYTHONPATH": str(site), "ACME_LOG": str(folder / "log")}
    command = [sys.executable, "-m", *args]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_page_shows_the_file_that_is_installed() -> None:
    assert f"```python\n{(EXAMPLE / 'rtlgen_example_hooks.py').read_text()}```\n" in PAGE


@pytest.mark.parametrize("workers", ["0", "2"])
def test_pytest_asks_them(installed: Path, tmp_path: Path, workers: str) -> None:
    options = ["--rtlgen-suite=acme:gates", "--rtlgen-model=reference:", "--rtlgen-n=2", "--rtlgen-formal=off"]
    printed = start(tmp_path, installed, "pytest", "-q", "-p", "no:cacheprovider", "-n", workers, *options)
    assert "acme: 2 of 2 samples passed\n" in printed
    assert "reference:  n=2" in printed
    log = (tmp_path / "log").read_text().splitlines()
    assert sorted(log) == ["inv 0: passed", "inv 1: passed", "summary of 2 samples"]


def test_the_commands_ask_them(installed: Path, tmp_path: Path) -> None:
    asking = ["generate", "--suite", "acme:gates", "--model", "reference:", "--formal", "off", "--out", "runs"]
    run = start(tmp_path, installed, "pytest_rtlgen", *asking).strip()
    assert "acme: 1 of 1 samples passed\n" in start(tmp_path, installed, "pytest_rtlgen", "check", run)
    assert (tmp_path / "log").read_text().splitlines() == ["inv 0: passed", "summary of 1 samples"]
    found = json.loads(start(tmp_path, installed, "pytest_rtlgen", "selfcheck", "acme:gates", "--json"))
    assert (found["suite"], found["ok"]) == ("gates", 1)


def test_an_executor_checks_what_is_sent_to_it(installed: Path, tmp_path: Path) -> None:
    chosen = ["--rtlgen-suite=acme:gates", "--rtlgen-model=reference:", "--rtlgen-n=2", "--rtlgen-formal=off"]
    start(tmp_path, installed, "pytest", "-q", "-p", "no:cacheprovider", "--rtlgen-executor=acme", *chosen)
    sent = ["inv 0: sent to acme", "inv 0: passed", "inv 1: sent to acme", "inv 1: passed", "summary of 2 samples"]
    assert sorted((tmp_path / "log").read_text().splitlines()) == sorted(sent)
    asking = ["generate", "--suite", "acme:gates", "--model", "reference:", "--formal", "off", "--out", "runs"]
    run = start(tmp_path, installed, "pytest_rtlgen", *asking).strip()
    start(tmp_path, installed, "pytest_rtlgen", "check", run, "--executor", "acme")
    again = (tmp_path / "log").read_text().splitlines()[len(sent) :]
    assert again == ["inv 0: sent to acme", "inv 0: passed", "summary of 1 samples"]


def test_python_asks_them(installed: Path, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "from pytest_rtlgen.training import find_preset\nfrom pytest_rtlgen import evaluate\n"
        "print(find_preset('strict=0.5,equivalence=0.5').name)\n"
        "print(evaluate('acme:gates', 'reference:', formal='off').summary.samples)\n"
    )
    assert start(tmp_path, installed, "program") == "strict=0.5,equivalence=0.5\n1\n"
