"""Hostile candidates as a trainer meets them; ``test_hostile.py`` holds each of them to what an honest one earns."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import builders
import pytest
from benchmarks.reward_hostile import Judged, find_highest, render_table
from support.hostile_cases import OURS, SECRET, SHARED, HostileCase, is_untouched, judge, lay_canary, load_cases
from support.hostile_rewards import PRESETS, list_undue, make_wrong

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.modes import FormalMode
from pytest_rtlgen.records import Method, Problem, SourceFile, Status, Verdict
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.training import REWARD_CHECK, Reward, RewardSettings, find_preset

CASES = (*load_cases(OURS), *load_cases(SHARED))
LATE = ("hang_after_", "memo_magic_", "memo_sleeper_", "memo_first_", "exit_stop_after_", "nondet_rarely_")
"""Cases that are right for a while, or nearly always."""
ALL_STEPS = ",".join(f"{name}=1" for name in ("equivalence", "codev-r1", "spec2rtl", "salv", "graded"))


def _is_late(case: HostileCase) -> bool:
    return case.folder.name.startswith(LATE)


@pytest.mark.slow
@pytest.mark.simulator
def test_the_callable_says_the_same_and_nothing_is_touched(tmp_path: Path) -> None:
    """The whole way, as text in an answer, for the cases that a text in an answer can spell."""
    chosen = {f"{case.folder.parents[1].name}-{case.folder.name}": case for case in CASES[::8]}
    canary = lay_canary(tmp_path / "canary")
    settings = RewardSettings(
        preset=find_preset(ALL_STEPS), check=replace(REWARD_CHECK, limits=Limits(cpu_s=1, wall_s=4), jobs=2)
    )
    reward = Reward(problems=[_pose(name, case) for name, case in chosen.items()], settings=settings)
    texts = [case.source(str(canary), str(case.folder / "golden.sv")) for case in chosen.values()]
    results = reward.judge([f"<think></think><answer>```verilog\n{text}\n```</answer>" for text in texts], list(chosen))
    reward.close()
    for case, result in zip(chosen.values(), results, strict=True):
        assert result.value is not None, (case.folder.name, result.reason)
        if case.is_sound or Status.PASSED not in case.acceptable:
            assert (result.status is Status.PASSED) == case.is_sound, case.folder.name
    assert is_untouched(canary)
    assert SECRET not in repr(results)


@pytest.fixture(
    scope="module",
    params=[REWARD_CHECK, CheckSettings(formal=FormalMode.OFF), CheckSettings(formal=FormalMode.FIRST)],
    ids=["reward", "off", "first"],
)
def checker(request: pytest.FixtureRequest) -> Iterator[Checker]:
    with Checker(replace(request.param, limits=Limits(cpu_s=1, wall_s=8), no_cache=True)) as made:
        yield made


@pytest.mark.simulator
@pytest.mark.parametrize("case", [pytest.param(case, id=case.folder.name) for case in CASES if _is_late(case)])
def test_what_one_stimulus_does_not_show_earns_nothing(checker: Checker, case: HostileCase, tmp_path: Path) -> None:
    verdict = judge(checker, case, lay_canary(tmp_path / "canary"))
    assert verdict.status in case.acceptable, verdict.diagnostics
    assert list_undue(case, verdict) == []


def _pose(name: str, case: HostileCase) -> Problem:
    golden = SourceFile(name=str(case.folder / "golden.sv"), text=case.golden)
    return replace(builders.problem(top=case.top), problem_id=name, reference=golden)


def test_what_is_paid_too_well_or_too_badly_is_named() -> None:
    cases = {case.folder.name: case for case in load_cases(OURS)}
    wrong, sound = cases["memo_one_code_only"], cases["ok_gates_only"]
    passed = Verdict(status=Status.PASSED, method=Method.SIMULATE)
    assert list_undue(wrong, make_wrong(2)) == []
    assert list_undue(wrong, passed) == list(PRESETS)
    assert list_undue(sound, passed) == []
    assert "equivalence" in list_undue(sound, make_wrong(2))


def test_the_table_names_the_highest() -> None:
    cases = {case.folder.name: case for case in load_cases(OURS)}
    half, rejected = make_wrong(2), Verdict(status=Status.REJECTED, method=Method.SCREEN)
    passed = Verdict(status=Status.PASSED, method=Method.SIMULATE)
    items = [
        Judged(case=cases["memo_one_code_only"], verdict=half, honest=make_wrong(3)),
        Judged(case=cases["hier_bind_into_top"], verdict=rejected, honest=None),
        Judged(case=cases["ok_gates_only"], verdict=passed, honest=None),
    ]
    assert find_highest(PRESETS["salv"], items) == (0.5, "memo_one_code_only")
    lines = [line.split() for line in render_table(items, PRESETS).splitlines()]
    assert lines[2] == ["equivalence", "0.00", "memo_one_code_only", "0.00", "(0.00)", "1.00"]
    assert lines[4] == ["salv", "0.50", "memo_one_code_only", "0.67", "(0.67)", "1.00"]
