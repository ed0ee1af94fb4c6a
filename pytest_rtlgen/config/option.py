"""One option of the table: how it is spelt, read and explained.

Every pytest session loads the table: its records are named tuples, which take a fifth of a dataclass's time to define.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, NamedTuple

VARIABLE_PREFIX = "RTLGEN_"
"""Of every option's variable in the environment."""


class Group(StrEnum):
    """What an option is about: a command takes whole groups."""

    GENERATION = "generation"
    """Which model is asked, and how."""
    SPENDING = "spending"
    """What may be kept and spent."""
    PROMPT = "prompt"
    REPAIR = "repair"
    CHECK = "check"
    """How one candidate is checked."""
    RUN = "run"
    """Which problems, where to, and what is made of the verdicts."""


class Option(NamedTuple):
    """One row of the table."""

    name: str
    """As after ``--rtlgen-``."""
    help: str
    """One line for people."""
    group: Group
    parse: Callable[[str], object]
    """Text to value; raises ValueError with what is allowed."""
    default: object = None
    metavar: str = ""
    """Empty exactly for a flag."""
    bare: str | None = None
    """What the option means on the command line without a value; ``None``: it needs one."""
    choices: tuple[str, ...] = ()
    is_repeatable: bool = False
    unit: str = ""
    """Ends the name of the field."""
    is_echoed: bool = True
    """Whether messages may repeat the value."""
    decides_verdicts: bool = False
    """Whether verdicts depend on it, so that a run is resumed by it."""

    @property
    def is_flag(self) -> bool:
        """Whether the command line takes no value."""
        return not self.metavar

    @property
    def default_text(self) -> str:
        """The default as people write it; ``none`` where nothing is given."""
        if self.default is None or self.default == ():
            return "none"
        if isinstance(self.default, tuple):
            return ",".join(map(str, self.default))
        if isinstance(self.default, bool):
            return str(self.default).lower()
        return f"{self.default:g}" if isinstance(self.default, float) else str(self.default)

    @property
    def full_help(self) -> str:
        """``help`` with the choices, and with the default where there is one."""
        notes = [f"one of {', '.join(self.choices)}"] if self.choices else []
        if not self.is_flag and self.default_text != "none":
            notes.append(f"default: {self.default_text}")
        return f"{self.help} ({'; '.join(notes)})" if notes else self.help

    @property
    def flag(self) -> str:
        """Spelling on the command line."""
        return f"--rtlgen-{self.name}"

    @property
    def key(self) -> str:
        """Spelling in ini files, and of the destination that argument parsers use."""
        return f"rtlgen_{self.name.replace('-', '_')}"

    @property
    def variable(self) -> str:
        """Spelling in the environment."""
        return VARIABLE_PREFIX + self.name.replace("-", "_").upper()

    @property
    def field(self) -> str:
        """Name in ``Options``."""
        return self.name.replace("-", "_") + (f"_{self.unit}" if self.unit else "")


def declare(**row: Any) -> Any:  # noqa: ANN401  a field, whose type stands beside it
    """Return the default of a field of ``Options``: its row of the table, what ``Option`` takes without the name."""
    return row


def read_row(name: str, row: dict[str, Any]) -> Option:
    """Return the option that the field ``name`` declares."""
    unit = f"_{row['unit']}" if "unit" in row else ""
    return Option(name=name.removesuffix(unit).replace("_", "-"), **row)
