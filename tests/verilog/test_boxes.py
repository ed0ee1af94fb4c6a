"""Black boxes: which pins are inputs and which outputs, and where a text does not tell."""

import pytest

from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.records import BoxOutputs, Direction, SourceFile
from pytest_rtlgen.verilog.boxes import read_boxes

CHILD = "module child(input a, output b); assign b = ~a; endmodule\n"

# The body of module t(input [1:0] a, input c, inout p, output [1:0] z), and the pins of each box: + is an output.
DIRECTIONS = {
    "a port in, a port out": ("A x(.i(a), .o(z));", ["i +o"]),
    "by position": ("A x(a, z);", ["1 +2"]),
    "an expression": ("A x(.i(a + 1), .e(1'b1), .o(z));", ["i e +o"]),
    "one bit each of a net": ("wire [1:0] w; assign w[0] = c; A x(.i(w[0]), .o(w[1])); assign z = w;", ["i +o"]),
    "a slice": ("wire [3:0] w; assign w[3:2] = a; A x(.i(w[2 +: 2]), .o(w[1:0])); assign z = w;", ["i +o"]),
    "a concatenation": ("wire m, n; A x(.i({c, c}), .o({m, n})); assign z = {n, m};", ["i +o"]),
    "a register": ("reg r; always @(posedge c) r <= a[0]; A x(.i(r), .o(z));", ["i +o"]),
    "another module": ("wire w; child u(a[0], w); A x(.i(w), .o(z));", ["i +o"]),
    "a gate": ("wire w; not (w, c); A x(.i(w), .o(z));", ["i +o"]),
    "a net with a value": ("wire w = c; A x(.i(w), .o(z));", ["i +o"]),
    "told by another instance": ("wire w; A x(.i(c), .o(w)); A y(.i(w), .o(z));", ["i +o", "i +o"]),
    "an undeclared net": ("A x(.i(c), .o(w)); assign z = w;", ["i +o"]),
    "a generated part": ("for (genvar g = 0; g < 2; g++) begin : s A x(.i(a[g]), .o(z[g])); end", ["i +o", "i +o"]),
    "a branch that is not taken": ("if (0) begin A x(.i(a), .o(z)); end else assign z = ~a;", []),
}  # fmt: skip


def read(body: str, *stated: BoxOutputs) -> list[str]:
    text = f"{CHILD}module t(input [1:0] a, input c, inout p, output [1:0] z);\n{body}\nendmodule\n"
    boxes = read_boxes(SourceFile(name="t.v", text=text), "t", stated)
    marks = {Direction.INPUT: "", Direction.OUTPUT: "+"}
    return [" ".join(f"{marks[pin.direction]}{pin.name}" for pin in box.pins) for box in boxes]


@pytest.mark.parametrize("name", DIRECTIONS)
def test_what_else_drives_a_pin_tells_its_direction(name: str) -> None:
    body, pins = DIRECTIONS[name]
    assert read(body) == pins


def test_a_box_is_known_by_path_parameters_and_open_pins() -> None:
    text = "module t(input a, output z);\n  A #(.W(3 + 1), .M(4'd2)) x(.i(a), .o(z), .spare());\nendmodule\n"
    (box,) = read_boxes(SourceFile(name="t.v", text=text), "t")
    assert (box.module, box.path, box.open_pins) == ("A", "x", ("spare",))
    assert box.parameters == (("M", "2"), ("W", "4"))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "wire w; A x(.i(c), .o(w)); B y(.i(w), .o(z));",
            r"^t\.v:3: cannot tell whether pin 'i' of the unknown module 'B'",
        ),
        (
            "A x(.i(c), .io(p));",
            r"^t\.v:3: cannot tell whether pin 'io' of the unknown module 'A' is an input or an outp",
        ),
        (
            "A x(.*);",
            r"^t\.v:3: unknown module 'A' in an array, with \.\* or with an escaped name; connect each pin of",
        ),
        ("A x[1:0](.i(a), .o(z));", r"^t\.v:3: unknown module 'A' in an array, with \.\*"),
        (
            "A x(.i(c), .o(z)); defparam x.W = 1;",
            r"^t\.v:3: x\.W reaches into an unknown module; give the module's text",
        ),
    ],
)
def test_what_does_not_tell_is_refused_with_its_line(body: str, message: str) -> None:
    with pytest.raises(BadReferenceError, match=message):
        read(body)


def test_stated_outputs_must_be_there() -> None:
    assert read("B x(.i(c), .io(z));", BoxOutputs(module="B", outputs=("io",))) == ["i +io"]
    with pytest.raises(BadReferenceError, match=r"connects no pin 'q' of 'B'; state the pins that it connects: i, io"):
        read("B x(.i(c), .io(z));", BoxOutputs(module="B", outputs=("q",)))
    with pytest.raises(BadReferenceError, match=r"has no unknown module 'C'; remove its \[\[blackbox\]\]"):
        read("B x(.i(c), .o(z));", BoxOutputs(module="C", outputs=("q",)))
