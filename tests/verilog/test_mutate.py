"""Mutants of a text: which mistakes are made, that they parse, and that a seed fixes them."""

import pytest
from builders import COUNTER

from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.records import SourceFile
from pytest_rtlgen.verilog.mutate import list_mutants
from pytest_rtlgen.verilog.mutation_edits import list_neighbours
from pytest_rtlgen.verilog.syntax import parse_text

ASYNC = """\
module t(input clk, input rst_n, input [3:0] a, output reg [3:0] q, output y);
  wire [3:0] b = ~a;
  assign y = a[1] ? &b : b[0];
  always @(posedge clk or negedge rst_n)
    if (!rst_n) q <= 4'd0;
    else case (a[1:0]) 2'd0: q <= b; default: q <= a; endcase
endmodule
"""


def source(text: str) -> SourceFile:
    return SourceFile(name="t.sv", text=text)


@pytest.mark.parametrize(
    ("operator", "before", "after"),
    [
        ("drop from sensitivity", "posedge clk or negedge rst_n", "posedge clk"),
        ("edge", "negedge", "posedge"),
        ("drop negation", "!", ""),
        ("negate condition", "a[1]", "!(a[1])"),
        ("constant", "4'd0", "4'd1"),
        ("index", "1", "2"),
        ("index", "1:0", "2:1"),
        ("name", "b", "a"),
        ("reduction", "&", "|"),
        ("stuck at 0", "~a", "'0"),
        ("drop assignment", "q <= b;", ";"),
        ("drop case item", "2'd0: q <= b;", ""),
        ("narrower", "3", "2"),
    ],
)
def test_a_mistake_of_each_kind(operator: str, before: str, after: str) -> None:
    found = {(item.operator, item.before, item.after) for item in list_mutants(source(ASYNC), "t")}
    assert (operator, before, after) in found


def test_mutants_differ_from_the_text_and_each_other_and_parse() -> None:
    mutants = list_mutants(source(COUNTER), "counter")
    texts = [item.source for item in mutants]
    assert len(set(texts)) == len(texts) > 30
    assert COUNTER not in texts
    assert not any(item.isError() for text in texts for item in parse_text(text).tree.diagnostics)


def test_a_seed_fixes_a_sample_that_spreads_over_operators() -> None:
    one, again, other = (list_mutants(source(COUNTER), "counter", limit=8, seed=seed) for seed in (1, 1, 2))
    assert one == again != other
    assert len({item.operator for item in one}) == 8


def test_offsets_hold_behind_letters_of_two_bytes() -> None:
    mutants = list_mutants(source("// é\n" + ASYNC), "t")
    assert ("drop negation", "!", "") in {(item.operator, item.before, item.after) for item in mutants}


@pytest.mark.parametrize(
    ("literal", "neighbours"),
    [
        ("0", ("1",)),
        ("5", ("6", "4", "0")),
        ("'0", ("'1",)),
        ("1'b0", ("1'b1",)),
        ("4'd9", ("4'd10", "4'd8", "4'd0", "4'd1", "4'd13")),
        ("4'bxx", ()),
    ],
)
def test_neighbours_of_a_constant(literal: str, neighbours: tuple[str, ...]) -> None:
    assert list_neighbours(literal) == neighbours


def test_a_text_that_does_not_parse_is_refused() -> None:
    with pytest.raises(BadReferenceError, match=r"t\.sv:1: "):
        list_mutants(source("module t(; endmodule"), "t")
