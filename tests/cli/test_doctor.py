"""``doctor``: what is there, what is not, and what is said about it."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_rtlgen.cli import examine, main
from pytest_rtlgen.cli import examine_isolation as isolation
from pytest_rtlgen.cli.doctor import render_finding
from pytest_rtlgen.cli.examine import look_at_package, look_at_pytest_cocotb
from pytest_rtlgen.cli.examine_isolation import explain_namespaces
from pytest_rtlgen.records import SandboxKind
from pytest_rtlgen.simulators import icarus
from pytest_rtlgen.tools.sandbox import Sandbox, SandboxOffer

EXPECTED = (
    "Python", "libpython", "pytest", "cocotb", "pyslang", "numpy", "pyosys", "openai", "pytest-xdist",
    "Icarus Verilog", "bubblewrap", "Landlock", "seccomp", "limits", "isolation",
    "probe, warm simulator without sandbox", "probe, default configuration",
)  # fmt: skip


@pytest.fixture
def kept_processes() -> None:
    """Whether processes can be started is what is looked at here."""


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
    assert "note     bubblewrap: bwrap is not installed -> Debian: apt-get install bubblewrap, or pip install" in out
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
        f"note     bubblewrap: {bare_path}/bwrap fails: bwrap: No permissions to create new namespace "
        "-> allow user namespaces"
    ) in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("kernel/unprivileged_userns_clone", "0", "sysctl -w kernel.unprivileged_userns_clone=1"),
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "=0"),
        ("user/max_user_namespaces", "0", "sysctl -w user.max_user_namespaces=15000"),
        ("user/max_user_namespaces", "63000", "in a container: docker run --security-opt seccomp=unconfined"),
    ],
)
def test_what_lets_bubblewrap_work(name: str, value: str, remedy: str, tmp_path: Path) -> None:
    (tmp_path / name).parent.mkdir()
    (tmp_path / name).write_text(f"{value}\n")
    assert remedy in explain_namespaces(tmp_path)


ABSENT = "bwrap is not installed"


@pytest.mark.parametrize(
    ("abi", "bubblewrap", "line"),
    [
        (0, "", "ok       isolation: --sandbox=auto and required use bubblewrap"),
        (0, "", "note     Landlock: the kernel offers none -> Linux 5.13 or newer with landlock in CONFIG_LSM"),
        (
            2,
            "",
            "ok       Landlock: works, version 2, without truncation, TCP ports, device commands, signals -> Linux",
        ),
        (6, "", "ok       Landlock: works, version 6\n"),
        (7, ABSENT, "ok       isolation: --sandbox=auto and required use landlock+seccomp"),
        (
            0,
            ABSENT,
            "note     isolation: none: candidates run with limits only and can read and write",
        ),
        (7, ABSENT, "note     bubblewrap: bwrap is not installed -> Debian: apt-get install bubblewrap"),
        (7, "bwrap fails: newuidmap is not installed", "newuidmap is not installed -> allow user namespaces"),
    ],
)
def test_what_is_known_about_isolation(abi: int, bubblewrap: str, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reasons = {SandboxKind.BUBBLEWRAP: bubblewrap, SandboxKind.LANDLOCK: "" if abi else "the kernel offers no Landlock"}

    def offer(kind: SandboxKind) -> SandboxOffer:
        reason, is_installed = reasons[kind], reasons[kind] != ABSENT
        sandbox = None if reason else Sandbox(kind=kind)
        return SandboxOffer(kind=kind, sandbox=sandbox, reason=reason, is_installed=is_installed)

    monkeypatch.setattr(isolation, "look_for_sandbox", offer)
    monkeypatch.setattr(isolation, "read_landlock_abi", lambda: abi)
    assert line in "".join(f"{render_finding(finding)}\n" for finding in isolation.examine_isolation())


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
