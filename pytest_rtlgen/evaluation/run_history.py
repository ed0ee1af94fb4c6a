"""The finished runs in a folder, in the order in which they began."""

from dataclasses import dataclass
from pathlib import Path

from pytest_rtlgen.errors import RecordError
from pytest_rtlgen.report.history import HistoryRow
from pytest_rtlgen.storage import RunStore


@dataclass(frozen=True, slots=True, kw_only=True)
class RunHistory:
    """What a folder of runs holds."""

    rows: tuple[HistoryRow, ...]
    left_out: tuple[str, ...]
    """Why runs are not among them, a line each."""


def read_history(out: Path, k: int, *, suite: str | None = None, model: str | None = None) -> RunHistory:
    """Return the finished runs in ``out`` that have pass@``k``, those of one ``suite`` or ``model`` where it is given.

    Raises:
        RecordError: there is no such folder.
    """
    if not out.is_dir():
        raise RecordError(f"{out}: no such folder; give the one that holds the runs")
    rows, left_out = [], []
    for path in sorted(file.parent for file in out.glob("*/run.json")):
        try:
            store = RunStore.open(path)
            settings = store.header.settings
            if suite not in {None, *(name for name, _ in settings.suites)} or model not in {None, settings.model}:
                continue
            if not store.is_finished:
                left_out.append(f"{path}: unfinished")
                continue
            score = dict(store.read_summary().total.function).get(k)
        except RecordError as error:
            left_out.append(str(error))
            continue
        if score is None:
            left_out.append(f"{path}: has no pass@{k}")
            continue
        rows.append(
            HistoryRow(
                run=path.name,
                started_at=store.header.started_at,
                suites=settings.suites,
                model=settings.model,
                n=settings.sampling.n,
                k=k,
                pass_at_k=score,
            )
        )
    return RunHistory(rows=tuple(sorted(rows, key=lambda row: row.started_at)), left_out=tuple(left_out))
