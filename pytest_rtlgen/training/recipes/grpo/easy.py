"""An easy family of problems: one line of arithmetic or logic on three inputs, asked for in words. Seeded.

Of some 14,000 problems each has one description and one reference, and no two problems share a description.
"""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations, product
from pathlib import Path

OUTER = {"sum": "{} + {}", "difference": "{} - {}", "AND": "{} & {}", "OR": "{} | {}", "XOR": "{} ^ {}"}
INNER = {
    **OUTER,
    "NAND": "~({} & {})",
    "NOR": "~({} | {})",
    "XNOR": "~({} ^ {})",
    "larger": "{0} > {1} ? {0} : {1}",
    "smaller": "{0} < {1} ? {0} : {1}",
}
INPUTS = ("a", "b", "c")
WIDTHS = range(1, 9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One problem."""

    description: str
    reference: str


def list_tasks(seed: int) -> list[Task]:
    """Return every problem of the family in an order that ``seed`` decides."""
    tasks = list(_make_tasks())
    random.Random(f"easy {seed}").shuffle(tasks)  # noqa: S311  reproducible on purpose
    return tasks


def write_sets(folder: Path, counts: Mapping[str, int], *, seed: int, prompt: str) -> None:
    """Write as many problems as ``counts`` says to the three sets in ``folder``; no problem is in two of them.

    ``prompt`` is a template: what is in its place of ``{description}`` is asked.
    """
    rest = iter(list_tasks(seed))
    parts = {name: [next(rest) for _ in range(count)] for name, count in counts.items()}
    demonstrations = [_make_chat(task, prompt) for task in parts.pop("demonstrations")]
    _write_rows(folder / "demonstrations.jsonl", demonstrations)
    for name, tasks in parts.items():
        _write_rows(folder / f"{name}.jsonl", [_make_row(task, f"{name}{n:04}") for n, task in enumerate(tasks)])


def _make_tasks() -> Iterator[Task]:
    for outer, inner, width in product(OUTER, INNER, WIDTHS):
        for (first, second), third in product(permutations(INPUTS, 2), INPUTS):
            part = f"the {inner} of {first} and {second}", f"({INNER[inner].format(first, second)})"
            for words, signs in ((third, part[0]), (third, part[1])), ((part[0], third), (part[1], third)):
                yield _make_task(width, f"the {outer} of {words[0]} and {words[1]}", OUTER[outer].format(*signs))


def _make_task(width: int, words: str, expression: str) -> Task:
    return Task(
        description=f"Write top_module. Inputs a, b, c and output y have {width} bits. y is {words}.",
        reference=(
            f"module top_module(input [{width - 1}:0] a, b, c, output [{width - 1}:0] y);\n"
            f"  assign y = {expression};\nendmodule\n"
        ),
    )


def _make_chat(task: Task, prompt: str) -> Mapping[str, object]:
    asked = {"role": "user", "content": prompt.replace("{description}", task.description)}
    return {"messages": [asked, {"role": "assistant", "content": task.reference}]}


def _make_row(task: Task, problem_id: str) -> Mapping[str, object]:
    return {"problem_id": problem_id, "instruction": task.description, "reference": task.reference}


def _write_rows(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
