"""A module under another name."""

import pytest

from pytest_rtlgen.errors import RenameError
from pytest_rtlgen.verilog.rename import rename_module

TRICKY = """\
// RefModule is the reference
`timescale 1ns/1ps
`define RefModule 1
/* module RefModule (input a); endmodule */
module RefModule #(parameter N = 4) (input [N-1:0] a, output y, output RefModule_y);
  wire \\RefModule ;
  wire my_RefModule, RefModule$x;
  assign y = ^a & `RefModule & 4'hA;
  assign RefModule_y = y;
  initial $display("RefModule \\" RefModule");
endmodule : RefModule
module top; RefModule #(.N(2)) RefModule_i (.a(2'b0), .RefModule(z)); endmodule
"""
RENAMED = """\
// RefModule is the reference
`timescale 1ns/1ps
`define RefModule 1
/* module RefModule (input a); endmodule */
module TopModule #(parameter N = 4) (input [N-1:0] a, output y, output RefModule_y);
  wire \\RefModule ;
  wire my_RefModule, RefModule$x;
  assign y = ^a & `RefModule & 4'hA;
  assign RefModule_y = y;
  initial $display("RefModule \\" RefModule");
endmodule : TopModule
module top; TopModule #(.N(2)) RefModule_i (.a(2'b0), .RefModule(z)); endmodule
"""


def test_a_module_is_renamed_where_its_name_is_meant_and_nowhere_else() -> None:
    assert rename_module(TRICKY, "RefModule", "TopModule") == RENAMED


@pytest.mark.parametrize(
    ("text", "renamed"),
    [
        ("module a; endmodule", "module b; endmodule"),
        ("macromodule a; endmodule", "macromodule b; endmodule"),
        ("module automatic a; endmodule", "module automatic b; endmodule"),
        ("module/**/a;endmodule:a", "module/**/b;endmodule:b"),
        ("module a; endmodule /* a", "module b; endmodule /* a"),
        ("module a; wire [3:0] x = 'ha; endmodule", "module b; wire [3:0] x = 'ha; endmodule"),
        ("module a; wire [3:0] x = 4 'h a; endmodule", "module b; wire [3:0] x = 4 'h a; endmodule"),
        ("`ifdef a\n`endif\nmodule a; endmodule", "`ifdef a\n`endif\nmodule b; endmodule"),
        ('module a; initial $display("""a "a" """); endmodule', 'module b; initial $display("""a "a" """); endmodule'),
    ],
)
def test_corners_of_the_language(text: str, renamed: str) -> None:
    assert rename_module(text, "a", "b") == renamed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("// module a\nmodule c; endmodule", "no module 'a' is defined"),
        ("module a; endmodule module b; endmodule", "'a' cannot be renamed: there is a module 'b' already"),
    ],
)
def test_a_name_that_cannot_be_given_is_an_error(text: str, message: str) -> None:
    with pytest.raises(RenameError, match=message):
        rename_module(text, "a", "b")
