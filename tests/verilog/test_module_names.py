"""Which modules a text defines and which it wants, whatever else is wrong with it."""

import pytest

from pytest_rtlgen.verilog.bench_text import read_module_names


@pytest.mark.parametrize(
    ("text", "tops", "undefined"),
    [
        ("module tb; dut u(); endmodule", ("tb",), ("dut",)),
        ("module a; endmodule module tb; a i(); dut u1(), u2(); endmodule", ("tb",), ("dut",)),
        ("module tb; dut #(.W(8), .D(2)) u (.a(a)); endmodule", ("tb",), ("dut",)),
        ("module tb; // dut u();\n other u(); endmodule", ("tb",), ("other",)),
        ('module tb; initial $display("dut u();"); endmodule', ("tb",), ()),
        ("module a; endmodule module b; endmodule", ("a", "b"), ()),
        ("`define DUT dut\nmodule tb; `DUT u(); endmodule", ("tb",), ("dut",)),
        ("module tb; reg a; reg a; dut u(.a(a)); endmodule", ("tb",), ("dut",)),
        ("module tb; dut u(); initial begin a = ; end endmodule", ("tb",), ("dut",)),
        ("", (), ()),
    ],
)
def test_names(text: str, tops: tuple[str, ...], undefined: tuple[str, ...]) -> None:
    names = read_module_names(text)
    assert (names.tops, names.undefined) == (tops, undefined)
