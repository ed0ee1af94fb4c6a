"""A limit on how many checks run at once on this machine, over all processes: a slot is a locked file."""

import fcntl
import os
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pytest_rtlgen.errors import ToolError, UsageError

_FIRST_PAUSE_S = 0.002
_LONGEST_PAUSE_S = 0.05


class Slots:
    """``count`` slots; the kernel frees those of a process that dies. Thread-safe, process-safe, can be pickled."""

    def __init__(self, count: int, *, folder: Path | None = None) -> None:
        if count < 1:
            raise UsageError(f"max_parallel is {count}; use 1 or more")
        self._count = count
        self._folder = folder

    @contextmanager
    def take(self) -> Iterator[None]:
        """Hold a slot within; waits until one is free.

        Raises:
            ToolError: the folder of the locks cannot be had, or is someone else's.
        """
        descriptor = self._wait(_make_folder(self._folder))
        try:
            yield
        finally:
            os.close(descriptor)

    def _wait(self, folder: Path) -> int:
        pause_s = _FIRST_PAUSE_S
        while True:
            for number in range(self._count):
                descriptor = _try_lock(folder / f"slot-{number}")
                if descriptor is not None:
                    return descriptor
            time.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


def _try_lock(path: Path) -> int | None:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise ToolError(f"{path}: cannot be opened as a lock: {error.strerror}; remove it") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _make_folder(folder: Path | None) -> Path:
    """Return ``folder``, by default one in the user's runtime folder, which exists and is this user's alone."""
    if folder is None:
        runtime = os.environ.get("XDG_RUNTIME_DIR")
        folder = Path(runtime) / "pytest-rtlgen" if runtime else _user_folder()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise ToolError(f"{folder}: no folder for locks: {error.strerror}; set XDG_RUNTIME_DIR to one") from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise ToolError(f"{folder}: not this user's own folder; remove it, or set XDG_RUNTIME_DIR to another")
    return folder


def _user_folder() -> Path:
    return Path(tempfile.gettempdir()) / f"pytest-rtlgen-{os.getuid()}"
