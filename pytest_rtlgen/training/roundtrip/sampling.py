"""How the model of one stage is asked, where that differs from the others."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pytest_rtlgen.config import OPTIONS
from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.records import SamplingParams

_KEYS = ("temperature", "top_p", "max_tokens", "seed")


def read_sampling(text: str, base: SamplingParams) -> SamplingParams:
    """Return ``base`` with what ``text`` says, ``KEY=VALUE`` and so on after commas.

    >>> read_sampling("temperature=0.3, max_tokens=2048", SamplingParams(n=4, top_p=0.95))
    SamplingParams(n=4, temperature=0.3, top_p=0.95, max_tokens=2048, seed=0)

    Raises:
        UsageError: a key is unknown or comes twice, or its value cannot be meant.
    """
    parsers: dict[str, Callable[[str], Any]] = {one.field: one.parse for one in OPTIONS if one.field in _KEYS}
    found: dict[str, Any] = {}
    for term in text.split(","):
        key, equals, value = (part.strip() for part in term.partition("="))
        if not equals or key not in parsers or key in found:
            raise UsageError(
                f"{text!r}: {term.strip()!r} is no setting; write each of {', '.join(_KEYS)} once, KEY=VALUE"
            )
        try:
            found[key] = parsers[key](value)
        except ValueError as error:
            raise UsageError(f"{text!r}: {key} must be {error}") from error
    return replace(base, **found)


def render_sampling(sampling: SamplingParams) -> str:
    """Return what answers depend on, to be compared with what they were asked with before."""
    return f"{sampling.temperature} {sampling.top_p} {sampling.max_tokens} {sampling.seed}"
