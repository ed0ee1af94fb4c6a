"""Get one commit of a git repository with the user's own git."""

import os
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from pytest_rtlgen.errors import ToolError
from pytest_rtlgen.tools.process import Limits, kill_group, list_limits, make_limiter, start_server
from pytest_rtlgen.tools.versions import find_program

FETCH_S = 900.0
"""Wall-clock seconds that one step may take."""
_LIMITS = Limits(cpu_s=600, memory_mib=8192, file_mib=4096, open_files=256)
_POLL_S = 0.2
_TAIL_BYTES = 2000
_COMMIT = re.compile(r"[0-9a-f]{40}")
_SECRET = re.compile(r"(?<=://)[^/@\s]*@")
_PASSED_ON = re.compile(r"PATH|HOME|XDG_CONFIG_HOME|SSL_CERT_\w+|GIT_SSL_\w+|(?:https?|all|no)_proxy", re.IGNORECASE)
_SETTINGS = ("-c", "core.symlinks=false", "-c", "core.hooksPath=/dev/null", "-c", "core.autocrlf=false")


def is_git_url(text: str) -> bool:
    """Whether ``text`` reads like the address of a git repository rather than a path."""
    return bool(re.match(r"[a-z]+://|[\w.-]+@[\w.-]+:", text))


def check_out(url: str, commit: str, folder: Path, *, show: Callable[[str], None], wall_s: float = FETCH_S) -> None:
    """Put the files of ``commit`` (40 hexadecimal digits) into ``folder``, which must not exist; links become files.

    ``show`` is called with a line of progress, a few times a second.

    Raises:
        ToolError: there is no git, the commit cannot be had, or time is up.
    """
    if not is_git_url(url) or not _COMMIT.fullmatch(commit):
        raise ToolError(
            f"{hide_secret(url)}: not the URL of a git repository with a full commit; got commit {commit!r}"
        )
    git = find_program("git", "install git, or fetch from a downloaded archive with --from FILE")
    inside = (git, *_SETTINGS, "-C", str(folder))
    for step in (
        (git, "init", "--quiet", "--template=", str(folder)),
        (*inside, "fetch", "--progress", "--depth=1", "--no-tags", "--", url, commit),
        (*inside, "checkout", "--quiet", "--detach", commit),
    ):
        _run_step(step, url, show, wall_s)


def hide_secret(text: str) -> str:
    """Return ``text`` without the user names and passwords of the URLs in it."""
    return _SECRET.sub("***@", text)


def _run_step(argv: Sequence[str], url: str, show: Callable[[str], None], wall_s: float) -> None:
    started = time.monotonic()
    with TemporaryFile() as log:
        process = start_server(
            argv, stdin=log, stdout=log, stderr=log, env=_make_env(), preexec_fn=make_limiter(list_limits(_LIMITS))
        )
        try:
            while process.poll() is None:
                if time.monotonic() - started > wall_s:
                    raise ToolError(f"{hide_secret(url)}: git took more than {wall_s:g} s; check the connection")
                show(f"{hide_secret(url)}: {_last_line(log)}")
                time.sleep(_POLL_S)
        finally:
            kill_group(process)
        if process.returncode != 0:
            raise ToolError(f"{hide_secret(url)}: git says: {_last_line(log) or 'nothing'}; check the address")


def _make_env() -> dict[str, str]:
    """Return what git needs of the environment: no keys of models, no question that nobody answers."""
    passed = {name: value for name, value in os.environ.items() if _PASSED_ON.fullmatch(name)}
    fixed = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": "file:http:https:ssh:git"}
    return passed | fixed | {"GIT_CONFIG_NOSYSTEM": "1", "GIT_LFS_SKIP_SMUDGE": "1"}


def _last_line(log: IO[bytes]) -> str:
    """Return the last line of the log; a fatal error counts more than what follows it."""
    size = os.fstat(log.fileno()).st_size
    text = os.pread(log.fileno(), _TAIL_BYTES, max(0, size - _TAIL_BYTES)).decode("utf-8", "replace")
    lines = [line.strip() for line in re.split(r"[\r\n]+", text) if line.strip()]
    fatal = [line for line in lines if line.startswith(("fatal:", "error:"))]
    return hide_secret((fatal or lines or [""])[-1])
