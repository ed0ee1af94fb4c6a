"""From pytest's command line and ini files to the option table."""

import os
from typing import Any

import pytest

from pytest_rtlgen.config import OPTIONS, Group, Option, Options
from pytest_rtlgen.config.option import VARIABLE_PREFIX


def add_options(parser: pytest.Parser) -> None:
    """Declare every option of the table, on the command line and as an ini key."""
    group = parser.getgroup("rtlgen", "judge Verilog from language models (pytest-rtlgen)")
    for option in OPTIONS:
        group.addoption(option.flag, dest=option.key, help=option.full_help.replace("%", "%%"), **_describe(option))
        if option.is_repeatable:
            parser.addini(option.key, option.help, type="linelist", default=None)
        else:
            parser.addini(option.key, option.help, type="string", default=None)


def read_options(config: pytest.Config) -> Options | None:
    """Return the options, or ``None`` when there is nothing to do: no option on the command line and no model anywhere.

    Those of a check need no model: tests that are written by hand check under them.

    Raises:
        pytest.UsageError: an option cannot be meant, or there are others than those of a check but no model.
    """
    cli, ini = _collect(config)
    if not any(name.startswith(VARIABLE_PREFIX) for name in os.environ) and not any((*cli.values(), *ini.values())):
        return None
    from pytest_rtlgen.errors import UsageError  # most sessions end above

    try:
        options = resolve_session(config)
    except UsageError as error:
        raise pytest.UsageError(str(error)) from error
    if options.model is not None or options.prompt_only is not None:
        return options
    if any(cli[option.key] for option in OPTIONS if option.group is not Group.CHECK):
        raise pytest.UsageError(
            "--rtlgen options are given but no model; add --rtlgen-model, for example --rtlgen-model=reference:"
        )
    return options if any(cli.values()) else None


def resolve_session(config: pytest.Config) -> Options:
    """Return the session's options, whether any is given or not.

    Raises:
        UsageError: an option cannot be meant.
    """
    from pytest_rtlgen.config.resolve import read_environment, resolve_options

    cli, ini = _collect(config)
    return resolve_options(cli, ini, read_environment(os.environ, OPTIONS))


def is_worker(config: pytest.Config) -> bool:
    """Whether this process is one of xdist's."""
    return hasattr(config, "workerinput")


def _collect(config: pytest.Config) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the command line and the ini file give, by ``Option.key``."""
    cli = {option.key: config.getoption(option.key) for option in OPTIONS}
    return cli, {option.key: config.getini(option.key) for option in OPTIONS}


def _describe(option: Option) -> dict[str, Any]:
    if option.is_flag:
        return {"action": "store_true", "default": None}
    action = "append" if option.is_repeatable else "store"
    bare = {"nargs": "?", "const": option.bare} if option.bare is not None else {}
    return {"action": action, "default": None, "metavar": option.metavar, **bare}
