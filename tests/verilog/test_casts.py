"""Casts of signedness become calls, in place."""

import pytest

from pytest_rtlgen.verilog.casts import call_signed
from pytest_rtlgen.verilog.syntax import parse_text


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("signed'(a)", "$signed(a)"),
        ("unsigned '(a) + signed'(signed'(a))", "$unsigned (a) + $signed($signed(a))"),
        ("8'(a) + $signed(a)", "8'(a) + $signed(a)"),
        ("signed\n'(a)", "signed\n'(a)"),
        ("signed/* ' */'(a) /* signed'(a) */", "$signed       (a) /* signed'(a) */"),
    ],
)
def test_a_cast_is_a_call_of_the_same_length(expression: str, expected: str) -> None:
    text = f'// é "\nmodule m (input [3:0] a, output signed [7:0] b); assign b = {expression}; endmodule\n'
    changed = call_signed(text, parse_text(text))
    assert changed == text.replace(expression, expected)
    assert len(changed) == len(text)
