"""Easy problems that are made up, asked for in words: with one output for GRPO, with three for signal-aware DPO."""

import random
from collections.abc import Iterator
from itertools import permutations, product

from pytest_rtlgen.training.recipes.data import Task

LOGIC = {"sum": "{} + {}", "difference": "{} - {}", "AND": "{} & {}", "OR": "{} | {}", "XOR": "{} ^ {}"}
OPERATIONS = {
    **LOGIC,
    "NAND": "~({} & {})",
    "NOR": "~({} | {})",
    "XNOR": "~({} ^ {})",
    "larger": "{0} > {1} ? {0} : {1}",
    "smaller": "{0} < {1} ? {0} : {1}",
}
INPUTS = ("a", "b", "c")
WIDTHS = range(1, 9)
OUTPUTS = ("x", "y", "z")
LINES = tuple(product(OPERATIONS, permutations(INPUTS, 2)))
"""(word, its two inputs): what an output may be; 60."""


def make_expression_tasks(seed: int) -> Iterator[Task]:
    """Return every problem with one output: one line of arithmetic or logic on three inputs, in an order by ``seed``.

    Of some 14,000 problems each has one description and one reference, and no two problems share a description.
    """
    tasks = list(_list_expression_tasks())
    random.Random(f"easy {seed}").shuffle(tasks)  # noqa: S311  reproducible on purpose
    return iter(tasks)


def _list_expression_tasks() -> Iterator[Task]:
    for outer, inner, width in product(LOGIC, OPERATIONS, WIDTHS):
        for (first, second), third in product(permutations(INPUTS, 2), INPUTS):
            part = f"the {inner} of {first} and {second}", f"({OPERATIONS[inner].format(first, second)})"
            for words, signs in ((third, part[0]), (third, part[1])), ((part[0], third), (part[1], third)):
                yield _make_expression_task(
                    width, f"the {outer} of {words[0]} and {words[1]}", LOGIC[outer].format(*signs)
                )


def _make_expression_task(width: int, words: str, expression: str) -> Task:
    return Task(
        description=f"Write top_module. Inputs a, b, c and output y have {width} bits. y is {words}.",
        reference=(
            f"module top_module(input [{width - 1}:0] a, b, c, output [{width - 1}:0] y);\n"
            f"  assign y = {expression};\nendmodule\n"
        ),
    )


def make_output_tasks(seed: int) -> Iterator[Task]:
    """Yield problems with three outputs, each of one line, so that an answer can be partly right; drawn by ``seed``.

    No two of them are alike; there are 1.6 million.
    """
    rng = random.Random(f"outputs {seed}")  # noqa: S311  reproducible on purpose
    seen = set()
    while True:
        drawn = rng.choice(WIDTHS), tuple(rng.sample(LINES, len(OUTPUTS)))
        if drawn not in seen:
            seen.add(drawn)
            yield _make_output_task(*drawn)


def _make_output_task(width: int, lines: tuple[tuple[str, tuple[str, ...]], ...]) -> Task:
    named = list(zip(OUTPUTS, lines, strict=True))
    words = " ".join(f"{name} is the {word} of {one} and {other}." for name, (word, (one, other)) in named)
    code = "".join(f"  assign {name} = {OPERATIONS[word].format(*inputs)};\n" for name, (word, inputs) in named)
    ports = f"input [{width - 1}:0] a, b, c, output [{width - 1}:0] x, y, z"
    return Task(
        description=f"Write top_module. Inputs a, b, c and outputs x, y, z have {width} bits. {words}",
        reference=f"module top_module({ports});\n{code}endmodule\n",
    )
