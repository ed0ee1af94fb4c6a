"""``--rtlgen-gate`` under pytest: rounds until it is known, then items as ever."""

import json
from pathlib import Path

import pytest
from plugin.conftest import Runner, find_runs
from plugin.test_repair import REPAIR, write_model

from pytest_rtlgen.cli import main
from pytest_rtlgen.storage import RunStore

pytestmark = pytest.mark.simulator


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["here", "xdist"])
def test_it_ends_the_sampling_and_counts_as_a_test(run: Runner, pytester: pytest.Pytester, workers: list[str]) -> None:
    result = run("--rtlgen-gate=pass@1>=0.6", *workers, model="reference:", n=20, apart=bool(workers))
    result.assert_outcomes(passed=4)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["gate pass@1>=0.6: met after 4 of 20 samples, measured 1.0000*"])
    (path,) = find_runs(pytester.path)
    store = RunStore.open(path)
    assert store.is_finished
    assert len(store.read_completions()) == len(store.read_results()) == 12


def test_what_is_known_to_fall_short_fails_the_session_alone(
    run: Runner, pytester: pytest.Pytester, capsys: pytest.CaptureFixture[str]
) -> None:
    result = run("--rtlgen-gate=pass@1>=0.95", "--rtlgen-gate-error=0.2", "--junitxml=out.xml")
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["FAILED *rtlgen::pass@1>=0.95 - gate pass@1>=0.95: NOT met after *"])
    assert 'name="pass@1&gt;=0.95"' in (pytester.path / "out.xml").read_text()
    (path,) = find_runs(pytester.path)
    capsys.readouterr()
    assert main(["report", str(path), "--json"]) == 1
    (gate,) = json.loads(capsys.readouterr().out)["gates"]
    assert (gate["gate"], gate["is_met"]) == ("pass@1>=0.95", False)
    samples = gate["stopping"].pop("samples")
    assert gate["stopping"] == {"is_decided": True, "error": 0.2}
    assert 1 <= samples <= 3


def test_repaired_answers_count_as_they_end(run: Runner, pytester: pytest.Pytester, suite: Path) -> None:
    model = write_model(pytester.path, suite)
    result = run("--rtlgen-gate=pass@1>=0.5", *REPAIR, model=model, n=20)
    result.stdout.fnmatch_lines(["gate pass@1>=0.5: met after * of 20 samples, measured 1.0000*"])
    (path,) = find_runs(pytester.path)
    assert 6 <= len(RunStore.open(path).read_completions()) <= 15
