"""Overlong shaping: a penalty that grows before the cut, so that length is learnt before answers are truncated.

Source: "soft overlong punishment", DAPO (arXiv 2503.14476, equation 13).
"""

from pytest_rtlgen.errors import UsageError


def shape_overlong(length: int, *, max_length: int, cache: int, factor: float = 1.0) -> float:
    """Return what to add to the reward of an answer of ``length`` tokens: 0 … ``-factor``.

    0 up to ``max_length - cache`` tokens, linear from there to ``-factor`` at ``max_length``, and ``-factor`` beyond.

    Raises:
        UsageError: ``cache`` is not between 1 and ``max_length``, or ``length`` or ``factor`` is negative.
    """
    if not 1 <= cache <= max_length:
        raise UsageError(f"overlong shaping: cache={cache} must be between 1 and max_length={max_length}")
    if length < 0 or factor < 0:
        raise UsageError(f"overlong shaping: length={length} and factor={factor} must be 0 or more")
    over = length - (max_length - cache)
    return -factor * min(1.0, max(0.0, over / cache))
