"""What a suite's check of itself found, as a table for people and as JSON for programs."""

import json
import textwrap
from collections.abc import Iterator, Sequence
from typing import cast

from pytest_rtlgen.records import Proof
from pytest_rtlgen.report.console import find_max_columns, fold
from pytest_rtlgen.report.plain_text import clip_text
from pytest_rtlgen.selfcheck.suite import SelfcheckRow
from pytest_rtlgen.storage import encode
from pytest_rtlgen.version import SCHEMA_VERSION

_FINDING, _LEAST = 160, 20
_NEEDED = {True: "needed", False: "NOT needed", None: "not tried"}
_TIGHT = {True: "a design that is wrong elsewhere fails", False: "a design that is wrong elsewhere PASSES"}


def render_selfcheck(suite: str, rows: Sequence[SelfcheckRow], changes: Sequence[str] | None) -> str:
    """Return the table, the mutation scores, what the problems' own scorers found, and the ceilings.

    ``changes``: what mutants did otherwise than is kept; ``None``: there were no mutants.
    """
    ok = sum(row.is_ok for row in rows)
    lines = [render_rows(rows), ""]
    if changes is not None:
        lines += [render_mutation(rows), *(f"note: {change}" for change in changes), ""]
    lines += render_openings(rows)
    lines += _render_benches(rows)
    lines.append(f"{suite}: {len(rows)} problems, {ok} ok, {len(rows) - ok} faulty")
    return "\n".join(lines)


def render_selfcheck_json(suite: str, rows: Sequence[SelfcheckRow], changes: Sequence[str] | None) -> str:
    """Return everything as one line of JSON."""
    ok = sum(row.is_ok for row in rows)
    report: dict[str, object] = {
        "schema_version": SCHEMA_VERSION,
        "suite": suite,
        "ok": ok,
        "faulty": len(rows) - ok,
        "ceilings": count_ceilings(rows),
        "problems": [{**cast("dict[str, object]", encode(row)), "is_ok": row.is_ok} for row in rows],
    }
    if changes is not None:
        report["mutation_changes"] = list(changes)
    return json.dumps(report)


def count_ceilings(rows: Sequence[SelfcheckRow]) -> dict[str, dict[str, int]]:
    """Return, by scoring, how many problems a right answer passes here and how many were tried."""
    ours = [row.is_reference_right for row in rows if row.is_reference_right is not None]
    published = [row.bench.is_passed for row in rows if row.bench is not None]
    sides = {"ours": ours, "published": published}
    return {name: {"possible": sum(found), "problems": len(found)} for name, found in sides.items() if found}


def render_rows(rows: Sequence[SelfcheckRow]) -> str:
    """Return one line a problem: checked share of the output bits, what is unreached, its own scorer, ok or not."""
    has_bench = any(row.bench is not None for row in rows)
    cells = [("problem", "checked", "unreached", *(("own bench",) if has_bench else ()), "seconds", "finding")]
    for row in rows:
        bench = (_render_bench(row),) if has_bench else ()
        share = "" if row.checked_share is None else f"{row.checked_share:.1%}"
        unreached = "" if row.unreached is None else str(len(row.unreached))
        finding = clip_text("; ".join((*(row.faults or ("ok",)), *row.notes)), _FINDING)
        cells.append((row.problem_id, share, unreached, *bench, f"{row.duration_s:.2f}", finding))
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]) - 1)]
    rule = (*("-" * width for width in widths), "-" * len("finding"))
    limit = find_max_columns()
    rest = max(_LEAST, limit - sum(widths) - 2 * len(widths)) if limit is not None else _FINDING
    return "\n".join(line for row in (cells[0], rule, *cells[1:]) for line in _fold(row, widths, rest))


def _fold(cells: Sequence[str], widths: Sequence[int], rest: int) -> Iterator[str]:
    """Yield the lines of one row, whose last cell goes on below itself where it has more than ``rest`` characters."""
    first, *others = textwrap.wrap(cells[-1], rest) or [""]
    yield _align((*cells[:-1], first), widths)
    yield from (_align((*[""] * len(widths), line), widths) for line in others)


def _render_bench(row: SelfcheckRow) -> str:
    if row.bench is None:
        return ""
    return (
        str(row.bench.status) if row.bench.is_passed or not row.bench.code else f"{row.bench.status} {row.bench.code}"
    )


def _align(line: Sequence[str], widths: Sequence[int]) -> str:
    name, *middle, last = line
    padded = [cell.rjust(width) for cell, width in zip(middle, widths[1:], strict=True)]
    return "  ".join((name.ljust(widths[0]), *padded, last))


def _render_benches(rows: Sequence[SelfcheckRow]) -> list[str]:
    """Return lines on both scorings; none where no problem has a scorer of its own."""
    benches = [row.bench for row in rows if row.bench is not None]
    if not benches:
        return []
    tried = sum(bench.tried for bench in benches)
    passing, fooled = sum(len(bench.passing) for bench in benches), sum(len(bench.fooled) for bench in benches)
    ceilings = ", ".join(f"{name} {side['possible']}/{side['problems']}" for name, side in count_ceilings(rows).items())
    return [
        f"effective ceiling: {ceilings}",
        fold(f"modules that do nothing or forge: {tried} tried; {passing} pass their own bench, {fooled} as published"),
        "",
    ]


def render_openings(rows: Sequence[SelfcheckRow]) -> list[str]:
    """Return a line a problem whose description leaves something open, and below it one an opening."""
    lines = []
    for row in rows:
        found = row.openings
        if found is None:
            continue
        lines.append(
            f"{row.problem_id}: {found.failed} of {found.mutants} mutants fail with what is open, "
            f"{found.failed_without} without"
        )
        for item in found.openings:
            words = [_NEEDED[item.is_needed], *([] if item.is_tight is None else [_TIGHT[item.is_tight]])]
            excused = f"; {len(item.excused)} mutants pass thanks to it" if item.excused else ""
            lines.append(f"  {item.name}: {', '.join(words)}{excused}")
            lines += [f"    {mutant}" for mutant in item.excused]
    return [*lines, ""] if lines else []


def render_mutation(rows: Sequence[SelfcheckRow]) -> str:
    """Return a line a problem with its mutation score, and below it a line a survivor that is not equivalent."""
    lines = []
    for row in rows:
        found = row.mutation
        if found is None:
            continue
        survived = ", ".join(f"{found.count(proof)} {proof}" for proof in Proof if found.count(proof))
        valid = found.generated - found.invalid
        tail = f"; survivors: {survived}" if survived else ""
        lines.append(f"{row.problem_id}: mutation score {found.score:.1%}, {found.killed} of {valid} killed{tail}")
        lines += [
            f"  {item.proof}: line {item.line}, {item.operator}: {item.before} -> {item.after}"
            for item in found.survivors
            if item.proof is not Proof.EQUIVALENT
        ]
    return "\n".join(lines)
