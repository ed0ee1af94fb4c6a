"""Files that come with the package: the core suite, recorded answers to it, and the documentation.

A wheel has them below ``data``; in a checkout they are where people edit them.
"""

from collections.abc import Mapping
from pathlib import Path

_PACKAGE = Path(__file__).parent
PARTS = ("tutorial", "how-to", "reference", "explanation")
"""Parts of the documentation, each a folder of pages."""
CORE = "core"
"""Name of the suite that comes with the package."""


def find_core_suite() -> Path:
    """Return the folder of the core suite, which ``core:`` names."""
    return _find("suites/core", "suites/core")


def find_core_recordings() -> Path:
    """Return the folder of recorded answers to the core suite, which ``replay:core`` names: in a wheel, of one file."""
    return _find("completions/core", "fixtures/completions/core")


def list_pages() -> Mapping[str, Path]:
    """Return the pages of the documentation by topic, which ``rtlgen help TOPIC`` prints, in the order to read them."""
    folder = _find("docs", "docs")
    return {path.stem: path for part in PARTS for path in sorted((folder / part).glob("*.md"))}


def is_packaged(path: Path) -> bool:
    """Whether ``path`` belongs to an installed wheel, whose files are replaced when it is upgraded."""
    return path.resolve().is_relative_to((_PACKAGE / "data").resolve())


def _find(in_wheel: str, in_checkout: str) -> Path:
    installed = _PACKAGE / "data" / in_wheel
    return installed if installed.is_dir() else _PACKAGE.parent / in_checkout
