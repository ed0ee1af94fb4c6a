"""A design that knows by heart what tools told is worth nothing under the sealed stimulus."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace

import builders
import pytest

from pytest_rtlgen.check.checker import CheckSettings
from pytest_rtlgen.training.environment import EnvironmentSettings, Episode, RtlEnvironment, open_environment

pytestmark = pytest.mark.simulator
MIX = """\
module mix (input [15:0] a, input [15:0] b, output [15:0] y, output [15:0] z);
  assign y = (a ^ {b[7:0], b[15:8]}) + 16'h1234;
  assign z = a - b;
endmodule
"""
COUNTS = """\
module counts (input clk, input rst, input [7:0] d, output reg [7:0] q);
  always @(posedge clk) if (rst) q <= 8'd0; else q <= {q[6:0], q[7] ^ q[5]} + d;
endmodule
"""
SETTINGS = EnvironmentSettings(max_turns=200, check=CheckSettings(cycles=40))
_STEP = re.compile(r"step (\d+) \| (.*) \| (.*)")
_VALUE = re.compile(r"(\w+)=(?:\d+'h)?([0-9a-fx]+)(?: \(expected (?:\d+'h)?([0-9a-fx]+)\))?")


@pytest.fixture(scope="module")
def environment() -> Iterator[RtlEnvironment]:
    with open_environment([builders.problem(MIX, "mix"), builders.problem(COUNTS, "counts")], SETTINGS) as made:
        yield made


def read_all(episode: Episode) -> list[tuple[dict[str, str], dict[str, str]]]:
    """Return (inputs, expected outputs) of every step, as a model would read them in what ``wave`` says."""
    rows: list[tuple[dict[str, str], dict[str, str]]] = []
    while True:
        text = episode.call("wave", first_step=len(rows)).text
        found = _STEP.findall(text)
        if not found:
            return rows
        for _, inputs, outputs in found:
            given = {name: value for name, value, _ in _VALUE.findall(inputs)}
            rows.append((given, {name: want or got for name, got, want in _VALUE.findall(outputs)}))


def memorise_mix(rows: list[tuple[dict[str, str], dict[str, str]]]) -> str:
    known = {(given["a"], given["b"]): (want["y"], want["z"]) for given, want in rows}
    arms = [f"32'h{a}{b}: {{y, z}} = 32'h{y}{z};" for (a, b), (y, z) in known.items()]
    head = "module mix (input [15:0] a, input [15:0] b, output reg [15:0] y, output reg [15:0] z);"
    return "\n".join([head, "always @* case ({a, b})", *arms, "default: {y, z} = 32'd0;", "endcase", "endmodule"])


def memorise_counts(rows: list[tuple[dict[str, str], dict[str, str]]]) -> str:
    """Return a design that counts the edges of its clock and puts out what came after each."""
    pairs = itertools.pairwise(rows)
    edges = [now[1]["q"] for before, now in pairs if (before[0]["clk"], now[0]["clk"]) == ("0", "1")]
    first = [rows[0][1]["q"]] if rows[0][0]["clk"] == "1" else []
    arms = [f"{place}: q <= 8'h{value};" for place, value in enumerate([*first, *edges]) if "x" not in value]
    head = "module counts (input clk, input rst, input [7:0] d, output reg [7:0] q);\nreg [15:0] n = 0;"
    body = ["always @(posedge clk) begin n <= n + 1; case (n)", *arms, "default: q <= 0; endcase end", "endmodule"]
    return "\n".join([head, *body])


def test_what_was_learned_by_heart_scores_on_feedback_only(environment: RtlEnvironment) -> None:
    episode = environment.begin("mix")
    blank = "module mix (input [15:0] a, b, output [15:0] y, z); assign y = 0; assign z = 0; endmodule"
    episode.call("simulate", verilog=blank)
    rows = read_all(episode)
    assert episode.told_bits == 32 * len(rows), "each output bit of each step is counted, and only once"
    memorised = memorise_mix(rows)
    assert "Every output was right" in episode.call("simulate", verilog=memorised).text
    assert episode.call("submit", verilog=memorised).is_over
    outcome = episode.outcome
    assert outcome is not None
    assert (outcome.feedback, outcome.sealed, outcome.reward, outcome.overfit) == (1.0, 0.0, 0.0, 1.0)
    assert outcome.parts["outputs"] == 0.0, "no output is right"
    assert outcome.metrics["overfit"] == 1.0
    assert outcome.metrics["told_bits"] == 32 * len(rows)


def test_so_does_a_design_that_counts_the_steps(environment: RtlEnvironment) -> None:
    episode = environment.begin("counts")
    blank = "module counts (input clk, rst, input [7:0] d, output [7:0] q); assign q = 0; endmodule"
    episode.call("simulate", verilog=blank)
    memorised = memorise_counts(read_all(episode))
    assert "Every output was right" in episode.call("simulate", verilog=memorised).text
    episode.call("submit", verilog=memorised)
    outcome = episode.outcome
    assert outcome is not None
    assert (outcome.feedback, outcome.sealed, outcome.overfit) == (1.0, 0.0, 1.0)


@pytest.mark.parametrize(("problem", "reference"), [("mix", MIX), ("counts", COUNTS)])
def test_a_right_design_scores_under_both(environment: RtlEnvironment, problem: str, reference: str) -> None:
    episode = environment.begin(problem)
    assert "Every output was right" in episode.call("simulate", verilog=reference).text
    episode.call("submit", verilog=reference)
    outcome = episode.outcome
    assert outcome is not None
    assert (outcome.feedback, outcome.sealed, outcome.overfit, outcome.told_bits) == (1.0, 1.0, 0.0, 0)
    assert outcome.parts["proved"] == 1.0


def test_no_tool_shows_the_sealed_stimulus(environment: RtlEnvironment) -> None:
    """The two stimuli share little but the corner cases that every stimulus has."""
    episode = environment.begin("mix")
    episode.call("simulate", verilog=MIX)
    shown = [(given["a"], given["b"]) for given, _ in read_all(episode)]
    other = replace(SETTINGS, feedback_seed=SETTINGS.sealed_seed, sealed_seed=SETTINGS.feedback_seed)
    with open_environment([builders.problem(MIX, "mix")], other) as swapped:
        second = swapped.begin("mix")
        second.call("simulate", verilog=MIX)
        hidden = [(given["a"], given["b"]) for given, _ in read_all(second)]
    assert len(set(hidden) - set(shown)) > len(hidden) // 2
