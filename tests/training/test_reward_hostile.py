"""No hostile candidate earns more than an honest wrong one, whatever the preset: ``benchmarks/reward_hostile.py``."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import builders
import pytest
from benchmarks.reward_hostile import Judged, find_highest, judge_cases, list_presets, render_table, value_of
from support.hostile_cases import OURS, SECRET, SHARED, HostileCase, is_untouched, lay_canary, load_cases

from pytest_rtlgen.check import Checker, CheckSettings
from pytest_rtlgen.records import Problem, SignalVerdict, SourceFile, Status, Verdict
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.training import Reward, RewardSettings, find_preset

CASES = (*load_cases(OURS), *load_cases(SHARED))
PRESETS = list_presets()
ALL_STEPS = ",".join(f"{name}=1" for name in ("equivalence", "codev-r1", "spec2rtl", "salv", "graded"))


def wrong(outputs: int) -> Verdict:
    """Return the verdict on an honest design with one output wrong."""
    signals = tuple(SignalVerdict(name=f"o{index}", checked=9, mismatches=int(index == 0)) for index in range(outputs))
    return Verdict(status=Status.MISMATCH, method="simulate", signals=signals)


@pytest.fixture(scope="module")
def judged() -> Iterator[list[Judged]]:
    with Checker(CheckSettings(limits=Limits(cpu_s=1, wall_s=4), jobs=2)) as checker:
        yield judge_cases(checker, CASES, jobs=2, has_honest=False)


@pytest.mark.slow
@pytest.mark.simulator
@pytest.mark.parametrize("name", PRESETS)
def test_it_earns_no_more_than_an_honest_wrong_answer(judged: list[Judged], name: str) -> None:
    preset = PRESETS[name]
    for item in judged:
        if not item.may_pass:
            outputs = max(len(item.verdict.signals), 1)
            earned = value_of(preset, item.verdict)
            assert earned <= value_of(preset, wrong(outputs)), (item.case.folder.name, item.verdict.status)
            assert earned < 1 or name == "spec2rtl", item.case.folder.name
        elif item.case.is_sound:
            assert value_of(preset, item.verdict) >= 0.9, (item.case.folder.name, item.verdict.status)


@pytest.mark.slow
@pytest.mark.simulator
def test_the_callable_says_the_same_and_nothing_is_touched(judged: list[Judged], tmp_path: Path) -> None:
    """The whole way, as text in an answer, for the cases that a text in an answer can spell."""
    chosen = {f"{item.case.folder.parents[1].name}-{item.case.folder.name}": item for item in judged[::8]}
    canary = lay_canary(tmp_path / "canary")
    settings = RewardSettings(
        preset=find_preset(ALL_STEPS), check=CheckSettings(limits=Limits(cpu_s=1, wall_s=4), jobs=2)
    )
    reward = Reward(problems=[_pose(name, item.case) for name, item in chosen.items()], settings=settings)
    texts = [item.case.source(str(canary), str(item.case.folder / "golden.sv")) for item in chosen.values()]
    results = reward.judge([f"<think></think><answer>```verilog\n{text}\n```</answer>" for text in texts], list(chosen))
    reward.close()
    for item, result in zip(chosen.values(), results, strict=True):
        assert result.value is not None, (item.case.folder.name, result.reason)
        if item.case.is_sound or not item.may_pass:
            assert (result.status is Status.PASSED) == item.case.is_sound, item.case.folder.name
    assert is_untouched(canary)
    assert SECRET not in repr(results)


def _pose(name: str, case: HostileCase) -> Problem:
    golden = SourceFile(name=str(case.folder / "golden.sv"), text=case.golden)
    return replace(builders.problem(top=case.top), problem_id=name, reference=golden)


def test_the_table_names_the_highest() -> None:
    cases = {case.folder.name: case for case in load_cases(OURS)}
    half, rejected = wrong(2), Verdict(status=Status.REJECTED, method="screen")
    passed = Verdict(status=Status.PASSED, method="simulate")
    items = [
        Judged(case=cases["memo_one_code_only"], verdict=half, honest=wrong(3)),
        Judged(case=cases["hier_bind_into_top"], verdict=rejected, honest=None),
        Judged(case=cases["ok_gates_only"], verdict=passed, honest=None),
    ]
    assert find_highest(PRESETS["salv"], items) == (0.5, "memo_one_code_only")
    lines = [line.split() for line in render_table(items, PRESETS).splitlines()]
    assert lines[2] == ["equivalence", "0.00", "memo_one_code_only", "0.00", "(0.00)", "1.00"]
    assert lines[5] == ["salv", "0.50", "memo_one_code_only", "0.67", "(0.67)", "1.00"]
