"""A comparison of two runs as text for the terminal."""

import shlex
from collections.abc import Iterator, Sequence

from pytest_rtlgen.records import Estimate
from pytest_rtlgen.report.comparison import Comparison, FigureChange, ProblemChange
from pytest_rtlgen.report.plain_text import clip_text, escape_controls

_MODEL = 60
_LABEL = 48
_SHOWN = 10
"""Problems listed that did worse, and as many that did better; ``--json`` has all."""


def render_comparison(comparison: Comparison) -> str:
    """Return both runs' figures, their differences, and the problems that changed, each with what shows a sample."""
    lines = [
        f"base: {escape_controls(comparison.base)}  {clip_text(comparison.base_model, _MODEL)}",
        f"new:  {escape_controls(comparison.new)}  {clip_text(comparison.new_model, _MODEL)}",
        *(f"unlike: {escape_controls(phrase)}" for phrase in comparison.unlike),
        f"problems in both: {comparison.problems}{_render_alone(comparison)}",
        "",
        *_render_table(comparison.figures),
    ]
    worse = [item for item in comparison.changed if item.is_worse]
    better = sorted((item for item in comparison.changed if not item.is_worse), key=lambda item: -item.change)
    lines += _render_changed("worse", worse, "with no passing sample now")
    lines += _render_changed("better", better, "with no passing sample before")
    return "\n".join(lines)


def _render_alone(comparison: Comparison) -> str:
    counts = {"base": len(comparison.only_base), "new": len(comparison.only_new)}
    return "".join(f"; in {side} alone, and in no figure: {count}" for side, count in counts.items() if count)


def _render_table(figures: Sequence[FigureChange]) -> Iterator[str]:
    from tabulate import tabulate

    rows = (
        ("base", [str(item.base) for item in figures]),
        ("new", [str(item.new) for item in figures]),
        ("new - base", [_render_signed(item.change) for item in figures]),
        ("fell, rose", [f"{item.fell}, {item.rose}" for item in figures]),
        ("McNemar p", [f"{item.p_value:.3g}" for item in figures]),
    )
    table = tabulate(
        [[name, *cells] for name, cells in rows],
        headers=["", *(f"pass@{item.k}" for item in figures)],
        tablefmt="simple",
        disable_numparse=True,
        colalign=("left", *["right"] * len(figures)),
    )
    yield from (line.rstrip() for line in table.splitlines())


def _render_signed(change: Estimate) -> str:
    return f"{change.value:+.3f} [{change.low:+.2f}, {change.high:+.2f}]"


def _render_changed(word: str, changed: Sequence[ProblemChange], flip: str) -> Iterator[str]:
    if not changed:
        return
    yield ""
    yield f"{word}: {len(changed)} problems ({sum(item.is_flip for item in changed)} {flip})"
    for item in changed[:_SHOWN]:
        counts = f"{item.base_passed}/{item.base_n} -> {item.new_passed}/{item.new_n}"
        yield f"  {clip_text(item.problem, _LABEL)}  {counts}"
        run, problem = (shlex.quote(escape_controls(text)) for text in (item.run, item.problem))
        yield f"    rtlgen show {run} {problem} {item.sample}"
    if len(changed) > _SHOWN:
        yield f"  and {len(changed) - _SHOWN} more; --json has all"
