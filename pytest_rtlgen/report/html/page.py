"""The page: template, style and scripts of ``page/`` around the data of one run."""

import base64
import hashlib
import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from pytest_rtlgen.records import Problem
from pytest_rtlgen.report.html.facts import describe_title
from pytest_rtlgen.report.html.run_data import FindPrompt, RunData
from pytest_rtlgen.report.run_report import RunReport

_PAGE = Path(__file__).parent / "page"
_SCRIPTS = ("dom", "data", "charts", "wave", "code", "overview", "samples", "sample", "main")
"""Files of the page's one script, in the order of their definitions."""
_PLACE = re.compile(r"\{\{ (\w+) \}\}")


def render_page(
    report: RunReport, problems: Sequence[Problem], find_prompt: FindPrompt, *, hides_references: bool = False
) -> Iterator[str]:
    """Yield the page of ``report`` piece by piece, all of it ASCII.

    ``problems`` are those of the run, of which the summary's are shown, and ``find_prompt`` returns the chat that an
    answer came from, ``None`` where it is not known.
    """
    style, script = _read("style.css"), _join_scripts()
    title = html.escape(describe_title(report.run.settings)).encode("ascii", "xmlcharrefreplace").decode()
    data = RunData(report, problems)
    parts: Mapping[str, Callable[[], Iterable[str]]] = {
        "title": lambda: [title],
        "policy": lambda: [_describe_policy(style, script)],
        "style": lambda: [style],
        "script": lambda: [script],
        "blocks": data.render_blocks,
        "texts": lambda: data.render_texts(find_prompt, hides_references=hides_references),
    }
    pieces = _PLACE.split(_read("page.html"))
    for place, piece in enumerate(pieces):
        yield from parts[piece]() if place % 2 else [piece]


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
