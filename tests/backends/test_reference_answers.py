"""References as answers, under the name that the problem asks for."""

import pytest
from builders import COUNTER
from support.asking import collect, request

from pytest_rtlgen.backends import BackendSettings, make_backend
from pytest_rtlgen.errors import BackendError
from pytest_rtlgen.extract import extract_candidate
from pytest_rtlgen.extract.files import extract_files
from pytest_rtlgen.records import CocotbHarness, FinishReason, SourceFile
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
    ("text", "said"),
    [
        ("// module a\nmodule c; endmodule", "no module 'a' is defined"),
        ("module a; endmodule module b; endmodule", "'a' cannot be renamed: there is a module 'b' already"),
    ],
)
def test_a_name_that_cannot_be_given_is_an_error(text: str, said: str) -> None:
    with pytest.raises(BackendError, match=said):
        rename_module(text, "a", "b")


def test_every_sample_is_the_reference_and_extraction_finds_it() -> None:
    got = collect(make_backend("reference:", BackendSettings()), request("counter", 0, 3, reference=COUNTER))
    assert [completion.key.index for completion in got] == [0, 3]
    assert {completion.prompt_digest for completion in got} == {"digest of counter"}
    candidate = extract_candidate(got[0].text, top="counter", finish_reason=FinishReason.STOP)
    assert candidate.source.strip() == COUNTER.strip()


def test_a_reference_of_another_name_answers_under_the_wanted_one() -> None:
    changes = {"reference": TRICKY, "top": "TopModule", "reference_top": "RefModule"}
    (got,) = collect(make_backend("reference:", BackendSettings()), request("p", **changes))
    assert got.text == f"```verilog\n{RENAMED}```\n"


def test_backticks_in_a_reference_do_not_end_the_fence() -> None:
    source = "module counter; // ```\nendmodule"
    (got,) = collect(make_backend("reference:", BackendSettings()), request("counter", reference=source))
    candidate = extract_candidate(got.text, top="counter", finish_reason=FinishReason.STOP)
    assert candidate.source.strip() == source


def test_a_reference_without_its_module_is_named() -> None:
    changes = {"reference": "module other; endmodule", "top": "TopModule", "reference_top": "RefModule"}
    with pytest.raises(BackendError, match=r"^TopModule\.sv: no module 'RefModule' is defined; mend the reference"):
        collect(make_backend("reference:", BackendSettings()), request("p", **changes))


def test_a_published_solution_of_several_files_is_the_answer() -> None:
    files = (SourceFile(name="rtl/top.sv", text=COUNTER), SourceFile(name="rtl/gray.sv", text='// "a"\nmodule gray;'))
    paths = tuple(file.name for file in files)
    asked = request(reference="", harness=CocotbHarness(files=(), targets=paths, solution=files))
    (found,) = collect(make_backend("reference:", BackendSettings()), asked)
    got = extract_files(found.text, paths, "top")
    assert [(file.name, file.text.rstrip()) for file in got] == [(file.name, file.text.rstrip()) for file in files]


def test_a_solution_of_one_file_that_is_only_a_part_is_the_answer_too() -> None:
    part = (SourceFile(name="rtl/part.sv", text=COUNTER),)
    asked = request(reference="", harness=CocotbHarness(files=(), targets=("rtl/part.sv",), solution=part))
    (found,) = collect(make_backend("reference:", BackendSettings()), asked)
    assert extract_candidate(found.text, top="counter").source.strip() == COUNTER.strip()


def test_a_withheld_solution_is_an_answer_without_code() -> None:
    asked = request(reference="", harness=CocotbHarness(files=(), targets=("rtl/part.sv",)))
    (found,) = collect(make_backend("reference:", BackendSettings()), asked)
    assert found.text == "The benchmark withholds its solution.\n"
