"""Extraction: which Verilog is taken out of an answer, by which rule, and in linear time."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.cpu_guard import ends_within

from pytest_rtlgen.extract import extract_candidate
from pytest_rtlgen.extract.modules import scan_modules
from pytest_rtlgen.records import Candidate, FinishReason

SHARED = Path(__file__).parents[2] / "shared" / "hostile" / "extract"
CASES = sorted(SHARED.iterdir()) if SHARED.is_dir() else []
GOOD = "module top(input a, output y);\n  assign y = a; // GOOD\nendmodule\n"
DRAFT = "module top(input a, output y);\n  assign y = 0; // DRAFT\nendmodule\n"
HELPER = "module helper(input a, output y);\n  assign y = a;\nendmodule\n"
USER = "module top(input a, output y);\n  helper u(a, y); // GOOD\nendmodule\n"
BENCH = "module tb; top dut(); // DRAFT\nendmodule\n"
CUT = "module top(input a, output y);\n  assign y = a; // GOOD\n  assi"
HEADER = "module top(input a, output y);\n"


def fence(code: str, tag: str = "verilog") -> str:
    return f"```{tag}\n{code}```\n"


def extract(text: str, *, header: str | None = None, finish_reason: FinishReason = FinishReason.STOP) -> Candidate:
    return extract_candidate(text, top="top", header=header, finish_reason=finish_reason)


def assert_good(candidate: Candidate) -> None:
    assert "GOOD" in candidate.source
    assert "DRAFT" not in candidate.source
    assert "```" not in candidate.source
    assert not candidate.is_truncated


class TestPeersLoseTheseAnswers:
    """Answers that published harnesses lose or grade wrongly (verilog-eval v2 and CVDP)."""

    def test_begin_without_done(self) -> None:
        assert_good(extract("[BEGIN]\n" + GOOD))

    def test_fence_inside_begin(self) -> None:
        assert_good(extract("[BEGIN]\n" + fence(GOOD) + "[DONE]\n"))

    def test_begin_and_done_on_one_line(self) -> None:
        found = extract("[BEGIN] module top(input a, output y); assign y = a; /* GOOD */ endmodule [DONE]")
        assert_good(found)
        assert "[DONE]" not in found.source

    def test_reasoning_that_quotes_begin(self) -> None:
        assert_good(extract(f"<think>I write [BEGIN]\n{DRAFT}[DONE]</think>[BEGIN]\n{GOOD}[DONE]"))

    def test_reasoning_that_holds_a_draft_fence(self) -> None:
        assert_good(extract(f"<think>{fence(DRAFT)}</think>{fence(GOOD)}"))

    def test_helper_before_the_expected_module_without_a_fence(self) -> None:
        found = extract(HELPER + USER)
        assert_good(found)
        assert "module helper" in found.source

    def test_of_two_fences_the_last_counts(self) -> None:
        assert_good(extract(f"Draft:\n{fence(DRAFT)}Final:\n{fence(GOOD)}"))

    def test_raw_line_breaks_in_json_stay(self) -> None:
        found = extract('{"rtl/top.sv": "module top(input a, output y); // pass\n  assign y = a; // GOOD\nendmodule"}')
        assert_good(found)
        assert "// pass\n" in found.source

    def test_odd_tag_does_not_stay_in_the_code(self) -> None:
        found = extract(fence(GOOD, "system-verilog"))
        assert_good(found)
        assert "system" not in found.source


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (fence(GOOD), "fence"),
        (fence(GOOD, ""), "fence"),
        (fence(GOOD, "SystemVerilog"), "fence"),
        (f"~~~verilog\n{GOOD}~~~\n", "fence"),
        (f"````verilog\n{GOOD}````\n", "fence"),
        (f"1. Code:\n   ```v\n{GOOD}   ```\n", "fence"),
        (f"```verilog\n{GOOD}", "open-fence"),
        (GOOD, "bare-module"),
        (f"The module top is:\n\n{GOOD}\nModule top does it.", "bare-module"),
        (f"<answer>{fence(GOOD)}</answer>", "answer-tag/fence"),
        (f"<answer>{fence(DRAFT)}</answer><answer>{fence(GOOD)}</answer>", "answer-tag/fence"),
        (f"<answer>{fence(GOOD)}", "answer-tag/fence"),
        (f"{fence(GOOD)}<answer>see above</answer>", "fence"),
        (f"<answer>{fence(GOOD)}</answer>later {fence(DRAFT)}", "answer-tag/fence"),
        (f"[BEGIN]\n{GOOD}[DONE]\n", "begin-done/bare-module"),
        (json.dumps({"name": "submit", "arguments": {"code": GOOD}}), "json/bare-module"),
        (json.dumps({"code": fence(GOOD)}), "json/fence"),
        (f"old {fence(DRAFT)}</think>{fence(GOOD)}", "fence"),
        (f"{fence(DRAFT)}</seed:think>{fence(GOOD)}", "fence"),
        (f"analysisWe {fence(DRAFT)}assistantfinal{fence(GOOD)}", "fence"),
        (f"{fence(GOOD)}<think>late {fence(DRAFT)}</think>", "fence"),
        (fence(GOOD) + fence(BENCH), "fence"),
        (fence(HELPER) + fence(USER), "fence"),
        (fence(USER) + fence(HELPER), "fence"),
        ("\ufeff" + GOOD, "bare-module"),
    ],
)
def test_each_shape_of_answer_has_its_rule(text: str, rule: str) -> None:
    found = extract(text)
    assert_good(found)
    assert found.rule == rule


@pytest.mark.parametrize("text", [fence(HELPER) + fence(USER), fence(USER) + fence(HELPER)])
def test_a_helper_in_another_fence_comes_along(text: str) -> None:
    assert "module helper" in extract(text).source


def test_what_stands_before_the_module_in_its_fence_stays() -> None:
    code = "`define W 4\npackage p; endpackage\ninterface i; endinterface\n" + GOOD
    assert extract(fence(code)).source.strip() == code.strip()


def test_line_ends_stay_legal() -> None:
    found = extract(fence(GOOD).replace("\n", "\r\n"))
    assert found.source.strip() == GOOD.replace("\n", "\r\n").strip()


@pytest.mark.parametrize(
    ("text", "finish_reason", "is_truncated"),
    [
        (f"```verilog\n{CUT}", FinishReason.STOP, True),
        (CUT, FinishReason.STOP, True),
        (fence(CUT + "\n"), FinishReason.STOP, True),
        (fence(CUT + "\n" + HELPER), FinishReason.STOP, False),
        (fence(CUT + "\n"), FinishReason.LENGTH, True),
        (fence(GOOD) + "and so", FinishReason.LENGTH, False),
        ("```verilog\nmodule top(input a); // GOOD endmodule", FinishReason.STOP, True),
    ],
)
def test_truncation(text: str, finish_reason: FinishReason, is_truncated: bool) -> None:
    found = extract(text, finish_reason=finish_reason)
    assert (found.is_truncated, "GOOD" in found.source) == (is_truncated, True)


@pytest.mark.parametrize("text", ["", "I cannot do that.", "The module top must toggle.", f"<think>{fence(DRAFT)}"])
def test_nothing_is_found_where_nothing_is(text: str) -> None:
    assert extract(text) == Candidate(source="", rule="none")


def test_another_module_is_returned_for_the_screen_to_name() -> None:
    found = extract(fence(HELPER))
    assert (found.rule, "module helper" in found.source) == ("other-module", True)


def test_a_body_gets_its_header_back() -> None:
    body = "  assign y = a; // GOOD\nendmodule\n"
    found = extract(fence(body), header=HEADER)
    assert_good(found)
    assert scan_modules(found.source).modules().keys() == {"top"}
    assert extract(fence(body)).source == ""


FENCED = "module top(input a, output y);\n  {0}\n  assign y = a; // GOOD\nendmodule\n"
INSIDE = [
    "// see ``` here",
    "// ```",
    "/// ```verilog",
    "  // ends with ```",
    'initial $display("```");',
    'initial $display("a \\" ``` b");',
    "/* see ``` here */",
    "/* see\n * ```\n * or ``` this\n */",
    "`define CAT(a) a```SUFFIX",
    "/*\n<think>\n*/",
    "/*\n</think>\n*/",
    "/*\nassistantfinal\n*/",
]


@pytest.mark.parametrize("line", INSIDE)
def test_what_is_no_line_of_its_own_ends_no_fence(line: str) -> None:
    code = FENCED.format(line)
    assert extract(f"Here:\n{fence(code)}It's done.").source == f"\n{code}"
    assert extract(f"```verilog\n{code}").source == f"\n{code}"


@pytest.mark.parametrize("line", [line for line in INSIDE if "\n" not in line and "SUFFIX" not in line])
def test_backticks_in_a_bare_module_open_no_fence(line: str) -> None:
    assert extract(FENCED.format(line)).source == FENCED.format(line)


@pytest.mark.parametrize(
    "end",
    [
        "```\n",
        "\n   ``` \nDone.",
        "\n`````\nDone.",
        "```\nDone.",
        "``` Done, with a `tick`.",
        " // top```\nDone.",
        " // top ```\nDone.",
        " : top```\nDone.",
        "\n// end of file```\nDone.",
        "\n`default_nettype wire``` Done.",
        "\n```This module is done.",
        "\n```verilog\nDone.",
        f"\n```verilog\n{BENCH}```\n",
    ],
)
def test_a_fence_that_ends_in_the_line_of_the_code_is_closed(end: str) -> None:
    found = extract(f"Here:\n```verilog\n{GOOD.rstrip()}{end}")
    assert_good(found)
    assert (found.rule, "Done" in found.source, "done" in found.source) == ("fence", False, False)


@pytest.mark.parametrize("end", ["```\n", "``` Done.\n", "```Done, so.\n", " ```\n"])
def test_a_string_that_its_line_leaves_open_holds_no_end_of_a_fence(end: str) -> None:
    code = GOOD + 'module tail; initial $display("'
    found = extract(f"```verilog\n{code}{end}")
    assert (found.source.strip(), found.rule) == (code, "fence")


def test_a_string_that_goes_on_in_the_next_line_ends_no_fence() -> None:
    code = FENCED.format('initial $display("a ``` b\\\n see ``` c");')
    assert extract(fence(code)).source == f"\n{code}"


def test_only_the_line_on_which_a_fence_opens_behind_text_is_prose() -> None:
    code = f"// see ``` here\n{GOOD}"
    assert extract(f"Here: {fence(code)}").source == f"\n{code}"


def test_lines_that_end_in_a_carriage_return_are_lines() -> None:
    for text in (f"Here:\n{fence(GOOD)}Done.", f"Here:\n{GOOD}Done."):
        for end in ("", "\n", "\r\n"):
            found = extract(text.replace("\n", "\r") + end)
            assert (found.source.strip(), found.is_truncated) == (GOOD.strip(), False)


def test_a_carriage_return_between_other_line_ends_stays() -> None:
    code = GOOD.replace("// GOOD", "/* a\rb */ // GOOD")
    assert extract(fence(code)).source == f"\n{code}"


def test_a_fence_that_is_opened_again_is_another() -> None:
    assert_good(extract(f"```verilog\n{DRAFT}```verilog\n{GOOD}```\n"))
    assert_good(extract(f"```verilog\nmodule top(input a); // DRAFT\n```verilog\n{GOOD}```\n"))


def test_reasoning_in_a_fence_that_was_never_closed_is_dropped() -> None:
    assert_good(extract(f"```verilog\nmodule top; /* DRAFT\n</think>\n{fence('/* c */' + GOOD)}"))
    assert_good(extract(f"```verilog\n{DRAFT}</think>\n{GOOD}"))


def test_words_in_strings_and_comments_are_no_code() -> None:
    code = 'module top;\n  initial $display("endmodule module x;"); // endmodule\n  wire w; // GOOD\nendmodule\n'
    assert_good(extract(fence(code)))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_shared_cases(case: Path) -> None:
    expected = json.loads((case / "expect.json").read_text(encoding="utf-8"))
    text = (case / "response.txt").read_bytes().decode("utf-8")
    found = extract_candidate(text, top=expected["top"])
    names = [item.name for item in scan_modules(found.source).definitions if item.is_module and item.end is not None]
    # null: there must not be exactly one whole definition; text that cannot compile is as good as none
    assert (names.count(expected["top"]) == 1) == (expected["expected_module"] is not None)
    assert (expected["must_contain"] or "") in found.source
    if expected["expected_module"] is not None and expected["must_not_contain"]:
        assert expected["must_not_contain"] not in found.source


def test_the_shared_cases_are_there() -> None:
    if not CASES:
        pytest.skip(f"{SHARED} does not exist: the shared extraction cases lie beside the repository")
    assert len(CASES) >= 20


SHAPES: dict[str, Callable[[int], str]] = {
    "newlines in a fence": lambda size: "```verilog\n" + "\n" * size,
    "backticks": lambda size: "`" * size,
    "fences": lambda size: "```\n" * (size // 4),
    "headers": lambda size: "module top(" * (size // 11),
    "think": lambda size: "<think>" * (size // 7),
    "answers": lambda size: "<answer>" * (size // 8),
    "begins": lambda size: "[BEGIN]" * (size // 7),
    "comments": lambda size: "/*" * (size // 2),
    "quotes": lambda size: '"\\' * (size // 2),
    "spaces": lambda size: "```" + " " * size + "x",
    "brackets": lambda size: "[" * size,
    "comments in a fence": lambda size: "```v\n" + "/* " * (size // 6) + "x" * (size // 2) + "*/",
    "comments and fences": lambda size: "```v\n/*\n```\n" * (size // 11) + "*/",
    "fences in fences": lambda size: "".join("`" * n + "\n</think>\n" for n in range(int((2 * size) ** 0.5), 3, -1)),
    "fences opened again": lambda size: "```v\n" * (size // 5),
    "behind a module": lambda size: "```v\nendmodule" + " " * (size // 2) + "x" + "``` y " * (size // 12),
    "backticks in comments": lambda size: "```v\n" + "// ```\n" * (size // 7),
    "backticks in strings": lambda size: "```v\n" + '"```\\\n' * (size // 6) + "\n```\n",
    "fences behind text": lambda size: "a ```v\n" * (size // 7),
    "tags in comments": lambda size: "```v\n" + "/*\n<think>\n*/" * (size // 13) + "/* ```",
    "entities": lambda size: f"```v\n{HEADER}" + "&lt;= " * (size // 6) + "\nendmodule\n```\n",
    "hidden characters": lambda size: f"```v\n{HEADER}" + "\u200b " * (size // 2) + "\nendmodule\n```\n",
    "quotes of a chat": lambda size: f"> ```v\n> {HEADER}" + "> a\n" * (size // 4) + "> endmodule\n",
}


MOST_CPU_S = 60
"""A guard and no measure: in proportion to the text a shape takes a second or two, with its square hours."""


def test_the_guard_ends_what_does_not_end() -> None:
    assert not ends_within(0.2, lambda: re.search(r"(a|a)*b", "a" * 60))
    assert ends_within(5, lambda: re.search(r"a*b", "a" * 60))


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_time_does_not_grow_with_the_square_of_the_text(shape: str) -> None:
    text = SHAPES[shape](400_000)
    assert ends_within(MOST_CPU_S, lambda: extract(text))


PIECES = st.sampled_from(
    [
        *("```", "```verilog\n", "````", "~~~", "\n", "module top", "(", ");", "endmodule", "<think>", "</think>", '"'),
        *("<answer>", "</answer>", "[BEGIN]", "[DONE]", "/*", "*/", "//", "\\", "`define", "{", '{"a":'),
        "assistantfinal",
    ]
)


@given(st.lists(PIECES, max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_text_gives_a_candidate(pieces: list[str]) -> None:
    found = extract("".join(pieces), header=HEADER)
    assert bool(found.source) == (found.rule != "none")
