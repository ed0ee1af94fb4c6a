"""Random answers of models, compiler's logs and outcomes, each by its number alone: for rules that read texts.

Only ``random.Random.random`` is drawn from, whose numbers are the same in every version of Python.
"""

import hashlib
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

COUNT = 200_000
_TAGS = (
    "<think>",
    "</think>",
    "<answer>",
    "</answer>",
    "<think>",
    "</think>",
    "<answer>",
    "</answer>",
    "<Think>",
    "<ans",
)
_TURNS = ("<|im_start|>assistant", "<|im_end|>", "<|im_start|>user", "<|im_start|>")
_FENCES = (
    *("```verilog\n", "```verilog", "```verilog ", "```Verilog\n", "```systemverilog\n", "```sv\n", "```SV\n"),
    *("```\n", "```", "``", "````", "~~~", "```verilog\r\n", "```verilog2\n", "```svh\n", "```\u017fv\n", "```vhdl\n"),
)
_CODE = (
    *("module m(input a, output y);", "module", "endmodule", "module m;", "assign y = ~a;", "MODULE m;", "EndModule"),
    *("`timescale 1ns/1ps", "`timescale 1ns/1psendmodule", "module mendmodule", "module endmodule", "moduleendmodule"),
    *("module top (input clk); endmodule", "// module endmodule", "`timescale", "wire [3:0] w;", "`define A 1\n"),
)
_SPACES = (" ", "\n", "\n\n", "\t", "\r\n", "\u00a0", "\u2028", "\x1c", "\x0b", "", "\u200b", "\ufeff")
_PROSE = (
    *(
        "Two registers.",
        "I cannot",
        "i CANNOT",
        "I'm sorry",
        "As an AI",
        "as an air filter",
        "I give up.",
        "Unable to ",
    ),
    *(
        "generate",
        "not able to",
        "I apologize",
        "It is:",
        "reasoning",
        "\u0130t",
        "\U0001f600",
        "<",
        ">",
        "`",
        "verilog",
    ),
)
_SOUP = (_TAGS, _FENCES, _CODE, _SPACES, _SPACES, _PROSE, _TURNS)
_DESIGN = "module m(input a, output y);\n  assign y = ~a;\nendmodule"
_WELL_FORMED = ("<think>", "Flip it.", "</think>", "<answer>", "```verilog\n", _DESIGN, "\n```", "</answer>")
_MESSAGES = (
    *("syntax error", "error: Invalid module item.", "error: y is not a valid l-value in m.", "sorry: not supported."),
    *("error: reg y; is not a net and cannot be driven", "error: Unknown module type: alu", "I give up."),
    *("error: Unable to bind wire/reg/memory `b' in `m'", "error: This assignment requires an explicit cast required"),
    *("error: `N' is not a constant", "warning: index out of range", "error: Unknown port q", "port mismatch"),
    *("error: wrong number of ports", "warning: implicit definition of wire 'n'", "No such file or directory"),
    *("error: non-continuous assignment", "2 error(s) during elaboration.", "OUT OF RANGE", "unknown MODULE type"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a compiler and a test say of the code of an answer."""

    is_compiled: bool
    log: str
    is_passed: bool
    """Meant only where it compiles."""


class _Dice:
    def __init__(self, kind: str, number: int) -> None:
        self._random = random.Random(f"{kind} {number}").random

    def below(self, end: int) -> int:
        return int(self._random() * end)

    def pick(self, items: Sequence[str]) -> str:
        return items[self.below(len(items))]


def make_answer(number: int) -> str:
    """Return answer ``number``: soup, or one in CodeV-R1's form in which few pieces are lost, doubled or swapped."""
    dice = _Dice("answer", number)
    if dice.below(2):
        return "".join(dice.pick(_SOUP[dice.below(len(_SOUP))]) for _ in range(dice.below(24)))
    pieces = [piece for one in _WELL_FORMED for piece in (one, dice.pick(_SPACES))]
    for _ in range(dice.below(5)):
        place, change = dice.below(len(pieces)), dice.below(4)
        if change == 0:
            del pieces[place]
        elif change == 1:
            pieces.insert(place, pieces[dice.below(len(pieces))])
        elif change == 2:
            other = dice.below(len(pieces))
            pieces[place], pieces[other] = pieces[other], pieces[place]
        else:
            pieces.insert(place, dice.pick(_SOUP[dice.below(len(_SOUP))]))
    return "".join(pieces)


def make_outcome(number: int) -> Outcome:
    """Return what is said of the code of answer ``number``."""
    dice = _Dice("outcome", number)
    lines = [f"design.sv:{dice.below(99)}: {dice.pick(_MESSAGES)}" for _ in range(dice.below(5))]
    return Outcome(is_compiled=dice.below(3) == 0, log="\n".join(lines), is_passed=dice.below(2) == 0)


def digest_all(values: Iterator[object]) -> str:
    """Return the SHA-256 of ``values``, each as JSON."""
    digest = hashlib.sha256()
    for value in values:
        digest.update(json.dumps(value).encode() + b"\n")
    return digest.hexdigest()
