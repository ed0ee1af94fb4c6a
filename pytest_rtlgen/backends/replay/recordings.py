"""Recorded answers as JSON Lines, and what every form of them comes down to.

Source: docs/reference/suite-format.md, "Recorded completions". A line of JSON Lines holds ``problem_id``, ``task_id``
(HumanEval, VerilogEval) or ``id`` (CVDP's ``local_import``), one of ``text``, ``completion`` and ``response``, and
perhaps ``index``, ``suite``, ``finish_reason``, ``reasoning`` and ``model``; the ``completions.jsonl`` of a saved run,
where the first three stand under ``key``, and CVDP's ``prompt_response.jsonl`` are read as well. Other keys are passed
over: such files come from other people's programs.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pytest_rtlgen.backends.replay.cvdp import read_run_line
from pytest_rtlgen.errors import RecordError
from pytest_rtlgen.records import FinishReason

_TEXT_KEYS = ("text", "completion", "response")
_ID_KEYS = ("problem_id", "task_id", "id")
KNOWN_FORMS = (
    'JSON Lines such as {"task_id": "counter", "completion": "…"}, <problem>/<index>-<label>.md, a saved run, '
    "CVDP's prompt_response.jsonl, t<n>/<design>.v, <problem>/<problem>_sample<n>.sv, <problem>/<n>.v, "
    "<problem>_<n>.v and <problem>.v"
)
"""What a recording may be, for messages."""
_FINISH_REASONS = {
    **{reason.value: reason for reason in FinishReason},
    "content_filter": FinishReason.CONTENT_FILTER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One recorded answer."""

    text: str
    reasoning: str = ""
    finish_reason: FinishReason = FinishReason.STOP
    model: str = ""
    """Empty: the recording does not say."""


Answers = Mapping[int, Recording]
"""The recordings of one problem, by sample index."""


class Recordings(Protocol):
    """Recorded answers in one of the known forms."""

    def find(self, suite: str, problem_id: str) -> Answers:
        """Return the recordings of one problem; none when there is none."""
        ...

    def list_named(self) -> Mapping[str, str]:
        """Return where each recorded problem is named first: a path, or ``path:line``."""
        ...

    def describe_expected(self, problem_id: str) -> str:
        """Return what a recording of the problem would have been."""
        ...


@dataclass(slots=True)
class RecordedLines:
    """What a file of JSON Lines holds."""

    answers: dict[tuple[str, str], dict[int, Recording]] = field(default_factory=dict)
    """By (suite or empty, problem id)."""
    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    """Lines without an index so far, likewise."""
    places: dict[str, str] = field(default_factory=dict)
    """``path:line`` that names a problem first, by problem id."""

    def find(self, suite: str, problem_id: str) -> Answers:
        """Return the recordings of one problem; lines that name no suite serve every suite."""
        return self.answers.get((suite, problem_id)) or self.answers.get(("", problem_id), {})

    def list_named(self) -> Mapping[str, str]:
        """Return where each recorded problem is named first."""
        return self.places

    def describe_expected(self, problem_id: str) -> str:  # noqa: ARG002  any line may name any problem
        """Return what a recording of the problem would have been."""
        return "a line that names it"

    def add(self, value: object, where: str) -> None:
        """Take the value of one line.

        Raises:
            RecordError: it is no recording, or the second one of a sample.
        """
        if not isinstance(value, dict):
            raise RecordError(f"{where}: a line must hold a JSON object, such as {_EXAMPLE}")
        run = read_run_line(value, where)
        if run is not None:
            value = {"problem_id": run[0], "text": run[1]}
        key = value.get("key")
        named = {**value, **key} if isinstance(key, dict) else value
        problem = (_read_text(named, where, "suite") or "", _read_problem_id(named, where))
        index = named.get("index")
        if index is None:
            index = self.counts.get(problem, 0)
            self.counts[problem] = index + 1
        if not isinstance(index, int) or isinstance(index, bool) or index < 0:
            raise RecordError(f"{where}: index must be a whole number from 0, got {index!r}")
        self.places.setdefault(problem[1], where)
        answers = self.answers.setdefault(problem, {})
        if index in answers and not isinstance(key, dict):
            raise RecordError(
                f"{where}: sample {index} of {problem[1]!r} is there twice; remove one, or leave out index"
            )
        answers.setdefault(index, _read_recording(value, where))  # as in storage, the first line of a sample counts


_EXAMPLE = '{"problem_id": "counter", "text": "…"}'


def read_lines(path: Path) -> RecordedLines:
    """Return the recordings in the JSON Lines file ``path``.

    Raises:
        RecordError: the file or a line cannot be read; the message starts with ``path:line``.
    """
    found = RecordedLines()
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    _check_form(line, found, f"{path}:{number}")
                    found.add(_read_json(line, f"{path}:{number}"), f"{path}:{number}")
    except OSError as error:
        raise RecordError(f"{path}: cannot be read: {error.strerror}; check the path and its permissions") from error
    return found


def _check_form(line: bytes, found: RecordedLines, where: str) -> None:
    """Report what can be read where a file does not even begin as JSON Lines."""
    if not found.answers and not line.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        raise RecordError(f"{where}: no recorded answers of a known form; known are {KNOWN_FORMS}")


def _read_json(line: bytes, where: str) -> object:
    try:
        return json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise RecordError(f"{where}: not JSON: {error}; fix or remove that line") from error


def _read_recording(value: Mapping[str, object], where: str) -> Recording:
    texts = {name: text for name in _TEXT_KEYS if (text := _read_text(value, where, name)) is not None}
    if not texts:
        raise RecordError(f"{where}: holds no answer; expected one of {', '.join(_TEXT_KEYS)}, as in {_EXAMPLE}")
    if len(set(texts.values())) > 1:
        raise RecordError(f"{where}: {' and '.join(texts)} differ, and only one can be the answer; leave out the other")
    return Recording(
        text=next(iter(texts.values())),
        reasoning=_read_text(value, where, "reasoning") or "",
        finish_reason=read_finish_reason(value.get("finish_reason"), where),
        model=_read_text(value, where, "model") or "",
    )


def _read_problem_id(value: Mapping[str, object], where: str) -> str:
    found = next((text for name in _ID_KEYS if (text := _read_text(value, where, name))), "")
    if not found:
        raise RecordError(f"{where}: names no problem; add problem_id or task_id, as in {_EXAMPLE}")
    return found


def _read_text(value: Mapping[str, object], where: str, name: str) -> str | None:
    found = value.get(name)
    if found is not None and not isinstance(found, str):
        raise RecordError(f"{where}: {name} must be text, got a {type(found).__name__}")
    return found


def read_finish_reason(value: object, where: str) -> FinishReason:
    """Return the reason that a recording names; none named: the model stopped by itself.

    Raises:
        RecordError: there is no such reason.
    """
    if value is None:
        return FinishReason.STOP
    if not isinstance(value, str) or value not in _FINISH_REASONS:
        raise RecordError(f"{where}: finish_reason {value!r} is unknown; use {', '.join(FinishReason)}")
    return _FINISH_REASONS[value]
