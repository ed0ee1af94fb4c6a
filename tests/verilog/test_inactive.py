"""Text that does not count is blanked, line by line, so that every reader sees the same design."""

import pytest

from pytest_rtlgen.verilog.inactive import blank_inactive, blank_unused_modules
from pytest_rtlgen.verilog.syntax import parse_text


def inactive(text: str) -> str:
    return blank_inactive(text, parse_text(text))


def unused(text: str, top: str) -> str:
    return blank_unused_modules(text, parse_text(text), top)


@pytest.mark.parametrize(
    ("text", "gone", "kept"),
    [
        ("`ifdef NEVER\nwire lost;\n`endif\nwire kept;\n", "lost", "wire kept;"),
        ("`ifndef NEVER\nwire kept;\n`else\nwire lost;\n`endif\n", "lost", "wire kept;"),
        ("`define NOW\n`ifdef NOW\nwire kept;\n`else\nwire lost;\n`endif\n", "lost", "wire kept;"),
        ("`ifdef A\nwire lost;\n`elsif B\nwire lost;\n`else\nwire kept;\n`endif\n", "lost", "wire kept;"),
        ("`ifdef A\n`ifndef B\nwire lost;\n`endif\n`endif\nwire kept;\n", "lost", "wire kept;"),
        ("`ifdef NEVER\nwire schön, lost;\n`endif\nwire kept;\n", "lost", "wire kept;"),
    ],
    ids=["ifdef", "else", "defined", "elsif", "nested", "two bytes"],
)
def test_what_is_skipped_is_blanked_and_lines_keep_their_numbers(text: str, gone: str, kept: str) -> None:
    text = f"module m;\n{text}endmodule\n"
    found = inactive(text)
    assert gone not in found
    assert found.count("\n") == text.count("\n")
    assert found.splitlines().index(kept) == text.splitlines().index(kept)


def test_text_without_conditions_is_left_as_it_is() -> None:
    text = "`define X 1\nmodule m;\nwire \\`ifd = `X;\nendmodule\n"
    assert inactive(text) == text


CHAIN = "module low; endmodule\nmodule mid;\nlow u();\nendmodule\nmodule top;\nmid u();\nendmodule\n"
BENCH = "module bench;\ntop u();\ninitial $finish;\nendmodule\n"


def test_a_testbench_after_the_answer_is_blanked() -> None:
    text = CHAIN + BENCH + "// the end\n"
    assert unused(text, "top") == CHAIN + "\n".join([" " * len(line) for line in BENCH.splitlines()]) + "\n// the end\n"


def test_modules_below_the_top_are_kept() -> None:
    assert unused(CHAIN, "top") == CHAIN


def test_modules_above_the_top_are_not() -> None:
    assert "module top" not in unused(CHAIN, "mid")
    assert "module low" in unused(CHAIN, "mid")


@pytest.mark.parametrize(
    "rest",
    ["bind top helper h();\n", "`define USED helper\nmodule top; `USED h(); endmodule\n"],
    ids=["outside all modules", "by a macro"],
)
def test_a_module_that_is_named_elsewhere_is_kept(rest: str) -> None:
    text = "module helper; endmodule\n" + (rest if "module top" in rest else f"module top; endmodule\n{rest}")
    assert "module helper" in unused(text, "top")


def test_of_two_modules_of_one_name_both_are_judged() -> None:
    text = "module top; endmodule\nmodule top;\ninitial $finish;\nendmodule\n"
    assert unused(text, "top") == text


def test_a_module_that_a_macro_makes_is_kept() -> None:
    text = "`define MAKE module made; endmodule\n`MAKE\nmodule top; endmodule\n"
    assert unused(text, "top") == text
