"""Completions kept for other runs, found by a digest of what was asked.

A question (backend, prompt, sampling, problem) has a folder named by its digest; each file in it holds the
completions of one response, named by the first one's index. A file is written under another name and renamed, so it is
there whole or not at all, with all samples of the response; it is not synced, as a damaged one is only asked for again.
"""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pytest_rtlgen.errors import RecordError
from pytest_rtlgen.records import Completion
from pytest_rtlgen.storage.codec import read_text, write_text
from pytest_rtlgen.storage.kept_files import PREFIX, write_kept


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """What a file holds."""

    question: str
    """Digest of what was asked."""
    sha256: str
    """Of the completions as they are written here."""
    completions: tuple[Completion, ...]


class CompletionCache:
    """A folder of completions that any number of processes share; what cannot be read or written costs only a line."""

    def __init__(self, folder: Path, *, warn: Callable[[str], None]) -> None:
        """Take the folder, made when the first completion is kept, and who is told of damage, a line each."""
        self.folder = folder
        self._warn = warn
        self._is_writable = True

    def read(self, question: str) -> dict[int, Completion]:
        """Return what is kept of the answers to ``question``, by index of the sample; damaged files are removed."""
        found: dict[int, Completion] = {}
        for path in sorted(self._locate(question).glob("*.json")):
            for completion in self._read_file(path, question):
                found.setdefault(completion.key.index, completion)
        return found

    def write(self, question: str, completions: Sequence[Completion]) -> None:
        """Keep the completions of one response."""
        if not (self._is_writable and completions):
            return
        entry = _Entry(question=question, sha256=_digest(tuple(completions)), completions=tuple(completions))
        path = self._locate(question) / f"{completions[0].key.index}.json"
        try:
            write_kept(path, f"{write_text(entry)}\n".encode("ascii"))
        except OSError as error:
            self._is_writable = False
            self._warn(
                f"{path}: cannot be written: {error.strerror}; completions are kept in the run's folder alone; "
                "choose another folder with --rtlgen-cache, or give --rtlgen-no-cache"
            )

    def _locate(self, question: str) -> Path:
        return self.folder / question[:PREFIX] / question

    def _read_file(self, path: Path, question: str) -> Sequence[Completion]:
        """Return the completions in ``path``; none, with a line that says so, where they are damaged."""
        try:
            entry = read_text(_Entry, path.read_bytes(), str(path))
        except FileNotFoundError:  # another process found it damaged
            return ()
        except OSError as error:
            self._warn(f"{path}: cannot be read: {error.strerror}; its completions are asked for again")
            return ()
        except RecordError:
            return self._drop(path)
        if (entry.question, entry.sha256) != (question, _digest(entry.completions)):
            return self._drop(path)
        return entry.completions

    def _drop(self, path: Path) -> Sequence[Completion]:
        self._warn(f"{path}: is damaged and was removed; its completions are asked for again")
        with suppress(OSError):
            path.unlink()
        return ()


def _digest(completions: tuple[Completion, ...]) -> str:
    return hashlib.sha256(write_text(completions).encode("ascii")).hexdigest()
