"""Which registers get a power-up value, and where it is put."""

import pytest

from pytest_rtlgen.verilog.power_up import PowerUp, power_up
from pytest_rtlgen.verilog.syntax import list_errors, parse_text

HEAD = "module m(input c, input d, output reg q);\n"


def registers(body: str, rest: str = "") -> tuple[str, ...]:
    """Return the paths of the registers in a module with ``body`` that get a value."""
    powered = power_up(f"{HEAD}{body}\nendmodule\n{rest}", "m", PowerUp.ONES)
    parsed = parse_text(powered.text)
    assert not list_errors(parsed, parsed.tree.diagnostics)
    assert powered.text.count("\n") == f"{HEAD}{body}\nendmodule\n{rest}".count("\n")
    return tuple(path for path, _ in powered.registers)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("always @(posedge c) q <= d;", ("q",)),
        ("always_ff @(posedge c or negedge d) q <= d;", ("q",)),
        ("always @(posedge c) q++;", ("q",)),
        ("reg r; always @(posedge c) {q, r} <= d;", ("q", "r")),
        ("reg [3:0] r; always @(posedge c) r[d] <= 1;", ("r",)),
        ("struct packed {logic a; logic [1:0] b;} s; always @(posedge c) s.b[1] <= 1;", ("s",)),
        ("reg [3:0] r [0:7], s; always @(posedge c) begin r[d] <= 1; s <= 1; end", ("r", "s")),
        ("sub u(c, d), v(c, d);", ("u.r", "v.r")),
        (
            "genvar i; for (i = 0; i < 2; i = i + 1) begin : g reg r; always @(posedge c) r <= d; end",
            ("g[0].r", "g[1].r"),
        ),
    ],
)
def test_what_clock_edges_load_gets_a_value(body: str, found: tuple[str, ...]) -> None:
    rest = "module sub(input c, input d);\nreg r; always @(posedge c) r <= d;\nendmodule\n" if "sub" in body else ""
    assert registers(body, rest) == found


@pytest.mark.parametrize(
    "body",
    [
        "always @* q = d;",
        "always @(c or d) if (c) q = d;",
        "always_latch if (c) q = d;",
        "initial q = 0;\nalways @(posedge c) q <= d;",
        "reg r = 1; always @(posedge c) r <= d;",
        "always @(posedge c) begin : b reg r; r = d; end",
        "reg r; initial r = 0; always @(posedge c) r <= d;",
    ],
)
def test_what_is_no_register_or_has_a_value_is_left_alone(body: str) -> None:
    assert registers(body) == ()


def test_a_text_without_registers_is_as_it_was() -> None:
    text = f"{HEAD}always @* q = d;\nendmodule\n"
    assert power_up(text, "m", PowerUp.ONES).text == text


@pytest.mark.parametrize(("value", "shown"), [(PowerUp.ZEROS, "4'h0"), (PowerUp.ONES, "4'hf")])
def test_values(value: PowerUp, shown: str) -> None:
    powered = power_up("module m(input c);\nreg [3:0] r; always @(posedge c) r <= ~r;\nendmodule\n", "m", value)
    assert powered.text == f"module m(input c);\nreg [3:0] r = {shown}; always @(posedge c) r <= ~r;\nendmodule\n"


def test_an_enumeration_starts_with_one_of_its_members() -> None:
    text = "module m(input c);\nenum logic [1:0] {A = 2, B = 1} s; always @(posedge c) s <= s;\nendmodule\n"
    assert [
        f"s = {name};" in power_up(text, "m", value).text for value, name in [(PowerUp.ZEROS, "B"), (PowerUp.ONES, "A")]
    ] == [True, True]


def test_a_random_value_depends_on_the_name_alone() -> None:
    text = "module m(input c);\nreg [63:0] r, s; always @(posedge c) begin r <= ~r; s <= ~s; end\nendmodule\n"
    longer = text.replace("r, s;", "s, r; reg t;")
    first, second = (power_up(one, "m", PowerUp.RANDOM).text for one in (text, longer))
    values = [
        dict(part.strip(" ,;").split(" = ") for part in one.split("reg [63:0] ")[1].split(";")[0].split(", "))
        for one in (first, second)
    ]
    assert values[0] == values[1]
    assert values[0]["r"] != values[0]["s"]


def test_instances_of_several_widths_share_a_value_that_fits_the_widest() -> None:
    text = (
        "module m(input c);\nsub #(2) u(c); sub #(8) v(c);\nendmodule\n"
        "module sub #(parameter W = 1)(input c);\nreg [W-1:0] r; always @(posedge c) r <= ~r;\nendmodule\n"
    )
    powered = power_up(text, "m", PowerUp.ONES)
    assert powered.registers == (("u.r", 2), ("v.r", 8))
    assert "r = 8'hff;" in powered.text


def test_bits_that_have_a_value_are_counted() -> None:
    body = (
        "reg [3:0] a = 1, b; reg [2:0] e; initial e = 0;\nalways @(posedge c) begin a <= d; b <= a; e <= 1; q <= 0; end"
    )
    powered = power_up(f"{HEAD}{body}\nendmodule\n", "m", PowerUp.ONES)
    assert powered.registers == (("b", 4), ("q", 1))
    assert powered.set_bits == 7


def test_ports_that_share_a_declaration_get_their_values_where_icarus_takes_them() -> None:
    text = "module m(input c, output reg [1:0] a, b);\nalways_ff @(posedge c) begin a <= ~b; b <= ~a; end\nendmodule\n"
    powered = power_up(text, "m", PowerUp.ONES).text
    assert powered == text.replace("endmodule", "initial a = 2'h3; initial b = 2'h3; endmodule")
