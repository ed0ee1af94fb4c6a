"""A run tells what it skipped and why, and fails where the reason is not one of those that are allowed."""

from pathlib import Path

import pytest
from support.skips import is_allowed

HERE = Path(__file__).parent
TESTS = """
import pytest

@pytest.mark.skipif(True, reason="root may write everywhere")
@pytest.mark.parametrize("number", range(3))
def test_allowed(number): pass

@pytest.mark.xfail(reason="known")
def test_expected(): assert False

def test_works(): pass
"""
FORGOTTEN = 'def test_forgotten(): pytest.skip("yosys is not on PATH")\n'


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest")  # takes long to be imported
    pytester.makeconftest((HERE / "conftest.py").read_text(encoding="utf-8"))
    return pytester


@pytest.mark.slow
@pytest.mark.parametrize("workers", [(), ("-n1",)], ids=["alone", "xdist"])
def test_allowed_reasons_are_listed_with_their_counts(run: pytest.Pytester, workers: tuple[str, ...]) -> None:
    run.makepyfile(TESTS)
    result = run.runpytest_subprocess(*workers)
    result.assert_outcomes(passed=1, skipped=3, xfailed=1)
    result.stdout.fnmatch_lines(["*skipped tests*", "skipped    3  root may write everywhere"])
    assert result.ret == pytest.ExitCode.OK


@pytest.mark.slow
@pytest.mark.parametrize("workers", [(), ("-n1",)], ids=["alone", "xdist"])
def test_any_other_reason_fails_the_run(run: pytest.Pytester, workers: tuple[str, ...]) -> None:
    run.makepyfile(TESTS + FORGOTTEN)
    result = run.runpytest_subprocess(*workers)
    result.stdout.fnmatch_lines(["ERROR      1  yosys is not on PATH; not in ALLOWED of skips.py"])
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_a_module_that_skips_itself_counts_too(run: pytest.Pytester) -> None:
    run.makepyfile("import pytest\npytest.importorskip('nonesuch_package', reason='nonesuch is not installed')\n")
    run.makepyfile(test_other="def test_works(): pass\n")
    assert run.runpytest_subprocess().ret == pytest.ExitCode.TESTS_FAILED


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("/home/me/shared/hostile does not exist: the shared hostile cases lie beside the repository", True),
        ("/home/me/shared/benchmarks/cvdp-example is not on this machine", True),
        ("bwrap fails: bwrap: No permissions to create new namespace", True),
        ("bwrap is not installed", False),
        ("g++ is not on PATH; Verilator needs it (Debian: apt-get install g++)", False),
        ("trl is not installed", False),
        ("", False),
    ],
)
def test_a_missing_file_or_kernel_may_skip_and_a_missing_program_may_not(reason: str, expected: bool) -> None:
    assert is_allowed(reason) is expected
