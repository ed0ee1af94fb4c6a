"""The embedded suite and its recorded answers: every expectation was written by reading, the checker must agree."""

import subprocess
from collections import Counter
from pathlib import Path

import pytest
from support.checkers import SharedChecker
from support.recorded_answers import RECORDINGS, describe, read_expectations

from pytest_rtlgen.backends import BackendSettings, make_backend
from pytest_rtlgen.backends.base import GenerationRequest
from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.evaluation.executors.local import check_completion
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.prompts import render_prompt
from pytest_rtlgen.records import Completion, Difficulty, Problem, SamplingParams
from pytest_rtlgen.simulators import SimulationJob
from pytest_rtlgen.simulators.verilator import find_verilator

ROOT = Path(__file__).parent.parent
SUITE = load_suite(str(ROOT / "suites" / "core"))
PROBLEMS = {problem.problem_id: problem for problem in SUITE.problems}
NAMES = sorted(PROBLEMS)
SHORT_CYCLES = 400
"""What is enough to see one simulator differ from another; they are an order of magnitude slower."""
KINDS = {
    "combinational", "arithmetic", "registers", "shift-lfsr-crc", "fsm",
    "memory", "handshake", "serial", "clocking", "datapath",
}  # fmt: skip


@pytest.fixture(scope="module")
def warm(shared_checker: SharedChecker) -> Checker:
    return shared_checker(CheckSettings())


@pytest.fixture(scope="module")
def short(shared_checker: SharedChecker) -> Checker:
    return shared_checker(CheckSettings(cycles=SHORT_CYCLES))


@pytest.fixture(scope="module")
def yosys(shared_checker: SharedChecker) -> Checker:
    return shared_checker(CheckSettings(simulator="yosys"))


@pytest.fixture(scope="module")
def cold(shared_checker: SharedChecker) -> Checker:
    return shared_checker(CheckSettings(simulator="icarus-cold"))


def replay(problem: Problem, count: int) -> list[Completion]:
    arrived: list[Completion] = []
    request = GenerationRequest(problem=problem, prompt=render_prompt(problem), indices=tuple(range(count)))
    backend = make_backend(f"replay:{RECORDINGS}", BackendSettings())
    backend.generate([request], SamplingParams(n=count), lambda *found: arrived.extend(found))
    return sorted(arrived, key=lambda completion: completion.key.index)


def test_the_suite_is_as_broad_as_promised() -> None:
    assert len(NAMES) >= 60
    assert {problem.category for problem in SUITE.problems} == KINDS
    difficulties = Counter(problem.difficulty for problem in SUITE.problems)
    assert all(difficulties[level] >= 12 for level in (Difficulty.EASY, Difficulty.MEDIUM, Difficulty.HARD))


def test_every_kind_of_answer_is_recorded() -> None:
    statuses = Counter(row.expected[0].value for name in NAMES for row in read_expectations(name))
    assert statuses["passed"] >= 2 * len(NAMES)
    assert statuses["mismatch"] >= 2 * len(NAMES)
    broken = ("no-code", "truncated", "syntax-error", "elaboration-error", "interface-mismatch", "rejected")
    assert min(statuses[status] for status in broken) >= 3


@pytest.mark.simulator
@pytest.mark.parametrize("name", NAMES[::6])  # proofs are expensive; test_readme.py checks all answers without
def test_recorded_answers_get_the_expected_verdict(warm: Checker, name: str) -> None:
    rows = read_expectations(name)
    assert len(rows) >= 5
    verdicts = [
        check_completion(warm, PROBLEMS[name], completion).verdict for completion in replay(PROBLEMS[name], len(rows))
    ]
    assert [describe(verdict) for verdict in verdicts] == [row.expected for row in rows]


@pytest.mark.simulator
@pytest.mark.parametrize("name", NAMES[::6])  # each starts Python and cocotb anew
def test_the_cold_runner_gives_the_same_bytes(short: Checker, cold: Checker, name: str) -> None:
    reference = short.prepare(PROBLEMS[name])
    job = SimulationJob(
        source=PROBLEMS[name].reference.text, interface=reference.interface, stimulus=reference.stimulus
    )
    assert cold.simulator.simulate(job).trace == reference.trace


@pytest.mark.simulator
@pytest.mark.parametrize("name", NAMES)
def test_yosys_simulates_the_reference_the_same(short: Checker, yosys: Checker, name: str) -> None:
    reference = short.prepare(PROBLEMS[name])
    job = SimulationJob(
        source=PROBLEMS[name].reference.text, interface=reference.interface, stimulus=reference.stimulus
    )
    assert yosys.simulator.simulate(job).trace == reference.trace


@pytest.mark.simulator
@pytest.mark.parametrize("name", NAMES)
def test_verilator_reads_the_reference(name: str) -> None:
    tools = find_verilator()
    source = str(ROOT / "suites" / "core" / name / "reference.sv")
    command = [tools.program, "--lint-only", "-Wno-fatal", "-sv", source]
    env = {"VERILATOR_ROOT": str(tools.root)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=env)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_every_recorded_answer_has_its_expectation(name: str) -> None:
    listed = [row.file for row in read_expectations(name)]
    assert sorted(listed) == sorted(path.name for path in (RECORDINGS / name).glob("*.md"))
    assert [int(file.split("-")[0]) for file in listed] == list(range(len(listed)))
