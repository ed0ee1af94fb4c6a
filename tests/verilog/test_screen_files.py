"""What a candidate of several files may contain when a benchmark's own tests judge it."""

import re
from typing import Any

import pytest

from pytest_rtlgen.records import FindingKind, Severity, SourceFile, Status
from pytest_rtlgen.verilog.canonical import preprocessor_options
from pytest_rtlgen.verilog.screen_files import Construct, FilesScreening, screen_files
from pytest_rtlgen.verilog.syntax import parse_text

HEADER = SourceFile(name="rtl/widths.svh", text="`ifndef WIDTHS\n`define WIDTHS\n`define W 8\n`endif\n")
CUT = SourceFile(name="rtl/cut.sv", text="`define CUT\nmodule cut(input x);\n")
PLAIN = "module top(input a, output y);\n  assign y = a;\nendmodule\n"
WIDE = PLAIN.replace("input a", "input [`W-1:0] a")


def screen(text: str, *, given: tuple[SourceFile, ...] = (HEADER,), top: str = "top") -> FilesScreening:
    return screen_files([SourceFile(name="rtl/top.sv", text=text)], given, top)


def compile_text(text: str, **options: Any) -> str:
    """Return what is handed on of a text that may be compiled."""
    found = screen(text, **options)
    assert found.status is None, found.diagnostics
    (file,) = found.files
    assert file.name == "rtl/top.sv"
    return file.text


@pytest.mark.parametrize(
    "text",
    [PLAIN, PLAIN.replace("assign", "half h(.x(a)); assign"), f"`timescale 1ns / 1ps\n{PLAIN}"],
    ids=["plain", "other-module", "timescale"],
)
def test_plain_text_is_left_as_it_is(text: str) -> None:
    assert compile_text(text) == text
    assert screen(text).diagnostics == ()


@pytest.mark.parametrize(
    "text",
    [
        f'`include "widths.svh"\n{WIDE}',
        f'`include "../rtl/widths.svh" // the widths\n{WIDE}',
        f'  `include "rtl/widths.svh"\n{WIDE}',
        f'`ifdef NONE\n`include "/etc/passwd"\n`endif\n`include "elsewhere/widths.svh"\n{WIDE}',
        f"// without naming the header\n{WIDE}",
        f"`timescale 1ns/1ps\n`define V 8\n{WIDE.replace('`W', '`V')}",
        f'/* `include "none.svh" */ wire x;\n{WIDE.replace("`W", "8")}',
    ],
    ids=["beside", "up", "from-the-work-folder", "by-name", "given-macro", "own-macro", "comment"],
)
def test_what_is_handed_on_leaves_a_preprocessor_nothing_to_do(text: str) -> None:
    plain = compile_text(text)
    assert re.findall(r"`(?!timescale 1ns / 1ps)|//|/\*", plain) == []
    (place,) = [number for number, line in enumerate(plain.split("\n")) if line.startswith("module top")]
    assert text.split("\n")[place].startswith("module top")
    assert re.search(r"input \[ ?8 ?-1:0\] a", plain)


def test_what_an_inclusion_brings_stands_on_its_line() -> None:
    header = SourceFile(name="rtl/half.svh", text="function half(input x);\n  half = x;\nendfunction\n")
    text = 'module top(input a, output y);\n`include "half.svh"\n  assign y = half(a);\nendmodule\n'
    lines = compile_text(text, given=(header,)).split("\n")
    assert lines[1].split() == ["function", "half(input", "x);", "half", "=", "x;", "endfunction"]
    assert lines[2] == "  assign y = half(a);"


def test_a_net_type_that_an_inclusion_brings_stands_on_a_line_of_its_own() -> None:
    header = SourceFile(name="rtl/strict.svh", text="wire w;\n`default_nettype none\nwire v;\n")
    text = compile_text(f'`include "strict.svh"\n{PLAIN}', given=(header,))
    assert [line.strip() for line in text.split("\n")[:3]] == ["wire w;", "`default_nettype none", "wire v;"]


def test_an_inclusion_decides_what_follows() -> None:
    header = SourceFile(name="rtl/on.svh", text="`define ON\n")
    text = f'`include "on.svh"\n`ifdef ON\n`include "/etc/hostname"\n`endif\n{PLAIN}'
    found = screen(text, given=(header,))
    assert [(item.message, item.line) for item in found.diagnostics] == [("compiler directive `include", 3)]


def test_messages_are_left_out_with_a_note() -> None:
    text = PLAIN.replace("endmodule", 'initial #500 $display("%m"); assert property (@(posedge a) y); endmodule')
    assert "display" not in compile_text(text)
    (note,) = screen(text).diagnostics
    assert note.severity is Severity.NOTE
    assert note.message.endswith("$display (line 3); assertion (line 3)")


def test_a_branch_that_held_a_message_does_not_take_the_next_item() -> None:
    text = 'module top(input a, output y);\n  if (1) initial $display("x");\n  assign y = a;\nendmodule\n'
    assert re.search(r"if \(1\) begin end\s+assign y", compile_text(text))


@pytest.mark.parametrize(
    "addition",
    ["wire t = $time > 5;", "wire t = a === 1'bx;", "initial fork q = 0; join", "integer r = $random;"],
)
def test_what_only_a_proof_cannot_bear_may_be_run(addition: str) -> None:
    assert addition in compile_text(PLAIN.replace("endmodule", f"reg q; {addition} endmodule"))


@pytest.mark.parametrize(
    ("addition", "message", "line"),
    [
        ('integer f = $fopen("results.xml");', "system task $fopen", 3),
        ("initial $finish;", "system task $finish", 3),
        ("initial force tb.x = 1;", "force", 3),
        ("assign z = $root.tb.x;", "$root, the top of the simulation", 3),
        ("assign z = other.x;", "hierarchical name other.x", 3),
        ('import "DPI-C" function int f();', "DPI import: foreign code", 3),
        ("`define F $finish\n\ninitial `F;", "system task $finish", 5),
        ('`include "/src/test_top.py"\n', "compiler directive `include", 3),
        ('`include "../../rtl/widths.svh"\n', "compiler directive `include", 3),
        ('`include "../hidden/widths.svh"\n', "compiler directive `include", 3),
        ("`include <widths.svh>\n", "compiler directive `include", 3),
        ('`define H "widths.svh"\n`include `H\n', "compiler directive `include", 4),
        ('`define I `include "widths.svh"\n`I\n', "compiler directive `include", 4),
        ('`define I `inc``lude "/etc/passwd"\n`I\n', "compiler directive `include", 4),
        ("`pragma protect\n", "compiler directive `pragma", 3),
    ],
)
def test_what_reaches_out_is_refused_with_its_line(addition: str, message: str, line: int) -> None:
    found = screen(PLAIN.replace("endmodule", f"{addition} endmodule"))
    assert found.status is Status.REJECTED
    assert (message, line) in [(item.message, item.line) for item in found.diagnostics]


def test_a_string_that_looks_like_an_inclusion_hides_nothing() -> None:
    text = PLAIN.replace("endmodule", 'initial $display("`include " ); initial $finish; //top.sv" ");\nendmodule')
    found = screen(text)
    assert [(item.message, item.line) for item in found.diagnostics] == [("system task $finish", 3)]


def test_constructs_are_told_by_kind_and_name() -> None:
    found = screen(PLAIN.replace("endmodule", "initial $finish; initial $finish; initial force b = 1; endmodule"))
    assert found.constructs == (
        Construct(kind=FindingKind.CONSTRUCT, name="force"),
        Construct(kind=FindingKind.ENDING, name="$finish"),
    )
    assert "initial $finish;" in found.files[0].text  # for who tolerates it


def test_text_that_only_one_reader_sees_is_blanked() -> None:
    found = screen(PLAIN.replace("endmodule", "`ifdef __ICARUS__\nassign y = 1;\n`endif\nendmodule"))
    assert found.status is None
    assert "assign y = 1" not in found.files[0].text
    assert found.files[0].text.count("\n") == 6


def test_findings_are_told_with_their_file() -> None:
    files = [
        SourceFile(name="a.sv", text=PLAIN),
        SourceFile(name="b.sv", text="module b;\n  initial $finish;\nendmodule\n"),
    ]
    (item,) = screen_files(files, (HEADER,), "top").diagnostics
    assert (item.message, item.line) == ("b.sv: system task $finish", 2)


@pytest.mark.parametrize(
    ("text", "status", "message"),
    [
        ("module top(; endmodule\n", Status.SYNTAX_ERROR, r"expected"),
        ("/* open\n" + PLAIN, Status.SYNTAX_ERROR, "block comment unclosed"),
        (PLAIN.replace("top", "pot"), Status.INTERFACE_MISMATCH, "module 'top' is missing; found 'pot'"),
        ("wire x;\n", Status.INTERFACE_MISMATCH, "module 'top' is missing; found no module"),
        (PLAIN + "\x07", Status.REJECTED, r"control character U\+0007"),
    ],
)
def test_what_cannot_be_read_is_told(text: str, status: Status, message: str) -> None:
    found = screen(text)
    assert found.status is status
    assert re.search(message, found.diagnostics[0].message)


def test_the_expected_module_may_be_given() -> None:
    given = SourceFile(name="rtl/wrapper.sv", text=PLAIN)
    assert screen(PLAIN.replace("top", "inner"), given=(given,)).status is None


def test_given_text_that_is_cut_swallows_nothing() -> None:
    assert screen(PLAIN, given=(CUT,)).status is None


@pytest.mark.parametrize("line", ["`pragma protect", '`include "none.svh"', "wire = ;"])
def test_what_reads_no_further_cannot_be_tolerated(line: str) -> None:
    found = screen(f"{line}\n{PLAIN.replace('endmodule', 'initial $finish; endmodule')}")
    assert found.status is not None
    assert found.constructs == ()


def screen_several(*texts: str, given: str = "", order: tuple[str, ...] = ()) -> FilesScreening:
    """Screen files ``a.sv``, ``b.svh`` and ``c.sv`` beside ``g.sv``."""
    files = [SourceFile(name=name, text=text) for name, text in zip(("a.sv", "b.svh", "c.sv"), texts, strict=False)]
    return screen_files(files, (SourceFile(name="g.sv", text=given),), "", order)


USE = "module a(input [`W-1:0] x); endmodule\n"
GUARDED = "`ifndef B\n`define B\n`define W 4\nfunction f(input x); f = x; endfunction\n`endif\n"


def test_macros_of_an_earlier_file_are_known_to_later_ones() -> None:
    found = screen_several("`define W 3\n", "", USE)
    assert found.files[2].text == "module a(input [ 3 -1:0] x); endmodule\n"
    given = screen_several(USE, given="`define W 5\n")
    assert given.files[0].text == "module a(input [ 5 -1:0] x); endmodule\n"


def test_the_order_of_compilation_is_respected_where_it_is_known() -> None:
    found = screen_several(USE, "", "`define W 3\n", order=("c.sv", "a.sv"))
    assert found.files[0].text == "module a(input [ 3 -1:0] x); endmodule\n"
    assert screen_several(USE, "", "`define W 3\n").status is Status.SYNTAX_ERROR


def test_a_header_of_the_candidate_stands_in_every_file_that_includes_it() -> None:
    found = screen_several(f'`include "b.svh"\n{USE}', GUARDED, f'`include "b.svh"\n{USE.replace(" a(", " c(")}')
    assert [file.text.count("function f") for file in found.files] == [1, 1, 0]
    assert all("[ 4 -1:0]" in found.files[index].text for index in (0, 2))


def test_a_header_that_is_no_text_of_its_own_is_handed_on_where_it_is_included_only() -> None:
    inner = 'module a(\n`include "b.svh"\noutput y); assign y = x; endmodule\n'
    found = screen_several(inner, "input x,\n")
    assert found.status is None
    assert found.files[0].text.split("\n")[1].split() == ["input", "x,"]
    assert found.files[1].text.strip() == ""


@pytest.mark.parametrize(
    ("body", "kept"),
    [("8", "`define W 8"), ("", "`define W"), ("(`V + 1) // nine", "`define W ( 8 + 1 )")],
)
def test_a_value_that_given_files_use_stays_a_macro(body: str, kept: str) -> None:
    header = f"`define V 8\n`define W {body}\n`define UNUSED $finish\n"
    found = screen_several("", header, given='`include "b.svh"\nwire [`W:0] x;\n')
    assert found.status is None
    assert [line.strip() for line in found.files[1].text.split("\n") if line] == [kept]


@pytest.mark.parametrize(
    "definition",
    ["W(x) x", "W 1; initial $finish", 'W $fopen("x")', "W top.x", "W 1, y = 2", "W begin", 'W `"', "W a) + (b"],
)
def test_a_macro_that_given_files_use_and_that_is_more_than_a_value_is_refused(definition: str) -> None:
    found = screen_several("", f"`define {definition}\n", given='`include "b.svh"\nwire [`W:0] x;\n')
    assert found.status is Status.REJECTED
    assert found.constructs == (Construct(kind=FindingKind.MACRO, name="W"),)


def test_a_file_that_is_not_compiled_may_be_a_testbench() -> None:
    bench = "module tb;\n  initial $finish;\nendmodule\n"
    found = screen_several(PLAIN, "", bench, order=("a.sv",))
    assert found.status is None
    assert found.files[2].text == "\n" * bench.count("\n")
    assert screen_several(PLAIN, "", bench, order=("a.sv", "c.sv")).status is Status.REJECTED


def test_escaped_names_are_spelled_alike_in_all_files() -> None:
    found = screen_several("module \\a+b (input x); endmodule\n", "", "module c; \\a+b u(1'b0); endmodule\n")
    name = found.files[0].text.split()[1]
    assert name.isidentifier()
    assert found.files[2].text.split()[2] == name


def test_escaped_names_of_given_files_stay() -> None:
    found = screen_several("module \\a+b (input x); endmodule\n", given="module g; \\a+b u(1'b0); endmodule\n")
    assert found.files[0].text.split()[1] == "\\a+b"


def test_inclusions_without_end_are_refused() -> None:
    found = screen_several('`include "a.sv"\n' + PLAIN)
    assert (found.status, found.diagnostics[0].line) == (Status.RESOURCE_LIMIT, 1)


def test_slang_opens_no_file() -> None:
    counts = [
        len(parse_text(f"{line}module m; endmodule\n", options=preprocessor_options()).manager.getAllBuffers())
        for line in ("", f'`include "{__file__}"\n')
    ]
    assert counts[0] == counts[1]


def test_a_crowd_of_inclusions_and_macros_is_bounded() -> None:
    header = SourceFile(name="b.svh", text="`define X wire x;\n" + "`define Y " + "`X " * 3000 + "\n`Y\n" * 300)
    found = screen_files([SourceFile(name="a.sv", text='`include "b.svh"\n' + PLAIN)], (header,))
    assert found.status is Status.RESOURCE_LIMIT
