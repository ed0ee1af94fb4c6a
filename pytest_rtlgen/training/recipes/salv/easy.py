"""An easy family of problems with two outputs, each of one line of its own, so that an answer can be partly right."""

import random
from collections.abc import Iterator
from itertools import permutations, product

from pytest_rtlgen.training.recipes.data import Task
from pytest_rtlgen.training.recipes.operations import INPUTS, LOGIC, OPERATIONS, WIDTHS

OUTPUTS = ("y", "z")
LINES = tuple(product(LOGIC, OPERATIONS, permutations(INPUTS)))
"""(outer word, inner word, its inputs: one for the outer, two for the inner); 300 that an output may be."""
Line = tuple[str, str, tuple[str, ...]]


def make_tasks(seed: int) -> Iterator[Task]:
    """Yield problems without end, drawn by ``seed``, of which no two are alike; there are some 700,000."""
    rng = random.Random(f"outputs {seed}")  # noqa: S311  reproducible on purpose
    seen = set()
    while True:
        drawn = rng.choice(WIDTHS), tuple(rng.sample(LINES, len(OUTPUTS)))
        if drawn not in seen:
            seen.add(drawn)
            yield _make_task(*drawn)


def _make_task(width: int, lines: tuple[Line, ...]) -> Task:
    named = list(zip(OUTPUTS, lines, strict=True))
    words = " ".join(f"{name} is {_spell(line)}." for name, line in named)
    code = "".join(f"  assign {name} = {_write(line)};\n" for name, line in named)
    ports = f"input [{width - 1}:0] a, b, c, output [{width - 1}:0] y, z"
    return Task(
        description=f"Write top_module. Inputs a, b, c and outputs y, z have {width} bits. {words}",
        reference=f"module top_module({ports});\n{code}endmodule\n",
    )


def _spell(line: Line) -> str:
    outer, inner, (first, *rest) = line
    return f"the {outer} of {first} and the {inner} of {rest[0]} and {rest[1]}"


def _write(line: Line) -> str:
    outer, inner, (first, *rest) = line
    return LOGIC[outer].format(first, f"({OPERATIONS[inner].format(*rest)})")
