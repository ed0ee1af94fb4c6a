"""Isolation around programs that read or run untrusted text: bubblewrap without ``/proc``.

Inside there is a read-only system, the Python that runs the simulator, an empty temporary folder in memory, no network,
no other process and an empty environment. ``docs/explanation/isolation.md`` says what each layer stops.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from pytest_rtlgen.errors import SandboxError
from pytest_rtlgen.records import Isolation

SCRATCH = "/scratch"
"""The writable folder inside the sandbox, in memory."""
SCRATCH_MIB = 512


class SandboxMode(StrEnum):
    """What the user asked for with ``--rtlgen-sandbox``."""

    REQUIRED = "required"
    AUTO = "auto"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """How to start a program in isolation."""

    isolation: Isolation
    program: str = ""
    """Path of ``bwrap``; empty: no sandbox, limits only."""

    @property
    def is_active(self) -> bool:
        """Whether a sandbox is around the program, not only limits."""
        return bool(self.program)

    def wrap(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        readable: Sequence[Path],
        scratch: Path | None = None,
        self_exe: str = "",
    ) -> list[str]:
        """Return the command line that runs ``argv`` with nothing but ``env``, seeing ``readable`` besides the system.

        ``scratch`` is a folder of the host to appear, writable, as ``SCRATCH``; without it that folder lives in memory.
        ``self_exe`` is for programs that look themselves up as ``/proc/self/exe``: they find a link and no ``/proc``.
        """
        if not self.program:
            return list(argv)
        options = [self.program, "--unshare-all", "--die-with-parent", "--new-session", "--clearenv"]
        options += ["--uid", "65534", "--gid", "65534", *_system_binds()]
        for path in _outermost(readable):
            options += ["--ro-bind", str(path), str(path)]
        if scratch is None:
            options += ["--size", str(SCRATCH_MIB << 20), "--tmpfs", SCRATCH]
        else:
            options += ["--bind", str(scratch), SCRATCH]
        if self_exe:
            options += ["--symlink", self_exe, "/proc/self/exe"]
        for name, value in env.items():
            options += ["--setenv", name, value]
        return [*options, "--chdir", SCRATCH, "--", *argv]


NO_SANDBOX = Sandbox(
    isolation=Isolation(sandbox="none", is_network_cut=False, is_filesystem_private=False, has_limits=True)
)


def choose_sandbox(mode: SandboxMode) -> Sandbox:
    """Return the strongest isolation that ``mode`` allows and this machine offers.

    Raises:
        SandboxError: ``mode`` is ``required`` and bubblewrap does not work here; the message says why and what to do.
    """
    if mode is SandboxMode.OFF:
        return NO_SANDBOX
    program = shutil.which("bwrap")
    reason = _probe(program) if program else "bwrap is not installed"
    if not reason:
        found = Isolation(sandbox="bubblewrap", is_network_cut=True, is_filesystem_private=True, has_limits=True)
        return Sandbox(isolation=found, program=str(program))
    if mode is SandboxMode.REQUIRED:
        raise SandboxError(
            f"--rtlgen-sandbox=required, but there is no sandbox: {reason}; "
            "install bubblewrap (Debian: apt-get install bubblewrap) and allow user namespaces, "
            "or say --rtlgen-sandbox=auto"
        )
    return NO_SANDBOX


def python_folders() -> tuple[Path, ...]:
    """Return the folders that this Python and its packages live in."""
    return (Path(sys.base_prefix), Path(sys.prefix), Path(sys.base_exec_prefix))


@cache
def _probe(program: str) -> str:
    """Return why ``program`` cannot isolate here; empty when it can."""
    argv = Sandbox(isolation=NO_SANDBOX.isolation, program=program).wrap(["/usr/bin/true"], env={}, readable=())
    try:
        done = subprocess.run(argv, capture_output=True, timeout=20, check=False, env={"PATH": os.defpath})
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{program} does not run: {error}"
    if done.returncode == 0:
        return ""
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"exit status {done.returncode}"]
    return f"{program} fails: {lines[-1]}"


def _system_binds() -> list[str]:
    options = ["--ro-bind", "/usr", "/usr"]
    for name in ("/bin", "/lib", "/lib32", "/lib64", "/sbin"):
        path = Path(name)
        if path.is_symlink():
            options += ["--symlink", os.readlink(path), name]  # noqa: PTH115  the text of the link, unresolved
        elif path.is_dir():
            options += ["--ro-bind", name, name]
    options += ["--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]
    for device in ("null", "zero", "urandom"):
        options += ["--dev-bind", f"/dev/{device}", f"/dev/{device}"]
    return options


def _outermost(paths: Sequence[Path]) -> list[Path]:
    """Return ``paths`` without duplicates, those below ``/usr`` and those below another one."""
    whole = {path.resolve() for path in paths}
    return sorted(
        path for path in whole if not path.is_relative_to("/usr") and not any(other in path.parents for other in whole)
    )
