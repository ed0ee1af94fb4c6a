"""What was found out about this machine."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the doctor."""

    name: str
    status: str
    """``ok``; ``missing``: the default configuration needs it; ``note``: only some uses need it."""
    detail: str
    remedy: str = ""
    """What to do; empty when there is nothing to do."""
