"""An easy family of problems: one line of arithmetic or logic on three inputs, asked for in words. Seeded.

Of some 14,000 problems each has one description and one reference, and no two problems share a description.
"""

import random
from collections.abc import Iterator
from itertools import permutations, product

from pytest_rtlgen.training.recipes.data import Task
from pytest_rtlgen.training.recipes.operations import INPUTS, LOGIC, OPERATIONS, WIDTHS


def make_tasks(seed: int) -> Iterator[Task]:
    """Return every problem of the family in an order that ``seed`` decides."""
    tasks = list(_make_tasks())
    random.Random(f"easy {seed}").shuffle(tasks)  # noqa: S311  reproducible on purpose
    return iter(tasks)


def _make_tasks() -> Iterator[Task]:
    for outer, inner, width in product(LOGIC, OPERATIONS, WIDTHS):
        for (first, second), third in product(permutations(INPUTS, 2), INPUTS):
            part = f"the {inner} of {first} and {second}", f"({OPERATIONS[inner].format(first, second)})"
            for words, signs in ((third, part[0]), (third, part[1])), ((part[0], third), (part[1], third)):
                yield _make_task(width, f"the {outer} of {words[0]} and {words[1]}", LOGIC[outer].format(*signs))


def _make_task(width: int, words: str, expression: str) -> Task:
    return Task(
        description=f"Write top_module. Inputs a, b, c and output y have {width} bits. y is {words}.",
        reference=(
            f"module top_module(input [{width - 1}:0] a, b, c, output [{width - 1}:0] y);\n"
            f"  assign y = {expression};\nendmodule\n"
        ),
    )
