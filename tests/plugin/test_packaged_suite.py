"""``core:`` and ``replay:core``: what comes with the package, wherever pytest is started."""

import sys

import pytest


@pytest.mark.simulator
def test_the_packaged_answers_are_judged_in_an_empty_folder(pytester: pytest.Pytester) -> None:
    arguments = ["--rtlgen-suite=core:", "--rtlgen-model=replay:core", "--rtlgen-n=5", "--rtlgen-limit=1"]
    done = pytester.runpytest_inprocess("-p", "no:cacheprovider", *arguments)
    done.assert_outcomes(passed=1)
    done.stdout.fnmatch_lines(["core .*", "replay:core  n=5", "samples: 5 (*"])


@pytest.mark.simulator
def test_a_missing_extra_is_one_line_before_a_run_is_made(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "vllm", None)
    options = ["--rtlgen-suite=core:", "--rtlgen-model=vllm:a/b", "--rtlgen-out=runs", "-p", "no:cacheprovider"]
    done = pytester.runpytest_inprocess(*options)
    done.stderr.fnmatch_lines(["ERROR: vllm:a/b: vllm is not installed; pip install 'pytest-rtlgen[[]vllm[]]'"])
    assert not (pytester.path / "runs").exists()
