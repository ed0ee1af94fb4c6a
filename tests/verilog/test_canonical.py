"""One text for every tool: macros, conditionals, comments, strings and escaped names are read once."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_rtlgen.records import Status
from pytest_rtlgen.verilog import canonical
from pytest_rtlgen.verilog.canonical import CanonicalText, read_canonical
from pytest_rtlgen.verilog.syntax import parse_text, walk_tokens


def read(text: str) -> CanonicalText:
    return read_canonical(f"module m;\n{text}\nendmodule\n")


def words(text: str) -> str:
    """Return the text between the module's first and last line, blanks joined."""
    found = read(text)
    assert found.status is None, found.diagnostics
    return " ".join(" ".join(found.text.split("\n")[1:-2]).split())


RENDERED = {
    "line comment": ("wire a; // b", "wire a;"),
    "block comment": ("wire /* x\n y */ a;", "wire a;"),
    "macro": ("`define W 4\nwire [`W-1:0] a;", "wire [ 4 -1:0] a;"),
    "macro with arguments": ("`define ADD(x, y) ((x)+(y))\nassign a = `ADD(b, 1);", "assign a = ( ( b ) + ( 1 ) ) ;"),
    "pasted name": ("`define R(n) reg n``_q;\n`R(a)", "reg a_q ;"),
    "string made of an argument": ('`define S(x) `"x`"\nlocalparam K = `S(a b);', 'localparam K = "a b" ;'),
    "SYNTHESIS is defined": ("`ifdef SYNTHESIS\nwire a;\n`else\nwire b;\n`endif", "wire a;"),
    "SYNTHESIS has no value": ("localparam K = (`SYNTHESIS + 1);", "localparam K = ( + 1);"),
    "own condition": ("`define A\n`ifndef A\nwire a;\n`elsif B\nwire b;\n`else\nwire c;\n`endif", "wire c;"),
    "undefined again": ("`define A\n`undef A\n`ifdef A\nwire a;\n`endif\nwire b;", "wire b;"),
    "translate_off": (
        "wire a;\n// synopsys translate_off\nwire b;\n// synopsys translate_on\nwire c;",
        "wire a; wire c;",
    ),
    "translate_off in a block": (
        "wire a; /* cadence translate_off */ wire b; /* translate_on */ wire c;",
        "wire a; wire c;",
    ),
    "synthesis off": ("wire a;\n// ambit synthesis off\nwire b;\n// ambit synthesis on\n", "wire a;"),
    "translate_on alone": ("wire a; // synthesis translate_on\nwire b;", "wire a; wire b;"),
    "time scale": ("`timescale 1s/1s\nwire a;", "wire a;"),
    "cell": ("`celldefine\nwire a;\n`endcelldefine", "wire a;"),
    "escape sequences": (r'localparam K = "\x41\101\t\"\\";', r'localparam K = "AA\011\042\134";'),
    "a comment in a string": ('localparam K = "// no";', 'localparam K = "// no";'),
    "a macro in a string": ('localparam K = "`W";', r'localparam K = "\140W";'),
    "non-ASCII in a string": ('localparam K = "é";', r'localparam K = "\303\251";'),
    "escaped plain name": ("wire \\a ; assign \\a = 1;", "wire a ; assign a = 1;"),
    "escaped name": ("wire \\a+b ; assign \\a+b = 1;", "wire escaped_0 ; assign escaped_0 = 1;"),
    "escaped keyword": ("wire \\begin ;", "wire escaped_0 ;"),
    "escaped name with quotes": ('wire \\a"b;c%m`d ;', "wire escaped_0 ;"),
    "a name like the new one": ("wire escaped_0, \\a+ ;", "wire escaped_0, escaped__0 ;"),
    "event list": ("always @(*) a = b;", "always @(*) a = b;"),
    "based number": ("assign a = 4 'b 01_x?;", "assign a = 4 'b 01_x?;"),
}


@pytest.mark.parametrize(("text", "expected"), RENDERED.values(), ids=list(RENDERED))
def test_rendered(text: str, expected: str) -> None:
    assert words(text) == expected


@pytest.mark.parametrize("name", ["__slang__", "SV_COV_START", "VERILATOR", "__ICARUS__", "COCOTB_SIM", "YOSYS"])
def test_a_macro_that_one_tool_predefines_does_not_exist(name: str) -> None:
    assert words(f"`ifdef {name}\nwire a;\n`else\nwire b;\n`endif") == "wire b;"
    assert read(f"assign a = `{name};").status is Status.SYNTAX_ERROR


def test_the_default_net_type_stays_a_directive() -> None:
    text = "`default_nettype none\nmodule m(input wire a);\nendmodule\n`resetall\n`define X\nmodule n; endmodule\n"
    lines = [line.strip() for line in read_canonical(text).text.split("\n")]
    assert lines[:4] == ["`default_nettype none", "module m(input wire a);", "endmodule", "`default_nettype wire"]
    assert lines[4:] == ["", "module n; endmodule", ""]


def test_a_kept_name_stays_escaped() -> None:
    assert "input \\a+b  ," in read_canonical("module m(input \\a+b , b);\nendmodule\n", kept={"a+b"}).text


REFUSED = {
    "include": ('`include "x"', "compiler directive `include"),
    "line": ('`line 1 "x" 0', "compiler directive `line"),
    "pragma": ("`pragma protect", "compiler directive `pragma"),
    "keywords": ('`begin_keywords "1364-1995"', "compiler directive `begin_keywords"),
    "pull": ("`unconnected_drive pull1", "compiler directive `unconnected_drive"),
    "direction override": ("// \u202e", r"U\+202E"),
    "nul": ("\0", r"U\+0000"),
    "a string meets a formal in a string": ('`define S(q) "q"\nlocalparam K = `S(x"; CODE "y);', "argument of macro S"),
    "through another macro": ('`define S(q) "q"\n`define T(q) `S(q)\nlocalparam K = `T(x"; CODE "y);', "macro T"),
    "in another macro's argument": ('`define S(q) "q"\n`define I(q) q\nlocalparam K = `I(`S(x"; C "y));', "macro I"),
    "a string is made a string": ('`define T(x) `"x`"\nlocalparam K = `T("; CODE ");', "argument of macro T"),
    "escaped name in a call": ("`define K(x)\n`K(\\a) CODE `K(\\b( ) )", "an escaped name in an argument of macro K"),
}


@pytest.mark.parametrize(("code", "message"), REFUSED.values(), ids=list(REFUSED))
def test_refused_with_its_line(code: str, message: str) -> None:
    found = read(f"wire a;\n{code}")
    assert found.status is Status.REJECTED
    (item,) = found.diagnostics
    assert message.replace("\\", "") in item.message
    assert item.line == code.count("\n") + 3


def test_what_preprocessors_read_differently_is_doubted() -> None:
    line = read("`define L(x) (`__LINE__ x)\nlocalparam K = `L(\n);")
    assert [what.partition(" ")[0] for _, what in line.doubts] == ["`__LINE__"]
    name = read("`define E(x) \\k+x \nlocalparam \\k+x = `E(y) ;")
    assert [what for _, what in name.doubts] == ["a string or an escaped name made by a macro"]
    offset, _ = name.doubts[0]
    assert name.text.encode()[offset:].startswith(b"escaped_0")


def test_broken_text_is_named_with_its_line() -> None:
    found = read_canonical("module m;\n`ifdef A\nwire a;\nendmodule\n")
    assert found.status is Status.SYNTAX_ERROR
    assert found.diagnostics[0].line is not None


BOMBS = {
    "billion laughs": "".join(f"`define A{i + 1} {f'`A{i} ' * 10}\n" for i in range(12)) + "`A12",
    "arguments": "`define D(x) x x x x x x x x x x\n" + "`D(" * 9 + "a" + ")" * 9,
    "recursion": "`define A `B `B\n`define B `A `A\n`A",
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=list(BOMBS))
def test_what_expands_beyond_bounds_is_a_limit(text: str) -> None:
    assert read(text).status is Status.RESOURCE_LIMIT


@pytest.mark.parametrize("text", ["module m;" + "\n" * 60_000 + "endmodule", "//" + "a" * 1_100_000])
def test_texts_that_are_too_long_are_refused(text: str) -> None:
    assert read_canonical(text).status is Status.REJECTED


def test_a_long_comment_leaves_blanks() -> None:
    text = f"module m; /*{'a' * 900_000}*/ endmodule\n"
    assert read_canonical(text).text == f"module m;{' ' * 900_006}endmodule\n"


WORDS = ("wire a;", "assign a = b;", "(* k *)", '"s"', r'"\n\x41"', "\\a+b ", "\\w ", "\n", "\t", "// c", "/* b\n */")
SWITCHES = ("// synthesis translate_off", "// synthesis translate_on")
DIRECTIVES = (
    *("`define W 4", "`define P(x, y=2) x+y", "`W", "`P(1)", "`P(b, c)", "`undef W", "`timescale 1ns/1ps"),
    *("`ifdef W", "`ifdef SYNTHESIS", "`ifndef Q", "`else", "`endif"),
)
PIECES = st.sampled_from((*WORDS, *SWITCHES, *DIRECTIVES))


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=25))
def test_a_canonical_text_is_its_own_canonical_text(pieces: list[str]) -> None:
    found = read_canonical(" \n".join(pieces))
    if found.status is None:
        again = read_canonical(found.text)
        assert (again.status, again.text.split()) == (None, found.text.split())
        assert "`" not in found.text
        assert found.text.count("\n") == " \n".join(pieces).count("\n")


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES.filter(lambda piece: "`" not in piece and "\\" not in piece), max_size=25))
def test_a_text_without_macros_is_read_alike_with_and_without_the_parser(pieces: list[str]) -> None:
    text = canonical.leave_out_switched(" \n".join(pieces))
    parsed = parse_text(text, options=canonical.preprocessor_options())
    printed = canonical._Printer(text, parsed, canonical.choose_names(text), has_doubts=False).print()
    if printed.status is None:
        assert list_tokens(printed.text) == list_tokens(read_canonical(text).text)


def list_tokens(text: str) -> list[tuple[str, int]]:
    parsed = parse_text(text)
    found: list[tuple[str, int]] = []
    walk_tokens(parsed.tree.root, lambda token: found.append((str(token.rawText), parsed.line(token.location))))
    return [item for item in found if item[0]]


@pytest.mark.parametrize("directive", ["`default_nettype none", "`default_nettype wire", "`resetall"])
def test_nothing_stands_behind_a_net_type_on_its_line(directive: str) -> None:
    text = read_canonical(f"{directive} module a; endmodule\nmodule b;\nendmodule\n").text
    lines = [line.strip() for line in text.split("\n")]
    assert lines[0] in {"`default_nettype none", "`default_nettype wire"}
    assert lines[1:3] == ["module a; endmodule module b;", "endmodule"]
