"""Every exception class of the package derives from ``RtlgenError`` and stands in the drawing of ``errors.py``."""

import re
from pathlib import Path

from pytest_rtlgen import errors

PACKAGE = Path(errors.__file__).parent
CLASS = re.compile(r"^ *class (\w+)\((?:\w+\.)*(\w*(?:Error|Exception))\b", re.MULTILINE)
LINE = re.compile(r"((?:│   |    )*)[├└]── (\w+) +\S")


def read_drawing() -> dict[str, str]:
    """Return the parent of each class that is drawn."""
    path, found = ["RtlgenError"], {}
    for indent, name in LINE.findall(errors.__doc__ or ""):
        del path[len(indent) // 4 + 1 :]
        found[name] = path[-1]
        path.append(name)
    return found


def list_exceptions() -> dict[str, str]:
    """Return the base of each exception class of the package; read as text, as some modules need what is not here."""
    texts = [path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")]
    return dict(pair for text in texts for pair in CLASS.findall(text))


def test_the_drawing_shows_every_exception_under_its_base() -> None:
    found = list_exceptions()
    assert found.pop("RtlgenError") == "Exception"
    assert read_drawing() == found


def test_an_exception_is_named_as_one() -> None:
    assert [name for name in list_exceptions() if not name.endswith("Error")] == []
