"""A survey of a candidate's syntax: what is forbidden in it, and what no output can depend on and is left out.

The text is canonical (``canonical.py``), so every node stands where it seems to stand. Nothing is elaborated: the time
taken is linear in the text.
"""

from pytest_rtlgen.verilog.survey.collect import Collector
from pytest_rtlgen.verilog.survey.judge import Judge
from pytest_rtlgen.verilog.survey.records import LeftOut, Span, Survey, apply_spans
from pytest_rtlgen.verilog.syntax import ParsedText, parse_text

__all__ = [
    "LeftOut",
    "Span",
    "Survey",
    "apply_spans",
    "compare_by_value",
    "survey_text",
]


def survey_text(parsed: ParsedText) -> Survey:
    """Return what is forbidden in a canonical text, and what is to be left out of it."""
    return Judge(_collect(parsed)).conclude()


def compare_by_value(text: str) -> str:
    """Return a canonical text with ``==`` for ``===``, except where X or Z is what is asked for."""
    if "===" not in text and "!==" not in text:
        return text
    return apply_spans(text, sorted(_collect(parse_text(text)).identities))


def _collect(parsed: ParsedText) -> Collector:
    seen = Collector(parsed)
    seen.read(parsed.tree.root)
    return seen
