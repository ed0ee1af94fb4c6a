r"""Names that Yosys makes up (``\$auto$proc_rom.cc:155:do_proc_rom$27``) are spelled plainly before a text is read."""

import re

import pytest
from builders import port

from pytest_rtlgen.records import Interface, Status
from pytest_rtlgen.verilog.directives import spell_tool_names
from pytest_rtlgen.verilog.screen import screen_candidate

WANTED = Interface(module="m", ports=(port("a", "input", 2), port("y", "output", 1)))
ROM = r"""
module m(input [1:0] a, output y);
  wire \$auto$proc_rom.cc:155:do_proc_rom$27 ;
  reg [0:0] \$paramod\rom\DEPTH=4.$memory/file.sv:3$1 [3:0];
  assign \$auto$proc_rom.cc:155:do_proc_rom$27 = \$paramod\rom\DEPTH=4.$memory/file.sv:3$1 [a];
  assign y = \$auto$proc_rom.cc:155:do_proc_rom$27 ;
endmodule
"""


def test_a_netlist_with_names_of_the_tool_may_be_compiled() -> None:
    screening = screen_candidate(ROM, WANTED)
    assert screening.status is None, screening.diagnostics
    assert "\\" not in screening.source
    assert screening.source.count("\n") == ROM.count("\n")


def test_one_name_stays_one_and_two_stay_two() -> None:
    found = re.findall(r"net\d+_", spell_tool_names(ROM))
    assert found == ["net0_", "net1_", "net0_", "net1_", "net0_"]


def test_a_made_up_name_is_new_to_the_text() -> None:
    found = spell_tool_names("wire net0_, net_; wire\\$a$1 ;")
    assert re.fullmatch(r"wire net0_, net_; wire +net__0_ ;", found)


@pytest.mark.parametrize("text", ['"\\$a$1 "', "// \\$a$1 \n", "/* \\$a$1 */"])
def test_strings_and_comments_stay(text: str) -> None:
    assert spell_tool_names(text) == text


@pytest.mark.parametrize(
    ("what", "statement"),
    [
        ("a system task in disguise", "initial \\$finish ;"),
        ("a quote", 'wire \\$a$"b ;'),
        ("a percent sign", "wire \\$a$%m ;"),
        ("a macro's name", "wire \\$a$`b ;"),
        ("a statement", "wire \\$a$;b ;"),
        ("beside macros", "`define W wire\n`W \\$a$1 ;"),
    ],
)
def test_what_no_tool_writes_stays_refused(what: str, statement: str) -> None:
    screening = screen_candidate(f"module m(input [1:0] a, output y);\n{statement}\nendmodule\n", WANTED)
    assert screening.status is Status.REJECTED, what
    assert screening.diagnostics[0].message == "escaped identifier with quotes or signs"
