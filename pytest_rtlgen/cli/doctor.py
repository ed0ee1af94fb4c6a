"""``doctor``: what this machine offers, what is missing, and what to do about it."""

import argparse
import json
from dataclasses import dataclass

from pytest_rtlgen.cli.arguments import Command, Parser
from pytest_rtlgen.cli.streams import write_out

_MARKS = {"ok": "ok     ", "missing": "MISSING", "note": "note   "}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the doctor."""

    name: str
    status: str
    """``ok``; ``missing``: the default configuration needs it; ``note``: only some uses need it."""
    detail: str
    remedy: str = ""
    """What to do; empty when there is nothing to do."""


def add_arguments(parser: Parser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Look at the machine and try a tiny design in every way that is offered."""
    from pytest_rtlgen.cli.examine import examine_machine
    from pytest_rtlgen.storage import encode

    findings: list[Finding] = []
    for finding in examine_machine():
        findings.append(finding)
        if not args.json:
            write_out(render_finding(finding))
    is_ready = all(finding.status != "missing" for finding in findings)
    if args.json:
        write_out(json.dumps({"is_ready": is_ready, "findings": [encode(finding) for finding in findings]}))
    else:
        write_out("\nready: candidates can be checked" if is_ready else "\nnot ready: see MISSING above")
    return 0 if is_ready else 1


def render_finding(finding: Finding) -> str:
    """Return one line for people."""
    from pytest_rtlgen.report import escape_controls

    remedy = f" -> {finding.remedy}" if finding.remedy else ""
    return f"{_MARKS[finding.status]}  {escape_controls(f'{finding.name}: {finding.detail}{remedy}')}"


COMMAND = Command(
    name="doctor",
    help="say what this machine offers and what is missing",
    add_arguments=add_arguments,
    run=run,
)
