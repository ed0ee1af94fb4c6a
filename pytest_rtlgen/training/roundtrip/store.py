"""A round trip on disk: answers and verdicts in journals as they arrive, what was made of them in files at the end.

``roundtrip.json`` says by which models; ``STAGE.jsonl``, ``references.jsonl``, ``syntheses.jsonl``, ``verdicts.jsonl``
and ``sets.jsonl`` are journals. Written at the end: ``distil.jsonl`` and ``sft.jsonl`` (the set for distillation),
``kept.jsonl`` (the one for reinforcement learning), ``dropped.jsonl``, ``dataset_info.json``, ``report.txt`` and
``report.json``.
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
from pytest_rtlgen.storage.codec import Json
from pytest_rtlgen.training.roundtrip.records import (
    Assigned,
    Dropped,
    Judgement,
    KeptPair,
    RoundTripSettings,
    Stage,
    TrainingSet,
    name_stage,
)
from pytest_rtlgen.training.roundtrip.report import RoundTripReport
from pytest_rtlgen.training.roundtrip.sft import DATASET_INFO, make_sft_row
from pytest_rtlgen.version import SCHEMA_VERSION

_HEADER, _LOCK = "roundtrip.json", "roundtrip.lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundTripHeader:
    """What the answers in a folder depend on."""

    describer: str
    model: str
    base_models: tuple[str, ...]
    """In order; more can still be named after them."""
    sampling: str
    """Of ``model``."""
    style: str
    check: str
    """What verdicts depend on."""
    lora: str = ""
    """Adapter that ``model`` answers with; empty: none."""
    engine: str = ""
    """Settings of the engines on this machine."""

    start_model: str = ""
    """Empty: none, so that one can still be named."""
    describe_sampling: str = ""
    """Empty: ``sampling``, as for the other two."""
    base_sampling: str = ""
    start_sampling: str = ""

    def list_stages(self) -> tuple[tuple[str, str], ...]:
        """Return the name of each stage, as ``name_stage`` gives it, with the model that answers in it."""
        bases = ((name_stage(Stage.BASE, number), spec) for number, spec in enumerate(self.base_models, start=1))
        found = ((Stage.DESCRIBE, self.describer), *bases, (Stage.REWRITE, self.model), (Stage.START, self.start_model))
        return tuple((str(stage), spec) for stage, spec in found if spec)


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

    def journal(self, stage: str) -> Journal:
        """Return the journal of the completions of a stage, named as by ``name_stage``."""
        return Journal(self.folder / f"{stage}.jsonl")

    def read_completions(self, stage: str) -> Mapping[SampleKey, Completion]:
        """Return the completions that are there; of one sample the first."""
        found: dict[SampleKey, Completion] = {}
        for completion in self.journal(stage).read(Completion):
            found.setdefault(completion.key, completion)
        return found

    @property
    def references(self) -> Journal:
        """The journal of ``Usable`` records: whether a design can be simulated."""
        return Journal(self.folder / "references.jsonl")

    @property
    def syntheses(self) -> Journal:
        """The journal of ``Usable`` records: whether a design can be synthesized."""
        return Journal(self.folder / "syntheses.jsonl")

    @property
    def assigned(self) -> Journal:
        """The journal of ``Assigned`` records."""
        return Journal(self.folder / "sets.jsonl")

    @property
    def verdicts(self) -> Journal:
        """The journal of ``Judgement`` records."""
        return Journal(self.folder / "verdicts.jsonl")

    def read_judgements(self) -> Mapping[SampleKey, Judgement]:
        """Return the verdicts that are there."""
        return {record.key: record for record in self.verdicts.read(Judgement)}

    def read_assigned(self) -> Mapping[str, TrainingSet]:
        """Return the set of each design that has one, by its structure."""
        found: dict[str, TrainingSet] = {}
        for record in self.assigned.read(Assigned):
            found.setdefault(record.structure, record.chosen)
        return found

    def write_report(self, report: RoundTripReport, settings: RoundTripSettings) -> None:
        """Write both sets, what was dropped and why, and the data for supervised training.

        Raises:
            StorageError: a file cannot be written.
        """
        distil, rl = report.select(TrainingSet.DISTIL), report.select(TrainingSet.RL)
        made_by = {"models": encode(self.header), "settings": encode(settings)}
        whole = {"schema_version": SCHEMA_VERSION, **made_by, **report.encode()}
        files = {
            "distil.jsonl": _render_lines(self._make_row(pair) for pair in distil),
            "sft.jsonl": _render_lines(make_sft_row(pair.problem, pair.answer) for pair in distil),
            "kept.jsonl": _render_lines(self._make_row(pair) for pair in rl),
            "dropped.jsonl": _render_lines(_make_dropped_row(item) for item in report.dropped),
            "dataset_info.json": json.dumps(DATASET_INFO, indent=2) + "\n",
            "report.json": json.dumps(whole, indent=2) + "\n",
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
            found = decode(RoundTripHeader, _read_header(path.read_text()), str(path))
        except ValueError as error:
            raise RecordError(f"{path}: not JSON: {error}; name a new folder") from error
        open_still = {"start_model"} if not (found.start_model and header.start_model) else set()
        open_still |= set() if found.start_model else {"start_sampling"}
        open_still |= set() if found.base_models else {"base_sampling"}
        for name in RoundTripHeader.__slots__:
            was, now = getattr(found, name), getattr(header, name)
            if name == "base_models":  # more may come after those that were asked
                was, now = was[: len(now)], now[: len(was)]
            if was != now and name not in open_still:
                raise UsageError(f"{self.folder}: was made with {name} {was!r}, not {now!r}; name a new folder")
        return replace(
            header,
            base_models=max(header.base_models, found.base_models, key=len),
            start_model=header.start_model or found.start_model,
        )

    def _make_row(self, pair: KeptPair) -> dict[str, object]:
        """Return a row that ``references:`` loads, with what put it into its set."""
        bases = self.header.base_models[: len(pair.base_pass_rates)]
        return {
            "problem_id": pair.problem.problem_id,
            "instruction": pair.problem.description,
            "reference": pair.problem.reference.text,
            "top": pair.problem.top,
            "rule": pair.rule.value,
            "is_equivalent": pair.is_equivalent,
            "is_proved": pair.is_proved,
            "base_pass_rates": [list(each) for each in zip(bases, pair.base_pass_rates, strict=True)],
            "start_pass_rate": pair.start_pass_rate,
        }


def _read_header(text: str) -> Json:
    """Return a header; one of before there were several base models has one under ``base_model``."""
    found: Json = json.loads(text)
    if isinstance(found, dict) and isinstance(found.get("base_model"), str):
        base = found.pop("base_model")
        found["base_models"] = [base] if base else []
    return found


def _make_dropped_row(item: Dropped) -> dict[str, str]:
    return {"name": item.name, "step": item.reason.step.value, "reason": item.reason.value, "detail": item.detail}


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
