"""The form of ``check --jsonl``: lines of work in, lines of verdicts out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pytest_rtlgen.errors import InnerError, RecordError, UsageError
from pytest_rtlgen.records import Verdict

LineId = str | int


class BadLineError(InnerError):
    """A line of the input that holds no work; the message says why."""

    def __init__(self, message: str, line_id: LineId | None = None) -> None:
        super().__init__(message)
        self.line_id = line_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One line of the input."""

    id: LineId
    reference: str
    candidate: str | None
    """Verilog; ``None`` when there is a response."""
    response: str
    """Raw answer of a model; empty when there is a candidate."""
    top: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedLine:
    """One line of the output, for work that was checked."""

    id: LineId
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedLine:
    """One line of the output, for work that could not be checked."""

    id: LineId
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What an output file already holds."""

    ids: frozenset[LineId]
    failed: int
    """How many of them hold an error."""


def read_work(line: bytes) -> Work:
    """Return the work in one line; keys that are not known are passed over.

    Raises:
        BadLineError: it is not JSON, a key is missing, or a value is of the wrong kind.
    """
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadLineError(f"not JSON: {error}") from error
    if not isinstance(value, dict):
        raise BadLineError("not a JSON object")
    line_id = value.get("id")
    if not isinstance(line_id, str | int) or isinstance(line_id, bool):
        raise BadLineError('"id" is missing' if line_id is None else '"id" must be text or a whole number')
    candidate, response = _read_text(value, "candidate", line_id), _read_text(value, "response", line_id)
    reference = _read_text(value, "reference", line_id)
    if reference is None:
        raise BadLineError('"reference" is missing', line_id)
    if (candidate is None) == (response is None):
        raise BadLineError('one of "candidate" and "response" is needed, not both', line_id)
    top = _read_text(value, "top", line_id)
    return Work(id=line_id, reference=reference, candidate=candidate, response=response or "", top=top)


def read_done(path: Path) -> Done:
    """Return what ``path`` already holds; nothing when there is no such file. A torn last line counts as absent.

    Raises:
        UsageError: ``path`` is no ordinary file.
        RecordError: the file cannot be read, or was not written by ``check --jsonl``.
    """
    if path.exists() and not path.is_file():
        raise UsageError(f"{path}: not an ordinary file, which --out must be")
    ids: set[LineId] = set()
    failed = 0
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if line.endswith(b"\n"):
                    value = _read_result(line, f"{path}:{number}")
                    ids.add(value["id"])
                    failed += "error" in value
    except FileNotFoundError:
        pass
    except OSError as error:
        raise RecordError(f"{path}: cannot be read: {error.strerror}; check the path and its permissions") from error
    return Done(ids=frozenset(ids), failed=failed)


def _read_text(value: Mapping[str, object], key: str, line_id: LineId) -> str | None:
    text = value.get(key)
    if text is None:
        return None
    if not isinstance(text, str):
        raise BadLineError(f'"{key}" must be text', line_id)
    return text.encode("utf-8", "replace").decode()  # a lone surrogate, which JSON can spell, cannot be simulated


def _read_result(line: bytes, where: str) -> dict[str, LineId]:
    try:
        value = json.loads(line)
        is_ours = isinstance(value["id"], str | int) and ("verdict" in value or "error" in value)
    except (ValueError, LookupError, TypeError, RecursionError):
        is_ours = False
    if not is_ours:
        raise RecordError(f"{where}: not a line that check --jsonl wrote; give another file with --out")
    found: dict[str, LineId] = value
    return found
