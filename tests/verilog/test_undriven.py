"""Which bits of outputs nothing drives."""

import pytest

from pytest_rtlgen.verilog.hazards import find_undriven

PART = "module part(input i, output o, output q); assign o = ~i; endmodule\n"
CASES = {
    "nothing": ("", {"y": 15, "z": 1}),
    "some bits": ("assign y[1:0] = a; assign z = a[0];", {"y": 12}),
    "all": ("assign y = a; assign z = a[0];", {}),
    "a process": ("reg r; always @* r = a[0]; assign z = r; assign y = a;", {}),
    "an initial block": ("reg r; initial r = 1'b1; assign z = r; assign y = a;", {}),
    "a declared value": ("wire r = 1'b1; assign z = r; assign y = a;", {}),
    "a gate": ("bufif1(z, a[0], a[1]); assign y = a;", {}),
    "high impedance": ("assign z = 1'bz; assign y = a;", {}),
    "an instance": ("part p(.i(a[0]), .o(z)); assign y = a;", {}),
    "an instance that leaves it open": ("part p(.i(a[0]), .q(z)); assign y = a;", {"z": 1}),
    "an undriven net": ("wire f; assign z = f; assign y = {f, a[0], f, a[1]};", {"z": 1}),
    "logic of an undriven net": ("wire f; assign z = ~f; assign y = a;", {}),
    "an unknown module": ("other p(.z(z)); assign y = a;", {}),
}


@pytest.mark.parametrize("case", CASES)
def test_bits_that_nothing_drives_are_found(case: str) -> None:
    body, expected = CASES[case]
    text = f"module top(input [3:0] a, output [3:0] y, output z); {body} endmodule\n{PART}"
    assert find_undriven(text, "top") == expected


@pytest.mark.parametrize("text", ["", "module", "module other; endmodule"])
def test_nothing_is_found_in_what_cannot_be_read(text: str) -> None:
    assert find_undriven(text, "top") == {}
