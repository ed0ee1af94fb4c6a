"""The sets of a run: problems that are made up, chats to learn from, and questions as the harness asks them."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.prompts import PromptStyle, render_prompt
from pytest_rtlgen.prompts.read import read_style
from pytest_rtlgen.records import Problem
from pytest_rtlgen.training.recipes.settings import Settings
from pytest_rtlgen.training.recipes.small_model import write_small_model


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A problem that was made up."""

    description: str
    reference: str


def make_data(settings: Settings, make_tasks: Callable[[int], Iterator[Task]]) -> str:
    """Make up the sets and the model that the settings ask for; return what was made.

    ``make_tasks``: from a seed to problems of which no two are alike.
    """
    made = []
    if settings.data.generated:
        template = read_style(settings.prompt).template
        if template is None:
            raise UsageError(f"prompt = {settings.prompt!r}: what is generated is asked with a template; name a file")
        write_sets(settings.out, settings.data.generated, make_tasks(settings.seed), prompt=template)
        made.append(", ".join(f"{count} {name}" for name, count in settings.data.generated.items()))
    if "name" not in settings.model:
        texts = [message["content"] for row in read_chats(settings) for message in row["messages"]]
        size = write_small_model(settings.out / "base", settings.model, texts, seed=settings.seed)
        made.append(f"a model of {size:,} parameters")
    return "; ".join(made) or "nothing to make"


def write_sets(folder: Path, counts: Mapping[str, int], tasks: Iterator[Task], *, prompt: str) -> None:
    """Write as many of ``tasks`` as ``counts`` says to the three sets in ``folder``; no problem is in two of them.

    ``prompt`` is a template: what is in its place of ``{description}`` is asked.
    """
    parts = {name: [next(tasks) for _ in range(count)] for name, count in counts.items()}
    demonstrations = [_make_chat(task, prompt) for task in parts.pop("demonstrations")]
    _write_rows(folder / "demonstrations.jsonl", demonstrations)
    for name, drawn in parts.items():
        _write_rows(folder / f"{name}.jsonl", [_make_row(task, f"{name}{n:04}") for n, task in enumerate(drawn)])


def list_questions(settings: Settings, suites: Sequence[str]) -> list[dict[str, Any]]:
    """Return a row for each problem of ``suites`` that can be judged: the chat of the harness, and its id."""
    style = read_style(settings.prompt)
    problems = [problem for spec in suites for problem in load_suite(spec).problems]
    return [
        {"prompt": _ask(problem, style), "problem_id": problem.problem_id}
        for problem in problems
        if not problem.unjudged
    ]


def read_chats(settings: Settings) -> list[dict[str, Any]]:
    """Return the demonstrations.

    Raises:
        UsageError: the file cannot be read.
    """
    if settings.data.demonstrations.startswith("references:"):
        style = read_style(settings.prompt)
        return [_demonstrate(problem, style) for problem in load_suite(settings.data.demonstrations).problems]
    path = Path(settings.data.demonstrations)
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}; name a file of chats in [data] demonstrations") from error


def _ask(problem: Problem, style: PromptStyle) -> list[dict[str, str]]:
    messages = render_prompt(problem, style).messages
    return [{"role": str(message.role), "content": message.content} for message in messages]


def _demonstrate(problem: Problem, style: PromptStyle) -> dict[str, Any]:
    answer = f"```verilog\n{problem.reference.text.strip()}\n```"
    return {"messages": [*_ask(problem, style), {"role": "assistant", "content": answer}]}


def _make_chat(task: Task, prompt: str) -> Mapping[str, object]:
    asked = {"role": "user", "content": prompt.replace("{description}", task.description)}
    return {"messages": [asked, {"role": "assistant", "content": task.reference}]}


def _make_row(task: Task, problem_id: str) -> Mapping[str, object]:
    return {"problem_id": problem_id, "instruction": task.description, "reference": task.reference}


def _write_rows(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
