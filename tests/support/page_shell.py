"""Commands of a documentation page, run as a reader would type them."""

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
_PROGRAMS = (
    'pytest() { "$PYTHON" -m pytest -p no:cacheprovider "$@"; }\nrtlgen() { "$PYTHON" -m pytest_rtlgen "$@"; }\n'
)


def run_shell(command: str, folder: Path, *, timeout_s: float = 120) -> str:
    """Return what ``command`` prints on both streams in 80 columns; ``pytest`` and ``rtlgen`` are those of here.

    Progress, which a slow machine shows, is left out. On a CI pytest would cut no line of its short summary.
    """
    printed = subprocess.run(
        ["bash", "-c", _PROGRAMS + command],
        cwd=folder,
        env={**os.environ, "CI": "", "BUILD_NUMBER": "", "PYTHON": sys.executable, "COLUMNS": "80"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout_s,
        check=False,
    ).stdout
    return re.sub(r"^(?:rtlgen: )?\d+/\d+ .*\n", "", printed, flags=re.MULTILINE)


def run_example(command: str, expected: str, folder: Path, *, timeout_s: float = 120) -> str:
    """Return what ``command`` prints, which is ``expected`` but for blanks and what ``...`` stands for."""
    printed = run_shell(command, folder, timeout_s=timeout_s)
    assert doctest.OutputChecker().check_output(expected, printed, FLAGS), f"$ {command}\n{printed}"
    return printed
