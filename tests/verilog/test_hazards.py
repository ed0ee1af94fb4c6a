"""Where simulation and synthesis may read one design differently."""

import pytest

from pytest_rtlgen.records import Hazard, HazardKind
from pytest_rtlgen.verilog.hazards import find_hazards

TWO = HazardKind.TWO_DRIVERS
PROCESSES = HazardKind.TWO_PROCESSES
LIST = HazardKind.INCOMPLETE_LIST
ORDER = HazardKind.EVENT_ORDER
CLOCK = HazardKind.DERIVED_CLOCK
LOOP = HazardKind.LOOP
SIMULATOR = HazardKind.SIMULATOR_ONLY
UNSET = HazardKind.UNSET_DECISION

PORTS = "input clk, input rst, input [3:0] a, input [3:0] b, output reg [3:0] y, output [3:0] z"
PART = "module part(input [3:0] d, output [3:0] q); assign q = ~d; endmodule\n"
JOINED = "module joined(inout [3:0] bus, input [3:0] d); assign bus = d; endmodule\n"
DRIVEN = "module driven(input [3:0] d, output [3:0] q); assign d = 4'd1; assign q = d; endmodule\n"


def find(body: str, *, before: str = "") -> set[tuple[HazardKind, str]]:
    found = find_hazards(f"{before}module top({PORTS});\n{body}\nendmodule\n", "top")
    return {(hazard.kind, name) for hazard in found for name in hazard.names}


FOUND = {
    "always_comb reads in a task": (
        "reg [3:0] t; task read; t = b; endtask always_comb begin read; y = a & t; end",
        LIST,
        "b",
    ),
    "two assignments": ("assign z = a; assign z = b;", TWO, "z"),
    "overlapping parts": ("assign z[2:0] = a[2:0]; assign z[3:2] = b[3:2];", TWO, "z"),
    "two tri-state drivers": ("assign z = rst ? a : 4'bz; assign z = rst ? 4'bz : b;", TWO, "z"),
    "a declaration's value and an assignment": ("wire [3:0] w = a; assign w = b; assign z = w;", TWO, "w"),
    "an instance and an assignment": ("part p(.d(a), .q(z)); assign z = b;", TWO, "z"),
    "two instances": ("part p(.d(a), .q(z)); part r(.d(b), .q(z));", TWO, "z"),
    "a port that is driven inside": ("driven p(.d(a), .q(z));", TWO, "p.d"),
    "an inout port and an assignment": ("wire [3:0] w; joined p(w, a); assign w = b; assign z = w;", TWO, "w"),
    "two processes": ("always @* y = a; always @* y = b;", PROCESSES, "y"),
    "two clocked processes": ("always @(posedge clk) y <= a; always @(posedge clk) if (rst) y <= 0;", PROCESSES, "y"),
    "an input of the top": ("assign a = b;", TWO, "a"),
    "a gate and an assignment": ("and (z[0], a[0], b[0]); assign z = a;", TWO, "z"),
    "an initial block and an assignment": ("reg [3:0] r; initial r = 0; assign r = a; assign z = r;", TWO, "r"),
    "a list without an input": ("always @(a) y = a & b;", LIST, "b"),
    "a list with some bits": ("always @(a[1:0]) y = a;", LIST, "a"),
    "a list of an expression": ("always @(a & b) y = a & b;", LIST, "a"),
    "a list that never fires": ("reg k; always @(k) y = 4'd3;", LIST, "y"),
    "nothing to wait for": ("always @* y = 4'd3;", LIST, "y"),
    "only values from the start": ("reg [3:0] r = 4'd3; always @* y = r;", LIST, "y"),
    "a level beside an edge": ("always @(posedge clk or a) y <= a;", LIST, "y"),
    "both edges": ("always @(posedge clk or negedge clk) y <= a;", LIST, "y"),
    "a reset that is not tested": ("always @(posedge clk or posedge rst) y <= a;", LIST, "y"),
    "a reset of the other level": ("always @(posedge clk or negedge rst) if (rst) y <= 0; else y <= a;", LIST, "y"),
    "a reset that loads": ("always @(posedge clk or posedge rst) if (rst) y <= b; else y <= a;", LIST, "b"),
    "set and reset": (
        "always @(posedge clk or posedge rst or posedge a[0]) if (rst) y <= 0; else if (a[0]) y <= 1; else y <= a;",
        LIST,
        "y",
    ),
    "an event inside a process": ("always @(posedge clk) begin y <= a; @(posedge clk); y <= b; end", LIST, "y"),
    "an event at the start": ("initial @(posedge clk) y = a;", LIST, "y"),
    "a function that reads the module": (
        "function [3:0] f(input d); f = a & b; endfunction assign z = f(1'b0);",
        LIST,
        "a",
    ),
    "the same in a process": (
        "function [3:0] f(input [3:0] d); f = d & b; endfunction always @* y = f(a);",
        LIST,
        "b",
    ),
    "a task that reads the module": ("task t; y = a; endtask always @* t;", LIST, "a"),
    "a race at one edge": ("reg [3:0] r; always @(posedge clk) r = a; always @(posedge clk) y <= r;", ORDER, "r"),
    "a race through logic": (
        "reg [3:0] r; always @(posedge clk) r = a; wire [3:0] w = ~r; always @(posedge clk) y <= w;",
        ORDER,
        "r",
    ),
    "a race at the same edge of an inverted clock": (
        "wire n = ~clk; reg [3:0] r; always @(negedge n) r = a; always @(posedge clk) y <= r;",
        ORDER,
        "r",
    ),
    "both kinds of assignment": ("always @(posedge clk) begin y = a; y <= b; end", ORDER, "y"),
    "a clock read as data": ("wire w = clk & rst; always @(posedge clk) y <= {4{w}};", ORDER, "clk"),
    "read, then set": ("reg [3:0] t; always @(a or b) begin y = t; t = a & b; end", ORDER, "t"),
    "read, then set, with a star": ("reg [3:0] t; always @* begin y = t; t = a & b; end", ORDER, "t"),
    "a nonblocking value read at once": ("reg [3:0] t; always @* begin t <= a & b; y = t; end", ORDER, "t"),
    "two blocks at the start": ("initial y = 1; initial y = 2; always @(posedge clk) y <= a;", ORDER, "y"),
    "an initial value from an input": ("reg [3:0] r = a; always @(posedge clk) y <= r;", ORDER, "a"),
    "a clock by a nonblocking assignment": ("reg k; always @(clk) k <= clk; always @(posedge k) y <= a;", CLOCK, "k"),
    "a gated clock": ("wire k = clk & rst; always @(posedge k) y <= a;", CLOCK, "k"),
    "a divided clock": ("reg k; always @(posedge clk) k <= ~k; always @(posedge k) y <= a;", CLOCK, "k"),
    "a reset made by logic": (
        "wire r = rst | b[0]; always @(posedge clk or posedge r) if (r) y <= 0; else y <= a;",
        CLOCK,
        "r",
    ),
    "a loop": ("wire w, v; assign w = ~v & a[0]; assign v = ~w; assign z = w;", LOOP, "v"),
    "a loop through a process and an instance": ("part p(.d(y), .q(z)); always @* y = a & z;", LOOP, "z"),
    "a loop of one bit": ("assign z[0] = a[0] ^ z[3]; assign z[3:1] = {a[3:2], z[0]};", LOOP, "z"),
    "a latch that a glitch opens": ("wire e = a[0] & b[0]; always @* if (e) y = b;", LOOP, "y"),
    "a function's variable that is kept": (
        "function [3:0] f(input [3:0] d); reg [3:0] t; begin if (d[0]) t = d; f = t; end endfunction assign z = f(a);",
        LOOP,
        "f.t",
    ),
    "a delay": ("assign #1 z = a;", SIMULATOR, "a delay"),
    "a pull-up": ("pullup (z[0]);", SIMULATOR, "pullup"),
    "what slang finds wrong": ("always @* z = a;", SIMULATOR, "a construct that is not analysed"),
    "a known bit": ("reg t; always @(posedge clk) t <= t; assign z = (t === 1'b1) | (t === 1'b0);", UNSET, "t"),
    "a known bit of a net": ("wire t; assign z = (t & ~t) === 1'b0;", UNSET, "t"),
    "a sum that is itself": ("reg [3:0] t; assign z = (t + 1'b0) === t;", UNSET, "t"),
    "a register that no value can reach": (
        "reg t; always @(posedge clk) t <= t ^ a[0]; always @* y = t ? a : b;",
        UNSET,
        "t",
    ),
    "a case of it": ("wire t; always @* casez (t) 1'b1: y = a; default: y = b; endcase", UNSET, "t"),
    "an if on an element": (
        "reg [3:0] m [0:1]; always @(posedge clk) m[1] <= a; always @* if (m[0][1]) y = a; else y = b;",
        UNSET,
        "m",
    ),
    "a set of values": ("wire [1:0] t; assign z = t inside {2'd1, 2'd2};", UNSET, "t"),
    "through another signal": ("wire t; wire u = ~t; assign z = u === 1'b1;", UNSET, "u"),
    "what is X from the start": ("reg t = 1'bx; assign z = t === 1'b1;", UNSET, "t"),
    "an input left open": ("inner p(.d(a), .q(z));", UNSET, "p.e"),
    "a bit beyond the ends": ("always @* if (a[4]) y = a; else y = b;", UNSET, "a beyond its bounds"),
    "a bit before the ends": ("assign z = a[-1] ? a : b;", UNSET, "a beyond its bounds"),
    "a range beyond the ends": ("assign z = a[7:5] ? a : b;", UNSET, "a beyond its bounds"),
    "an indexed range beyond the ends": ("assign z = a[4+:2] ? a : b;", UNSET, "a beyond its bounds"),
    "a word beyond the ends": (
        "reg [3:0] m [0:1]; always @* begin m[0] = a; m[1] = b; y = m[2] == 4'd0 ? a : b; end",
        UNSET,
        "m beyond its bounds",
    ),
    "in a port that is declared anew": (
        "again p(.d(a), .q(z));",
        UNSET,
        "p.d beyond its bounds",
    ),
    "a loop that goes too far": (
        "integer i; always @* begin y = 0; for (i = 0; i < 5; i = i + 1) if (a[i]) y = b; end",
        UNSET,
        "a beyond its bounds",
    ),
}
AGAIN = "module again(input [3:0] d, output [3:0] q); reg [3:0] q; always @* if (d[4]) q = d; else q = ~d; endmodule\n"
INNER = "module inner(input [3:0] d, input e, output [3:0] q); assign q = e ? d : ~d; endmodule\n"


@pytest.mark.parametrize("case", FOUND)
def test_what_may_be_read_in_two_ways_is_found(case: str) -> None:
    body, kind, name = FOUND[case]
    assert (kind, name) in find(body, before=PART + JOINED + DRIVEN + INNER + AGAIN)


CLEAR = {
    "logic": "assign z = a & b; always @* y = a | b;",
    "parts": "assign z[1:0] = a[1:0]; assign z[3:2] = b[1:0];",
    "a generated part each": (
        "genvar g; generate for (g = 0; g < 4; g = g + 1) begin : k assign z[g] = a[g]; end endgenerate"
    ),
    "instances of a part each": "part p(.d(a), .q(z));",
    "an inout port": "wire [3:0] w; joined p(w, a); assign z = w;",
    "an initial value": "initial y = 0; always @(posedge clk) y <= a;",
    "a declared value": "reg [3:0] r = 4'd1; always @(posedge clk) r <= a; assign z = r;",
    "a counter that processes share": (
        "integer i; always @* for (i = 0; i < 4; i = i + 1) y[i] = a[3 - i];"
        "reg [3:0] r; always @(posedge clk) for (i = 0; i < 4; i = i + 1) r[i] <= b[i]; assign z = r;"
    ),
    "a full list": "always @(a or b) y = a & b;",
    "a list of parts": "always @(a[1:0], a[3:2]) y = a;",
    "parameters need not be listed": "localparam [3:0] K = 4'd3; always @(a) y = a & K;",
    "a value that is set first need not be listed": "reg [3:0] t; always @(a or b) begin t = a & b; y = ~t; end",
    "always_comb runs at the start": "reg [3:0] r = 4'd3; always_comb y = r;",
    "always_comb sees into functions": (
        "function [3:0] f(input [3:0] d); f = d & b; endfunction always_comb y = f(a);"
    ),
    "asynchronous resets": (
        "always @(posedge clk or posedge rst) if (rst) y <= 0; else y <= a;"
        "wire n = ~rst; reg [3:0] r; always @(posedge clk or negedge n) begin if (!n) r <= 0; else r <= a; end"
    ),
    "a reset that a register synchronises": (
        "reg r; always @(posedge clk) r <= rst; always @(posedge clk or posedge r) if (r) y <= 0; else y <= a;"
    ),
    "a blocking value of one process": "reg [3:0] t; always @(posedge clk) begin t = a & b; y <= t; end",
    "a blocking register that only logic reads": "reg [3:0] r; always @(posedge clk) r = a; assign z = ~r;",
    "both kinds of assignment on two paths": "always @(posedge clk) if (rst) y = 0; else y <= a;",
    "opposite edges": "reg [3:0] r; always @(posedge clk) r = a; always @(negedge clk) y <= r;",
    "an inverted clock": "wire n = ~clk; reg [3:0] r; always @(posedge n) r <= a; always @(posedge clk) y <= r;",
    "a clock as data of an output": "assign z = {4{clk}} & a;",
    "a chain of bits": (
        "wire [4:0] c; assign c[0] = rst; genvar g;"
        "generate for (g = 0; g < 4; g = g + 1) begin : k assign c[g + 1] = c[g] ^ a[g]; end endgenerate"
        " assign z = c[4:1];"
    ),
    "a chain of bits in a loop": (
        "reg [4:0] c; integer i; always @* begin c[0] = rst;"
        " for (i = 0; i < 4; i = i + 1) c[i + 1] = c[i] & a[i]; y = c[4:1]; end"
    ),
    "feedback that a process keeps apart": ("reg s; wire d = s & b[0]; always @* begin s = a[0]; y = {3'b0, d}; end"),
    "a latch of an input": "always @* if (rst) y = a;",
    "a case of all values": "always @* begin case (rst) 0: y = a; 1: y = b; endcase if (y == 0) y = 1; end",
    "an early return": (
        "function automatic [3:0] f(input [3:0] d); if (d == 0) return 1; f = d; endfunction always @* y = f(a);"
    ),
    "an index beyond the ends that decides nothing": "assign z = {a[4], a[6:4]};",
    "a range partly beyond the ends": "assign z = a[5:2] ? a : b;",
    "an index that is kept from the ends": (
        "integer i; always @* for (i = 0; i < 4; i = i + 1) if (i < 3 && a[i + 1]) y[i] = 1'b1; else y[i] = 1'b0;"
    ),
    "parts beyond the ends are set by nobody": "assign z = a; assign z[5:4] = b[1:0]; assign z[6] = b[2];",
    "an unset net that decides nothing": "wire t; assign z = a & {4{t}};",
    "an unset decision that no output sees": "wire t; wire u = t === 1'b1; assign z = a;",
    "a memory that is written by index": (
        "reg [3:0] m [0:15]; always @(posedge clk) m[b] <= a; always @* if (m[a][0]) y = a; else y = b;"
    ),
    "a memory that a loop fills": (
        "reg m [0:3]; integer i; initial for (i = 0; i < 4; i = i + 1) m[i] = 1'b0; assign z = m[a[1:0]] ? a : b;"
    ),
    "a shift register without a reset": (
        "reg [3:0] r; always @(posedge clk) r <= {r[2:0], a[0]}; always @* if (r == 4'd3) y = a; else y = b;"
    ),
    "a register that shifts in a constant": (
        "reg [3:0] r; always @(posedge clk) r <= {r[2:0], 1'b0}; always @* if (r[3]) y = a; else y = b;"
    ),
    "a register that starts by a condition": (
        "reg r; always @(posedge clk) if (rst) r <= 1'b0; else r <= ~r; assign z = r ? a : b;"
    ),
    "a struct set by members": (
        "struct packed {logic [1:0] h; logic l;} s; assign s.h = a[1:0]; assign s.l = b[0]; assign z = s.l ? a : b;"
    ),
    "a function's own variable": (
        "function automatic [3:0] f(input [3:0] d); reg t; begin t = d[0]; if (t) f = d; else f = ~d; end endfunction"
        " assign z = f(a);"
    ),
}


@pytest.mark.parametrize("case", CLEAR)
def test_what_both_read_alike_has_no_hazard(case: str) -> None:
    assert find(CLEAR[case], before=PART + JOINED) == set()


def test_a_hazard_names_kind_signals_and_line() -> None:
    text = "module top(input a, input b, output y);\n  assign y = a;\n  assign y = b;\nendmodule\n"
    (found,) = find_hazards(text, "top")
    assert found == Hazard(kind=TWO, names=("y",), line=3, other_line=2)
    assert found.message == "y has two drivers (lines 2 and 3)"


def test_a_register_of_two_processes_is_named_with_both_lines() -> None:
    processes = "  always @(posedge c) y <= d;\n  always @(negedge c) y <= y;\n"
    text = f"module top(input c, d, output reg y);\n{processes}endmodule\n"
    (found,) = find_hazards(text, "top")
    assert found == Hazard(kind=PROCESSES, names=("y",), line=3, other_line=2)
    assert found.message == "y is set by two processes, which no synthesis takes (lines 2 and 3)"


def test_a_signal_of_an_instance_is_named_by_its_path() -> None:
    inner = "module inner(input d, output q); wire w = d; assign w = ~d; assign q = w; endmodule\n"
    assert (TWO, "p.w") in find("inner p(.d(a[0]), .q(z[0]));", before=inner)


@pytest.mark.parametrize("text", ["", "module", "module other; endmodule", "module top(input a\n assign", "\0"])
def test_a_text_without_the_module_cannot_be_told(text: str) -> None:
    assert {hazard.kind for hazard in find_hazards(text, "top")} == {SIMULATOR}


def test_a_design_that_unfolds_too_far_cannot_be_told() -> None:
    body = "genvar g; generate for (g = 0; g < 100000; g = g + 1) begin : k wire w = a[0]; end endgenerate"
    assert find(body) == {(SIMULATOR, "a design too large to be analysed")}


@pytest.mark.parametrize("value", ["", " = 1"])
def test_an_output_that_its_declaration_in_the_port_list_sets_is_set(value: str) -> None:
    text = (
        f"module m(input clk, output reg [1:0] n{value}, output reg b);\n"
        "always @(posedge clk) begin if (n == 2) b <= 1; else b <= 0; n <= n + 1; end\nendmodule\n"
    )
    found = {hazard.kind for hazard in find_hazards(text, "m")}
    assert found == (set() if value else {UNSET})
