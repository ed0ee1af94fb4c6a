"""Readers of option values: text in, value out; each raises ValueError that says what is allowed."""

import math
import re
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:  # the option table loads in every pytest session
    from pytest_rtlgen.config.parsed import DropLimit, RepairBudget, Requirement

E = TypeVar("E", bound=StrEnum)

_REQUIREMENT = r"(?:(pass|syntax)@([1-9][0-9]{0,5})|(credit|proved))(\.low)?\s*(>=|>)\s*([0-9]*\.?[0-9]+)"
_DROP = r"pass@([1-9][0-9]{0,5})(\.low)?\s*:\s*-\s*([0-9]*\.?[0-9]+)\s*%"
_REPAIR_PART = r"\s*(compile|simulate|fresh)\s*:\s*([0-9]{1,2})\s*"
_TRUTHS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def read_text(text: str) -> str:
    """Return ``text`` without surrounding blanks."""
    if not text.strip():
        raise ValueError("text that is not empty")
    return text.strip()


def read_path(text: str) -> Path:
    """Return the path that ``text`` names."""
    return Path(read_text(text))


def read_whole(low: int) -> Callable[[str], int]:
    """Return the reader of whole numbers from ``low``."""

    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,18}", text.strip()) or int(text) < low:
            raise ValueError(f"a whole number, {low} or more")
        return int(text)

    return read


def read_real(is_right: Callable[[float], bool], expected: str) -> Callable[[str], float]:
    """Return the reader of finite numbers that ``is_right`` accepts; ``expected`` says which those are."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and is_right(value)):
            raise ValueError(expected)
        return value

    return read


def read_member(kind: type[E]) -> Callable[[str], E]:
    """Return the reader of one member of ``kind``."""

    def read(text: str) -> E:
        if text.strip() not in set(kind):
            raise ValueError("one of " + ", ".join(kind))
        return kind(text.strip())

    return read


def read_choice(*choices: str) -> Callable[[str], str]:
    """Return the reader of one of ``choices``."""

    def read(text: str) -> str:
        if text.strip() not in choices:
            raise ValueError("one of " + ", ".join(choices))
        return text.strip()

    return read


def read_shots(text: str) -> int:
    """Return a number of examples."""
    if text.strip() not in {"0", "1", "2", "3", "4"}:
        raise ValueError("a whole number, 0 to 4")
    return int(text)


def read_truth(text: str) -> bool:
    """Return the truth that ``text`` spells."""
    if text.strip().lower() not in _TRUTHS:
        raise ValueError("true or false")
    return _TRUTHS[text.strip().lower()]


def read_ks(text: str) -> tuple[int, ...]:
    """Return the numbers of a comma list, rising, each once."""
    if not re.fullmatch(r"\s*[1-9][0-9]{0,5}\s*(,\s*[1-9][0-9]{0,5}\s*)*", text):
        raise ValueError("whole numbers from 1 with commas between, such as 1,5,10")
    return tuple(sorted({int(part) for part in text.split(",")}))


def read_requirement(text: str) -> "Requirement":
    """Return the gate that ``text`` spells."""
    from pytest_rtlgen.config.parsed import DIGITS, Requirement

    match = re.fullmatch(_REQUIREMENT, text.strip(), re.ASCII)
    if match is None or not 0.0 <= float(match[6]) <= 1.0:
        raise ValueError(
            "pass@K, syntax@K, credit or proved, .low for the low end of its interval, then >= or >, then a number "
            "from 0 to 1, such as pass@1>=0.6"
        )
    return Requirement(
        metric=match[1] or match[3],
        k=int(match[2]) if match[2] else None,
        is_low=match[4] is not None,
        operator=match[5],
        threshold=round(float(match[6]), DIGITS),
    )


def read_gate(text: str) -> "Requirement":
    """Return the gate that sampling stops at, of a figure that one sample of each problem has."""
    from pytest_rtlgen.config.parsed import PROVED

    expected = "pass@1, syntax@1 or credit, then >= or >, then a number above 0 and below 1, such as pass@1>=0.6"
    try:
        gate = read_requirement(text)
    except ValueError:
        raise ValueError(expected) from None
    if gate.is_low or gate.k not in {None, 1} or gate.metric == PROVED or not 0.0 < gate.threshold < 1.0:
        raise ValueError(expected)
    return gate


def read_drop(text: str) -> "DropLimit":
    """Return the limit that ``text`` spells."""
    from pytest_rtlgen.config.parsed import DropLimit

    match = re.fullmatch(_DROP, text.strip(), re.ASCII)
    if match is None or not 0.0 <= float(match[3]) <= 100.0:  # noqa: PLR2004  per cent
        raise ValueError(
            "pass@K, .low for the low end of the change's interval, then :- and percentage points, such as pass@1:-2%"
        )
    return DropLimit(k=int(match[1]), is_low=match[2] is not None, most=float(match[3]) / 100)


def read_name(text: str) -> str:
    """Return a name that a folder can have."""
    if not re.fullmatch(r"\s*[A-Za-z0-9][\w.-]{0,99}\s*", text, re.ASCII):
        raise ValueError("letters, digits, dots, _ and -, at most 100, such as step4000")
    return text.strip()


def read_repair(text: str) -> "RepairBudget":
    """Return the budget that ``text`` spells; a part that is left out is 0."""
    from pytest_rtlgen.config.parsed import RepairBudget

    pairs = re.findall(_REPAIR_PART, text)
    found = {name: int(count) for name, count in pairs}
    is_whole = re.fullmatch(f"{_REPAIR_PART}(,{_REPAIR_PART}){{0,2}}", text) is not None
    compiling, simulating = found.get("compile", 0), found.get("simulate", 0)
    if not is_whole or len(found) != len(pairs) or not (compiling or simulating):
        raise ValueError(
            "compile:N,simulate:N or one of the two, N from 0 to 99 and not both 0; with fresh:N if every answer after "
            "N failed repairs shall begin anew"
        )
    return RepairBudget(compile=compiling, simulate=simulating, fresh=found.get("fresh", 0))


def read_setting(text: str) -> tuple[str, str]:
    """Return key and value of ``KEY=VALUE``."""
    match = re.fullmatch(r"\s*([a-z][a-z0-9_]*)\s*=\s*(\S.*?)\s*", text, re.ASCII)
    if match is None:
        raise ValueError("KEY=VALUE, such as max_model_len=8192")
    return match[1], match[2]


def read_base_url(text: str) -> str:
    """Return the address of an endpoint, which must hold no credentials."""
    from urllib.parse import urlsplit

    expected = "http:// or https:// with a host; keys belong in OPENAI_API_KEY, never in the address"
    try:
        parts = urlsplit(text.strip())
        is_plain = not (parts.username or parts.password or parts.query or parts.fragment)
        if parts.scheme in {"http", "https"} and parts.hostname and is_plain and (parts.port is None or parts.port):
            return text.strip()
    except ValueError:  # a broken port or bracket; that message would repeat what may be a password
        raise ValueError(expected) from None
    raise ValueError(expected)
