"""``doctor``: what is there, what is not, and what is said about it."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_rtlgen.cli import examine, main
from pytest_rtlgen.cli.examine import look_at_package, look_at_pytest_cocotb
from pytest_rtlgen.simulators import icarus

EXPECTED = (
    "Python", "libpython", "pytest", "cocotb", "pyslang", "numpy", "pyosys", "openai", "pytest-xdist",
    "Icarus Verilog", "bubblewrap", "probe, warm simulator without sandbox", "probe, default configuration",
)  # fmt: skip


@pytest.mark.simulator
def test_a_machine_that_is_ready(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    findings = {finding["name"]: finding for finding in report["findings"]}
    assert report["is_ready"] is True
    assert set(EXPECTED) <= set(findings)
    assert "ms with start-up, then " in findings["probe, default configuration"]["detail"]
    assert all(finding["remedy"] for finding in findings.values() if finding["status"] == "missing")


def write_program(folder: Path, name: str, body: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def bare_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Make an empty folder the only one on PATH."""
    icarus.find_icarus.cache_clear()
    monkeypatch.setenv("PATH", str(tmp_path))
    yield tmp_path
    icarus.find_icarus.cache_clear()


def test_a_machine_without_simulator_and_sandbox(bare_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    del bare_path
    assert main(["doctor"]) == 1
    out = capsys.readouterr().out
    assert "MISSING  Icarus Verilog: iverilog is not on PATH -> Debian: apt-get install iverilog" in out
    assert "note     bubblewrap: bwrap is not installed; candidates run with limits only -> Debian: " in out
    assert "MISSING  probe, default configuration: does not work: iverilog is not on PATH" in out
    assert out.endswith("\nnot ready: see MISSING above\n")


def test_an_old_icarus(bare_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_program(bare_path, "iverilog", "echo 'Icarus Verilog version 10.3 (stable) ()'")
    write_program(bare_path, "vvp", "exit 0")
    assert main(["doctor"]) == 1
    assert (
        f"Icarus Verilog: 10.3 at {bare_path}/iverilog is too old; 11.0 or newer is needed" in capsys.readouterr().out
    )


def test_a_bubblewrap_that_is_forbidden(bare_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_program(bare_path, "bwrap", "echo 'bwrap: No permissions to create new namespace' >&2; exit 1")
    main(["doctor"])
    assert (
        "fails: bwrap: No permissions to create new namespace; candidates run with limits only"
        in capsys.readouterr().out
    )


@pytest.mark.parametrize(
    ("installed", "status", "detail"),
    [
        (None, "missing", "not installed (drives the simulator)"),
        ("2.0.1", "missing", "2.0.1, but cocotb>=2.1,<2.2 is needed"),
        ("2.2.0.dev1", "missing", "2.2.0.dev1, but cocotb>=2.1,<2.2 is needed"),
        ("2.1.0", "ok", "2.1.0 (drives the simulator)"),
        ("2.1.10", "ok", "2.1.10 (drives the simulator)"),
    ],
)
def test_versions(installed: str | None, status: str, detail: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examine, "read_package_version", lambda _: installed)
    found = look_at_package("cocotb", (2, 1), (2, 2), "drives the simulator")
    assert (found.status, found.detail) == (status, detail)
    assert found.remedy == ("" if status == "ok" else "pip install 'cocotb>=2.1,<2.2'")


def test_a_broken_pytest_cocotb_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(look_at_pytest_cocotb()) == []
    package = tmp_path / "pytest_cocotb-0.1.3.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: pytest-cocotb\nVersion: 0.1.3\n")
    (package / "entry_points.txt").write_text("[pytest11]\ncocotb = cocotb_tools.pytest.plugin\n")
    monkeypatch.syspath_prepend(tmp_path)
    (found,) = look_at_pytest_cocotb()
    assert found.status == "missing"
    assert (
        "it asks pytest to load cocotb_tools.pytest.plugin, which is not there, so no pytest run starts" in found.detail
    )
    assert found.remedy == "pip uninstall pytest-cocotb (nothing here needs it), or pytest -p no:cocotb"
