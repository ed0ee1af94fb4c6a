"""A VCD file, read back by a reader that is not ours, holds every value of the traces."""

import importlib
import signal
from pathlib import Path
from typing import Any

import pytest
from builders import given, interface, problem
from support.checkers import SharedChecker
from support.recorded_answers import RECORDINGS

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.check.compare import mark_mismatches
from pytest_rtlgen.check.waves import Waves
from pytest_rtlgen.errors import StorageError
from pytest_rtlgen.extract import extract_candidate
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.records import STEP_NS, Interface, Port, Stimulus, Trace, list_places
from pytest_rtlgen.report.wave_file import name_signals, write_vcd

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def reader() -> Any:
    """Return the reader's class; its import changes what a broken pipe does to the whole process."""
    handler = signal.getsignal(signal.SIGPIPE)
    module = importlib.import_module("vcdvcd")
    signal.signal(signal.SIGPIPE, handler)
    return module.VCDVCD


def read_values(found: Any, name: str, steps: int) -> list[str]:
    """Return a signal's value at the middle of each step, as wide as the signal."""
    signal_ = found[name]
    values = (signal_[step * STEP_NS + STEP_NS // 2] for step in range(steps))
    return [value.upper().rjust(int(signal_.size), "0") for value in values]


def list_values(ports: tuple[Port, ...], rows: bytes, steps: int) -> dict[str, list[str]]:
    width = sum(port.width for port in ports)
    table = [rows[step * width : (step + 1) * width].decode() for step in range(steps)]
    return {port.name: [row[place] for row in table] for port, place in list_places(ports)}


def list_scopes(waves: Waves) -> dict[str, dict[str, list[str]]]:
    steps = waves.stimulus.steps
    return {
        "inputs": list_values(waves.stimulus.inputs, waves.stimulus.rows, steps),
        "expected": list_values(waves.expected.outputs, waves.expected.rows, steps),
        "actual": list_values(waves.actual.outputs, waves.actual.rows, steps),
        "differs": {name: list(values.decode()) for name, values in waves.differs},
    }


def check_file(path: Path, waves: Waves, reader: Any) -> None:
    found = reader(str(path))
    steps = waves.stimulus.steps
    expected = list_scopes(waves)
    names = {scope: name_signals(values) for scope, values in expected.items()}
    assert sorted(found.signals) == sorted(f"{s}.{names[s][name]}" for s, values in expected.items() for name in values)
    for scope, signals in expected.items():
        for name, values in signals.items():
            assert read_values(found, f"{scope}.{names[scope][name]}", steps) == values, name
    assert (found.timescale["magnitude"], found.timescale["unit"]) == (1, "ns")
    assert found.endtime == steps * STEP_NS


@pytest.fixture(scope="module")
def checker(shared_checker: SharedChecker) -> Checker:
    return shared_checker(CheckSettings())


@pytest.mark.simulator
@pytest.mark.parametrize("name", ["abs_diff_accum_8", "alu_8_flags", "fifo_sync_8x8", "bcd_to_7seg"])
def test_the_file_holds_the_traces_of_core_problems(checker: Checker, reader: Any, tmp_path: Path, name: str) -> None:
    (task,) = (one for one in load_suite(str(ROOT / "suites" / "core")).problems if one.problem_id == name)
    written = 0
    for file in sorted((RECORDINGS / name).glob("*.md")):
        candidate = extract_candidate(file.read_text(), top=task.top)
        verdict = checker.check(candidate, task)
        waves = checker.simulate_again(candidate, task, verdict)
        if waves is not None:
            write_vcd(tmp_path / "wave.vcd", waves)
            check_file(tmp_path / "wave.vcd", waves, reader)
            written += 1
    assert written >= 2


WIDE = (
    "module m(input clk, input [129:0] d, output [129:0] q, output reg [2:0] t);\n"
    "assign q = clk ? d : 130'bz;\nalways @(posedge clk) t <= d[2:0];\nendmodule\n"
)


@pytest.mark.simulator
def test_wide_values_keep_their_x_and_z(checker: Checker, reader: Any, tmp_path: Path) -> None:
    candidate = given(WIDE.replace("d[2:0]", "{d[2], 1'bx, d[0]}"))
    task = problem(WIDE, "m")
    waves = checker.simulate_again(candidate, task, checker.check(candidate, task))
    assert waves is not None
    assert {*b"01XZ"} == {*waves.actual.rows}
    write_vcd(tmp_path / "wave.vcd", waves)
    check_file(tmp_path / "wave.vcd", waves, reader)


HOSTILE = ("$end", "a b", "x$end", "\x1b[2J", "a+b[0]", "é.q", "\n$enddefinitions", "_end", "\\_end", "b", "#5")


def make_waves(design: Interface, inputs: str, expected: str, actual: str) -> Waves:
    """Return the waves of the rows in words."""
    drives = Stimulus(inputs=design.inputs, rows=inputs.replace(" ", "").encode(), steps=len(inputs.split()))
    shown = [Trace(outputs=design.outputs, rows=rows.replace(" ", "").encode()) for rows in (expected, actual)]
    return Waves(stimulus=drives, expected=shown[0], actual=shown[1], differs=mark_mismatches(*shown))


def test_no_name_of_a_port_breaks_the_file(reader: Any, tmp_path: Path) -> None:
    count = len(HOSTILE)
    ports = [(name, direction, 1) for direction in ("input", "output") for name in HOSTILE]
    rows = f"{'0' * count} {'1' * count} {'01' * count}"[: 3 * count + 2]
    waves = make_waves(interface("m", *ports), rows, rows.replace("1", "X"), rows.replace("0", "Z"))
    write_vcd(tmp_path / "wave.vcd", waves)
    check_file(tmp_path / "wave.vcd", waves, reader)
    text = (tmp_path / "wave.vcd").read_text(encoding="ascii")
    assert all(character.isprintable() or character == "\n" for character in text)
    assert text.count("$enddefinitions") == 1
    assert {line.split()[5] for line in text.splitlines() if line.startswith("$var")} == {"$end"}


@pytest.mark.simulator
def test_an_escaped_port_of_a_design_is_in_the_file(checker: Checker, reader: Any, tmp_path: Path) -> None:
    text = "module m(input \\a+b , output \\q$end );\nassign \\q$end = ~\\a+b ;\nendmodule\n"
    candidate, task = given(text.replace("~", "")), problem(text, "m")
    waves = checker.simulate_again(candidate, task, checker.check(candidate, task))
    assert waves is not None
    write_vcd(tmp_path / "wave.vcd", waves)
    check_file(tmp_path / "wave.vcd", waves, reader)


def test_a_file_that_cannot_be_written_is_an_error_of_one_line(tmp_path: Path) -> None:
    waves = make_waves(interface("m", ("a", "input", 1), ("q", "output", 1)), "0 1", "0 1", "0 1")
    with pytest.raises(StorageError, match="cannot be written: Is a directory; give another file"):
        write_vcd(tmp_path, waves)
