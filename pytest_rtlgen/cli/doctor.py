"""``doctor``: what this machine offers, what is missing, and what to do about it."""

import argparse

from pytest_rtlgen.cli.arguments import Parser
from pytest_rtlgen.cli.examine import examine_machine
from pytest_rtlgen.cli.finding import Finding
from pytest_rtlgen.cli.streams import write_json, write_out
from pytest_rtlgen.report.plain_text import escape_controls
from pytest_rtlgen.storage import encode

_MARKS = {"ok": "ok     ", "missing": "MISSING", "note": "note   "}


def add_arguments(parser: Parser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Look at the machine and try a tiny design in every way that is offered."""
    findings: list[Finding] = []
    for finding in examine_machine():
        findings.append(finding)
        if not args.json:
            write_out(render_finding(finding))
    is_ready = all(finding.status != "missing" for finding in findings)
    if args.json:
        write_json({"is_ready": is_ready, "findings": [encode(finding) for finding in findings]})
    else:
        write_out("\nready: candidates can be checked" if is_ready else "\nnot ready: see MISSING above")
    return 0 if is_ready else 1


def render_finding(finding: Finding) -> str:
    """Return one line for people."""
    remedy = f" -> {finding.remedy}" if finding.remedy else ""
    return f"{_MARKS[finding.status]}  {escape_controls(f'{finding.name}: {finding.detail}{remedy}')}"
