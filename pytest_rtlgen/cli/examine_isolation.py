"""What the doctor says about isolation: what this machine offers, what is missing, and what is in force by default."""

import platform
import resource
from collections.abc import Iterator
from pathlib import Path

from pytest_rtlgen.cli.finding import Finding
from pytest_rtlgen.records import SandboxKind
from pytest_rtlgen.tools.confine import read_landlock_abi
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.tools.sandbox import ALL_KINDS, SandboxOffer, look_for_sandbox
from pytest_rtlgen.tools.seccomp import has_filter

_WHOLE_ABI = 6
"""Version of Landlock from which nothing of what is asked for is missing."""
_MISSING_BEFORE = ((3, "truncation"), (4, "TCP ports"), (5, "device commands"), (6, "signals"))
"""(version of Landlock that brought it, what): the seccomp filter stands in for all but signals."""
_INSTALL = "Debian: apt-get install bubblewrap, or pip install 'pytest-rtlgen[sandbox]'"
_USER_NAMESPACES = (
    ("kernel/unprivileged_userns_clone", "0", "1"),
    ("kernel/apparmor_restrict_unprivileged_userns", "1", "0"),
    ("user/max_user_namespaces", "0", "15000"),
)
"""(switch of the kernel, the value that forbids user namespaces, one that allows them)."""


def examine_isolation() -> Iterator[Finding]:
    """Yield a line each for bubblewrap, Landlock, seccomp, the limits, and what follows from them."""
    offers = {kind: look_for_sandbox(kind) for kind in ALL_KINDS}
    yield _look_at_bubblewrap(offers[SandboxKind.BUBBLEWRAP])
    yield _look_at_landlock(offers[SandboxKind.LANDLOCK])
    yield _look_at_seccomp()
    yield _look_at_limits()
    yield _conclude(offers)


def _look_at_bubblewrap(offer: SandboxOffer) -> Finding:
    if offer.sandbox is not None:
        return Finding(name="bubblewrap", status="ok", detail=f"works, {offer.sandbox.program}")
    remedy = explain_namespaces(Path("/proc/sys")) if offer.is_installed else _INSTALL
    return Finding(name="bubblewrap", status="note", detail=offer.reason, remedy=remedy)


def explain_namespaces(switches: Path) -> str:
    """Return what lets an installed bubblewrap work, after the kernel's ``switches`` (``/proc/sys``)."""
    for name, forbidden, allowed in _USER_NAMESPACES:
        path = switches / name
        if path.is_file() and path.read_text().strip() == forbidden:
            return f"allow user namespaces: sysctl -w {name.replace('/', '.')}={allowed}"
    return "allow user namespaces; in a container: docker run --security-opt seccomp=unconfined, or rely on Landlock"


def _look_at_landlock(offer: SandboxOffer) -> Finding:
    abi = read_landlock_abi()
    if not abi:
        remedy = "Linux 5.13 or newer with landlock in CONFIG_LSM or in the lsm= boot parameter"
        return Finding(name="Landlock", status="note", detail="the kernel offers none", remedy=remedy)
    missing = [what for version, what in _MISSING_BEFORE if version > abi]
    detail = f"version {abi}" + (f", without {', '.join(missing)}" if missing else "")
    if offer.sandbox is None:
        return Finding(name="Landlock", status="note", detail=f"{detail}; does not work: {offer.reason}")
    remedy = "Linux 6.12 or newer" if abi < _WHOLE_ABI else ""
    return Finding(name="Landlock", status="ok", detail=f"works, {detail}", remedy=remedy)


def _look_at_seccomp() -> Finding:
    if has_filter():
        return Finding(name="seccomp", status="ok", detail=f"a filter for {platform.machine()}")
    detail = f"no filter for {platform.machine()}, so no Landlock sandbox"
    return Finding(name="seccomp", status="note", detail=detail, remedy=_INSTALL)


def _look_at_limits() -> Finding:
    limits = Limits()
    detail = f"{limits.cpu_s} s CPU, {limits.memory_mib} MiB memory, {limits.file_mib} MiB a file, "
    detail += f"{limits.wall_s:g} s wall time"
    needed = (
        ("CPU time", resource.RLIMIT_CPU, limits.cpu_s),
        ("memory", resource.RLIMIT_AS, limits.memory_mib << 20),
        ("file size", resource.RLIMIT_FSIZE, limits.file_mib << 20),
        ("open files", resource.RLIMIT_NOFILE, limits.open_files),
    )
    lowered = [name for name, kind, least in needed if 0 <= resource.getrlimit(kind)[1] < least]
    if lowered:
        return Finding(
            name="limits",
            status="note",
            detail=f"{detail}; this shell allows less: {', '.join(lowered)}",
            remedy="raise its hard limits (ulimit -H), or right designs may end as resource-limit or timeout",
        )
    return Finding(name="limits", status="ok", detail=detail)


def _conclude(offers: dict[SandboxKind, SandboxOffer]) -> Finding:
    works = [kind for kind, offer in offers.items() if offer.sandbox is not None]
    if works:
        return Finding(name="isolation", status="ok", detail=f"--sandbox=auto and required use {works[0]}")
    return Finding(
        name="isolation",
        status="note",
        detail="none: candidates run with limits only and can read and write your files; --sandbox=required refuses",
        remedy=_INSTALL,
    )
