"""Candidates that try to fake a pass, hang, escape or blow up end as their ``expect.json`` says."""

import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmarks.hostile_table import PEERS, Counts, Outcome, Peer, count, render_table, run_peer
from support.hostile_cases import (
    OURS,
    SECRET,
    SHARED,
    SHARED_2,
    HostileCase,
    adopt_orphans,
    is_untouched,
    judge,
    lay_canary,
    list_descendants,
    load_cases,
    wait_for_end,
)
from support.hostile_rewards import list_undue

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.check.proof.worker import KEPT_GOLDS
from pytest_rtlgen.modes import SandboxMode
from pytest_rtlgen.records import Severity, Status
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.tools.sandbox import choose_sandbox

LIMITS = Limits(cpu_s=1, wall_s=8)
ELSEWHERE = ("bench_", "cvdp_", "c_")
"""Cases for a benchmark's own bench, and those that only take long: tests/benchmarks/hostile_table.py has these."""
SLEEPS = frozenset({"ok_counter_one_hot_ring"})
"""Right, but X in every event-driven simulator: an ``always @*`` that nothing wakes at the start."""
pytestmark = pytest.mark.simulator


@pytest.fixture
def kept_processes() -> None:
    """Each helper process is started and ended here."""


def _list_parameters() -> Iterator[object]:
    for case in load_cases(OURS):
        yield pytest.param(case, id=case.folder.name)
    shared = load_cases(SHARED)
    yield from (pytest.param(case, id=f"shared-{case.folder.name}") for case in shared)
    for case in load_cases(SHARED_2):
        if not case.folder.name.startswith(ELSEWHERE) and case.folder.name not in SLEEPS:
            yield pytest.param(case, id=f"shared2-{case.folder.name}")
    if not shared:
        yield pytest.param(None, id="shared", marks=pytest.mark.skip(reason=f"the shared corpus is not at {SHARED}"))


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """Run in an empty folder with an empty folder for temporary files; yield both."""
    cwd, temporary = tmp_path_factory.mktemp("cwd"), tmp_path_factory.mktemp("tmp")
    before = Path.cwd(), tempfile.tempdir
    os.chdir(cwd)
    tempfile.tempdir = str(temporary)
    yield cwd, temporary
    os.chdir(before[0])
    tempfile.tempdir = before[1]


@pytest.fixture(scope="module")
def checker(outside: tuple[Path, Path]) -> Iterator[Checker]:
    before = list_descendants()
    with adopt_orphans():
        with Checker(CheckSettings(limits=LIMITS, no_cache=True)) as made:
            yield made
        assert wait_for_end(before) == set(), "a process outlives the checker"
    assert [list(folder.iterdir()) for folder in outside] == [[], []], "a file outlives the checker"


@pytest.fixture(scope="module")
def idle(checker: Checker, tmp_path_factory: pytest.TempPathFactory) -> int:
    """Return how many processes a checker keeps between two candidates at most, those of references included."""
    proved = next(case for case in load_cases(OURS) if case.folder.name == "ok_one_hot_states")
    judge(checker, proved, tmp_path_factory.mktemp("warm"))
    return len(list_descendants()) + KEPT_GOLDS - 1


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """Return a folder that no candidate may read or change."""
    return lay_canary(tmp_path / "canary")


@pytest.mark.parametrize("case", list(_list_parameters()))
def test_it_ends_as_expected_and_touches_nothing(
    checker: Checker, idle: int, outside: tuple[Path, Path], canary: Path, case: HostileCase
) -> None:
    before = {path: path.read_bytes() for path in case.folder.iterdir()}
    verdict = judge(checker, case, canary)
    assert is_untouched(canary)
    assert list(outside[0].iterdir()) == [], "a file outside the job's folder"
    assert {path: path.read_bytes() for path in case.folder.iterdir()} == before
    assert wait_for_end(set(), most=idle) == set(), "a process is left"
    assert SECRET not in repr(verdict)
    assert verdict.status in case.acceptable, verdict.diagnostics
    assert list_undue(case, verdict) == [], "it earns more than an honest wrong answer, or a correct one too little"
    if verdict.status is Status.REJECTED:
        assert all(item.line is not None for item in verdict.diagnostics), "a refusal names the line"
        assert all(item.message for item in verdict.diagnostics), "a refusal names the construct"
        errors = [item for item in verdict.diagnostics if item.severity is Severity.ERROR]
        assert all(item.kind is not None for item in errors), "a refusal has a kind"


def test_each_category_of_our_corpus_has_several_cases() -> None:
    sizes = Counter(case.category for case in load_cases(OURS))
    assert len(sizes) >= 20
    assert {name: size for name, size in sizes.items() if size < 3} == {}


@pytest.mark.parametrize("case", load_cases(OURS), ids=lambda case: case.folder.name)
def test_a_case_says_what_must_not_happen(case: HostileCase) -> None:
    expected = json.loads((case.folder / "expect.json").read_text())
    assert expected["expected_verdict"] in expected["acceptable_verdicts"]
    assert ("pass" in expected["acceptable_verdicts"]) <= (expected["must_not"] != "pass")
    assert f"`{case.top}(" in (case.folder / "problem.md").read_text()
    assert case.is_sound == (expected["must_not"] == "fail")


def _find(name: str) -> HostileCase:
    return next(case for case in load_cases(OURS) if case.folder.name == name)


def test_the_table_counts_what_went_wrong() -> None:
    wrong, sound = _find("memo_one_code_only"), _find("ok_gates_only")
    outcomes = [
        Outcome(case=wrong, status=Status.PASSED, is_escape=False, duration_s=1),
        Outcome(case=wrong, status=None, is_escape=True, duration_s=1),
        Outcome(case=sound, status=Status.PASSED, is_escape=False, duration_s=99),
        Outcome(case=sound, status=Status.REJECTED, is_escape=False, duration_s=1),
    ]
    expected = Counts(cases=4, fooled=1, escaped=1, hung=1, crashed=1, sound=2, sound_passed=1)
    assert count(outcomes) == expected
    table = render_table(outcomes, {"other": {str(wrong.folder), str(sound.folder)}})
    assert table.splitlines()[-1].split() == ["all", "4", "1", "1", "1", "1", "1/2", "2,", "2/2"]


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
@pytest.mark.parametrize(("name", "is_pass"), [("ok_gates_only", True), ("memo_one_code_only", False)])
def test_text_matching_tells_plain_designs_apart(peer: Peer, name: str, is_pass: bool) -> None:
    sandbox = choose_sandbox(SandboxMode.AUTO)
    if not sandbox.is_active:
        pytest.skip("candidates run beside a bench in the sandbox only")
    assert run_peer(peer, _find(name), sandbox) is is_pass
