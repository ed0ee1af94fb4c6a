"""A text and where it is from."""

from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One text file: its name, as messages should show it, and its whole text.

    >>> SourceFile(name="rtl/empty.v", text="module empty; endmodule").name
    'rtl/empty.v'
    """

    name: str
    text: str


def is_inner_path(name: str) -> bool:
    """Whether ``name`` is a plain path that stays below the folder it is joined to."""
    path = PurePosixPath(name)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and "\0" not in name
