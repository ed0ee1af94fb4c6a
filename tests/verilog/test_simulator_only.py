"""What only a simulator gives a meaning is found with its line, and nothing else is."""

import pytest

from pytest_rtlgen.verilog.simulator_only import find_simulator_only

HEAD = "module m(input clk, input d, output reg q);\n"

# (line 2 of the module, what is named)
FOUND = [
    ("always @(posedge clk) q <= #1 d;", "a delay"),
    ("always @(posedge clk) #5 q = d;", "a delay"),
    ("wire #3 w = d;", "a delay"),
    ("assign #(2, 3) w = d;", "a delay"),
    ("and #2 g(w, clk, d);", "a delay"),
    ("always #5 q = ~q;", "a delay"),
    ("initial begin wait (d) q = 1; end", "a wait"),
    ("initial begin wait fork; end", "a wait"),
    ("always @* q = repeat (2) @(posedge clk) d;", "a repeated event"),
    ("event e;", "event"),
    ("initial ->e;", "an event"),
    ("initial fork q = 1; join", "a fork"),
    ("wand w;", "wand"),
    ("tri0 w;", "tri0"),
    ("supply1 w;", "supply1"),
    ("trireg w;", "trireg"),
    ("pullup (w);", "pullup"),
    ("bufif0 (w, d, clk);", "bufif0"),
    ("tranif1 (w, d, clk);", "tranif1"),
    ("nmos (w, d, clk);", "nmos"),
    ("wire (strong1, weak0) w = d;", "strong1"),
    ("assign (pull0, pull1) w = d;", "pull0"),
    ("real r;", "real"),
    ("realtime t;", "realtime"),
    ("localparam P = 1.5;", "a real number"),
    ("initial begin assign q = 1; deassign q; end", "deassign"),
    ("wire w = $random;", "$random"),
    ("wire [63:0] w = $time;", "$time"),
    ("wire w = $isunknown(d);", "$isunknown"),
    ("wire [7:0] w = $rtoi(d);", "$rtoi"),
    ('wire w = $test$plusargs("x");', "$test$plusargs"),
]

# What proofs know: names that only look like something else, numbers with #, and functions that are computed away.
NOTHING = [
    "always @(posedge clk) q <= d;",
    "always @(posedge clk or negedge d) q <= d;",
    "sub #(2) u(clk, d, w);",
    "sub #(.DELAY(2)) u(clk, d, w);",
    "wire [$clog2(9)-1:0] w = $unsigned($signed(d));",
    "wire eventful, real_part, waiting, strong10;",
    "// #5 wait(d) real $random\nwire w;",
    "/* event e; */ wire w;",
    'initial $display("#1 %d wait", d);',
    'string s = "$random";',
    "wire \\real = d;",
    "tri w; wire v;",
    "assign w = d ? 1'bz : 1'b0;",
]


@pytest.mark.parametrize(("code", "what"), FOUND, ids=[row[0] for row in FOUND])
def test_found_with_its_line(code: str, what: str) -> None:
    assert find_simulator_only(f"{HEAD}{code}\nendmodule\n") == f"line 2: {what}"


@pytest.mark.parametrize("code", NOTHING)
def test_nothing_is_found(code: str) -> None:
    assert find_simulator_only(f"{HEAD}{code}\nendmodule\n") == ""


def test_the_first_in_the_text_is_named() -> None:
    code = "wire w;\nwor v;\nalways #1 q = d;\nreal r;\n"
    assert find_simulator_only(f"{HEAD}{code}endmodule\n") == "line 3: wor"


def test_a_primitive_of_the_candidate_is_found() -> None:
    table = "primitive p(output y, input a);\ntable 0 : 1; 1 : 0; endtable\nendprimitive\n"
    assert find_simulator_only(f"{HEAD}endmodule\n{table}") == "line 3: a user-defined primitive"


def test_what_a_macro_expands_to_stands_at_its_use() -> None:
    assert find_simulator_only(f"`define LATER #1\n{HEAD}always @* q = `LATER d;\nendmodule\n") == "line 3: a delay"


def test_text_that_is_skipped_counts_for_nothing() -> None:
    assert find_simulator_only(f"{HEAD}`ifdef NEVER\nalways #1 q = d;\n`endif\nendmodule\n") == ""


def test_text_that_does_not_parse_is_no_error() -> None:
    assert find_simulator_only("module m(input\n#1 ") in {"", "line 2: a delay"}
