"""An environment from plain values, for servers and frameworks whose settings are text; one per process and values."""

import atexit
import dataclasses
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pytest_rtlgen.check.checker import CheckSettings
from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.modes import FormalMode, SandboxMode
from pytest_rtlgen.spelling import suggest
from pytest_rtlgen.tools.pool import count_cores
from pytest_rtlgen.training.environment.problems import RtlEnvironment
from pytest_rtlgen.training.environment.settings import ALL_TOOLS, EnvironmentSettings, ToolName
from pytest_rtlgen.training.reward.presets import find_preset

_LOCK = threading.Lock()
_environments: dict["EnvironmentOptions", RtlEnvironment] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentOptions:
    """What an environment is made of, spelled as a configuration file spells it."""

    suites: tuple[str, ...] = ()
    """As for ``--rtlgen-suite``; none: tasks are texts of references."""
    tools: tuple[str, ...] = tuple(str(tool) for tool in ALL_TOOLS)
    max_turns: int = 16
    feedback_seed: int = 0
    sealed_seed: int = 1
    preset: str = "equivalence"
    jobs: int | None = None
    """``None``: one a core."""
    max_parallel: int | None = None
    simulator: str = "icarus"
    sandbox: str = "auto"
    formal: str = "confirm"
    """Of the sealed verdict."""
    timeout_s: float = 600.0


def read_environment_options(values: Mapping[str, Any]) -> EnvironmentOptions:
    """Return the options that ``values`` spells; ``suites`` and ``tools`` may be one text.

    >>> read_environment_options({"suites": "suites/core", "tools": ["submit"]}).suites
    ('suites/core',)

    Raises:
        UsageError: an unknown name.
    """
    known = [one.name for one in dataclasses.fields(EnvironmentOptions)]
    for name in values:
        if name not in known:
            raise UsageError(
                f"environment: unknown option {name!r}{suggest(name, known)}; known are {', '.join(known)}"
            )
    given = dict(values)
    for name in ("suites", "tools"):
        if name in given:
            given[name] = (given[name],) if isinstance(given[name], str) else tuple(given[name])
    return EnvironmentOptions(**given)


def make_environment(options: EnvironmentOptions) -> RtlEnvironment:
    """Return an environment of its own; close it after use.

    Raises:
        UsageError: a value that cannot be meant.
        SuiteError: a suite that cannot be loaded.
    """
    from pytest_rtlgen.loaders import load_suite

    settings = make_settings(options)
    problems = [problem for spec in options.suites for problem in load_suite(spec).problems]
    return RtlEnvironment(problems=problems, settings=settings)


def find_environment(options: EnvironmentOptions) -> RtlEnvironment:
    """Return the environment of this process for ``options``: made on first use, closed when the process ends.

    Thread-safe; errors are those of ``make_environment``.
    """
    with _LOCK:
        if options not in _environments:
            _environments[options] = make_environment(options)
            atexit.register(_environments[options].close)
        return _environments[options]


def make_settings(options: EnvironmentOptions) -> EnvironmentSettings:
    """Return the settings that ``options`` spell.

    Raises:
        UsageError: a value that cannot be meant.
    """
    for name, least in (
        ("max_turns", 1),
        ("jobs", 1),
        ("max_parallel", 1),
        ("feedback_seed", None),
        ("sealed_seed", None),
    ):
        value = getattr(options, name)
        if value is not None and (not isinstance(value, int) or (least is not None and value < least)):
            raise UsageError(
                f"environment: {name} = {value!r} must be a whole number{' of 1 or more' if least else ''}"
            )
    try:
        tools = tuple(ToolName(tool) for tool in options.tools)
        check = replace(
            CheckSettings(),
            simulator=options.simulator,
            sandbox=SandboxMode(options.sandbox),
            formal=FormalMode(options.formal),
            jobs=options.jobs or count_cores(),
        )
    except ValueError as error:
        raise UsageError(f"environment: {error}; see: rtlgen help plug-in-an-environment") from error
    return EnvironmentSettings(
        tools=tools,
        max_turns=options.max_turns,
        feedback_seed=options.feedback_seed,
        sealed_seed=options.sealed_seed,
        preset=find_preset(options.preset),
        check=check,
        timeout_s=options.timeout_s,
        max_parallel=options.max_parallel,
    )
