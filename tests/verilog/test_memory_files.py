"""Memories loaded from files: the words of a file, and the assignments that a call becomes."""

import pytest

from pytest_rtlgen.records import SourceFile
from pytest_rtlgen.verilog.memory_files import load_memories, read_words

WORDS = SourceFile(name="data/rom.hex", text="f0 1_2 // two\n@3 xz\n")


def load(memory: str, call: str) -> str:
    text = f"module m; {memory} initial {call}; endmodule\n"
    loaded = load_memories(text, "m", [WORDS])
    assert loaded.problems == ()
    return loaded.text.partition("initial ")[2].removesuffix(" endmodule\n")


def test_a_file_holds_words_and_addresses() -> None:
    assert list(read_words("1f /* a\nb */ @A x_1 // c\nZ", 16)) == ["1f", 10, "x1", "Z"]
    assert list(read_words("", 2)) == []
    for text, base in (("2", 2), ("g", 16), ("@", 16), ("_", 2), ("0x1f", 2)):
        with pytest.raises(ValueError, match=text):
            list(read_words(text, base))


@pytest.mark.parametrize(
    ("memory", "call", "assignments"),
    [
        ("reg [7:0] r [0:3];", '$readmemh("rom.hex", r)', "r[0] = 8'hf0; r[1] = 8'h12; r[3] = 8'bxxxxzzzz;"),
        ("reg [7:0] r [3:0];", '$readmemh("C:\\\\rom.hex", r)', "r[0] = 8'hf0; r[1] = 8'h12; r[3] = 8'bxxxxzzzz;"),
        ("reg [3:0] r [3:0];", '$readmemh("data/rom.hex", r)', "r[0] = 4'h0; r[1] = 4'h2; r[3] = 4'bzzzz;"),
        ("reg [7:0] r [0:3];", '$readmemh("rom.hex", r, 2, 3)', "r[2] = 8'hf0; r[3] = 8'h12; r[3] = 8'bxxxxzzzz;"),
        ("reg [9:0] r [0:3];", '$readmemh("", r)', ""),
    ],
)
def test_a_call_becomes_assignments(memory: str, call: str, assignments: str) -> None:
    assert load(memory, call) == f"begin {assignments} end"


def test_a_call_that_is_not_elaborated_goes() -> None:
    text = 'module m; reg r [0:1]; generate if (0) begin initial $readmemh("no.hex", r); end endgenerate endmodule\n'
    assert "$readmemh" not in load_memories(text, "m", []).text


@pytest.mark.parametrize(
    ("memory", "call", "message"),
    [
        ("reg [7:0] r [0:3];", '$readmemh("other.hex", r)', "$readmemh needs the file 'other.hex', which is not given"),
        ("reg [7:0] r [0:1];", '$readmemh("rom.hex", r)', ("$readmemh loads a file with the address @3, where the"
         " memory has none")),
        ("reg [7:0] r [0:3];", '$readmemb("rom.hex", r)', ("$readmemb cannot load data/rom.hex: f0 is no word of"
         " base 2")),
        ("reg [7:0] r [0:3]; reg [31:0] n;", "$readmemh(n, r)", "$readmemh needs a file whose name is not constant"),
        ("reg [7:0] r [0:3][0:1];", '$readmemh("rom.hex", r)', "$readmemh loads what is no memory of one dimension"),
    ],
)  # fmt: skip
def test_what_cannot_be_loaded_is_left_with_the_reason(memory: str, call: str, message: str) -> None:
    text = f"module m;\n{memory} initial {call}; endmodule\n"
    loaded = load_memories(text, "m", [WORDS])
    assert (loaded.text, loaded.problems) == (text, ((message, 2),))
