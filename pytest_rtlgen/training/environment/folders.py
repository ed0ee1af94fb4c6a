"""Environment packages as folders, one for each hub: what ``rtlgen environment`` writes, for users to push."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pytest_rtlgen.errors import StorageError, UsageError
from pytest_rtlgen.spelling import suggest

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One kind of folder."""

    template: str
    """Folder beside this file that is copied."""
    next_step: str
    """What its owner does next."""


PACKAGES: Mapping[str, Package] = {
    "openenv": Package(template="openenv_package", next_step="openenv validate {folder} --level static --skip-build"),
    "verifiers": Package(template="verifiers_package", next_step="prime env push --path {folder}"),
    "nemo-gym": Package(template="nemo_gym_package", next_step="gym env test --resources-server {folder.name}"),
}


def write_package(kind: str, folder: Path) -> Package:
    """Copy the package for ``kind`` to ``folder``, which must be new or empty.

    Raises:
        UsageError: an unknown kind, or a folder with something in it.
        StorageError: a file cannot be written.
    """
    if kind not in PACKAGES:
        raise UsageError(f"--for {kind}: unknown{suggest(kind, PACKAGES)}; use one of {', '.join(PACKAGES)}")
    try:
        if folder.exists() and any(folder.iterdir()):
            raise UsageError(f"{folder}: has something in it; name a new or an empty folder")
        ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
        shutil.copytree(_HERE / PACKAGES[kind].template, folder, dirs_exist_ok=True, ignore=ignored)
    except OSError as error:
        raise StorageError(f"{folder}: cannot be written: {error.strerror}; name another folder") from error
    return PACKAGES[kind]
