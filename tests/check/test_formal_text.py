"""The text that goes into a proof and the text that comes out of one."""

import pytest

from pytest_rtlgen.check.proof.text import (
    neutralise,
    read_decided,
    read_frames,
    render_cycles,
    render_rows,
    render_top,
)

INPUTS = (("clk", 1), ("d", 2))
TWO = (("a", 1), ("b", 1), ("d", 2))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("always_comb q = d;", "always @* q = d;"),
        ("unique case (s)", " case (s)"),
        ("unique0 casez (s)", " casez (s)"),
        ("priority casex (s)", " casex (s)"),
        ("unique\n  if (s)", "\n  if (s)"),
        ("priority if (s)", " if (s)"),
        ("case (s) // synopsys full_case", "case (s) // synopsys rtlgen_full_case"),
        ("(* full_case, parallel_case *)", "(* rtlgen_full_case, rtlgen_parallel_case *)"),
        ("always_ff @(posedge clk)", "always_ff @(posedge clk)"),
        ("always_latch", "always_latch"),
        ("wire unique_case, my_full_case, priority_if;", "wire unique_case, my_full_case, priority_if;"),
        ("wire always_comb_q;", "wire always_comb_q;"),
        ("covergroup unique {x}", "covergroup unique {x}"),
    ],
)
def test_words_that_only_synthesis_believes_are_taken_out(text: str, expected: str) -> None:
    assert neutralise(text) == expected


def test_what_is_decided_is_read_from_the_prover() -> None:
    log = """\
======== ABC command line "read_aiger model.aig; scorr; pdr -a -T 1 -X cex"
Proved output 1 in frame 0 (trivial).
Proved output   12 in frame 3 (converged).
Writing CEX for output 0 to cex0.aiw
Output 0 was asserted in frame  2 ( 2) (solved 1 out of 3 outputs).
Properties:  All = 3. Proved = 2. Disproved = 1. Undecided = 0.   Time =     0.05 sec
"""
    assert read_decided(log) == ({1, 12}, {0})


@pytest.mark.parametrize(
    "log",
    [
        "",
        "Reached timeout (1 seconds).\n",
        "All outputs solved or timed out in frame 3.\n",
        "** cmd error: aborting 'pdr -a -T 1 -X cex'\n",
        "Writing CEX for output 0 to cex0.aiw\n",
        "not Proved output 3 in frame 1\n",
    ],
)
def test_nothing_is_decided_when_the_prover_does_not_say_so(log: str) -> None:
    assert read_decided(log) == (set(), set())


def test_a_witness_is_read_frame_by_frame_most_significant_bit_first() -> None:
    names = {0: ("choose", 0), 1: ("choose", 1), 2: ("free_d", 1), 3: ("free_d", 0)}
    assert read_frames("1\nb0\n000\n1010\n0101\nx1x1\n.\n", names) == [
        {"choose": "01", "free_d": "10"},
        {"choose": "10", "free_d": "01"},
        {"choose": "10", "free_d": "01"},
    ]


def test_a_frame_either_loads_inputs_or_moves_one_clock() -> None:
    def frame(choose: int, d: str) -> dict[str, str]:
        return {"choose": f"{choose:08b}", "free_a": "1", "free_b": "1", "free_d": d}

    frames = [frame(1, "01"), frame(1, "11"), frame(2, "11"), frame(0, "10"), frame(1, "00"), frame(3, "00")]
    rows = list(render_rows(frames, TWO, ["a", "b"], {"a": "0", "b": "1", "d": "00"}))
    # The first frame loads whatever it chooses; a choice beyond the clocks leaves everything as it is.
    assert rows == ["0101", "1101", "1001", "1010", "0010", "0010"]


@pytest.mark.parametrize(("level", "rows"), [("0", ["010", "110", "010"]), ("1", ["110", "010", "110"])])
def test_a_cycle_is_three_rows_that_begin_and_end_with_the_clock_at_rest(level: str, rows: list[str]) -> None:
    frames = [{"choose": "0" * 8, "free_clk": "1", "free_d": "10"}]
    assert list(render_cycles(frames, INPUTS, "clk", {"clk": level, "d": "00"})) == rows


def test_without_a_clock_a_frame_is_one_row() -> None:
    frames = [{"free_d": "10"}, {"free_d": "01"}]
    assert list(render_cycles(frames, (("d", 2),), "", {"d": "00"})) == ["10", "01"]


def test_the_top_module_drives_inputs_as_they_come_when_one_step_is_one_cycle() -> None:
    lines = render_top(INPUTS, None, {"clk": "0", "d": "00"}).splitlines()
    assert "assign \\driven_clk = \\free_clk ;" in lines
    assert "assign \\driven_d = \\free_d ;" in lines
    assert not [line for line in lines if "held" in line]
    assert "wire [1:0] \\free_d = i1;" in lines
    assert "wire [1:0] \\driven_d ; assign o1 = \\driven_d ;" in lines
    assert not [line for line in lines if "counts" in line]


def test_the_top_module_says_from_which_step_on_an_assumption_is_broken() -> None:
    lines = render_top(INPUTS, None, {"clk": "0", "d": "00"}, (["wire odd = ^\\driven_d ;"], "odd")).splitlines()
    assert "output counts" in lines[0]
    assert "assign counts = holds & ~is_broken;" in lines


def test_the_top_module_moves_one_clock_at_a_time_when_steps_are_sampled() -> None:
    lines = render_top(TWO, ["a", "b"], {"a": "0", "b": "1", "d": "10"}).splitlines()
    assert "reg [0:0] \\held_b = 1'b1;" in lines
    assert "reg [1:0] \\held_d = 2'b10;" in lines
    assert "assign \\driven_a = move == 8'd1 ? ~\\held_a : \\held_a ;" in lines
    assert "assign \\driven_b = move == 8'd2 ? ~\\held_b : \\held_b ;" in lines
    assert "assign \\driven_d = move == 8'd0 ? \\free_d : \\held_d ;" in lines
