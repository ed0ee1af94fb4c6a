"""The page: template, style and scripts of ``page/`` around the data of one run."""

import base64
import hashlib
import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from pytest_rtlgen.records import Problem, ProblemKey, Prompt, RunSettings, SampleResult, Status
from pytest_rtlgen.report.html.details import describe_chat, describe_sample, describe_task, group_turns
from pytest_rtlgen.report.html.embed import pack, render_json
from pytest_rtlgen.report.html.figures import (
    describe_curves,
    describe_lengths,
    describe_outputs,
    describe_problem,
    describe_summary,
)
from pytest_rtlgen.report.html.rows import describe_rows
from pytest_rtlgen.report.run_report import RunReport
from pytest_rtlgen.report.sides_text import render_sides
from pytest_rtlgen.version import __version__

_PAGE = Path(__file__).parent / "page"
_SCRIPTS = ("dom", "data", "charts", "wave", "code", "overview", "samples", "sample", "main")
"""Files of the page's one script, in the order of their definitions."""
_PLACE = re.compile(r"\{\{ (\w+) \}\}")

FindPrompt = Callable[[SampleResult], Prompt | None]


def render_page(
    report: RunReport, problems: Sequence[Problem], find_prompt: FindPrompt, *, hides_references: bool = False
) -> Iterator[str]:
    """Yield the page of ``report`` piece by piece, all of it ASCII.

    ``problems`` are those of the run, of which the summary's are shown, and ``find_prompt`` returns the chat that an
    answer came from, ``None`` where it is not known.
    """
    style, script = _read("style.css"), _join_scripts()
    parts: Mapping[str, Callable[[], Iterable[str]]] = {
        "title": lambda: [
            html.escape(_describe_title(report.run.settings)).encode("ascii", "xmlcharrefreplace").decode()
        ],
        "policy": lambda: [_describe_policy(style, script)],
        "style": lambda: [style],
        "script": lambda: [script],
        "data": lambda: _render_data(report, problems, find_prompt, hides_references=hides_references),
    }
    pieces = _PLACE.split(_read("page.html"))
    for place, piece in enumerate(pieces):
        yield from parts[piece]() if place % 2 else [piece]


def _render_data(
    report: RunReport, problems: Sequence[Problem], find_prompt: FindPrompt, *, hides_references: bool
) -> Iterator[str]:
    """Yield the blocks of data: what the first view and the table need as JSON, all texts in chunks."""
    by_key = {problem.key: problem for problem in problems}
    scores = report.summary.problems
    shown = [by_key[ProblemKey(suite=score.suite, problem_id=score.problem_id)] for score in scores]
    places = {problem.key: place for place, problem in enumerate(shown)}
    samples = [sample for sample in report.run.samples if sample.key.problem in places]
    samples.sort(key=lambda sample: (places[sample.key.problem], sample.key.index))
    overview = {
        **_describe_run(report),
        **describe_summary(report.summary),
        **describe_curves(report.summary),
        "lengths": describe_lengths(samples),
        "outputs": describe_outputs(samples, places),
    }
    listed = [describe_problem(score, problem.title) for score, problem in zip(scores, shown, strict=True)]
    yield _render_block("overview", overview)
    yield _render_block("problems", listed)
    yield _render_block("statuses", list(Status))
    yield _render_block("rows", describe_rows(samples, places))
    chats: dict[str, int] = {}
    prompts: list[Prompt] = []
    yield from _render_chunks("tasks", (describe_task(item, hides_reference=hides_references) for item in shown))
    yield from _render_chunks("samples", _describe_samples(report, samples, find_prompt, chats, prompts))
    yield from _render_chunks("chats", map(describe_chat, prompts))


def _describe_samples(
    report: RunReport,
    samples: Sequence[SampleResult],
    find_prompt: FindPrompt,
    chats: dict[str, int],
    prompts: list[Prompt],
) -> Iterator[object]:
    """Yield each sample, and note each chat once: in ``prompts``, and in ``chats`` by its digest."""
    turns = group_turns(report.run.repairs)
    disagreements = {
        (item.suite, item.problem_id, item.index): item for sides in report.sides for item in sides.disagreements
    }
    for sample in samples:
        key, prompt = sample.key, find_prompt(sample)
        if prompt is not None and prompt.digest not in chats:
            chats[prompt.digest] = len(prompts)
            prompts.append(prompt)
        disagreement = disagreements.get((key.suite, key.problem_id, key.index))
        chat = None if prompt is None else chats[prompt.digest]
        yield describe_sample(sample, turns.get(key, ()), disagreement, chat)


def _describe_run(report: RunReport) -> dict[str, object]:
    run, spending = report.run, report.spending
    settings, environment = run.settings, run.environment
    tokens = f"{spending.prompt_tokens:,} prompt, {spending.completion_tokens:,} completion"
    facts = {
        "model": settings.model,
        "suites": ", ".join(name for name, _ in settings.suites),
        "samples a problem": str(settings.sampling.n),
        "temperature": _show(settings.sampling.temperature),
        "top-p": _show(settings.sampling.top_p),
        "most tokens": _show(settings.sampling.max_tokens),
        "prompt style": settings.prompt,
        "simulator": dict(environment.tools).get("simulator", settings.simulator),
        "proofs": str(settings.formal),
        "scoring": str(settings.scoring),
        "repair": settings.repair,
        "selection": settings.selection,
        "tokens": tokens,
        "cost": "" if spending.cost_usd is None else f"${spending.cost_usd:,.4f}",
        "started": run.started_at,
        "run": str(report.path),
        "written by": f"pytest-rtlgen {__version__}",
    }
    return {
        "title": _describe_title(settings),
        "facts": [[name, value] for name, value in facts.items() if value],
        "notes": [note for note in report.list_notes() if note not in set(map(str, report.gates))],
        "gates": [[str(gate), gate.is_met] for gate in report.gates],
        "tables": [*([render_sides(report.sides)] if report.sides else []), *report.papers],
    }


def _describe_title(settings: RunSettings) -> str:
    return f"{settings.model} on {', '.join(name for name, _ in settings.suites)}"


def _show(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _render_block(name: str, value: object) -> str:
    return f'<script type="application/json" id="data-{name}">{render_json(value)}</script>\n'


def _render_chunks(name: str, records: Iterable[object]) -> Iterator[str]:
    for chunk in pack(records):
        start = f'<script type="application/json" class="chunk-{name}" data-first="{chunk.first}">'
        yield f'{start}"{chunk.text}"</script>\n'


def _describe_policy(style: str, script: str) -> str:
    """Return the Content Security Policy: nothing is loaded from anywhere, and no other script or style counts."""
    return (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _join_scripts() -> str:
    parts = "\n".join(_read(f"{name}.js") for name in _SCRIPTS)
    return f'(() => {{\n"use strict";\n{parts}\n}})();\n'


def _read(name: str) -> str:
    return (_PAGE / name).read_text(encoding="ascii")
