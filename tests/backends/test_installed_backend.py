"""The example of ``docs/how-to/add-a-backend.md``, installed as a user installs it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_rtlgen.backends import BackendSettings, make_backend
from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.tools.hooks import call_first

EXAMPLE = Path(__file__).parents[2] / "fixtures" / "example_backend"
PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "add-a-backend.md").read_text()
INVERTER = "module inv (input a, output y);\n  assign y = ~a;\nendmodule\n"
SETTINGS = BackendSettings()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the example package, without any network, into a folder of its own."""
    folder = tmp_path_factory.mktemp("example")
    source, target = folder / "source", folder / "site"
    shutil.copytree(EXAMPLE, source)  # setuptools writes into it
    offline = ["--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check", "--quiet"]
    command = [sys.executable, "-m", "pip", "install", *offline, "--target", str(target), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """Write a suite of one problem, which the example's one design solves."""
    folder = tmp_path / "mini" / "inv"
    folder.mkdir(parents=True)
    (folder / "problem.toml").write_text('title = "inv"\ncategory = "gates"\ndifficulty = "easy"\n')
    (folder / "prompt.md").write_text("Write module inv.\n")
    (folder / "reference.sv").write_text(INVERTER)
    (folder.parent / "suite.toml").write_text('format = 1\nname = "mini"\ntitle = "One problem"\n')
    return folder.parent


def start(folder: Path, path: Path | None, *args: str) -> "subprocess.CompletedProcess[str]":
    """Run a module of Python in ``folder``, with the packages in ``path`` installed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    if path is not None:
        environment["PYTHONPATH"] = str(path)
    command = [sys.executable, "-m", *args]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_the_page_shows_the_file_that_is_installed() -> None:
    assert f"```python\n{(EXAMPLE / 'rtlgen_example.py').read_text()}```\n" in PAGE


@pytest.mark.simulator
def test_pytest_finds_the_installed_backend(installed: Path, suite: Path) -> None:
    options = ["-q", "-p", "no:cacheprovider", "--rtlgen-model=example:", "--rtlgen-n=2", "--rtlgen-formal=off"]
    done = start(suite.parent, installed, "pytest", str(suite), *options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "example:  n=2" in done.stdout
    assert "samples: 2 (2 passed)" in done.stdout


def test_generate_finds_it_too_and_only_where_it_is_installed(installed: Path, suite: Path) -> None:
    command = ["pytest_rtlgen", "generate", "--suite", str(suite), "--model", "example:", "--out", "runs", "--n", "3"]
    done = start(suite.parent, installed, *command)
    assert done.returncode == 0, done.stderr
    lines = (suite.parent / done.stdout.strip() / "completions.jsonl").read_text().splitlines()
    assert len(lines) == 3
    assert all("module inv (input a, output y);" in line for line in lines)
    elsewhere = start(suite.parent, None, *command)
    assert elsewhere.returncode == 2
    assert elsewhere.stderr.startswith("error: --rtlgen-model=example:: no such backend; write one of openai:MODEL")


def add_plugin(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    """Make a package with one plugin module as good as installed."""
    (folder / f"{name}.py").write_text(text)
    facts = folder / f"{name}-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nRequires-Dist: pytest-rtlgen\n"
    )
    (facts / "entry_points.txt").write_text(f"[pytest11]\n{name} = {name}\n")
    monkeypatch.syspath_prepend(folder)


def test_a_plugin_that_leaves_it_to_others_and_one_without_the_hook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_plugin(tmp_path, monkeypatch, "a_shy_one", "def pytest_rtlgen_make_backend(spec, settings):\n    return None\n")
    add_plugin(tmp_path, monkeypatch, "b_other_one", "def pytest_configure(config): ...\n")
    assert call_first("make_backend", spec="mine:x", settings=SETTINGS) is None
    with pytest.raises(UsageError, match="--rtlgen-model=mine:x: no such backend"):
        make_backend("mine:x", SETTINGS)
    text = "def pytest_rtlgen_make_backend(spec, settings):\n    return (spec, settings)\n"
    add_plugin(tmp_path, monkeypatch, "c_keen_one", text)
    made: object = call_first("make_backend", spec="mine:x", settings=SETTINGS)
    assert made == ("mine:x", SETTINGS)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    assert call_first("make_backend", spec="mine:x", settings=SETTINGS) is None


def test_a_plugin_that_cannot_be_imported_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_plugin(tmp_path, monkeypatch, "a_torn_one", "import no_such_module\n")
    error = r"the plugin a_torn_one \(a_torn_one\) cannot be imported: ModuleNotFoundError: No "
    with pytest.raises(UsageError, match=error):
        make_backend("mine:x", SETTINGS)
