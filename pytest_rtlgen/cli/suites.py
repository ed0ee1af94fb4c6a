"""``suites``: which published benchmarks are known, what they are, how to get them, and whether a copy is right."""

import argparse
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from pytest_rtlgen.cli.arguments import Parser
from pytest_rtlgen.cli.streams import write_json, write_out
from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.loaders.catalogue import BENCHMARKS, Benchmark, find_benchmark
from pytest_rtlgen.loaders.fetch import fetch_benchmark, fingerprint
from pytest_rtlgen.loaders.fetched import find_folder, list_roots
from pytest_rtlgen.records import Suite
from pytest_rtlgen.report.console import Progress, find_max_columns, fold, write_note
from pytest_rtlgen.report.plain_text import clip_text, escape_controls
from pytest_rtlgen.spelling import suggest

_ADDRESS = "from"
_HEADERS = ("prefix", "problems", "licence", "commit", _ADDRESS, "here")
_LICENCE = 20
_MOST_REASONS = 5
_REASON_CHARACTERS = 150


def add_arguments(parser: Parser) -> None:
    """Declare the command's arguments."""
    parser.set_defaults(act=_list)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    actions = parser.add_subparsers(metavar="ACTION", help="without one: list the known benchmarks")
    explain = _add_action(actions, "explain", "Print what a benchmark is.")
    fetch = _add_action(actions, "fetch", "Get a benchmark at its pinned commit.")
    check = _add_action(actions, "check", "Load a suite, count it and compare its digest.")
    for action, act in ((explain, _explain), (fetch, _fetch)):
        action.add_argument("prefix", metavar="PREFIX", help="the benchmark, as listed")
        action.set_defaults(act=act)
    fetch.add_argument(
        "--from", dest="source", default="", metavar="SOURCE", help="a checkout, an archive, or another git URL"
    )
    fetch.add_argument("--to", metavar="FOLDER", help="where benchmarks are kept on this machine")
    check.add_argument("spec", metavar="SPEC", help="as for --rtlgen-suite")
    check.set_defaults(act=_check)


def _add_action(actions: "argparse._SubParsersAction[Parser]", name: str, text: str) -> Parser:
    parser = actions.add_parser(name, help=text, description=text, allow_abbrev=False)
    parser.set_defaults(parser=parser)
    return parser


def run(args: argparse.Namespace) -> int:
    """List, explain, fetch or check."""
    status: int = args.act(args)
    return status


def _list(args: argparse.Namespace) -> int:
    from tabulate import tabulate

    roots = list_roots()
    found = [(benchmark, find_folder(benchmark, roots)) for benchmark in BENCHMARKS]
    if args.json:
        write_json({"benchmarks": [_as_json(benchmark, folder) for benchmark, folder in found]})
        return 0
    rows, headers = _make_table(found, is_narrow=find_max_columns() is not None)
    write_out(tabulate(rows, headers=headers))
    write_out(f"\nlooked in {', '.join(map(str, roots))}")
    write_out(fold("also: core:, which comes with this package, and references:FILE for training references"))
    return 0


def _make_table(
    found: Iterable[tuple[Benchmark, Path | None]], *, is_narrow: bool
) -> tuple[list[tuple[object, ...]], tuple[str, ...]]:
    """Return rows and headers; for a terminal without the addresses, which ``explain`` prints."""
    rows: list[tuple[object, ...]] = []
    for benchmark, folder in found:
        origin = benchmark.origin
        licence = clip_text(origin.licence, _LICENCE) if is_narrow else origin.licence
        address = () if is_narrow else (origin.url,)
        rows.append((benchmark.prefix, benchmark.problems, licence, origin.commit[:7], *address, folder or "no"))
    return rows, tuple(name for name in _HEADERS if name != _ADDRESS or not is_narrow)


def _as_json(benchmark: Benchmark, folder: Path | None) -> dict[str, object]:
    return {
        "prefix": benchmark.prefix,
        "title": benchmark.title,
        "problems": benchmark.problems,
        "licence": benchmark.origin.licence,
        "url": benchmark.origin.url,
        "commit": benchmark.origin.commit,
        "digest": benchmark.digest or None,
        "folder": str(folder) if folder else None,
    }


def _explain(args: argparse.Namespace) -> int:
    benchmark = _find(args.prefix)
    folder = find_folder(benchmark, list_roots())
    inner = f", folder {benchmark.origin.inner}" if benchmark.origin.inner else ""
    lines = {
        "title": benchmark.title,
        "problems": benchmark.problems,
        "format": benchmark.format,
        "prompt": benchmark.prompt,
        "metric": benchmark.metric,
        "known bad": benchmark.known_bad,
        "licence": benchmark.origin.licence,
        "from": f"{benchmark.origin.url}, commit {benchmark.origin.commit}{inner}",
        "digest": benchmark.digest or "not recorded",
        "here": folder or f"no; rtlgen suites fetch {benchmark.prefix}",
        "run": f"pytest --rtlgen-suite {benchmark.prefix}:{folder or 'PATH'} --rtlgen-model=...",
    }
    for name, value in lines.items():
        write_out(f"{name + ':':<11}{value}")
    return 0


def _fetch(args: argparse.Namespace) -> int:

    benchmark = _find(args.prefix)
    root = Path(args.to) if args.to else list_roots()[0]
    if benchmark.locate(root).exists():
        write_note(f"{benchmark.locate(root)}: there already, not fetched again; remove it for a fresh one")
    progress = Progress()
    try:
        suite = fetch_benchmark(benchmark, source=args.source, root=root, show=progress.show)
    finally:
        progress.clear()
    return _report(suite)


def _check(args: argparse.Namespace) -> int:
    return _report(load_suite(args.spec))


def _report(suite: Suite) -> int:
    """Print what was loaded; the exit status is 1 when it is another dataset than the recorded one."""
    reasons = Counter(problem.unjudged for problem in suite.problems if problem.unjudged)
    skipped = f", {reasons.total()} of them cannot be judged" if reasons else ""
    write_out(f"{suite.path}: {len(suite.problems)} problems{skipped}")
    for reason, count in reasons.most_common(_MOST_REASONS):
        write_out(f"  {count} x {_shorten(reason)}")
    if len(reasons) > _MOST_REASONS:
        write_out(f"  and {len(reasons) - _MOST_REASONS} other reasons")
    found = fingerprint(suite)
    write_out(found.describe())
    return 1 if found.is_other else 0


def _shorten(reason: str) -> str:
    text = escape_controls(reason)
    return text if len(text) <= _REASON_CHARACTERS else f"{text[:_REASON_CHARACTERS]}..."


def _find(prefix: str) -> Benchmark:
    benchmark = find_benchmark(prefix)
    if benchmark is None:
        known = [benchmark.prefix for benchmark in BENCHMARKS]
        hint = suggest(prefix, known)
        raise UsageError(f"{prefix}: no known benchmark{hint}; known are {', '.join(known)}")
    return benchmark
