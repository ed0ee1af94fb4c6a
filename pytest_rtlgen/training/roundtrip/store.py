"""A round trip on disk: answers and verdicts in journals as they arrive, what was made of them in files at the end.

``roundtrip.json`` says by which models; ``STAGE.jsonl``, ``references.jsonl`` and ``verdicts.jsonl`` are journals;
``kept.jsonl``, ``dropped.jsonl``, ``sft.jsonl``, ``dataset_info.json`` and ``report.txt`` are written at the end.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pytest_rtlgen.errors import RecordError, StorageError, UsageError
from pytest_rtlgen.records import Completion, SampleKey
from pytest_rtlgen.storage import Journal, decode, encode
from pytest_rtlgen.training.roundtrip.records import Judgement, RoundTripReport, Stage, Usable
from pytest_rtlgen.training.roundtrip.sft import DATASET_INFO, make_sft_row

_HEADER, _LOCK = "roundtrip.json", "roundtrip.lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundTripHeader:
    """What the answers in a folder depend on."""

    describer: str
    model: str
    base_model: str
    """Empty: none, so that one can still be named."""
    sampling: str
    style: str
    check: str
    """What verdicts depend on."""
    lora: str = ""
    """Adapter that ``model`` answers with; empty: none."""
    engine: str = ""
    """Settings of the engines on this machine."""

    def find_model(self, stage: Stage) -> str:
        """Return the model that answers in ``stage``; empty: none."""
        return {Stage.DESCRIBE: self.describer, Stage.REWRITE: self.model, Stage.BASE: self.base_model}[stage]


@contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Make ``folder`` and hold it for this process, so that no answer is paid for twice.

    Raises:
        UsageError: another process works in it, or it holds something else.
        StorageError: it cannot be made.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(folder / _LOCK, timeout=0)
    try:
        _make_folder(folder)
        lock.acquire()
    except Timeout as error:
        raise UsageError(f"{folder}: another process works in it; wait for it, or name a new folder") from error
    except OSError as error:
        raise StorageError(f"{folder}: cannot be written: {error.strerror}; name another folder") from error
    try:
        yield
    finally:
        lock.release()


class RoundTripStore:
    """The folder of one round trip. Appends are safe between threads."""

    def __init__(self, folder: Path, header: RoundTripHeader) -> None:
        """Open or make ``folder``.

        Raises:
            UsageError: it was made by other models or settings, or holds something else.
            StorageError: it cannot be made.
        """
        self.folder = folder
        path = folder / _HEADER
        try:
            _make_folder(folder)
            if path.exists():
                header = self._compare(path, header)
            _replace(path, json.dumps(encode(header), indent=2) + "\n")
            self.header = header
        except OSError as error:
            raise StorageError(f"{folder}: cannot be written: {error.strerror}; name another folder") from error

    def journal(self, stage: Stage) -> Journal:
        """Return the journal of a stage's completions."""
        return Journal(self.folder / f"{stage.value}.jsonl")

    def read_completions(self, stage: Stage) -> Mapping[SampleKey, Completion]:
        """Return the completions that are there; of one sample the first."""
        found: dict[SampleKey, Completion] = {}
        for completion in self.journal(stage).read(Completion):
            found.setdefault(completion.key, completion)
        return found

    @property
    def references(self) -> Journal:
        """The journal of ``Usable`` records."""
        return Journal(self.folder / "references.jsonl")

    @property
    def verdicts(self) -> Journal:
        """The journal of ``Judgement`` records."""
        return Journal(self.folder / "verdicts.jsonl")

    def read_usable(self) -> Mapping[str, str]:
        """Return the fault of each design that was looked at, by name."""
        return {record.name: record.fault for record in self.references.read(Usable)}

    def read_judgements(self) -> Mapping[SampleKey, Judgement]:
        """Return the verdicts that are there."""
        return {record.key: record for record in self.verdicts.read(Judgement)}

    def write_report(self, report: RoundTripReport) -> None:
        """Write what was kept, what was dropped and why, and the data for supervised training.

        Raises:
            StorageError: a file cannot be written.
        """
        kept = [
            {
                "problem_id": pair.problem.problem_id,
                "instruction": pair.problem.description,
                "reference": pair.problem.reference.text,
                "top": pair.problem.top,
                "is_proved": pair.is_proved,
                "base_pass_rate": pair.base_pass_rate,
            }
            for pair in report.kept
        ]
        files = {
            "kept.jsonl": _render_lines(kept),
            "dropped.jsonl": _render_lines(encode(item) for item in report.dropped),
            "sft.jsonl": _render_lines(make_sft_row(pair.problem, pair.rewrite) for pair in report.kept),
            "dataset_info.json": json.dumps(DATASET_INFO, indent=2) + "\n",
            "report.txt": f"{report}\n",
        }
        try:
            for name, text in files.items():
                _replace(self.folder / name, text)
        except OSError as error:
            raise StorageError(f"{self.folder}: cannot be written: {error.strerror}; free some space") from error

    def _compare(self, path: Path, header: RoundTripHeader) -> RoundTripHeader:
        """Return the header to keep; raises for one that does not go with what is in the folder."""
        try:
            found = decode(RoundTripHeader, json.loads(path.read_text()), str(path))
        except ValueError as error:
            raise RecordError(f"{path}: not JSON: {error}; name a new folder") from error
        for name in RoundTripHeader.__slots__:
            was, now = getattr(found, name), getattr(header, name)
            if name == "base_model" and not (was and now):
                continue
            if was != now:
                raise UsageError(f"{self.folder}: was made with {name} {was!r}, not {now!r}; name a new folder")
        return replace(header, base_model=header.base_model or found.base_model)


def _make_folder(folder: Path) -> None:
    """Make ``folder`` if it is missing; refuse one that holds something else than a round trip."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {path.name for path in folder.iterdir()}
    if _HEADER not in found and found - {_LOCK}:
        raise UsageError(f"{folder}: holds something else than a round trip; name a new folder")


def _render_lines(rows: Iterable[object]) -> str:
    return "".join(f"{json.dumps(row)}\n" for row in rows)


def _replace(path: Path, text: str) -> None:
    draft = path.with_suffix(f"{path.suffix}.new")
    draft.write_text(text, encoding="utf-8", newline="\n")
    os.replace(draft, path)  # noqa: PTH105  the same call, and atomic
