"""The embedded suite and its recorded answers: every expectation was written by reading, the checker must agree."""

import subprocess
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from pytest_rtlgen.backends import BackendSettings, make_backend
from pytest_rtlgen.backends.base import GenerationRequest
from pytest_rtlgen.check import Checker, CheckSettings
from pytest_rtlgen.check.formal import FormalMode
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.pipeline import check_completion
from pytest_rtlgen.prompts import render_prompt
from pytest_rtlgen.records import Completion, Difficulty, Problem, SamplingParams, Status
from pytest_rtlgen.simulators import SimulationJob
from pytest_rtlgen.simulators.verilator import find_verilator

ROOT = Path(__file__).parent.parent
RECORDINGS = ROOT / "fixtures" / "completions" / "core"
SUITE = load_suite(str(ROOT / "suites" / "core"))
PROBLEMS = {problem.problem_id: problem for problem in SUITE.problems}
NAMES = sorted(PROBLEMS)
KINDS = {
    "combinational", "arithmetic", "registers", "shift-lfsr-crc", "fsm",
    "memory", "handshake", "serial", "clocking", "datapath",
}  # fmt: skip


@pytest.fixture(scope="module")
def warm() -> Iterator[Checker]:
    with Checker(CheckSettings()) as checker:
        yield checker


@pytest.fixture(scope="module")
def unproved() -> Iterator[Checker]:
    with Checker(CheckSettings(formal=FormalMode.OFF)) as checker:
        yield checker


@pytest.fixture(scope="module")
def yosys() -> Iterator[Checker]:
    with Checker(CheckSettings(simulator="yosys")) as checker:
        yield checker


@pytest.fixture(scope="module")
def cold() -> Iterator[Checker]:
    with Checker(CheckSettings(simulator="icarus-cold")) as checker:
        yield checker


def expectations(name: str) -> list[dict[str, object]]:
    return tomllib.loads((RECORDINGS / name / "expected.toml").read_text())["completion"]


def replay(problem: Problem, count: int) -> list[Completion]:
    arrived: list[Completion] = []
    request = GenerationRequest(problem=problem, prompt=render_prompt(problem), indices=tuple(range(count)))
    backend = make_backend(f"replay:{RECORDINGS}", BackendSettings())
    backend.generate([request], SamplingParams(n=count), arrived.append)
    return sorted(arrived, key=lambda completion: completion.key.index)


def test_the_suite_is_as_broad_as_promised() -> None:
    assert len(NAMES) >= 60
    assert {problem.category for problem in SUITE.problems} == KINDS
    difficulties = Counter(problem.difficulty for problem in SUITE.problems)
    assert all(difficulties[level] >= 12 for level in (Difficulty.EASY, Difficulty.MEDIUM, Difficulty.HARD))


def test_every_kind_of_answer_is_recorded() -> None:
    statuses = Counter(str(row["status"]) for name in NAMES for row in expectations(name))
    assert statuses["passed"] >= 2 * len(NAMES)
    assert statuses["mismatch"] >= 2 * len(NAMES)
    broken = ("no-code", "truncated", "syntax-error", "elaboration-error", "interface-mismatch", "rejected")
    assert min(statuses[status] for status in broken) >= 3


@pytest.mark.simulator
@pytest.mark.parametrize("name", NAMES)
def test_recorded_answers_get_the_expected_verdict(warm: Checker, unproved: Checker, name: str) -> None:
    problem, rows = PROBLEMS[name], expectations(name)
    checker = warm if NAMES.index(name) % 6 == 0 else unproved  # proofs are dear; a sixth of the suite shows them
    assert len(rows) >= 5
    found, wanted = [], []
    for row, completion in zip(rows, replay(problem, len(rows)), strict=True):
        verdict = check_completion(checker, problem, completion).verdict
        wrong = sorted(signal.name for signal in verdict.signals if signal.mismatches)
        found.append((row["file"], verdict.status.value, wrong))
        outputs = row.get("wrong_outputs", []) if row["status"] == Status.MISMATCH else []
        wanted.append((row["file"], row["status"], sorted(outputs)))  # type: ignore[call-overload]
    assert found == wanted


@pytest.mark.simulator
@pytest.mark.parametrize("name", NAMES)
def test_the_cold_runner_gives_the_same_bytes(warm: Checker, cold: Checker, name: str) -> None:
    reference = warm.prepare(PROBLEMS[name])
    job = SimulationJob(source=PROBLEMS[name].reference.text, interface=reference.wanted, stimulus=reference.stimulus)
    assert cold.simulator.simulate(job).trace == reference.trace


@pytest.mark.simulator
@pytest.mark.parametrize("name", NAMES)
def test_yosys_plays_the_reference_the_same(warm: Checker, yosys: Checker, name: str) -> None:
    reference = warm.prepare(PROBLEMS[name])
    job = SimulationJob(source=PROBLEMS[name].reference.text, interface=reference.wanted, stimulus=reference.stimulus)
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
    listed = [str(row["file"]) for row in expectations(name)]
    assert sorted(listed) == sorted(path.name for path in (RECORDINGS / name).glob("*.md"))
    assert [int(file.split("-")[0]) for file in listed] == list(range(len(listed)))
