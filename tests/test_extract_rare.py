"""Extraction from answers of rarer shapes."""

# ruff: noqa: E501  an answer is one line of the table

import pytest

from pytest_rtlgen.extract import extract_candidate
from pytest_rtlgen.records import FinishReason

LENGTH, STOP = FinishReason.LENGTH, FinishReason.STOP
# name: text, header, finish reason, whether code is found, whether it is truncated, what it has, what it has not
ANSWERS: dict[str, tuple[str, str | None, FinishReason, bool, bool, tuple[str, ...], tuple[str, ...]]] = {
    "json fenced": (
        '```json\n{"code":"module TopModule(input a, output y); // c\\n  assign y = a; // GOOD\\nendmodule"}\n```',
        None,
        STOP,
        True,
        False,
        ("\n",),
        ("\\n", '"code"'),
    ),
    "json in prose": (
        'Sure: {"code":"module TopModule(input a, output y); // c\\n  assign y = a; // GOOD\\nendmodule"} done',
        None,
        STOP,
        True,
        False,
        ("\n",),
        ("\\n", '"code"'),
    ),
    "tag title": (
        '```verilog title="top.sv"\nmodule TopModule(input a, output y);\n  assign y = a; // GOOD\nendmodule\n```\n',
        None,
        STOP,
        True,
        False,
        (),
        ("title",),
    ),
    "tag brace": (
        "```{.verilog}\nmodule TopModule(input a, output y);\n  assign y = a; // GOOD\nendmodule\n```\n",
        None,
        STOP,
        True,
        False,
        (),
        ("{.verilog}",),
    ),
    "tag colon": (
        "```verilog:top.v\nmodule TopModule(input a, output y);\n  assign y = a; // GOOD\nendmodule\n```\n",
        None,
        STOP,
        True,
        False,
        (),
        ("top.v",),
    ),
    "orphan open fence": (
        "reasoning ```verilog\nmodule TopModule(input a, output y);\n  assign y = 0; // DECOY\nendmodule\n\n</think>\n```verilog\nmodule TopModule(input a, output y);\n  assign y = a; // GOOD\nendmodule\n```\n",
        None,
        STOP,
        True,
        False,
        (),
        ("DECOY",),
    ),
    "gptoss cut": (
        "analysisWe need ```verilog\nmodule TopModule(input a, output y);\n  assign y = 0; // DECOY\nendmodule\n```\n",
        None,
        STOP,
        False,
        False,
        (),
        ("DECOY",),
    ),
    "gptoss raw cut": (
        "<|channel|>analysis<|message|>```verilog\nmodule TopModule(input a, output y);\n  assign y = 0; // DECOY\nendmodule\n```\n",
        None,
        STOP,
        False,
        False,
        (),
        ("DECOY",),
    ),
    "4 with 3": (
        "````md\n```verilog\nmodule TopModule(input a, output y);\n  assign y = a; // GOOD\nendmodule\n```\n````\n",
        None,
        STOP,
        True,
        False,
        (),
        ("DECOY",),
    ),
    "tb bare": (
        "module TopModule(input a, output y);\n  assign y = a; // GOOD\nendmodule\n\nmodule tb; TopModule dut(); /*DECOY*/ endmodule",
        None,
        STOP,
        True,
        False,
        (),
        ("DECOY",),
    ),
    "split define": (
        "```verilog\n`define W 4\nmodule h(input a); wire [`W:0] x; endmodule\n```\n```verilog\nmodule TopModule(input a, output y); h u(a); //GOOD\nendmodule\n```\n",
        None,
        STOP,
        True,
        False,
        ("module h", "`define W"),
        ("DECOY",),
    ),
    "split tb defs": (
        "```verilog\n`define W 4\n```\n```verilog\nmodule TopModule(input a, output y); wire [`W:0] x; //GOOD\nendmodule\n```\n",
        None,
        STOP,
        True,
        False,
        ("`define W",),
        ("DECOY",),
    ),
    "bare typedef": (
        "typedef logic [3:0] nib;\nmodule TopModule(input a, output y);\n  assign y = a; // GOOD\nendmodule\ndone",
        None,
        STOP,
        True,
        False,
        ("typedef",),
        ("DECOY",),
    ),
    "bare import": (
        "package p; endpackage\nimport p::*;\nmodule TopModule(input a, output y);\n  assign y = a; // GOOD\nendmodule\n",
        None,
        STOP,
        True,
        False,
        ("import p",),
        ("DECOY",),
    ),
    "bare default_nettype": (
        "`default_nettype none\nmodule TopModule(input a, output y);\n  assign y = a; // GOOD\nendmodule\n",
        None,
        STOP,
        True,
        False,
        ("`default_nettype",),
        ("DECOY",),
    ),
    "bare func": (
        "function automatic f(input x); return x; endfunction\nmodule TopModule(input a, output y);\n  assign y = a; // GOOD\nendmodule\n",
        None,
        STOP,
        True,
        False,
        ("function",),
        ("DECOY",),
    ),
    "bare attr": (
        "(* keep *)\nmodule TopModule(input a, output y);\n  assign y = a; // GOOD\nendmodule\n",
        None,
        STOP,
        True,
        False,
        ("(* keep *)",),
        ("DECOY",),
    ),
    "draft then trunc": (
        "```verilog\nmodule TopModule(input a, output y);\n  assign y = 0; // DECOY\nendmodule\n```\n```verilog\nmodule TopModule(input a, output y);\n assign y = a; // GOOD\n assi",
        None,
        STOP,
        True,
        True,
        (),
        ("DECOY",),
    ),
    "escaped": (
        "```\nmodule \\TopModule (input a, output y); //GOOD\nendmodule\n```",
        None,
        STOP,
        True,
        False,
        (),
        ("DECOY",),
    ),
    "bom fence": (
        "```verilog\n\ufeffmodule TopModule(input a, output y);\n  assign y = a; // GOOD\nendmodule\n```",
        None,
        STOP,
        True,
        False,
        (),
        ("\ufeff",),
    ),
    "label bare": (
        "module TopModule(input a, output y);//GOOD\nendmodule : TopModule\n",
        None,
        STOP,
        True,
        False,
        (": TopModule",),
        ("DECOY",),
    ),
    "hdr body helper": (
        "```verilog\n h u(a,y); // GOOD\nendmodule\nmodule h(input a, output y); assign y=a; endmodule\n```\n",
        "module TopModule(input a, output y);\n",
        STOP,
        True,
        False,
        ("module TopModule", "module h"),
        ("DECOY",),
    ),
    "hdr body no endmodule": (
        "```verilog\n assign y=a; // GOOD\n```\n",
        "module TopModule(input a, output y);\n",
        STOP,
        True,
        True,
        ("module TopModule",),
        ("DECOY",),
    ),
    "hdr body then prose": (
        " assign y=a; // GOOD\nendmodule\n\nThis module, TopModule, copies a; DECOY.\n",
        "module TopModule(input a, output y);\n",
        STOP,
        True,
        False,
        ("module TopModule",),
        ("DECOY", "copies"),
    ),
    "hdr body then testbench": (
        "```verilog\n h u(a,y); // GOOD\nendmodule\nmodule h(input a, output y); k u(a,y); endmodule\nmodule tb; reg a; TopModule DECOY(.a(a)); endmodule\nmodule k(input a, output y); assign y=a; endmodule\nand so on\n```\n",
        "`define W 1\nmodule TopModule(input a, output y);\n",
        STOP,
        True,
        False,
        ("`define W 1", "module TopModule", "module h", "module k"),
        ("DECOY", "and so on"),
    ),
    "hdr body, endmodule in a comment": (
        " // no endmodule yet\n assign y=a; // GOOD\nendmodule\nmodule other; DECOY u(); endmodule\n",
        "module TopModule(input a, output y);\n",
        STOP,
        True,
        False,
        ("assign y=a;",),
        ("DECOY",),
    ),
    "hdr trunc bare": (
        " assign y=a; // GOOD\n assi",
        "module TopModule(input a, output y);\n",
        LENGTH,
        True,
        True,
        ("module TopModule",),
        ("DECOY",),
    ),
    "[DONE] in fence tail": (
        "```verilog\nmodule TopModule(input a, output y);\n  assign y = a; // GOOD\nendmodule\n[DONE]\n```",
        None,
        STOP,
        True,
        False,
        (),
        ("[DONE]",),
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_rare_shapes(name: str) -> None:
    text, header, finish_reason, is_found, is_truncated, parts, absent = ANSWERS[name]
    found = extract_candidate(text, top="TopModule", header=header, finish_reason=finish_reason)
    assert (bool(found.source), "GOOD" in found.source, found.is_truncated) == (is_found, is_found, is_truncated)
    assert [part for part in parts if part not in found.source] == []
    assert [part for part in (*absent, "```") if part in found.source] == []


def test_a_thousand_helpers_take_linear_time() -> None:
    count = 20_000
    helpers = "".join(f"module m{i}; m{i + 1} u(); endmodule\n" for i in range(count))
    text = f"```v\n{helpers}```\n```v\nmodule TopModule; m0 u(); endmodule\n```"
    assert extract_candidate(text, top="TopModule").source.count("endmodule") == count + 1
