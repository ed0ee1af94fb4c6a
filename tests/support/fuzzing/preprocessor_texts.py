"""Random module texts full of directives, macros, comments, strings and escaped names in odd places."""

import random
from collections.abc import Callable

from support.fuzzing.macro_bodies import NAMES, MacroWriter

TOP = "m"
_DEFINED = ("W", "F", "G", "KIND", "_x1", "p")
_TOOLS = (
    "SYNTHESIS",
    "__ICARUS__",
    "VERILATOR",
    "YOSYS",
    "__slang__",
    "SV_COV_START",
    "SIMULATION",
    "FORMAL",
    "COCOTB_SIM",
)
_DEAD = ('`include "none.vh"\n', "don't `none (\n", "wire [`none:0] z;\n", "`define W dead\n", "`timescale 1s/1s\n")
_DIRECTIVES = (
    *("`timescale 1ns / 1ps\n", "`timescale 1ns/1ps // end\n", "`celldefine\n", "`endcelldefine\n"),
    *("`default_nettype none\n", "`default_nettype wire\n", "`resetall\n", "`nounconnected_drive\n"),
)
_SWITCHES = (
    ("// synthesis translate_off\n", "// synthesis translate_on\n"),
    ("/* synopsys translate_off */", "/* synopsys translate_on */"),
    ("// pragma translate_off\n", "// pragma translate_on\n"),
    ("// synthesis_off\n", "// synthesis_on\n"),
)
_ATTRIBUTES = ('(* keep = "true" *) ', "(* full_case, parallel_case *) ", '(* src = "a.v:1 // no" *) ', "(* a = 1 *) ")
_FRAGMENTS = (
    "`",
    "``",
    '"',
    "\\\n",
    "(",
    ")",
    "`endif\n",
    "`else\n",
    "`define\n",
    "`ifdef W\n",
    "/*",
    "*/",
    "//",
    "\\",
    "'",
    "`W(",
    ",",
    "\n",
    '`"',
    "#1 ",
)


_DEEPEST = 3
"""Conditionals within conditionals."""


def write_text(rng: random.Random, *, is_damaged: bool) -> str:
    """Return a text that defines module ``m (input a, b, c, output [7:0] y, output [63:0] s)`` or nearly does.

    Damaged: some characters of it are left out, doubled or put in, and few of those texts are valid.
    """
    text = _TextWriter(rng).write()
    if is_damaged:
        text = _damage(text, rng)
    ending = rng.choice(["\n"] * 5 + ["\r\n", "\r"])
    return text.replace("\n", ending)


def _damage(text: str, rng: random.Random) -> str:
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(text))
        length = rng.choice([0, 0, 1, 1, 2, 8, 30])
        put = rng.choice([*_FRAGMENTS, "", text[at : at + length] * 2])
        text = text[:at] + put + text[at + length :]
    return text


class _TextWriter:
    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._macros = MacroWriter(rng)
        self._count = 0

    def write(self) -> str:
        rng = self._rng
        parts = [self._write_outside() for _ in range(rng.randint(1, 6))]
        parts.append(self._write_header())
        parts += [self._write_item(depth=0) for _ in range(rng.randint(3, 12))]
        driven = "".join(f"  assign y[{bit}] = {self._macros.write_expression()};\n" for bit in range(8))
        parts += [driven, f"  assign s = {self._macros.write_string()};\n"]
        parts.append(f"endmodule{rng.choice(['', ' // end', ': m'])}\n")
        parts += [self._write_outside() for _ in range(rng.randint(0, 2))]
        return "".join(parts)

    def _write_header(self) -> str:
        inputs = f"input wire {', '.join(NAMES)}"
        outputs = "output wire [7:0] y, output wire [63:0] s"
        return f"{self._attribute()}module {TOP} ({inputs},{self._gap()}{outputs});\n"

    def _write_outside(self) -> str:
        """Return what may stand outside a module."""
        rng = self._rng
        roll = rng.random()
        if roll < 0.55:
            return self._macros.define(rng.choice(_DEFINED))
        if roll < 0.65:
            return self._macros.forget(rng.choice(_DEFINED))
        if roll < 0.8:
            return rng.choice(_DIRECTIVES)
        if roll < 0.9:
            return self._write_conditional(
                lambda: self._macros.define(rng.choice(_DEFINED)) + self._macros.write_comment()
            )
        return self._macros.write_comment()

    def _write_item(self, depth: int) -> str:
        """Return what may stand in a module: declarations, and all that may stand outside but for directives."""
        writers: list[tuple[int, Callable[[], str]]] = [
            (25, lambda: self._declare(depth)),
            (7, self._write_display),
            (6, self._write_constant),
            (6, lambda: f"  {self._macros.call('item') or ''}\n"),
            (16 if depth < _DEEPEST else 0, lambda: self._write_conditional(lambda: self._write_items(depth + 1))),
            (6, self._write_switched),
            (6, self._macros.write_comment),
            (18, lambda: self._macros.define(self._rng.choice(_DEFINED))),
            (10, lambda: self._macros.forget(self._rng.choice(_DEFINED))),
        ]
        return self._rng.choices([write for _, write in writers], [odds for odds, _ in writers])[0]()

    def _write_items(self, depth: int) -> str:
        return self._write_item(depth) + self._write_item(depth)

    def _write_display(self) -> str:
        return f"  always @(posedge b) $display({self._macros.write_string()}, {self._macros.write_expression()});\n"

    def _write_constant(self) -> str:
        self._count += 1
        return f"  localparam S{self._count} = {self._macros.write_string()};{self._gap()}\n"

    def _write_switched(self) -> str:
        off, on = self._rng.choice(_SWITCHES)
        hidden = self._rng.choice(["always @* y = a;\n", self._macros.write_comment(), "wire t_off; "])
        return f"  {off}{hidden}{on}\n"

    def _declare(self, depth: int) -> str:
        self._count += 1
        rng = self._rng
        name = (
            f"n{self._count}" if rng.random() < 0.85 else f"{self._macros.new_escaped_name().rstrip()}_{self._count} "
        )
        value = self._macros.write_expression()
        if depth == 0:  # what stands in a conditional may not exist
            self._macros.names.append(name)
        return f"  {self._attribute()}wire {self._gap()}{name}{self._gap()}= {value};{self._gap()}\n"

    def _write_conditional(self, write: Callable[[], str]) -> str:
        """Return what ``write`` gives and dead text in the branches of a conditional that may be taken or not."""
        rng = self._rng
        name = rng.choice([*_DEFINED, *_TOOLS])
        known = {macro.name for macro in self._macros.macros} | {"SYNTHESIS"}
        is_taken = (name in known) == (word := rng.choice(["ifdef", "ifndef"])).startswith("ifdef")
        live, dead = write(), rng.choice([*_DEAD, "  wire dead;\n", self._macros.write_comment()])
        first, second = (live, dead) if is_taken else (dead, live)
        middle = f"`elsif {rng.choice(_DEFINED)}_none\n{rng.choice(_DEAD[2:])}" if rng.random() < 0.3 else ""
        gap = rng.choice(["\n", "\n", " // why\n", "\n\n"])
        return f"`{word} {name}{gap}{first}{middle}`else{gap}{second}`endif{gap}"

    def _attribute(self) -> str:
        return self._rng.choice(_ATTRIBUTES) if self._rng.random() < 0.25 else ""

    def _gap(self) -> str:
        gap = self._rng.choice([" ", " ", " ", "\t", "\n  ", "\f", " /* x */ ", "\v"])
        return gap if self._rng.random() < 0.9 else f" {self._macros.write_comment()} "
