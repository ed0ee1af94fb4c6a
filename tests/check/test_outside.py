"""What no text tells and no input plays: inout ports, black boxes, memories loaded from files; right and wrong ones."""

import pytest
from builders import problem
from support.checkers import SharedChecker

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.records import BoxOutputs, Candidate, Problem, Proof, SourceFile, Status, Verdict

pytestmark = pytest.mark.simulator

PAD = """module pad(inout [3:0] p, input oe, input [3:0] d, output [3:0] q);
  assign p = oe ? d : 4'bz;
  assign q = ~p;
endmodule
"""
BIT_PAD = "module bit_pad(inout x, input e, input v, output r); assign x = e ? v : 1'bz; assign r = ~x; endmodule\n"
LOOP = "genvar i; generate for (i = 0; i < 4; i = i + 1) begin : g {} end endgenerate"
HEAD = PAD.splitlines()[0]
RIGHT_PADS = {
    "itself": PAD,
    "a gate": PAD.replace("assign p = oe ? d : 4'bz;", "bufif1 b[3:0](p, d, {4{oe}});"),
    "a bit at a time": PAD.replace("assign p = oe ? d : 4'bz;", LOOP.format("assign p[i] = !oe ? 1'bz : d[i];")),
    "a module for each bit": BIT_PAD + HEAD + LOOP.format("bit_pad u(p[i], oe, d[i], q[i]);") + " endmodule\n",
    "a variable": PAD.replace(
        "assign p = oe ? d : 4'bz;", "reg [3:0] t; always @* if (oe) t = d; else t = 4'bz;\nassign p = t;"
    ),
}
WRONG_PADS = {
    "a Z that is too narrow": (PAD.replace("4'bz", "1'bz"), {"p", "q"}),
    "never driven": (PAD.replace("oe ? d : 4'bz", "4'bz"), {"p", "q"}),
    "always driven": (PAD.replace("oe ? d : 4'bz", "d"), {"p", "q"}),
    "the other enable": (PAD.replace("oe ?", "!oe ?"), {"p", "q"}),
    "zero for Z": (PAD.replace("4'bz", "4'b0"), {"p", "q"}),
    "what it drives, not what the net is": (PAD.replace("~p", "~d"), {"q"}),
    "one bit by another enable": (
        PAD.replace("oe ? d : 4'bz", "{oe ? d[3] : 1'bz, (oe & ~&d) ? d[2:0] : 3'bz}"),
        {"p", "q"},
    ),
    "a driver too weak": (PAD.replace("assign p", "assign (weak0, weak1) p"), {"p", "q"}),
    "a second driver": (PAD.replace("endmodule", "assign p = &{d, p} & oe ? 4'b1010 : 4'bz;\nendmodule"), {"p", "q"}),
    "a pull-up": (PAD.replace("endmodule", "pullup(p[0]);\nendmodule"), {"p", "q"}),
    "a bus that keeps itself": (PAD.replace("4'bz", "p"), {"p", "q"}),
}
UNFIT_PADS = {
    PAD.replace("inout", "output"): Status.INTERFACE_MISMATCH,
    PAD.replace("inout", "input"): Status.INTERFACE_MISMATCH,
    PAD.replace("inout [3:0]", "inout [4:0]"): Status.INTERFACE_MISMATCH,
    "module rtlgen_enclosed(input a); endmodule\n" + PAD: Status.REJECTED,
    PAD.replace("~p", "~rtlgen_enclosed.\\p.in "): Status.REJECTED,
}

BOXED = """module top(input clk, input rst, input [3:0] a, output reg [3:0] q, output [3:0] z);
  wire gclk;
  icg #(.MODE(2), .NAME("x")) u_icg(.ck(clk), .en(a[0]), .te(1'b0), .gck(gclk));
  lane l0(.a(a), .z(z));
  always @(posedge gclk or posedge rst) if (rst) q <= 0; else q <= q + a;
endmodule
module lane(input [3:0] a, output [3:0] z);
  genvar g;
  generate for (g = 0; g < 2; g = g + 1) begin : half
    cell2 #(.N(g)) u(.i({a[g], ~a[g + 2]}), .o(z[2 * g +: 2]));
  end endgenerate
endmodule
"""
INSTANCE = BOXED.splitlines()[2].strip()
FLAT = """module top(input clk, input rst, input [3:0] a, output reg [3:0] q, output [3:0] z);
  wire gclk;
  icg #(.NAME("x"), .MODE(32'h2)) u_icg(.gck(gclk), .ck(clk), .en(a[0]), .te(0));
  cell2 #(.N(0)) h0(.i({a[0], ~a[2]}), .o(z[1:0]));
  cell2 #(.N(1)) h1(.i({a[1], ~a[3]}), .o(z[3:2]));
  always @(posedge gclk or posedge rst) begin if (rst) q <= 0; else q <= a + q; end
endmodule
"""
RIGHT_BOXES = {
    "itself": BOXED,
    "other names": BOXED.replace("u_icg", "u_gate").replace("gclk", "gated"),
    "without hierarchy": FLAT,
    "an escaped name": BOXED.replace("u_icg", "\\u.icg "),
    "a struct with a member of an instance's name": BOXED.replace(
        "  lane l0", "  struct packed {logic u_icg; logic b;} s;\n  assign s.u_icg = 1;\n  lane l0"
    ),
    "a pin left open": BOXED.replace(".te(1'b0)", ".te(1'b0), .spare()"),
}
WRONG_BOXES = {
    "another enable": (BOXED.replace(".en(a[0])", ".en(a[1])"), {"u_icg.en"}),
    "another constant": (BOXED.replace(".te(1'b0)", ".te(1'b1)"), {"u_icg.te"}),
    "the clock inverted": (BOXED.replace(".ck(clk)", ".ck(~clk)"), {"u_icg.ck"}),
    "the box's output unused": (BOXED.replace("posedge gclk", "posedge clk"), {"q"}),
    "the box's output inverted": (BOXED.replace("posedge gclk", "negedge gclk"), {"q"}),
    "pins swapped": (BOXED.replace("{a[g], ~a[g + 2]}", "{a[1 - g], ~a[3 - g]}"), {"l0.half[0].u.i", "l0.half[1].u.i"}),
    "outputs swapped": (BOXED.replace("z[2 * g +: 2]", "z[2 - 2 * g +: 2]"), {"z"}),
    "a second driver": (BOXED.replace("  lane l0", "  assign gclk = clk & a[0];\n  lane l0"), {"q"}),
}
UNLIKE_BOXES = {
    "a value": (
        BOXED.replace(".MODE(2)", ".MODE(3)"),
        "parameter MODE of instance u_icg (icg) is 3, and 2 is expected",
    ),
    "no parameters": (
        BOXED.replace('#(.MODE(2), .NAME("x"))', ""),
        "the parameters of instance u_icg (icg) are not those that are expected",
    ),
    "a pin less": (BOXED.replace(", .te(1'b0)", ""), "pin 'te' of instance u_icg (icg) is not connected"),
    "a pin open": (BOXED.replace(".te(1'b0)", ".te()"), "pin 'te' of instance u_icg (icg) is not connected"),
    "a pin more": (
        BOXED.replace(".te(1'b0)", ".te(1'b0), .zz(a)"),
        "pin 'zz' of instance u_icg (icg) is connected, which is not expected",
    ),
    "a wide pin": (BOXED.replace(".en(a[0])", ".en(a[1:0])"), "pin 'en' of instance u_icg (icg) has 2 bits, and not 1"),
    "no box": (
        BOXED.replace(INSTANCE, "assign gclk = clk & a[0];"),
        "unknown module 'icg' is instantiated 0 times, and once is expected",
    ),
    "another box": (
        BOXED.replace("  lane l0", "  other o(.a(a));\n  lane l0"),
        "unknown module 'other' is instantiated once, and 0 times is expected",
    ),
    "fewer": (BOXED.replace("g < 2", "g < 1"), "unknown module 'cell2' is instantiated once, and 2 times is expected"),
    "defined": (
        BOXED + "module cell2 #(parameter N = 0)(input [1:0] i, output [1:0] o); assign o = i; endmodule\n",
        "module 'cell2' is defined, but it is a black box: it is to be instantiated",
    ),
    "driven from outside": (
        BOXED.replace("  lane l0", "  assign u_icg.gck = 1'b0;\n  lane l0"),
        "hierarchical name u_icg.gck reaches into a black box",
    ),
    "a parameter from outside": (
        BOXED.replace("  lane l0", "  defparam u_icg.MODE = 3;\n  lane l0"),
        "hierarchical name u_icg.MODE reaches into a black box",
    ),
    "an array": (
        BOXED.replace("u_icg(", "u_icg[0:0]("),
        "instance u_icg of 'icg' is in an array, or not every pin is connected by itself",
    ),
}

ROM = """module rom #(parameter F = "a.hex")(input clk, input [1:0] i, output reg [7:0] o);
  reg [7:0] m [0:3];
  initial if (F != "") $readmemh(F, m); else $display("none");
  always @(posedge clk) o <= m[i];
endmodule
module top(input clk, input [1:0] i, output [7:0] o, output [3:0] q);
  localparam G = {"b", ".hex"};
  rom #(.F(G)) u(clk, i, o);
  reg [3:0] k [7:4];
  initial $readmemb("x/y/c.mem", k, 5, 6);
  assign q = k[{1'b1, i}];
endmodule
"""
CASES = """module top(input clk, input [1:0] i, output reg [7:0] o, output [3:0] q);
  always @(posedge clk) case (i) 0: o <= 8'h1f; 2: o <= 8'hab; 3: o <= 8'hcd; default o <= 0; endcase
  assign q = i == 1 ? 4'b0101 : i == 2 ? 4'b1010 : 0;
endmodule
"""
FILES = (
    SourceFile(name="b.hex", text="// three words\n1f @2 a_B /* and */ cd\n"),
    SourceFile(name="c.mem", text="0101 1x10 1111\n"),
)


@pytest.fixture(scope="module")
def checker(shared_checker: SharedChecker) -> Checker:
    return shared_checker(CheckSettings(cycles=100))


def check(checker: Checker, candidate: str, task: Problem) -> Verdict:
    return checker.check(Candidate(source=candidate, rule="given"), task)


def wrong_outputs(verdict: Verdict) -> set[str]:
    return {signal.name for signal in verdict.signals if signal.mismatches}


@pytest.mark.parametrize("name", RIGHT_PADS)
def test_a_right_inout_passes_however_it_is_driven(checker: Checker, name: str) -> None:
    verdict = check(checker, RIGHT_PADS[name], problem(PAD, "pad"))
    assert verdict.status is Status.PASSED, verdict.diagnostics
    assert [signal.name for signal in verdict.signals] == ["p", "q"]


@pytest.mark.parametrize("name", ["itself", "a bit at a time"])
def test_an_inout_that_is_driven_plainly_is_proved(checker: Checker, name: str) -> None:
    verdict = check(checker, RIGHT_PADS[name], problem(PAD, "pad"))
    assert verdict.equivalence is not None
    assert verdict.equivalence.result is Proof.EQUIVALENT, verdict.equivalence.reason
    assert verdict.diagnostics == ()


def test_a_proof_finds_an_enable_that_simulation_misses(checker: Checker) -> None:
    wide = "module pad(inout p, input [31:0] a, input d);\n  assign p = a[0] ? d : 1'bz;\nendmodule\n"
    verdict = check(checker, wide.replace("a[0] ?", "a[0] || a == 32'h1234beee ?"), problem(wide, "pad"))
    assert (verdict.status, wrong_outputs(verdict)) == (Status.MISMATCH, {"p"})


@pytest.mark.parametrize("name", WRONG_PADS)
def test_an_inout_of_another_value_or_enable_fails(checker: Checker, name: str) -> None:
    text, wrong = WRONG_PADS[name]
    verdict = check(checker, text, problem(PAD, "pad"))
    assert (verdict.status, wrong_outputs(verdict)) == (Status.MISMATCH, wrong)


@pytest.mark.parametrize("text", UNFIT_PADS)
def test_what_is_no_inout_or_reaches_outside_is_refused(checker: Checker, text: str) -> None:
    assert check(checker, text, problem(PAD, "pad")).status is UNFIT_PADS[text]


@pytest.mark.parametrize("name", RIGHT_BOXES)
def test_a_box_that_is_instantiated_alike_is_proved(checker: Checker, name: str) -> None:
    verdict = check(checker, RIGHT_BOXES[name], problem(BOXED, "top"))
    assert verdict.status is Status.PASSED, verdict.diagnostics
    assert verdict.equivalence is not None
    assert verdict.equivalence.result is Proof.EQUIVALENT, verdict.equivalence.reason


@pytest.mark.parametrize("name", WRONG_BOXES)
def test_other_values_on_pins_fail_under_the_pins_name(checker: Checker, name: str) -> None:
    text, wrong = WRONG_BOXES[name]
    verdict = check(checker, text, problem(BOXED, "top"))
    assert (verdict.status, wrong_outputs(verdict)) == (Status.MISMATCH, wrong)


@pytest.mark.parametrize("name", UNLIKE_BOXES)
def test_a_box_that_is_instantiated_otherwise_is_no_match(checker: Checker, name: str) -> None:
    text, message = UNLIKE_BOXES[name]
    verdict = check(checker, text, problem(BOXED, "top"))
    assert verdict.status is Status.INTERFACE_MISMATCH
    assert message in [item.message for item in verdict.diagnostics]


def test_no_box_is_gained_where_the_reference_has_none(checker: Checker) -> None:
    whole = "module top(input a, output z);\n  assign z = ~a;\nendmodule\n"
    boxed = "module top(input a, output z);\n  inverter u(.a(a), .z(z));\nendmodule\n"
    assert check(checker, boxed, problem(whole, "top")).status is Status.ELABORATION_ERROR


def test_the_output_of_a_box_may_be_a_clock(checker: Checker) -> None:
    reference = checker.prepare(problem(BOXED, "top"))
    assert [clock.port for clock in reference.interface.clocks] == ["u_icg.gck"]
    assert [reset.port for reset in reference.interface.resets] == ["rst"]


def test_stated_outputs_tell_what_the_text_does_not(checker: Checker) -> None:
    chain = (
        "module top(input a, output z);\n  wire w;\n  first x(.i(a), .o(w));\n  second y(.i(w), .o(z));\nendmodule\n"
    )
    with pytest.raises(
        BadReferenceError, match=r":4: cannot tell whether pin 'i' of the unknown module 'second' is an"
    ):
        checker.prepare(problem(chain, "top"))
    stated = (BoxOutputs(module="second", outputs=("o",)), BoxOutputs(module="first", outputs=("o",)))
    assert check(checker, chain, problem(chain, "top", box_outputs=stated)).status is Status.PASSED
    wrong = chain.replace(".i(w)", ".i(a)")
    assert wrong_outputs(check(checker, wrong, problem(chain, "top", box_outputs=stated))) == {"y.i"}


def test_a_memory_loaded_from_a_file_is_proved_equal_to_its_table(checker: Checker) -> None:
    task = problem(ROM, "top", given=FILES)
    for text in (ROM, CASES, ROM.replace("x/y/c.mem", "c.mem")):
        verdict = check(checker, text, task)
        assert verdict.status is Status.PASSED, verdict.diagnostics
        assert verdict.equivalence is not None
        assert verdict.equivalence.result is Proof.EQUIVALENT, verdict.equivalence.reason


def test_another_table_order_or_file_fails(checker: Checker) -> None:
    task = problem(ROM, "top", given=FILES)
    assert wrong_outputs(check(checker, CASES.replace("hcd", "hcc"), task)) == {"o"}
    assert wrong_outputs(check(checker, ROM.replace("k, 5, 6", "k, 6, 5"), task)) == {"q"}
    for text in (ROM.replace('{"b", ".hex"}', '"/etc/passwd"'), ROM.replace("$readmemb", "$writememb")):
        assert check(checker, text, task).status is Status.REJECTED


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ((), r":3: \$readmemh needs the file 'b.hex', which is not given"),
        (FILES[:1], r":10: \$readmemb needs the file 'x/y/c.mem', which is not given"),
        (
            (SourceFile(name="b.hex", text="1 zz q"), FILES[1]),
            r":3: \$readmemh cannot load b.hex: q is no word of base 16",
        ),
        ((SourceFile(name="b.hex", text="@9 1"), FILES[1]), r":3: \$readmemh loads a file with the address @9"),
    ],
)
def test_a_reference_whose_file_is_missing_or_broken_is_refused(
    checker: Checker, files: tuple[SourceFile, ...], message: str
) -> None:
    with pytest.raises(BadReferenceError, match=message):
        checker.prepare(problem(ROM, "top", given=files))
