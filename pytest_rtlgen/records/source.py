"""A text and where it is from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One text file: its name, as messages should show it, and its whole text.

    >>> SourceFile(name="rtl/empty.v", text="module empty; endmodule").name
    'rtl/empty.v'
    """

    name: str
    text: str
