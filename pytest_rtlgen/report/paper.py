"""A run's figures beside a paper's."""

from collections.abc import Iterator

from pytest_rtlgen.config.papers import Column, Figure, PaperTable, Preset, load_preset, load_tables
from pytest_rtlgen.loaders.catalogue import DIGESTS
from pytest_rtlgen.records import Estimate, RunSettings, Summary

_SHORT = 12


def compare_with_paper(preset: str, suite: str, summary: Summary, settings: RunSettings) -> str:
    """Return a table of our figures, the paper's and the difference, and notes on what differs; empty: no figures.

    Below stand the paper's tables, as far as they are of ``suite``, with our figures as their first line.
    ``summary`` is of ``suite`` alone; ``settings`` are those of its run. Figures are pass@k in percent.
    """
    from tabulate import tabulate

    chosen = load_preset(preset)
    figures = [figure for figure in chosen.figures if figure.suite == suite]
    if not figures:
        return ""
    rows = [_make_row(figure, summary) for figure in figures]
    headers = ("model", "problems", "metric", "ours %", "paper %", "difference")
    table = tabulate(rows, headers=headers, tablefmt="simple", disable_numparse=True)
    lines = [line.rstrip() for line in table.splitlines()]
    notes = [f"note: {note}" for note in _list_notes(chosen, figures, suite, settings)]
    published = [line for table in load_tables(preset) for line in _render_table(table, suite, summary)]
    title = f"{suite} beside {chosen.title} ({chosen.source})"
    return "\n".join([title, "", *lines, "", *notes, *published]).rstrip()


def _render_table(table: PaperTable, suite: str, summary: Summary) -> list[str]:
    """Return the columns of ``table`` that are of ``suite``, below an empty line and a title; nothing without any."""
    from tabulate import tabulate

    places = [at for at, column in enumerate(table.columns) if column.suite == suite]
    if not places:
        return []
    columns = [table.columns[at] for at in places]
    ours = [None if column.share else _find_ours(column, summary) for column in columns]
    rows = [
        ("ours", "", *map(_render_percent, ours)),
        *((row.model, row.size, *(_render_percent(row.percents[at]) for at in places)) for row in table.rows),
    ]
    headers = ("model", "size", *map(_head, columns))
    text = tabulate(rows, headers=headers, tablefmt="simple", disable_numparse=True)
    return ["", f"{table.name}: {table.title} ({table.source})", "", *(line.rstrip() for line in text.splitlines())]


def _head(column: Column) -> str:
    temperature = "" if column.temperature is None else f"T = {column.temperature:g}"
    return ", ".join(part for part in (f"pass@{column.k}", column.category, column.share, temperature) if part)


def _render_percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _make_row(figure: Figure, summary: Summary) -> tuple[str, ...]:
    ours = _find_ours(figure, summary)
    model = figure.model if figure.temperature is None else f"{figure.model}, T = {figure.temperature:g}"
    shown = ("-", "-") if ours is None else (f"{ours:.1f}", f"{ours - figure.percent:+.1f}")
    return model, figure.category or "all", f"pass@{figure.k}", shown[0], f"{figure.percent:.1f}", shown[1]


def _find_ours(figure: Figure | Column, summary: Summary) -> float | None:
    """Return our percent for the same problems and k, if the run has it."""
    rows = {row.label: row for row in summary.by_category}
    row = rows.get(figure.category) if figure.category else summary.total
    found: Estimate | None = dict(row.function).get(figure.k) if row is not None else None
    return None if found is None else found.value * 100


def _list_notes(preset: Preset, figures: list[Figure], suite: str, settings: RunSettings) -> Iterator[str]:
    """Yield what keeps the two from being the same experiment."""
    sampling, options = settings.sampling, preset.options
    given = {
        "n": sampling.n,
        "temperature": sampling.temperature,
        "top-p": sampling.top_p,
        "max-tokens": sampling.max_tokens,
    }
    papers = {name: _list_values(name, preset, figures) for name in given}
    for name, ours in given.items():
        if papers[name] and ours not in papers[name]:
            theirs = " or ".join(f"{value:g}" for value in sorted(papers[name]))
            yield f"{name} is {'not set' if ours is None else format(ours, 'g')} here, {theirs} in the paper"
    if options["prompt"] != settings.prompt.split(" ", 1)[0]:
        yield f"the prompt is {settings.prompt} here, {options['prompt']} in the paper"
    if settings.repair:
        yield f"answers were repaired here ({settings.repair}): see the row of turn 0"
    found, known = dict(settings.suites).get(suite, "").partition("+")[0], DIGESTS.get(suite, "")
    if known and found != known:
        yield f"the dataset is {found[:_SHORT]} here, and not the pinned copy {known[:_SHORT]}"
    yield from preset.notes


def _list_values(name: str, preset: Preset, figures: list[Figure]) -> set[float]:
    """Return every value of one setting that the paper's figures were made with; empty: it does not say."""
    found = {float(preset.options[name])} if name in preset.options else set()
    if name == "temperature":
        found |= {*preset.temperatures, *(item.temperature for item in figures if item.temperature is not None)}
    if name == "n":
        found |= {float(item.n) for item in figures if item.n is not None}
    return found
