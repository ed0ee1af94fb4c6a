"""Modules that a design does not use are left out, line by line."""

import pytest

from pytest_rtlgen.verilog.syntax import parse_text
from pytest_rtlgen.verilog.unused import leave_out_unused

CHAIN = "module low; endmodule\nmodule mid;\nlow u();\nendmodule\nmodule top;\nmid u();\nendmodule\n"
BENCH = "module bench;\ntop u();\ninitial $finish;\nendmodule\n"


def unused(text: str, top: str) -> str:
    return leave_out_unused(text, parse_text(text), top)


def test_a_testbench_after_the_answer_is_blanked() -> None:
    blanks = "\n".join(" " * len(line) for line in BENCH.splitlines())
    assert unused(CHAIN + BENCH + "\n", "top") == CHAIN + blanks + "\n\n"


def test_modules_below_the_top_are_kept() -> None:
    assert unused(CHAIN, "top") == CHAIN


def test_modules_above_the_top_are_not() -> None:
    assert "module top" not in unused(CHAIN, "mid")
    assert "module low" in unused(CHAIN, "mid")


@pytest.mark.parametrize("rest", ["bind top helper h();\n", "import helper::*;\n"])
def test_a_module_that_is_named_outside_all_modules_is_kept(rest: str) -> None:
    assert "module helper" in unused(f"module helper; endmodule\nmodule top; endmodule\n{rest}", "top")


def test_of_two_modules_of_one_name_both_are_judged() -> None:
    text = "module top; endmodule\nmodule top;\ninitial $finish;\nendmodule\n"
    assert unused(text, "top") == text
