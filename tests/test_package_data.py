"""The core suite and its recordings come with the package, in a checkout and in a wheel."""

import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_rtlgen.backends import BackendSettings, make_backend
from pytest_rtlgen.backends.replay.forms import open_recordings
from pytest_rtlgen.backends.replay.markdown import MarkdownFolder
from pytest_rtlgen.cli.selfcheck import _stored_path
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.package_data import PARTS, find_core_recordings, find_core_suite

ROOT = Path(__file__).parent.parent
WHERE = {
    "suites/core": "pytest_rtlgen/data/suites/core",
    "pytest_rtlgen/report/html/page": "pytest_rtlgen/report/html/page",
    **{f"docs/{part}": f"pytest_rtlgen/data/docs/{part}" for part in PARTS},
}
"""Folder of the checkout -> folder of the wheel."""
ONE_PROBLEM = ["--rtlgen-suite=core:", "--rtlgen-model=replay:core", "--rtlgen-n=5", "--rtlgen-limit=1"]


def test_core_is_the_suite_of_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    packaged = load_suite("core:")
    assert packaged == replace(load_suite(str(ROOT / "suites" / "core")), path=packaged.path)
    assert packaged.name == "core"


def test_replay_core_is_the_packaged_folder_unless_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert vars(make_backend("replay:core", BackendSettings()))["_path"] == find_core_recordings()
    Path("core").mkdir()
    assert vars(make_backend("replay:core", BackendSettings()))["_path"] == Path("core")


def test_the_mutation_scores_of_the_packaged_suite_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert _stored_path("core:") == find_core_suite() / "mutation.toml"


@pytest.mark.slow
@pytest.mark.simulator
def test_a_wheel_has_it_all_and_works_in_an_empty_folder(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*build, str(ROOT), f"--wheel-dir={tmp_path}"], check=True, timeout=300, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    site, empty = tmp_path / "site", tmp_path / "empty"
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        archive.extractall(site)
    for source, target in WHERE.items():
        files = [path.relative_to(ROOT / source) for path in (ROOT / source).rglob("*") if path.is_file()]
        assert files
        assert {f"{target}/{path}" for path in files} <= names
    recorded = MarkdownFolder(root=find_core_recordings())
    packed = open_recordings(site / "pytest_rtlgen/data/completions/core", recorded.list_named().keys())
    assert packed.list_named().keys() == recorded.list_named().keys()
    for problem in recorded.list_named():
        assert packed.find("core", problem) == recorded.find("core", problem)
    empty.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-v", "--rtlgen-formal=off", *ONE_PROBLEM],
        cwd=empty,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "core::abs_diff_accum_8 sample 1: mismatch" in done.stdout
    (run,) = (empty / ".rtlgen" / "runs").iterdir()
    assert f"{site}/pytest_rtlgen/data/suites/core/" in (run / "run.json").read_text()  # not the checkout's
