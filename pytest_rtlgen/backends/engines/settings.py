"""``--rtlgen-engine KEY=VALUE``: which keys a backend knows, and what their values may be."""

import difflib
import json
from collections.abc import Callable, Mapping

from pytest_rtlgen.backends.base import BackendSettings
from pytest_rtlgen.errors import UsageError

Reader = Callable[[str], object]
"""Text to value; raises ValueError with what is allowed."""
_TRUTHS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


def read_engine(prefix: str, settings: BackendSettings, readers: Mapping[str, Reader]) -> dict[str, object]:
    """Return the engine settings that were given, read; of one that is given twice the last counts.

    Raises:
        UsageError: backend ``prefix`` has no such setting, or it cannot have that value.
    """
    values: dict[str, object] = {}
    for key, text in settings.engine:
        if key not in readers:
            raise UsageError(f"--rtlgen-engine={key}={text}: {prefix}: {_explain_unknown(key, readers)}")
        try:
            values[key] = readers[key](text)
        except ValueError as error:
            raise UsageError(f"--rtlgen-engine={key}={text}: must be {error}") from error
    return values


def refuse_lora(prefix: str, settings: BackendSettings, remedy: str) -> None:
    """Refuse an adapter where it would be passed over.

    Raises:
        UsageError: there is one; the message ends with ``remedy``.
    """
    if settings.lora is not None:
        raise UsageError(f"--rtlgen-lora={settings.lora}: {prefix}: takes no adapter; {remedy}")


def read_count(text: str) -> int:
    """Return a whole number, 1 or more."""
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise ValueError("a whole number, 1 or more")
    return int(text)


def read_share(text: str) -> float:
    """Return a number above 0, at most 1."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value <= 1.0:
        raise ValueError("a number above 0, at most 1")
    return value


def read_flag(text: str) -> bool:
    """Return the truth that ``text`` spells."""
    if text.lower() not in _TRUTHS:
        raise ValueError("true or false")
    return _TRUTHS[text.lower()]


def read_object(text: str) -> dict[str, object]:
    """Return a JSON object."""
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise ValueError(  # noqa: TRY004  readers raise one kind
            'a JSON object, such as {"enable_thinking": false}'
        )
    return value


def _explain_unknown(key: str, readers: Mapping[str, Reader]) -> str:
    if not readers:
        return "has no engine on this machine; leave it out"
    near = difflib.get_close_matches(key, readers, n=1)
    return f"no such setting; did you mean {near[0]}?" if near else f"no such setting; it has {', '.join(readers)}"
