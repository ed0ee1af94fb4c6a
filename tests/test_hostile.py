"""Candidates that try to fake a pass, hang, escape or blow up end as their ``expect.json`` says."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_rtlgen.check import Checker, CheckSettings
from pytest_rtlgen.records import Candidate, Problem, SourceFile, Status
from pytest_rtlgen.tools.process import Limits

FOLDER = Path(__file__).parents[2] / "shared" / "hostile"
CASES = sorted(path.parent for path in FOLDER.glob("*/expect.json"))
pytestmark = [
    pytest.mark.simulator,
    pytest.mark.skipif(not CASES, reason=f"the hostile corpus is not at {FOLDER}"),
]
VERDICTS = {
    "pass": {Status.PASSED},
    "fail": {Status.MISMATCH, Status.EARLY_FINISH, Status.RUNTIME_ERROR},
    "timeout": {Status.TIMEOUT, Status.RESOURCE_LIMIT},
    "rejected": {Status.REJECTED},
    "compile_error": {
        *(Status.NO_CODE, Status.TRUNCATED, Status.SYNTAX_ERROR),
        *(Status.ELABORATION_ERROR, Status.INTERFACE_MISMATCH),
    },
}
SECRET = "SECRETCANARY123"  # noqa: S105  it is meant to be looked for


@pytest.fixture(scope="module")
def checker() -> Iterator[Checker]:
    with Checker(CheckSettings(limits=Limits(cpu_s=3, wall_s=10))) as made:
        yield made


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """Return a folder that no candidate may read or change."""
    (tmp_path / "secret.txt").write_text(SECRET)
    (tmp_path / "secret.hex").write_text("deadbeef\n")
    return tmp_path


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_ends_as_expected_and_touches_nothing(checker: Checker, canary: Path, case: Path) -> None:
    expected = json.loads((case / "expect.json").read_text())
    text = (case / "candidate.sv").read_bytes().decode("utf-8", "replace")
    source = text.replace("@CANARY@", str(canary)).replace("@GOLDEN@", str(case / "golden.sv"))
    problem = Problem(
        suite="hostile",
        problem_id=case.name,
        title=case.name,
        category=expected["category"],
        description="",
        top=expected["top"],
        reference=SourceFile(name=str(case / "golden.sv"), text=(case / "golden.sv").read_text()),
        reference_top=expected["top"],
    )
    verdict = checker.check(Candidate(source=source, rule="given"), problem)
    assert verdict.status in set().union(*(VERDICTS[name] for name in expected["acceptable_verdicts"]))
    assert {path.name: path.read_text() for path in canary.iterdir()} == {
        "secret.txt": SECRET,
        "secret.hex": "deadbeef\n",
    }
    assert SECRET not in repr(verdict)
    if verdict.status is Status.REJECTED:
        assert all(item.line is not None for item in verdict.diagnostics), "a refusal names the line"
