"""From pytest's command line and ini files to the option table, and from there to each stage's settings."""

import os
from collections.abc import Iterable
from typing import Any

import pytest

from pytest_rtlgen.config import OPTIONS, Option, Options, resolve_options
from pytest_rtlgen.errors import UsageError


def add_options(parser: pytest.Parser) -> None:
    """Declare every option of the table, on the command line and as an ini key."""
    group = parser.getgroup("rtlgen", "judge Verilog from language models (pytest-rtlgen)")
    for option in OPTIONS:
        group.addoption(option.flag, dest=option.key, help=option.help, **_describe(option))
        if option.is_repeatable:
            parser.addini(option.key, option.help, type="linelist", default=None)
        else:
            parser.addini(option.key, option.help, type="string", default=None)


def read_options(config: pytest.Config) -> Options | None:
    """Return the options, or ``None`` when no ``rtlgen`` option is given anywhere.

    Raises:
        pytest.UsageError: an option cannot be meant, or there are options but no model.
    """
    cli: dict[str, Any] = {option.key: config.getoption(option.key) for option in OPTIONS}
    ini = {option.key: config.getini(option.key) for option in OPTIONS}
    env = {option.variable: os.environ[option.variable] for option in OPTIONS if option.variable in os.environ}
    if not env and not any((*cli.values(), *ini.values())):
        return None
    try:
        options = resolve_options(cli, ini, env)
    except UsageError as error:
        raise pytest.UsageError(str(error)) from error
    if options.model is None and options.prompt_only is None:
        if any(cli.values()):
            raise pytest.UsageError(
                "--rtlgen options are given but no model; add --rtlgen-model, for example --rtlgen-model=reference:"
            )
        return None
    return options


def check_settings(options: Options, *, is_worker: bool) -> Any:  # noqa: ANN401  a CheckSettings, imported late
    """Return the checker's settings; an xdist worker uses one simulator, others one a core.

    With repairs one process checks everything between the turns, so that any worker may be the one.
    """
    from pytest_rtlgen.check.checker import CheckSettings
    from pytest_rtlgen.check.proof.prover import FormalMode
    from pytest_rtlgen.tools.process import Limits
    from pytest_rtlgen.tools.sandbox import SandboxMode

    wall_s = options.check_timeout_s
    return CheckSettings(
        simulator=options.simulator,
        sandbox=SandboxMode(options.sandbox),
        limits=Limits(wall_s=wall_s, cpu_s=max(1, round(wall_s / 2))),
        jobs=1 if is_worker and options.repair is None else options.jobs or os.cpu_count() or 1,
        stimulus_seed=options.stimulus_seed,
        cycles=options.cycles,
        formal=FormalMode(options.formal),
        formal_budget_s=options.formal_budget_s,
        cross_check=options.cross_check,
    )


def backend_settings(options: Options) -> Any:  # noqa: ANN401  a BackendSettings, imported late
    """Return the backend's settings."""
    from pytest_rtlgen.backends import BackendSettings

    return BackendSettings(
        base_url=options.base_url,
        timeout_s=options.timeout_s,
        concurrency=options.concurrency,
        lora=options.lora,
        engine=options.engine,
    )


def prompt_style(options: Options, suites: Iterable[Any]) -> Any:  # noqa: ANN401  a PromptStyle, imported late
    """Return how problems are put to the model, with what that needs from files.

    Raises:
        UsageError: an unknown style, a file that cannot be used, or options that do not go together.
    """
    from pytest_rtlgen.prompts.read import read_style

    return read_style(options.prompt, shots=options.shots, has_rules=options.rules, suites=suites)


def run_settings(options: Options, suites: tuple[Any, ...]) -> Any:  # noqa: ANN401  a RunSettings, imported late
    """Return what a run is resumed by."""
    from pytest_rtlgen.records import RunSettings

    return RunSettings(
        model=options.model_label,
        suites=tuple((suite.name, suite.digest) for suite in suites),
        sampling=options.sampling,
        prompt=str(prompt_style(options, suites)),
        simulator=options.simulator,
        stimulus_seed=options.stimulus_seed,
        cycles=options.cycles,
        formal=options.formal,
        formal_budget_s=options.formal_budget_s,
        cross_check=options.cross_check,
        scoring=options.scoring,
        repair=str(options.repair or ""),
        reflector=options.reflector or "",
        is_testbench_shown=options.show_testbench,
    )


def _describe(option: Option) -> dict[str, Any]:
    if option.is_flag:
        return {"action": "store_true", "default": None}
    action = "append" if option.is_repeatable else "store"
    bare = {"nargs": "?", "const": option.bare} if option.bare is not None else {}
    return {"action": action, "default": None, "metavar": option.metavar, **bare}
