"""Why a candidate is refused: the kind is what anything decides by, the message is made from it for a reader."""

from dataclasses import dataclass
from enum import StrEnum


class FindingKind(StrEnum):
    """What is in the way."""

    CONSTRUCT = "construct"
    UNLISTED = "unlisted"
    TASK = "task"
    ENDING = "ending"
    """A task that ends the simulation."""
    OBSERVATION = "observation"
    """A value that only a simulator has."""
    UNKNOWN_TEST = "unknown-test"
    HIERARCHICAL_NAME = "hierarchical-name"
    INITIAL = "initial"
    """A statement that ``initial`` may not hold."""
    ACTION = "action"
    """An assertion that does something."""
    DOUBT = "doubt"
    """Text that preprocessors read in different ways."""
    MACRO = "macro"
    """A macro that trusted files use and that is more than a value."""
    DIRECTIVE = "directive"
    SIZE = "size"
    CONTROL_CHARACTER = "control-character"
    NOT_TEXT = "not-text"
    """A string whose escape sequences make no text."""
    NESTING = "nesting"
    EXPANSION = "expansion"
    """What macros expand to."""
    INCLUSIONS = "inclusions"
    RESERVED_NAME = "reserved-name"
    DELAY = "delay"
    """One that no circuit has."""
    UNSET_DECISION = "unset-decision"
    SWITCHES = "switches"
    DRIVEN_INPUT = "driven-input"
    OTHER_FILE = "other-file"
    """A file that the benchmark does not ask for."""


_MESSAGES = {
    FindingKind.CONSTRUCT: "{name}",
    FindingKind.UNLISTED: "{name}, which is on no list of what designs may hold",
    FindingKind.TASK: "system task {name}",
    FindingKind.ENDING: "system task {name}",
    FindingKind.OBSERVATION: "{name} in the design's logic, which only a simulator has",
    FindingKind.UNKNOWN_TEST: "a test for X or Z, which no circuit can make",
    FindingKind.HIERARCHICAL_NAME: "hierarchical name {name}",
    FindingKind.INITIAL: "{name} in initial, where only values are set",
    FindingKind.ACTION: "an assertion whose action is more than a message",
    FindingKind.DOUBT: "{name}, which preprocessors read in different ways",
    FindingKind.MACRO: "macro {name}, which given files use, is more than a value",
    FindingKind.DIRECTIVE: "compiler directive {name}",
    FindingKind.SIZE: "the text has more than {name}",
    FindingKind.CONTROL_CHARACTER: "control character {name}",
    FindingKind.NOT_TEXT: "a string that is not text",
    FindingKind.NESTING: "too deeply nested to be read: {name}",
    FindingKind.EXPANSION: "macros {name}",
    FindingKind.INCLUSIONS: "more than {name} inclusions",
    FindingKind.RESERVED_NAME: "the name {name}, which is reserved",
    FindingKind.DELAY: "a delay {name}",
    FindingKind.UNSET_DECISION: "{name}",
    FindingKind.SWITCHES: "bidirectional switches (tran and its like) join nets to inputs",
    FindingKind.DRIVEN_INPUT: "input {name} is driven from inside the design",
    FindingKind.OTHER_FILE: "writes {name}, which is not asked for",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is forbidden."""

    kind: FindingKind
    name: str = ""
    """What ``kind`` leaves open: of the task, construct or kind of statement; empty where the kind says all."""
    line: int | None = None
    """Line of the text, from 1."""

    @property
    def message(self) -> str:
        """For a reader, without the place."""
        return _MESSAGES[self.kind].format(name=self.name)
