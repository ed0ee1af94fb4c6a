"""``help``: the pages of the documentation, which come with the package."""

import argparse
import re
from pathlib import Path

from pytest_rtlgen.cli.arguments import PROGRAM, Parser
from pytest_rtlgen.cli.commands import COMMANDS
from pytest_rtlgen.cli.streams import write_out
from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.package_data import PARTS, list_pages
from pytest_rtlgen.spelling import suggest

_LINK = re.compile(r"\[((?:[^\[\]]|\[[^\[\]]*\])+)\]\((?:(?:[\w.-]+/)*([\w-]+)\.md)?(?:#[\w-]+)?\)")
"""A Markdown link to another page, or to a heading of the same one."""


def add_arguments(parser: Parser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("topic", metavar="TOPIC", nargs="?", help="page to print; without it all are listed")


def run(args: argparse.Namespace) -> int:
    """Print one page, or the list of pages."""
    pages = list_pages()
    if args.topic is None:
        for part in PARTS:
            write_out(f"{part}:")
            for topic, path in pages.items():
                if path.parent.name == part:
                    write_out(f"  {topic:<22}  {_read_title(path)}")
        return 0
    if args.topic not in pages:
        raise UsageError(f"{args.topic}: no such topic{_find_hint(args.topic, list(pages))}; see: {PROGRAM} help")
    text = pages[args.topic].read_text(encoding="utf-8")
    write_out(_LINK.sub(_name_topic, text).rstrip("\n"))
    return 0


def _name_topic(link: re.Match[str]) -> str:
    """Return what a terminal shows in place of a link."""
    text, topic = link.groups()
    return f"{text} [{PROGRAM} help {topic}]" if topic else text


def _read_title(path: Path) -> str:
    with path.open(encoding="utf-8") as lines:
        return next(lines).lstrip("# ").rstrip()


def _find_hint(topic: str, topics: list[str]) -> str:
    if topic in {command.name for command in COMMANDS}:
        return f"; write {PROGRAM} {topic} --help for the command"
    return suggest(topic, topics)
