"""Nine answers that the extraction of VerilogEval v2 (the first five) or CVDP (the others) loses or mangles."""

import pytest

from pytest_rtlgen.extract import extract_candidate
from pytest_rtlgen.extract.files import extract_files
from pytest_rtlgen.verilog.syntax import list_errors, parse_text

RIGHT = "module TopModule(input a, output y);\n  assign y = ~a;\nendmodule"
DRAFT = "module TopModule(input a, output y);\n  assign y = a;\nendmodule"
HELPER = "module inv(input a, output y);\n  assign y = ~a;\nendmodule\n"
USING = "module TopModule(input a, output y);\n  inv u(.a(a), .y(y)); // TopModule uses inv\nendmodule"


def check(source: str, part: str) -> None:
    parsed = parse_text(source)
    assert not list_errors(parsed, parsed.tree.diagnostics, most=1), source
    assert part in source
    assert "assign y = a;" not in source
    assert "`" not in source


@pytest.mark.parametrize(
    ("answer", "part"),
    [
        pytest.param(f"[BEGIN]\n{RIGHT}\n", RIGHT, id="no closing marker"),
        pytest.param(f"[BEGIN]\n```verilog\n{RIGHT}\n```\n[DONE]\n", RIGHT, id="fence inside the markers"),
        pytest.param(f"[BEGIN] {RIGHT} [DONE]", RIGHT, id="both markers beside the code"),
        pytest.param(
            f"<think>I must write [BEGIN] and\n```verilog\n{DRAFT}\n```\n[DONE]</think>\n[BEGIN]\n{RIGHT}\n[DONE]\n",
            RIGHT,
            id="draft and markers inside the reasoning",
        ),
        pytest.param(f"Here it is:\n\n{HELPER}\n{USING}\n", f"{HELPER}", id="helper before the module, no fence"),
        pytest.param(
            f"First try:\n```verilog\n{DRAFT}\n```\nThat is wrong, so:\n```verilog\n{RIGHT}\n```\n",
            RIGHT,
            id="two fences, the first a draft",
        ),
        pytest.param(
            f"<think>\n```verilog\n{DRAFT}\n```\n</think>\n```verilog\n{RIGHT}\n```\n",
            RIGHT,
            id="fence inside the reasoning",
        ),
        pytest.param(f"```system-verilog\n{RIGHT}\n```\n", RIGHT, id="tag with a dash"),
    ],
)
def test_one_module(answer: str, part: str) -> None:
    candidate = extract_candidate(answer, top="TopModule")
    assert not candidate.is_truncated
    check(candidate.source, part)
    if "inv" in part:
        assert "inv u(" in candidate.source


def test_raw_line_breaks_in_json_keep_comments_in_their_lines() -> None:
    answer = '{"rtl/a.sv": "' + USING + '", "rtl/b.sv": "' + HELPER + '"}'
    found = {file.name: file.text for file in extract_files(answer, ("rtl/a.sv", "rtl/b.sv"), "TopModule")}
    assert found.keys() == {"rtl/a.sv", "rtl/b.sv"}
    check(found["rtl/a.sv"], "inv u(.a(a), .y(y)); // TopModule uses inv\nendmodule")
    check(found["rtl/b.sv"], "assign y = ~a;")
