"""Backends of installed plugins, found without pytest: the same hook serves pytest and the command line."""

import os
from importlib.metadata import entry_points

from pytest_rtlgen.backends.base import Backend, BackendSettings
from pytest_rtlgen.errors import UsageError

HOOK = "pytest_rtlgen_make_backend"
_GROUP = "pytest11"
_OFF = "PYTEST_DISABLE_PLUGIN_AUTOLOAD"


def make_installed(spec: str, settings: BackendSettings) -> Backend | None:
    """Return what the first installed plugin with the hook makes of ``spec``; ``None`` when none takes it.

    Raises:
        UsageError: a plugin cannot be imported.
    """
    if os.environ.get(_OFF):
        return None
    for point in sorted(entry_points(group=_GROUP), key=lambda point: point.name):
        try:
            hook = getattr(point.load(), HOOK, None)
        except Exception as error:  # whatever a foreign module raises
            raise UsageError(
                f"--rtlgen-model={spec}: the plugin {point.name} ({point.value}) cannot be imported: "
                f"{type(error).__name__}: {error}; mend or uninstall it"
            ) from error
        made: Backend | None = hook(spec=spec, settings=settings) if hook is not None else None
        if made is not None:
            return made
    return None
