"""``extract``: the Verilog out of a model's answer."""

import argparse
from collections import Counter

from pytest_rtlgen.cli.arguments import Parser
from pytest_rtlgen.cli.streams import STDIN, read_text, write_out
from pytest_rtlgen.extract import extract_candidate
from pytest_rtlgen.extract.modules import scan_modules
from pytest_rtlgen.records import Candidate
from pytest_rtlgen.report.console import write_note

_NO_NAME = ""
"""No module is called so: asked for it, ``extract_candidate`` returns the last code that defines any module."""


def add_arguments(parser: Parser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--top", metavar="NAME", help="requested module; by default the last one that is on top")


def run(args: argparse.Namespace) -> int:
    """Print the Verilog in the answer on standard input."""
    text = read_text(STDIN)
    candidate = find_last_top(text) if args.top is None else extract_candidate(text, top=args.top)
    if candidate.is_truncated:
        write_note("no Verilog: the answer ends inside the module")
        return 1
    if not candidate.source.strip():
        write_note(f"no Verilog: no module in the answer (rule {candidate.rule})")
        return 1
    write_out(candidate.source.strip("\n"))
    return 0


def find_last_top(text: str) -> Candidate:
    """Return the candidate of an answer when nobody says which module is requested.

    It is taken from the last code in the answer that defines modules: the last one there that no other uses.
    Without complete modules it is the last unfinished one.
    """
    found = extract_candidate(text, top=_NO_NAME)
    unfinished = list(scan_modules(text).modules(closed=False))
    if found.source.strip():
        return extract_candidate(text, top=_name_top(found.source))
    return extract_candidate(text, top=unfinished[-1]) if unfinished else found


def _name_top(source: str) -> str:
    """Return the last module of ``source`` whose name no other one uses, else the last. Nothing is elaborated."""
    modules = sorted(scan_modules(source).modules().values(), key=lambda module: module.start)
    uses = Counter(word for module in modules for word in scan_modules(source[module.start : module.end]).words)
    tops = [module.name for module in modules if uses[module.name] == 1]  # its own header names it
    return tops[-1] if tops else modules[-1].name
