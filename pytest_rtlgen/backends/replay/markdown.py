"""Recorded answers as our own fixtures have them: a folder a problem, a Markdown file an answer.

Source: docs/reference/suite-format.md, "Recorded completions".
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pytest_rtlgen.backends.replay.recordings import Answers, Recording, read_finish_reason
from pytest_rtlgen.errors import RecordError
from pytest_rtlgen.records import FinishReason

_ANSWER = re.compile(r"(\d+)-.*\.md")


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkdownFolder:
    """Files ``<problem>/<index>-<label>.md`` of raw answers."""

    root: Path

    def find(self, suite: str, problem_id: str) -> Answers:  # noqa: ARG002  such folders name no suite
        """Return the recordings of one problem; none when it has no folder.

        Raises:
            RecordError: two files have the same index, or ``expected.toml`` cannot be read.
        """
        return _read_folder(self.root / problem_id)

    def list_named(self) -> Mapping[str, str]:
        """Return the folder of each recorded problem."""
        paths = [path for path in sorted(self.root.glob("*/*.md")) if _ANSWER.fullmatch(path.name)]
        return {path.parent.name: str(path.parent) for path in paths}

    def describe_expected(self, problem_id: str) -> str:
        """Return what a recording of the problem would have been."""
        return f"{self.root / problem_id}/<index>-<label>.md"


def _read_folder(folder: Path) -> Answers:
    answers: dict[int, Recording] = {}
    try:
        reasons = dict(_read_finish_reasons(folder))
        for path in sorted(folder.glob("*.md")):
            match = _ANSWER.fullmatch(path.name)
            if match is None:
                continue
            if int(match[1]) in answers:
                raise RecordError(f"{path}: another file there has index {int(match[1])} too; renumber one")
            text = path.read_bytes().decode("utf-8", "replace")
            answers[int(match[1])] = Recording(text=text, finish_reason=reasons.get(path.name, FinishReason.STOP))
    except OSError as error:
        raise RecordError(f"{error.filename}: cannot be read: {error.strerror}; check its permissions") from error
    return answers


def _read_finish_reasons(folder: Path) -> Iterator[tuple[str, FinishReason]]:
    """Yield (file, reason) for each answer of ``expected.toml`` whose reason is not the usual one."""
    path = folder / "expected.toml"
    if not path.is_file():
        return
    try:
        rows = tomllib.loads(path.read_bytes().decode("utf-8")).get("completion", [])
    except ValueError as error:
        raise RecordError(f"{path}: not TOML: {error}; see: rtlgen help suite-format") from error
    for row in rows if isinstance(rows, list) else [rows]:
        name = row.get("file") if isinstance(row, dict) else None
        if not isinstance(name, str) or not (folder / name).is_file():
            raise RecordError(f"{path}: each [[completion]] must name a file that is there, got {name!r}")
        if "finish_reason" in row:
            yield name, read_finish_reason(row["finish_reason"], f"{path}: {name}")
