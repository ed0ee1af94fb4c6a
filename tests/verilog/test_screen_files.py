"""What a candidate of several files may contain when a benchmark's own tests judge it."""

import re

import pytest

from pytest_rtlgen.records import SourceFile, Status
from pytest_rtlgen.verilog.screen_files import FilesScreening, screen_files

HEADER = SourceFile(name="rtl/widths.svh", text="`ifndef WIDTHS\n`define WIDTHS\n`define W 8\n`endif\n")
CUT = SourceFile(name="rtl/cut.sv", text="`define CUT\nmodule cut(input x);\n")
PLAIN = "module top(input a, output y);\n  assign y = a;\nendmodule\n"


def screen(text: str, *, given: tuple[SourceFile, ...] = (HEADER,), top: str = "top") -> FilesScreening:
    return screen_files([SourceFile(name="rtl/top.sv", text=text)], given, top)


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        f"`timescale 1ns/1ps\n{PLAIN}",
        f'`include "widths.svh"\n{PLAIN.replace("input a", "input [`W-1:0] a")}',
        PLAIN.replace("endmodule", 'initial #500 $display("%m"); assert property (@(posedge a) y); endmodule'),
        PLAIN.replace("a;", "a; // synthesis of a"),
        PLAIN.replace("assign", "half h(.x(a)); assign"),
    ],
    ids=["plain", "timescale", "include", "messages", "comment", "other-module"],
)
def test_what_may_be_run_is_left_as_it_is(text: str) -> None:
    found = screen(text)
    assert (found.status, found.diagnostics) == (None, ())
    assert found.files == (SourceFile(name="rtl/top.sv", text=text),)


@pytest.mark.parametrize(
    ("addition", "message", "line"),
    [
        ('integer f = $fopen("results.xml");', "system task $fopen", 3),
        ("initial $finish;", "system task $finish", 3),
        ("initial force tb.x = 1;", "force", 3),
        ("assign z = $root.tb.x;", "$root, the top of the simulation", 3),
        ("assign z = other.x;", "hierarchical name other.x", 3),
        ('import "DPI-C" function int f();', "DPI import or export: foreign code", 3),
        ("`ifdef __ICARUS__\ninitial $finish;\n`endif\n", "system task $finish in a macro", 4),
        ('`include "/src/test_top.py"\n', "compiler directive `include", 3),
        ('`include "../rtl/widths.svh"\n', "compiler directive `include", 3),
    ],
)
def test_what_reaches_out_is_refused_with_its_line(addition: str, message: str, line: int) -> None:
    found = screen(PLAIN.replace("endmodule", f"{addition} endmodule"))
    assert found.status is Status.REJECTED
    assert (message, line) in [(item.message, item.line) for item in found.diagnostics]
    assert message in found.findings


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
        ("/* open\n" + PLAIN, Status.SYNTAX_ERROR, "block comment is never closed"),
        (PLAIN.replace("top", "pot"), Status.INTERFACE_MISMATCH, "module 'top' is missing; found 'pot'"),
        ("wire x;\n", Status.INTERFACE_MISMATCH, "module 'top' is missing; found no module"),
        (PLAIN + "\x07", Status.REJECTED, r"control character U\+0007"),
    ],
)
def test_what_cannot_be_read_is_told(text: str, status: Status, message: str) -> None:
    found = screen(text)
    assert found.status is status
    assert re.search(message, found.diagnostics[0].message)


def test_the_wanted_module_may_be_given() -> None:
    given = SourceFile(name="rtl/wrapper.sv", text=PLAIN)
    assert screen(PLAIN.replace("top", "inner"), given=(given,)).status is None


def test_given_text_that_is_cut_swallows_nothing() -> None:
    assert screen(PLAIN, given=(CUT,)).status is None


def test_what_reads_no_further_cannot_be_tolerated() -> None:
    assert screen("`define A `define B\n" + PLAIN.replace("endmodule", "initial $finish; endmodule")).findings == ()
