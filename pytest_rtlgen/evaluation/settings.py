"""From the user's options to each stage's settings: made here and nowhere else."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any, TypeVar, get_type_hints

from pytest_rtlgen.backends import BackendSettings
from pytest_rtlgen.check.checker import CheckSettings
from pytest_rtlgen.config import OPTIONS, Option, Options
from pytest_rtlgen.modes import FormalMode
from pytest_rtlgen.prompts import PromptStyle
from pytest_rtlgen.prompts.read import read_style
from pytest_rtlgen.records import RunSettings, Suite
from pytest_rtlgen.tools.process import Limits

_T = TypeVar("_T")
_RUN_FIELDS = frozenset(field.name for field in fields(RunSettings))


def make_check_settings(options: Options, *, jobs: int | None = None, is_run: bool = False) -> CheckSettings:
    """Return the checker's settings; ``jobs`` designs at once, by default as many as asked for, else one a core.

    Outside of a run nothing comes later: what would be proved late is proved at once.
    """
    if options.formal is FormalMode.LATE and not is_run:
        options = options._replace(formal=FormalMode.CONFIRM)
    wall_s = options.check_timeout_s
    limits = Limits(wall_s=wall_s, cpu_s=max(1, round(wall_s / 2)))
    return _fill(CheckSettings, options, limits=limits, jobs=jobs or options.jobs or os.cpu_count() or 1)


def make_backend_settings(options: Options) -> BackendSettings:
    """Return what a backend needs besides a model's name."""
    return _fill(BackendSettings, options)


def _fill(settings: type[_T], options: Options, **given: object) -> _T:
    """Return ``settings`` made of ``given`` and of the options that have the names of its fields."""
    kinds = get_type_hints(settings)
    known = {option.field for option in OPTIONS} - given.keys()
    return settings(**{name: getattr(options, name) for name in known.intersection(kinds)} | given)


def read_prompt_style(options: Options, suites: Iterable[Suite]) -> PromptStyle:
    """Return how problems are put to the model, with what that needs from files.

    Raises:
        UsageError: an unknown style, a file that cannot be used, or options that do not go together.
    """
    return read_style(options.prompt, shots=options.shots, has_rules=options.rules, suites=suites)


def make_run_settings(
    options: Options, suites: Sequence[Suite], style: PromptStyle, *, selection: str = "", base_url: str = ""
) -> RunSettings:
    """Return what a run is resumed by.

    ``selection`` is what pytest chose problems by, ``base_url`` the address of the server that is asked.
    """
    return RunSettings(
        model=options.model_label,
        suites=tuple((suite.name, suite.digest) for suite in suites),
        sampling=options.sampling,
        prompt=str(style),
        repair=str(options.repair or ""),
        reflector=options.reflector or "",
        is_testbench_shown=options.show_testbench,
        base_url=base_url,
        limit=options.limit,
        selection=selection,
        gates=tuple(map(str, options.gate)),
        gate_error=options.gate_error if options.gate else 0.0,
        **collect_deciding(options),
    )


def collect_deciding(options: Options) -> dict[str, Any]:
    """Return the fields of ``RunSettings`` that hold the options which decide verdicts."""
    named, others = {}, []
    for option in list_deciding():
        value = getattr(options, option.field)
        if option.field in _RUN_FIELDS:
            named[option.field] = value
        elif value != option.default:
            others.append((option.name, str(value)))
    return {**named, "others": tuple(others)}


def read_deciding(settings: RunSettings) -> dict[str, Any]:
    """Return the options which decide verdicts, by their fields in ``Options``, as a run has them."""
    others = dict(settings.others)
    found: dict[str, Any] = {}
    for option in list_deciding():
        if option.field in _RUN_FIELDS:
            found[option.field] = getattr(settings, option.field)
        else:
            text = others.get(option.name)
            found[option.field] = option.default if text is None else option.parse(text)
    return found


def list_deciding() -> tuple[Option, ...]:
    """Return the options that are part of a run: what its verdicts depend on."""
    return tuple(option for option in OPTIONS if option.decides_verdicts)
