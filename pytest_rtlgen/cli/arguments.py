"""Arguments: the parser, options out of the option table, and the settings that follow from them."""

import argparse
import importlib
import os
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NoReturn

from pytest_rtlgen.cli.commands import Command
from pytest_rtlgen.config import OPTIONS, Group, Option, Options
from pytest_rtlgen.config.resolve import read_environment, resolve_options
from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.spelling import suggest
from pytest_rtlgen.version import __version__

PROGRAM = "rtlgen"
_TITLES: Mapping[Group, str] = {
    Group.GENERATION: "the model and how it is asked",
    Group.SPENDING: "cache and spending limits",
    Group.PROMPT: "prompts",
    Group.REPAIR: "repair of answers",
    Group.CHECK: "how a candidate is checked",
    Group.RUN: "the run",
}
"""What the help puts above the options of a group."""


class Parser(argparse.ArgumentParser):
    """A parser that raises ``UsageError`` where argparse would print its usage and exit."""

    def error(self, message: str) -> NoReturn:
        """Raise ``message`` with the way to the help."""
        raise UsageError(f"{message}; see {self.prog} --help")


def parse_arguments(commands: Sequence[Command], argv: Sequence[str]) -> argparse.Namespace:
    """Return the arguments of the command that ``argv`` names, with the ``run`` of its module.

    Raises:
        UsageError: there is no such command or option, or an argument is missing.
    """
    names = [command.name for command in commands]
    word = next(iter(argv), "-")
    if not word.startswith("-") and word not in names:
        hint = suggest(word, names) or f"; commands are {', '.join(names)}"
        raise UsageError(f"{word}: no such command{hint}; see {PROGRAM} --help")
    parser = make_parser(commands, argv)
    args, unknown = parser.parse_known_args(argv)
    if unknown:
        used: Parser = getattr(args, "parser", parser)
        options = re.findall(r"--[a-z][a-z-]+", used.format_help())
        hint = suggest(unknown[0].partition("=")[0], options)
        raise UsageError(f"{' '.join(unknown)}: not understood{hint}; see {used.prog} --help")
    return args


def make_parser(commands: Sequence[Command], argv: Sequence[str]) -> Parser:
    """Return the parser of the whole command line; what it parses has the command's ``run`` and its ``parser``.

    Only the command that ``argv`` names is imported.
    """
    parser = Parser(prog=PROGRAM, description="Judge the Verilog that language models write.", allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    parsers = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in commands:
        sub = parsers.add_parser(
            command.name,
            help=command.help,
            description=command.help,
            epilog=_render_examples(command),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        if command.name in argv[:1]:
            module = importlib.import_module(f"pytest_rtlgen.cli.{command.module}")
            sub.set_defaults(run=module.run, parser=sub)
            module.add_arguments(sub)
    return parser


def _render_examples(command: Command) -> str | None:
    if not command.examples:
        return None
    lines = [f"  {PROGRAM} {command.name} {example}".rstrip() for example in command.examples]
    return "\n".join(["examples:" if len(lines) > 1 else "example:", *lines])


def add_options(parser: Parser, *requested: Group | str, default: str | None = None) -> None:
    """Let ``parser`` take options of the option table, whole groups or by name: as ``--NAME`` and ``--rtlgen-NAME``.

    ``default``: what argparse has where one is not given.
    """
    for group in Group:
        rows = [row for row in OPTIONS if row.group is group and (row.name in requested or row.group in requested)]
        if rows:
            titled = parser.add_argument_group(_TITLES[group])
            for row in rows:
                shared = {"dest": row.key, "default": default, **_describe_kind(row)}
                titled.add_argument(f"--{row.name}", help=row.full_help.replace("%", "%%"), **shared)
                titled.add_argument(row.flag, help=argparse.SUPPRESS, **shared)


def _describe_kind(option: Option) -> dict[str, Any]:
    """Return what argparse is told about the option's values."""
    if option.is_flag:
        return {"action": "store_true"}
    return {"action": "append" if option.is_repeatable else "store", "metavar": option.metavar}


def read_options(
    args: argparse.Namespace, *, usual: Mapping[str, object] = MappingProxyType({}), **fixed: str
) -> Options:
    """Return the options that the command declared, from its arguments and the environment; ``fixed`` wins over both.

    ``usual``: what the command takes, by ``Option.key``, for options that are given in neither.

    Raises:
        UsageError: a value that cannot be meant.
    """
    declared = [option for option in OPTIONS if hasattr(args, option.key)]
    given = {option.key: getattr(args, option.key) for option in declared} | fixed
    env = read_environment(os.environ, declared)
    return resolve_options(given, usual, env)
