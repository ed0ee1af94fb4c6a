"""Arguments: the parser, options out of the option table, and the settings that follow from them."""

import argparse
import importlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from pytest_rtlgen.config import OPTIONS, Group, Options, read_environment, resolve_options
from pytest_rtlgen.errors import UsageError

PROGRAM = "python -m pytest_rtlgen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command of the command line."""

    name: str
    help: str
    """One line for people."""
    module: str
    """Name in this package: ``add_arguments(parser)`` declares what it takes, ``run(args)`` returns the exit status."""


class Parser(argparse.ArgumentParser):
    """A parser that raises ``UsageError`` where argparse would print its usage and exit."""

    def error(self, message: str) -> NoReturn:
        """Raise ``message`` with the way to the help."""
        raise UsageError(f"{message}; see {self.prog} --help")


def make_parser(commands: Sequence[Command], argv: Sequence[str]) -> Parser:
    """Return the parser of the whole command line; what it parses has the command's ``run``.

    Only the command that ``argv`` names is imported.
    """
    parser = Parser(prog=PROGRAM, description="Judge the Verilog that language models write.", allow_abbrev=False)
    parsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in commands:
        sub = parsers.add_parser(command.name, help=command.help, description=command.help, allow_abbrev=False)
        if command.name in argv[:1]:
            module = importlib.import_module(f"pytest_rtlgen.cli.{command.module}")
            module.add_arguments(sub)
            sub.set_defaults(run=module.run)
    return parser


def add_options(parser: Parser, *requested: Group | str) -> None:
    """Let ``parser`` take options of the option table, whole groups or by name: as ``--NAME`` and ``--rtlgen-NAME``."""
    for option in OPTIONS:
        if option.name not in requested and option.group not in requested:
            continue
        kind: dict[str, Any] = {"action": "append" if option.is_repeatable else "store", "metavar": option.metavar}
        if option.is_flag:
            kind = {"action": "store_true"}
        shared = {"dest": option.key, "default": None, **kind}
        note = f"{option.help} ({', '.join(option.choices)})" if option.choices else option.help
        parser.add_argument(f"--{option.name}", help=note.replace("%", "%%"), **shared)
        parser.add_argument(option.flag, help=argparse.SUPPRESS, **shared)


def read_options(args: argparse.Namespace, **fixed: str) -> Options:
    """Return the options that the command declared, from its arguments and the environment; ``fixed`` wins over both.

    Raises:
        UsageError: a value that cannot be meant.
    """
    declared = [option for option in OPTIONS if hasattr(args, option.key)]
    given = {option.key: getattr(args, option.key) for option in declared} | fixed
    env = read_environment(os.environ, declared)
    return resolve_options(given, {}, env)
