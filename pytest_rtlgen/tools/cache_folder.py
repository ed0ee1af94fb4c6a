"""Where this package keeps what it can fetch or make again."""

import os
from collections.abc import Mapping
from pathlib import Path


def find_cache(environ: Mapping[str, str] = os.environ) -> Path:
    """Return our folder in the user's cache."""
    return Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pytest-rtlgen"
