"""An easy family of problems with three outputs, each of one line of its own, so that an answer can be partly right."""

import random
from collections.abc import Iterator
from itertools import permutations, product

from pytest_rtlgen.training.recipes.data import Task
from pytest_rtlgen.training.recipes.operations import INPUTS, OPERATIONS, WIDTHS

OUTPUTS = ("x", "y", "z")
LINES = tuple(product(OPERATIONS, permutations(INPUTS, 2)))
"""(word, its two inputs): what an output may be; 60."""


def make_tasks(seed: int) -> Iterator[Task]:
    """Yield problems without end, drawn by ``seed``, of which no two are alike; there are 1.6 million."""
    rng = random.Random(f"outputs {seed}")  # noqa: S311  reproducible on purpose
    seen = set()
    while True:
        drawn = rng.choice(WIDTHS), tuple(rng.sample(LINES, len(OUTPUTS)))
        if drawn not in seen:
            seen.add(drawn)
            yield _make_task(*drawn)


def _make_task(width: int, lines: tuple[tuple[str, tuple[str, ...]], ...]) -> Task:
    named = list(zip(OUTPUTS, lines, strict=True))
    words = " ".join(f"{name} is the {word} of {one} and {other}." for name, (word, (one, other)) in named)
    code = "".join(f"  assign {name} = {OPERATIONS[word].format(*inputs)};\n" for name, (word, inputs) in named)
    ports = f"input [{width - 1}:0] a, b, c, output [{width - 1}:0] x, y, z"
    return Task(
        description=f"Write top_module. Inputs a, b, c and outputs x, y, z have {width} bits. {words}",
        reference=f"module top_module({ports});\n{code}endmodule\n",
    )
