"""A text and where it is from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One text file: its name, as messages should show it, and its whole text."""

    name: str
    text: str
