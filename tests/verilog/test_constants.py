"""Constants that a reference compares its inputs with."""

import pytest

from pytest_rtlgen.records import SourceFile
from pytest_rtlgen.verilog.constants import mine_constants

HELPER = "module helper(input [15:0] z, output w); assign w = z == 16'h1234; endmodule\n"

BODIES = [
    ("case (k) 16'h1c: y = 1; 16'h23: y = 2; default: y = 0; endcase", [("k", 16, 0x1C), ("k", 16, 0x23)]),
    ("y = k == KEY;", [("k", 16, 0xBEEF)]),
    ("y = k == 500;", [("k", 16, 500)]),
    ("y = 16'd1000 > k;", [("k", 16, 1000)]),
    ("y = k[15:8] == 8'h5a;", [("k", 16, 0x5A00)]),
    ("y = r[8:15] == 8'h5a;", [("r", 16, 0x5A)]),
    ("y = {j, k} == 20'habcde;", [("k", 16, 0xBCDE), ("j", 4, 0xA)]),
    ("case ({j, k[3:0]}) 8'h35: y = 1; default: y = 0; endcase", [("k", 16, 5), ("j", 4, 3)]),
    ("y = k inside {[16'd100:16'd200], 16'd7};", [("k", 16, 100), ("k", 16, 200), ("k", 16, 7)]),
    ("casez (k) 16'b1???_0000_0000_0001: y = 1; default: y = 0; endcase", [("k", 16, 0x8001)]),
    ("y = $signed(k) < -16'sd5;", [(None, 16, 0xFFFB)]),
    ("case (1'b1) k == 16'h42: y = 1; default: y = 0; endcase", [("k", 16, 0x42)]),
    ("y = k == A;", [("k", 16, 0x99)]),
    ("y = alias_k == 16'h55;", [("k", 16, 0x55)]),
    ("begin c = k; y = c == 16'h77; end", [(None, 16, 0x77)]),
    ("y = k + 16'd9;", []),
    ("y = k == {j, j, j, j};", []),
]


@pytest.mark.parametrize(("body", "expected"), BODIES, ids=[row[0][:40] for row in BODIES])
def test_constants(body: str, expected: list[tuple[str | None, int, int]]) -> None:
    text = (
        "module top(input [3:0] j, input [15:0] k, input [0:15] r, output reg [3:0] y);\n"
        "localparam KEY = 16'hbeef;\ntypedef enum logic [15:0] {A = 16'h99} e;\nreg [15:0] c;\n"
        f"wire [15:0] alias_k = k;\nalways @* {body}\nendmodule\n"
    )
    found = mine_constants(SourceFile(name="ref.sv", text=text), "top")
    assert [(hint.port, hint.width, hint.value) for hint in found] == expected


def test_a_submodule_s_constant_belongs_to_the_input_it_is_wired_to() -> None:
    text = HELPER + "module top(input [15:0] k, output y); helper u(.z(k), .w(y)); endmodule"
    found = mine_constants(SourceFile(name="ref.sv", text=text), "top")
    assert [(hint.port, hint.value) for hint in found] == [("k", 0x1234)]


def test_no_such_module_has_no_constants() -> None:
    assert mine_constants(SourceFile(name="ref.sv", text=HELPER), "top") == ()
