"""What backends need from the package's extras, asked before anything is started."""

import sys
from dataclasses import dataclass
from importlib.util import find_spec

from pytest_rtlgen.backends.base import Backend
from pytest_rtlgen.errors import ToolError


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """Modules that a backend imports once it is asked."""

    extra: str
    """What brings them: ``pip install 'pytest-rtlgen[EXTRA]'``."""
    modules: tuple[str, ...]

    def check(self, label: str) -> None:
        """Return when every module is there.

        Raises:
            ToolError: one is not; the message starts with ``label``.
        """
        for name in self.modules:
            if not _is_there(name):
                raise ToolError(
                    f"{label}: {name.replace('_', '-')} is not installed; pip install 'pytest-rtlgen[{self.extra}]'"
                )


def check_installed(backend: Backend) -> None:
    """Return when what ``backend`` needs is installed; one without an attribute ``needs`` needs nothing.

    Raises:
        ToolError: something is not.
    """
    needs: Needs | None = getattr(backend, "needs", None)
    if needs is not None:
        needs.check(backend.name)


def _is_there(name: str) -> bool:
    return sys.modules[name] is not None if name in sys.modules else find_spec(name) is not None
