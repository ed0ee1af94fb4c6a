"""Which tools this machine has, and in which versions."""

import hashlib
import os
import re
import shutil
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pytest_rtlgen.errors import ToolError

_PROBE_S = 20.0
_RECORDED_PACKAGES = ("cocotb", "pyslang", "pyosys", "numpy", "pytest")


def find_program(name: str, remedy: str) -> str:
    """Return the path of program ``name``.

    Raises:
        ToolError: it is not on PATH; the message ends with ``remedy``.
    """
    path = shutil.which(name)
    if path is None:
        raise ToolError(f"{name} is not on PATH; {remedy}")
    return path


@cache
def read_icarus_version(iverilog: str) -> str:
    """Return the version of an Icarus compiler, e.g. ``11.0``.

    Raises:
        ToolError: the program does not answer like Icarus Verilog.
    """
    try:
        done = subprocess.run(
            [iverilog, "-V"],
            capture_output=True,
            text=True,
            timeout=_PROBE_S,
            check=False,
            errors="replace",
            env={"PATH": os.environ.get("PATH", os.defpath)},  # no child needs the model's key
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolError(f"{iverilog} does not run: {error}; reinstall Icarus Verilog") from error
    match = re.search(r"Icarus Verilog version (\d+\.\d+)", done.stdout)
    if match is None:
        raise ToolError(
            f"{iverilog} -V does not name an Icarus Verilog version; is another program of that name first on PATH?"
        )
    return match[1]


def read_package_version(name: str) -> str | None:
    """Return the installed version of a Python package, ``None`` when it is absent."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def list_versions() -> tuple[tuple[str, str], ...]:
    """Return (name, version) of the packages that a verdict depends on, and a digest of this one's code."""
    found = ((name, read_package_version(name)) for name in _RECORDED_PACKAGES)
    return (*((name, number) for name, number in found if number), ("code", _digest_code()))


@cache
def _digest_code() -> str:
    """Return the start of a digest of this package: a version in work has many."""
    digest = hashlib.sha256()
    root = Path(__file__).parents[1]
    for path in sorted(root.rglob("*")):
        if path.suffix in {".py", ".toml", ".cpp"}:
            digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]
