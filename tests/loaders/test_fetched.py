"""``PREFIX:`` without a path: the copy that was fetched, in pytest and on the command line."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_rtlgen.cli import main
from pytest_rtlgen.errors import SuiteError
from pytest_rtlgen.loaders import complete_spec, load_suite

FIXTURE = Path(__file__).parents[2] / "fixtures" / "benchmarks" / "verilog-eval-v2"


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a benchmark that was fetched; there is no other."""
    monkeypatch.setenv("RTLGEN_BENCHMARKS", str(tmp_path / "benchmarks"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Path(shutil.copytree(FIXTURE, tmp_path / "benchmarks" / "verilog-eval-v2"))


def test_a_prefix_alone_is_the_fetched_copy(kept: Path) -> None:
    assert complete_spec("verilog-eval-v2:") == f"verilog-eval-v2:{kept}"
    suite = load_suite("verilog-eval-v2:")
    assert suite == load_suite(f"verilog-eval-v2:{kept}")
    assert suite.path == f"verilog-eval-v2:{kept}"


@pytest.mark.parametrize("spec", ["verilog-eval-v2:elsewhere", "suites/core", "mine:", "verilog-eval-v2", "", ":"])
def test_any_other_specification_stays_as_it_is(spec: str) -> None:
    assert complete_spec(spec, {}) == spec


def test_what_was_not_fetched_is_told_with_both_ways_out(kept: Path) -> None:
    roots = f"{kept.parent} or {kept.parents[1]}/cache/pytest-rtlgen/benchmarks"
    with pytest.raises(SuiteError) as caught:
        load_suite("rtllm-v2:")
    assert str(caught.value) == (
        f"rtllm-v2:: not in {roots}; run rtlgen suites fetch rtllm-v2, or give its path: rtllm-v2:PATH"
    )


def test_training_references_are_never_fetched(kept: Path) -> None:
    del kept
    with pytest.raises(SuiteError, match=r"^references:: names no file; write references:FILE"):
        load_suite("references:")


def test_the_command_line_takes_it(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prompts", "verilog-eval-v2:", "--to", str(kept.parent / "asked")]) == 0
    assert "2 prompts" in capsys.readouterr().out


@pytest.mark.slow
def test_pytest_takes_it(kept: Path) -> None:
    options = ["--collect-only", "-q", "-p", "no:cacheprovider", "--rtlgen-model=reference:"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    for spec, printed in [("verilog-eval-v2:", "2 tests collected"), ("rtllm-v2:", "suites fetch rtllm-v2")]:
        command = [sys.executable, "-m", "pytest", *options, f"--rtlgen-suite={spec}"]
        done = subprocess.run(
            command, cwd=kept.parent, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert printed in done.stdout + done.stderr
