"""From pytest's command line and ini files to the option table."""

import os
from typing import Any

import pytest

from pytest_rtlgen.config import OPTIONS, Option, Options
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
    """Return the options, or ``None`` when no ``rtlgen`` option is given anywhere.

    Raises:
        pytest.UsageError: an option cannot be meant, or there are options but no model.
    """
    cli: dict[str, Any] = {option.key: config.getoption(option.key) for option in OPTIONS}
    ini = {option.key: config.getini(option.key) for option in OPTIONS}
    if not any(name.startswith(VARIABLE_PREFIX) for name in os.environ) and not any((*cli.values(), *ini.values())):
        return None
    from pytest_rtlgen.config.resolve import read_environment, resolve_options  # most sessions end above
    from pytest_rtlgen.errors import UsageError

    try:
        env = read_environment(os.environ, OPTIONS)
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


def _describe(option: Option) -> dict[str, Any]:
    if option.is_flag:
        return {"action": "store_true", "default": None}
    action = "append" if option.is_repeatable else "store"
    bare = {"nargs": "?", "const": option.bare} if option.bare is not None else {}
    return {"action": action, "default": None, "metavar": option.metavar, **bare}
