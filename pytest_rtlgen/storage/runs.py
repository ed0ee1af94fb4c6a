"""One run in its folder: made, resumed, appended to, read back."""

import os
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self, TypeVar

from pytest_rtlgen.errors import RecordError, UsageError
from pytest_rtlgen.records import (
    Completion,
    Environment,
    Problem,
    ProblemKey,
    Run,
    RunSettings,
    SampleKey,
    SampleResult,
    Summary,
)
from pytest_rtlgen.storage.answers import AnswerFiles
from pytest_rtlgen.storage.codec import read_text, write_text
from pytest_rtlgen.storage.journal import Journal, storage_error
from pytest_rtlgen.storage.turns import list_repairs, list_turns
from pytest_rtlgen.tools.whole_file import replacing

FORMAT = 2
"""Version of the form on disk; a change of a stored record raises it, unless it only adds a field with a default."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunHeader:
    """What ``run.json`` holds: all that was known before the first answer."""

    format: int
    run_id: str
    started_at: str
    """ISO 8601, UTC."""
    settings: RunSettings
    environment: Environment
    problems: tuple[Problem, ...]
    """Whole, so that a report needs no suite."""


class RunStore(AnswerFiles):
    """A run's folder. Any number of processes may have the same run open and append to it."""

    def __init__(self, path: Path, header: RunHeader) -> None:
        super().__init__(path)
        self.header = header
        self._selected = Journal(path / "selected.jsonl")

    @classmethod
    def create(
        cls,
        out: Path,
        settings: RunSettings,
        environment: Environment,
        problems: Sequence[Problem],
        *,
        started_at: datetime | None = None,
        name: str | None = None,
    ) -> Self:
        """Make the folder of a new run under ``out``, by default named by its start and a few random characters.

        Raises:
            StorageError: the folder cannot be made.
        """
        start = (started_at or datetime.now(UTC)).astimezone(UTC)
        run_id = f"{start:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
        header = RunHeader(
            format=FORMAT,
            run_id=run_id,
            started_at=start.isoformat(timespec="microseconds"),
            settings=settings,
            environment=environment,
            problems=tuple(problems),
        )
        path = out / (name or run_id)
        try:
            path.mkdir(parents=True)
        except OSError as error:
            raise storage_error(path, error) from error
        _write_whole(path / "run.json", header)
        return cls(path, header)

    @classmethod
    def open(cls, path: Path, settings: RunSettings | None = None) -> Self:
        """Open a run that exists, to read it or to go on with it.

        Raises:
            RecordError: there is no run, or its ``run.json`` cannot be read.
            UsageError: ``settings`` are given and differ from the run's.
        """
        header = _read_whole(path / "run.json", RunHeader, "give the folder of a run, such as .rtlgen/runs/RUN")
        if header.format != FORMAT:
            raise RecordError(
                f"{path / 'run.json'}:1: format {header.format}, but this version reads {FORMAT}; "
                f"use pytest-rtlgen {header.environment.harness}"
            )
        if settings is not None and settings != header.settings:
            raise UsageError(
                f"{path}: this run was made with other settings: {'; '.join(_differences(header.settings, settings))}; "
                "start a new run (--rtlgen-resume=never) or give the same settings"
            )
        return cls(path, header)

    @property
    def is_finished(self) -> bool:
        """Whether the summary was written."""
        return (self.path / "summary.json").exists()

    def select(self, problems: Iterable[Problem]) -> None:
        """Record which problems are to be answered: what is not there of them is missing.

        Raises:
            RecordError: what was recorded before cannot be read.
            StorageError: it cannot be written.
        """
        known = set(self._selected.read(ProblemKey))
        self._selected.append(*(problem.key for problem in problems if problem.key not in known))

    def list_selected(self) -> tuple[Problem, ...]:
        """Return the problems that were to be answered; before that is known, all.

        Raises:
            RecordError: what was recorded cannot be read.
        """
        chosen = set(self._selected.read(ProblemKey))
        return tuple(problem for problem in self.header.problems if not chosen or problem.key in chosen)

    def adopt_environment(self, environment: Environment) -> bool:
        """Record where the run is checked, which may be another machine than the one that generated.

        Return whether the run's environment is that one now: it stays as it is once there are verdicts.

        Raises:
            StorageError: it cannot be written.
        """
        if environment != self.header.environment and not self._results.count():
            header = replace(self.header, environment=environment)
            _write_whole(self.path / "run.json", header)
            self.header = header
        return environment == self.header.environment

    def read_first_results(self, only: ProblemKey | None = None) -> dict[SampleKey, SampleResult]:
        """Return the verdicts on first answers by key, whatever became of them in the repair loop.

        Raises:
            RecordError: a line cannot be read.
        """
        return super().read_results(only)

    def read_last_completions(self) -> dict[SampleKey, Completion]:
        """Return the answers by key; of a sample that was repaired, the last one.

        Raises:
            RecordError: a line cannot be read.
        """
        completions = self.read_completions()
        for turn in list_turns(self):
            completions |= turn.read_completions()
        return completions

    def read_results(self, only: ProblemKey | None = None) -> dict[SampleKey, SampleResult]:
        """Return the verdicts by key; of a sample that was repaired, the one on its last answer.

        Raises:
            RecordError: a line cannot be read.
        """
        results = self.read_first_results(only)
        for turn in list_turns(self):
            results |= {key: result for key, result in turn.read_results(only).items() if key in results}
        return results

    def read_run(self) -> Run:
        """Return the run with every sample that has a verdict, sorted by key.

        Raises:
            RecordError: a line cannot be read.
        """
        results = self.read_results()
        return Run(
            run_id=self.header.run_id,
            started_at=self.header.started_at,
            settings=self.header.settings,
            environment=self.header.environment,
            samples=tuple(results[key] for key in sorted(results)),
            repairs=list_repairs(self),
        )

    def write_summary(self, summary: Summary) -> None:
        """Write the summary, all of it or nothing, which finishes the run.

        Raises:
            StorageError: it cannot be written.
        """
        _write_whole(self.path / "summary.json", summary)

    def read_summary(self) -> Summary:
        """Return the summary of a finished run.

        Raises:
            RecordError: there is none, or it cannot be read.
        """
        return _read_whole(self.path / "summary.json", Summary, "the run is unfinished: resume it")


def find_resumable(out: Path, settings: RunSettings, *, ignored: Sequence[str] = ()) -> Path | None:
    """Return the newest unfinished run under ``out`` with the same settings; what cannot be read is passed over.

    Of the settings named in ``ignored`` any value will do.
    """
    found: list[tuple[str, Path]] = []
    for header_path in out.glob("*/run.json"):
        try:
            store = RunStore.open(header_path.parent)
        except RecordError:
            continue
        if not store.is_finished and _is_same(store.header.settings, settings, ignored):
            found.append((store.header.started_at, store.path))
    return max(found)[1] if found else None


def _is_same(one: RunSettings, other: RunSettings, ignored: Sequence[str]) -> bool:
    return one == replace(other, **{name: getattr(one, name) for name in ignored})


def _differences(old: object, new: object, name: str = "") -> list[str]:
    """Return one phrase for each leaf that differs."""
    if not (is_dataclass(old) and is_dataclass(new)):
        return [] if old == new else [f"{name} was {old!r}, now {new!r}"]
    prefix = f"{name}." if name else ""
    pairs = ((field.name, getattr(old, field.name), getattr(new, field.name)) for field in fields(old))
    return [phrase for key, was, now in pairs for phrase in _differences(was, now, prefix + key)]


def _write_whole(path: Path, record: object) -> None:
    """Write a file that is either not there or complete."""
    try:
        with replacing(path) as temporary, temporary.open("x", encoding="ascii") as file:
            file.write(write_text(record) + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise storage_error(path, error) from error


def _read_whole(path: Path, kind: type[T], remedy: str) -> T:
    try:
        text = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise RecordError(f"{path}: not found; {remedy}") from error
    except OSError as error:
        raise RecordError(f"{path}: cannot be read: {error.strerror}; check its permissions") from error
    return read_text(kind, text, f"{path}:1")
