"""Answers of one and of several files, as models write them; among them those that CVDP's own scorer gets wrong."""

import json
import time

import pytest

from pytest_rtlgen.extract.files import extract_files
from pytest_rtlgen.records import SourceFile

HALF, FULL = "rtl/half.sv", "rtl/full.sv"
TARGETS = (HALF, FULL)
HALF_TEXT = "module half(input a, output y); // note\n  assign y = {~a};\nendmodule\n"
FULL_TEXT = 'module full(input a, output y);\n  half h(a, y);\n  initial $display("hi\\n");\nendmodule\n'
BOTH = (SourceFile(name=HALF, text=HALF_TEXT), SourceFile(name=FULL, text=FULL_TEXT))


def fence(text: str, tag: str = "verilog") -> str:
    return f"```{tag}\n{text}```\n"


def read_only(answer: str, top: str = "half") -> str:
    """Return the text of the one file that is asked for."""
    (file,) = extract_files(answer, (HALF,), top)
    assert file.name == HALF
    return file.text.lstrip("\n")


def test_of_two_fences_the_last_counts() -> None:
    draft = HALF_TEXT.replace("~a", "a")
    answer = f"A draft:\n{fence(draft)}\nThe final design:\n{fence(HALF_TEXT)}"
    assert read_only(answer) == HALF_TEXT


def test_a_fence_inside_reasoning_does_not_count() -> None:
    answer = f"<think>maybe {fence(HALF_TEXT.replace('~a', 'a'))}</think>\n{fence(HALF_TEXT)}"
    assert read_only(answer) == HALF_TEXT


def test_a_tag_of_two_words_is_no_code() -> None:
    assert read_only(fence(HALF_TEXT, "system-verilog")) == HALF_TEXT


def test_without_a_known_top_any_module_will_do() -> None:
    assert read_only(fence(HALF_TEXT), top="") == HALF_TEXT


def test_prose_holds_no_file() -> None:
    assert extract_files("I cannot do that.", (HALF,), "half") == ()
    assert extract_files('I cannot do that: {"rtl": 3}.', TARGETS, "full") == ()


@pytest.mark.parametrize(
    "value",
    [
        {HALF: HALF_TEXT, FULL: FULL_TEXT},
        {"code": [{HALF: HALF_TEXT}, {FULL: FULL_TEXT}]},
        {"code": [{HALF: HALF_TEXT, FULL: FULL_TEXT}]},
        {"files": [{"path": HALF, "content": HALF_TEXT}, {"path": FULL, "content": FULL_TEXT}]},
        {"code": [{"half.sv": HALF_TEXT}, {"/code/rtl/full.sv": FULL_TEXT}]},
        {HALF: f"```systemverilog\n{HALF_TEXT}```", FULL: FULL_TEXT},
    ],
    ids=["plain", "schema", "schema-in-one", "path-and-content", "other-paths", "fence-in-a-value"],
)
def test_json_in_any_of_the_usual_forms(value: object) -> None:
    text = json.dumps(value)
    for answer in (
        text,
        f"Here it is:\n```json\n{json.dumps(value, indent=2)}\n```\nBye {{x}}",
        f"<think>{{</think>{text}",
    ):
        assert extract_files(answer, TARGETS, "full") == BOTH


def test_raw_line_breaks_in_json_strings_are_kept() -> None:
    text = (
        json.dumps({"code": [{HALF: HALF_TEXT}, {FULL: FULL_TEXT}]}).replace("\\n", "\n").replace("hi\\\n", "hi\\\\n")
    )
    assert "// note\n" in text
    half, full = extract_files(text, TARGETS, "full")
    assert half.text == HALF_TEXT
    assert full.text == FULL_TEXT


def test_quotes_that_are_not_escaped_do_not_lose_the_answer() -> None:
    text = f'{{"{HALF}": "{HALF_TEXT}", "{FULL}": "{FULL_TEXT}"}}'
    with pytest.raises(ValueError, match="delimiter"):
        json.loads(text, strict=False)
    assert extract_files(text, TARGETS, "full") == BOTH


def test_the_last_object_counts() -> None:
    draft = json.dumps({HALF: "draft", FULL: "draft"})
    assert extract_files(f"{draft}\nBetter:\n{json.dumps({HALF: HALF_TEXT, FULL: FULL_TEXT})}", TARGETS, "full") == BOTH


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (f"### {HALF}\n{fence(HALF_TEXT)}", f"### {FULL}\n{fence(FULL_TEXT)}"),
        (f"**`half.sv`**:\n\n{fence(HALF_TEXT)}", f"2. File `full.sv`.\n\n{fence(FULL_TEXT)}"),
        (fence(HALF_TEXT, f"verilog:{HALF}"), fence(FULL_TEXT, f'verilog title="{FULL}"')),
        (fence(HALF_TEXT), fence(FULL_TEXT)),
        (HALF_TEXT, FULL_TEXT),
    ],
    ids=["headings", "emphasis", "tags", "module-names", "no-fences"],
)
def test_files_under_headings_or_with_telling_names(first: str, second: str) -> None:
    for answer in (f"{first}\n{second}", f"{second}\n{first}"):
        assert extract_files(answer, TARGETS, "full") == BOTH


def test_a_first_line_may_name_the_file() -> None:
    answer = fence(f"// {FULL}\n{FULL_TEXT}") + fence(f"// File: half.sv\n{HALF_TEXT}")
    assert [file.text for file in extract_files(answer, TARGETS, "full")] == [
        f"// File: half.sv\n{HALF_TEXT}",
        f"// {FULL}\n{FULL_TEXT}",
    ]


def test_one_fence_with_all_modules_is_taken_apart() -> None:
    assert extract_files(fence(HALF_TEXT + FULL_TEXT), TARGETS, "full") == BOTH


def test_what_is_missing_is_left_out() -> None:
    assert extract_files(json.dumps({HALF: HALF_TEXT}), TARGETS, "full") == BOTH[:1]


def test_files_that_are_not_asked_for_are_left_out() -> None:
    text = json.dumps({HALF: HALF_TEXT, FULL: FULL_TEXT, "src/test_runner.py": "pass", "../../x": "y"})
    assert extract_files(text, TARGETS, "full") == BOTH


@pytest.mark.parametrize("text", ['{"' * 200_000, '{"a":' * 100_000, f'"{HALF}": "' * 20_000, "```\n" * 20_000])
def test_hostile_length_takes_little_time(text: str) -> None:
    started = time.process_time()
    extract_files(text, TARGETS, "full")
    assert time.process_time() - started < 4
