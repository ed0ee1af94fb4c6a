"""What every loader is, and how it reads and fingerprints files."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pytest_rtlgen.errors import SuiteError
from pytest_rtlgen.records import Problem, Suite


class Loader(Protocol):
    """Reads one benchmark's files."""

    def __call__(self, path: Path) -> Suite:
        """Return the suite found at ``path``.

        Raises:
            SuiteError: something is missing or wrong; the message starts with the path at fault.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedProblem:
    """A problem and the files that it was made of."""

    problem: Problem
    files: tuple[tuple[str, bytes], ...]
    """(name, content), in an order that never changes."""


def read_file(path: Path, remedy: str) -> bytes:
    """Return what is in ``path``, which must be UTF-8 and hold more than blanks.

    Raises:
        SuiteError: it is not; ``remedy`` ends the message.
    """
    try:
        content = path.read_bytes()
        is_empty = not content.decode("utf-8").strip()
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise SuiteError(f"{path}: no such file; {remedy}") from error
    except OSError as error:
        raise SuiteError(f"{path}: cannot be read: {error.strerror}; check its permissions") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise SuiteError(f"{path}:{line}: not UTF-8; save the file in that encoding") from error
    if is_empty:
        raise SuiteError(f"{path}: empty; {remedy}")
    return content


def digest_problems(problems: Iterable[LoadedProblem]) -> str:
    """Return the SHA-256, in hexadecimal, over names and bytes of the problems' files, whatever their order."""
    digest = hashlib.sha256()
    for loaded in sorted(problems, key=lambda loaded: loaded.problem.problem_id):
        for name, content in loaded.files:
            label = f"{loaded.problem.problem_id}/{name}".encode()
            digest.update(b"%d:%b%d:%b" % (len(label), label, len(content), content))
    return digest.hexdigest()
