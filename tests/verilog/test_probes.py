"""A probed reference shows what is inside it, in the simulator too."""

from collections.abc import Iterator

import pytest
from builders import COUNTER, COUNTER_INTERFACE, interface

from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.modes import SandboxMode
from pytest_rtlgen.records import Direction, Interface, SourceFile, Stimulus
from pytest_rtlgen.simulators import SimulationJob, Simulator, make_simulator
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.tools.sandbox import choose_sandbox
from pytest_rtlgen.verilog.probes import add_probes

PORTS = (("clk", "input", 1), ("d", "input", 4), ("y", "output", 4))
INTERFACE = interface("m", *PORTS, clocks=("clk",))
HEAD = "module m(input clk, input [3:0] d, output [3:0] y);\n"
INSIDE = """\
module stage(input clk, input [3:0] d, output reg [3:0] q);
  reg [1:0] age = 0;
  always @(posedge clk) begin q <= d; age <= age + 1; end
endmodule
module m(input clk, input [3:0] d, output [3:0] y);
  wire [3:0] middle;
  stage first (clk, d, middle);
  stage second (clk, ~middle, y);
endmodule
"""


def probe(text: str, given: Interface = INTERFACE) -> tuple[str, Interface] | None:
    found = add_probes(SourceFile(name="m.sv", text=text), given)
    return None if found is None else (found.text, found.interface)


def list_shown(text: str, given: Interface = INTERFACE) -> list[tuple[str, int]]:
    """Return (path, width) of what is shown, as the added text says it."""
    found = probe(text, given)
    assert found is not None
    source, shown = found
    assert source.startswith(text)
    outputs = [port for port in shown.ports if port.direction is Direction.OUTPUT]
    return [(source.split(f"assign {port.name} = u.")[1].split(";")[0], port.width) for port in outputs]


@pytest.fixture(scope="module")
def icarus() -> Iterator[Simulator]:
    simulator = make_simulator("icarus", sandbox=choose_sandbox(SandboxMode.AUTO), limits=Limits(), jobs=1)
    yield simulator
    simulator.close()


def test_registers_and_wires_are_shown_and_inputs_stay() -> None:
    assert list_shown(COUNTER, COUNTER_INTERFACE) == [("q", 4), ("wrap", 1)]
    found = probe(COUNTER, COUNTER_INTERFACE)
    assert found is not None
    assert found[1].inputs == COUNTER_INTERFACE.inputs
    assert (found[1].clocks, found[1].resets) == (COUNTER_INTERFACE.clocks, COUNTER_INTERFACE.resets)


def test_instances_are_entered() -> None:
    assert {("middle", 4), ("first.age", 2), ("first.q", 4), ("second.age", 2)} <= set(list_shown(INSIDE))


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ("reg [3:0] memory [0:7]; always @(posedge clk) memory[d] <= d;", "memory"),
        ("reg [64:0] wide; always @(posedge clk) wide <= {wide, d};", "wide"),
        ("real r; initial r = 1.0;", "r"),
        ("wire \\odd.name = d[0];", "odd.name"),
        ("string s;", "s"),
    ],
    ids=["memory", "wide", "real", "escaped", "string"],
)
def test_what_cannot_be_shown_is_left_out(body: str, path: str) -> None:
    shown = list_shown(f"{HEAD}reg kept; {body}\nassign y = d;\nendmodule\n")
    assert ("kept", 1) in shown
    assert not [name for name, _ in shown if path in name]


def test_sixty_four_bits_are_shown() -> None:
    assert ("wide", 64) in list_shown(f"{HEAD}reg [63:0] wide;\nassign y = d;\nendmodule\n")


def test_of_very_many_the_first_sixty_four_are_shown() -> None:
    body = "".join(f"reg r{number};\n" for number in range(100))
    assert len(list_shown(f"{HEAD}{body}assign y = d;\nendmodule\n")) == 64


def test_no_such_module_shows_nothing() -> None:
    assert probe(COUNTER, INTERFACE) is None


def test_a_module_without_anything_inside_shows_nothing() -> None:
    only = interface("m", ("d", "input", 1))
    assert probe("module m(input d);\nendmodule\n", only) is None


def test_text_that_does_not_parse_is_refused() -> None:
    with pytest.raises(BadReferenceError, match=r"m\.sv"):
        probe("module m(input d;\n")


def test_variables_that_no_path_reaches_are_left_out() -> None:
    text = HEAD + (
        "always @(posedge clk) for (int i = 0; i < 4; i++) y[i] <= d[i];\n"
        "always @(posedge clk) begin integer j; j = d; end\n"
        "always @(posedge clk) begin : named integer k; k = d; end\nendmodule\n"
    ).replace("y[i]", "z[i]").replace("always", "reg [3:0] z; always", 1)
    assert list_shown(text) == [("y", 4), ("z", 4), ("named.k", 32)]


def test_outputs_alone_can_be_asked_for() -> None:
    found = add_probes(SourceFile(name="m.sv", text=INSIDE), INTERFACE, outputs_only=True)
    assert found is not None
    assert found.paths == ("y",)


@pytest.mark.simulator
def test_the_simulator_shows_the_values_inside(icarus: Simulator) -> None:
    found = probe(INSIDE)
    assert found is not None
    source, shown = found
    rows = ["00101", "10101", "00011", "10011"]
    stimulus = Stimulus(inputs=shown.inputs, rows="".join(rows).encode(), steps=4)
    played = icarus.simulate(SimulationJob(source=source, interface=shown, stimulus=stimulus)).trace
    assert played is not None
    at = 0
    columns = {}
    for path, width in list_shown(INSIDE):
        columns[path] = [played.rows[at + step * played.width :][:width].decode() for step in range(4)]
        at += width
    assert columns["middle"] == ["XXXX", "0101", "0101", "0011"]
    assert columns["first.age"] == ["00", "01", "01", "10"]
    assert columns["second.q"] == ["XXXX", "XXXX", "XXXX", "1010"]


@pytest.mark.simulator
def test_ports_with_escaped_names_can_be_played(icarus: Simulator) -> None:
    text = "module m(input \\a+b , output \\y! );\nwire inner = ~\\a+b ;\nassign \\y! = inner;\nendmodule\n"
    found = probe(text, interface("m", ("a+b", "input", 1), ("y!", "output", 1)))
    assert found is not None
    stimulus = Stimulus(inputs=found[1].inputs, rows=b"01", steps=2)
    played = icarus.simulate(SimulationJob(source=found[0], interface=found[1], stimulus=stimulus)).trace
    assert played is not None
    assert played.rows == b"10"
