"""Extraction of code that a chat, a page or a patch changed; and answers that only look so and stay as they are."""

import pytest

from pytest_rtlgen.extract import extract_candidate
from pytest_rtlgen.extract.encoding import restore_characters

CODE = """module top(input clk, input [3:0] a, output reg q);
  always @(posedge clk)
    if (a < 4 && a > 1) q <= ~q;
endmodule"""
ESCAPED = CODE.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def mark(text: str, sign: str) -> str:
    return "\n".join(f"{sign}{line}" for line in text.split("\n"))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (mark(f"```verilog\n{CODE}\n```", "> "), "quote/fence"),
        (f"As you said:\n\n{mark(CODE, '> ')}\n\nDone.", "quote/bare-module"),
        (f"```verilog\n{mark(CODE, '> ')}\n```\n", "quote/fence"),
        (f"```diff\n--- /dev/null\n+++ b/top.v\n@@ -0,0 +1,4 @@\n{mark(CODE, '+')}\n```\n", "patch/fence"),
        ("```diff\n" + mark(CODE, "+").replace("+  always", "   always") + "\n```\n", "patch/fence"),
        (f"```verilog\n{ESCAPED}\n```\n", "html/fence"),
        (f'<pre><code class="language-verilog">{ESCAPED}\n</code></pre>', "html/bare-module"),
        (f"```verilog\n\u200b{CODE}\n```\n", "hidden-characters/fence"),
        (f"```verilog\n{CODE.replace('  ', chr(0xA0) * 2)}\n```\n", "hidden-characters/fence"),
        (f"```verilog\n{CODE.replace('reg q', 'reg' + chr(0x2060) + ' q')}\n```\n", "hidden-characters/fence"),
        (f"```verilog\n{CODE}\n```\u200b\n", "fence"),
    ],
)
def test_code_comes_back_as_it_was(text: str, rule: str) -> None:
    found = extract_candidate(text, top="top")
    assert (found.source.strip(), found.rule, found.is_truncated) == (CODE, rule, False)


@pytest.mark.parametrize(
    "code",
    [
        "module top(input a, lt, output y);\n  assign y = a &lt;\nendmodule",
        "module top(input a, output y);\n  wire amp = 1;\n  assign y = a &amp;\nendmodule",
        'module top(input a, output y);\n  assign y = a; // &lt;= is <=\n  initial $display("&lt;");\nendmodule',
        "import p::*;\nmodule top(input a, output y);\n  assign y = a &lt;\nendmodule",
        "module top(input a, output reg y);\n  always @* y <= a &lt;\nendmodule",
        "module top(input a, output y);\n  wire \\x&lt; = a;\n  assign y = a;\nendmodule",
        "module top(input a, b, output y);\n  assign y = a\n> b;\nendmodule",
        "module top(input a, b, output y);\n  assign y = a\n+ b;\nendmodule",
        "module top(input a, b, output y);\n  /*\n> endmodule\n+ endmodule\n*/\n  assign y = a;\nendmodule",
        'module top;\n  initial $display("a\u200b\u00a0b"); // c\u200bd\u00a0\nendmodule',
        "module top(input a, output y);\n  ass\u200bign y = a;\nendmodule",
        "module top(input a, output y);\n-  assign y = 0;\n+  assign y = a;\n endmodule",
    ],
    ids=[
        *("and-lt", "and-amp", "in-comment-and-string", "from-a-package", "beside-a-real-sign", "escaped-name"),
        *("greater", "plus", "in-a-comment", "hidden-in-a-string", "hidden-in-a-word", "removed-lines"),
    ],
)
def test_code_that_is_or_may_be_meant_stays(code: str) -> None:
    found = extract_candidate(f"```verilog\n{code}\n```\n", top="top")
    assert (found.source.strip(), found.rule) == (code, "fence")


def test_entities_are_decoded_once() -> None:
    assert restore_characters("if (a &lt; b) $display(&quot;&amp;gt;&quot;);") == (
        "html",
        'if (a < b) $display("&gt;");',
    )


def test_a_quote_of_half_a_module_stays_truncated() -> None:
    found = extract_candidate(mark(f"```verilog\n{CODE[:60]}", "> "), top="top")
    assert found.is_truncated
