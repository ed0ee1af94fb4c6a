"""Hooks of other packages: one call, whether pytest, the command line or Python runs.

In a session of pytest its own plugin manager answers, which knows ``conftest.py`` too. Elsewhere a manager of ours
does, with the pytest plugins of every installed package that requires this one.
"""

import os
import re
import sys
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy

from pytest_rtlgen.errors import UsageError

_PROJECT = "pytest-rtlgen"
_GROUP = "pytest11"
_OFF = "PYTEST_DISABLE_PLUGIN_AUTOLOAD"
_PREFIX = "pytest_rtlgen_"
_relays: list[pluggy.HookRelay] = []
"""Of the sessions of pytest in this process, the innermost last."""


def enter_pytest(relay: pluggy.HookRelay) -> None:
    """Have pytest's hooks answer from now on."""
    _relays.append(relay)


def leave_pytest(relay: pluggy.HookRelay) -> None:
    """Have pytest's hooks answer no more, if they did."""
    if relay in _relays:
        _relays.remove(relay)


def call_hook(name: str, /, **arguments: object) -> list[Any]:
    """Return what the implementations of the hook ``pytest_rtlgen_NAME`` return, ``None`` left out.

    Raises:
        UsageError: an installed plugin cannot be imported.
    """
    relay = _relays[-1] if _relays else _find_manager(tuple(sys.path), bool(os.environ.get(_OFF))).hook
    caller = getattr(relay, _PREFIX + name, None)
    found = None if caller is None else caller(**arguments)
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


def call_first(name: str, /, **arguments: object) -> Any:  # noqa: ANN401  each hook has its own type
    """Return the first answer to the hook ``pytest_rtlgen_NAME``; ``None``: nobody has one.

    Raises:
        UsageError: an installed plugin cannot be imported.
    """
    return next(iter(call_hook(name, **arguments)), None)


class _Manager(pluggy.PluginManager):
    """Takes functions by their names, as pytest does."""

    def parse_hookimpl_opts(self, plugin: object, name: str) -> pluggy.HookimplOpts | None:
        """Return the options of a hook's implementation; ``None``: the name is no hook's."""
        given = super().parse_hookimpl_opts(plugin, name)
        is_ours = name.startswith(_PREFIX) and callable(getattr(plugin, name, None))
        if given is not None or not is_ours:
            return given if is_ours else None
        return {
            "wrapper": False,
            "hookwrapper": False,
            "optionalhook": False,
            "tryfirst": False,
            "trylast": False,
            "specname": None,
        }


@lru_cache(maxsize=4)
def _find_manager(path: tuple[str, ...], is_off: bool) -> _Manager:
    """Return the manager for what is installed on ``path``."""
    del path
    manager = _Manager("pytest")
    points = () if is_off else entry_points(group=_GROUP)
    for point in sorted(points, key=lambda point: point.name):
        if not _requires_us(point):
            continue
        try:
            plugin = point.load()
        except Exception as error:  # whatever a foreign module raises
            raise UsageError(
                f"the plugin {point.name} ({point.value}) cannot be imported: {type(error).__name__}: {error}; "
                "fix or uninstall it"
            ) from error
        manager.register(plugin, point.name)
    return manager


def _requires_us(point: EntryPoint) -> bool:
    required = (point.dist.requires if point.dist else None) or ()
    return any(re.split(r"[^\w.-]", item)[0].lower().replace("_", "-") == _PROJECT for item in required)
