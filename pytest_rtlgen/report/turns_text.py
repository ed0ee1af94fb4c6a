"""The repair loop as text: how it was run, and pass@k after each turn."""

from collections.abc import Sequence

from pytest_rtlgen.records import RunSettings, TurnRow
from pytest_rtlgen.report.plain_text import clip_text

_MODEL = 60
SHOWN_NOTE = "THE HIDDEN TESTBENCH WAS SHOWN: these figures compare with no run that hides it"


def describe_repair(settings: RunSettings) -> str:
    """Return in one line how a run repaired its answers; empty: it did not."""
    if not settings.repair:
        return ""
    reflector = f", reflector {clip_text(settings.reflector, _MODEL)}" if settings.reflector else ""
    return f"repair {settings.repair}{reflector}" + (f"; {SHOWN_NOTE}" if settings.is_testbench_shown else "")


def render_turns(settings: RunSettings, turns: Sequence[TurnRow]) -> str:
    """Return how a run was repaired and one row a turn, without a newline at the end; empty: it was not repaired."""
    title = describe_repair(settings)
    if not title or not turns:
        return title
    from tabulate import tabulate

    tokens = ["prompt tokens", "completion tokens"]
    tokens += ["reflector tokens (in, out)"] if settings.reflector else []
    tokens += ["cost"] if any(row.cost_usd is not None for row in turns) else []
    headers = ["turn", "asked", "right", *(f"pass@{k}" for k, _ in turns[0].function), *tokens]
    table = tabulate(
        [_render_row(row, has_reflector=bool(settings.reflector)) for row in turns],
        headers=headers,
        tablefmt="simple",
        disable_numparse=True,
        colalign=["right"] * len(headers),
    )
    return "\n".join([title, "", *(line.rstrip() for line in table.splitlines())])


def _render_row(row: TurnRow, *, has_reflector: bool) -> list[str]:
    counts = [str(row.turn), str(row.asked), str(row.passed)]
    tokens = [f"{row.prompt_tokens:,}", f"{row.completion_tokens:,}"]
    if has_reflector:
        tokens.append(f"{row.reflector_prompt_tokens:,}, {row.reflector_completion_tokens:,}")
    tokens += [f"${row.cost_usd:,.4f}"] if row.cost_usd is not None else []
    return [*counts, *(str(estimate) for _, estimate in row.function), *tokens]
