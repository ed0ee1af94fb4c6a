"""``cache``: what is kept on disk for other runs, listed and removed."""

import argparse
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pytest_rtlgen.cli.arguments import Parser, add_options, read_options
from pytest_rtlgen.cli.streams import write_json, write_out
from pytest_rtlgen.errors import StorageError, UsageError
from pytest_rtlgen.report.plain_text import escape_controls
from pytest_rtlgen.spelling import suggest
from pytest_rtlgen.storage import encode
from pytest_rtlgen.storage.kept_files import KeptFile, list_kept, remove_kept
from pytest_rtlgen.storage.record_cache import MOST_BYTES
from pytest_rtlgen.tools.cache_folder import find_cache

_BOUNDS: Mapping[str, int | None] = {"completions": None, "references": MOST_BYTES, "verdicts": MOST_BYTES}
"""Most bytes of each kind; ``None``: any number."""
_HEADERS = ("", "files", "size", "oldest", "at most")
_SIZES = ("bytes", "KiB", "MiB", "GiB", "TiB")
_STEP_BITS = 10
_DAY_S = 86_400
_TIMES = ((_DAY_S, "days"), (3600, "h"), (60, "min"), (0, "s"))


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheContents:
    """What one kind of kept records amounts to."""

    kind: str
    folder: str
    files: int
    size_bytes: int
    oldest_at: str | None
    """When the oldest was last used, or for completions written; ISO 8601, UTC. ``None``: there is none."""
    most_bytes: int | None
    """What was not used for longest is removed above that; ``None``: nothing is."""


def add_arguments(parser: Parser) -> None:
    """Declare the command's arguments."""
    add_options(parser, "cache")
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    listing = _add_action(actions, "list", "List the kinds of what is kept, with their size and age.")
    listing.set_defaults(act=_list)
    listing.add_argument("--json", action="store_true", help="print one JSON object")
    prune = _add_action(actions, "prune", "Remove what is kept; what runs at the same time goes on.")
    prune.set_defaults(act=_prune)
    prune.add_argument("kinds", metavar="KIND", nargs="*", help=f"{', '.join(_BOUNDS)} (default: all)")
    prune.add_argument("--older", metavar="DAYS", help="only what was not used for so many days")
    prune.add_argument("--dry-run", action="store_true", help="remove nothing")


def _add_action(actions: "argparse._SubParsersAction[Parser]", name: str, text: str) -> Parser:
    parser = actions.add_parser(name, help=text, description=text, allow_abbrev=False)
    add_options(parser, "cache", default=argparse.SUPPRESS)  # one given before the action stays
    parser.set_defaults(parser=parser)
    return parser


def run(args: argparse.Namespace) -> int:
    """List or remove."""
    try:
        folders = {kind: find_cache() / kind for kind in _BOUNDS}
    except RuntimeError as error:
        raise UsageError("there is no home folder, so nothing is kept; set XDG_CACHE_HOME") from error
    folders["completions"] = read_options(args).cache or folders["completions"]
    for folder in folders.values():
        if folder.exists() and not folder.is_dir():
            raise UsageError(f"{folder}: not a folder")
    status: int = args.act(args, folders)
    return status


def _list(args: argparse.Namespace, folders: Mapping[str, Path]) -> int:
    found = [_describe(kind, folder, tuple(_list_files(kind, folder))) for kind, folder in folders.items()]
    if args.json:
        write_json({"caches": [encode(contents) for contents in found]})
        return 0

    from tabulate import tabulate

    write_out(tabulate(map(_render_row, found), headers=_HEADERS, colalign=("left", *["right"] * 4)))
    write_out("")
    for contents in found:
        write_out(escape_controls(f"{contents.kind} are in {contents.folder}"))
    return 0


def _describe(kind: str, folder: Path, files: Sequence[KeptFile]) -> CacheContents:
    oldest = min(files).used_at if files else None
    return CacheContents(
        kind=kind,
        folder=str(folder),
        files=len(files),
        size_bytes=sum(file.size for file in files),
        oldest_at=None if oldest is None else datetime.fromtimestamp(oldest, UTC).isoformat(timespec="seconds"),
        most_bytes=_BOUNDS[kind],
    )


def _render_row(contents: CacheContents) -> tuple[str, str, str, str, str]:
    age = "" if contents.oldest_at is None else _render_age(datetime.fromisoformat(contents.oldest_at))
    bound = "no limit" if contents.most_bytes is None else _render_size(contents.most_bytes)
    return contents.kind, f"{contents.files:,}", _render_size(contents.size_bytes), age, bound


def _render_age(at: datetime) -> str:
    age_s = max(0.0, time.time() - at.timestamp())
    unit, name = next((unit, name) for unit, name in _TIMES if age_s >= unit)
    return f"{age_s // max(unit, 1):.0f} {name}"


def _render_size(size_bytes: int) -> str:
    power = min(max(size_bytes.bit_length() - 1, 0) // _STEP_BITS, len(_SIZES) - 1)
    return f"{size_bytes / (1 << power * _STEP_BITS):.4g} {_SIZES[power]}"


def _prune(args: argparse.Namespace, folders: Mapping[str, Path]) -> int:
    unknown = next((kind for kind in args.kinds if kind not in folders), None)
    if unknown is not None:
        raise UsageError(f"{unknown}: no such kind{suggest(unknown, folders)}; kinds are {', '.join(folders)}")
    until = math.inf if args.older is None else time.time() - _read_days(args.older) * _DAY_S
    word = "would remove" if args.dry_run else "removed"
    for kind in [kind for kind in folders if kind in args.kinds or not args.kinds]:
        files = [file for file in _list_files(kind, folders[kind]) if file.used_at < until]
        if not args.dry_run:
            _remove(files, folders[kind])
        size = _render_size(sum(file.size for file in files))
        write_out(escape_controls(f"{kind}: {word} {len(files):,} files, {size}, from {folders[kind]}"))
    return 0


def _remove(files: Sequence[KeptFile], folder: Path) -> None:
    try:
        remove_kept(files, folder)
    except OSError as error:
        raise StorageError(f"{error.filename}: cannot be removed: {error.strerror}; check its permissions") from error


def _read_days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = math.nan
    if not 0 <= days < math.inf:
        raise UsageError(f"--older {text}: must be a number of days, such as 30")
    return days


def _list_files(kind: str, folder: Path) -> Iterator[KeptFile]:
    return list_kept(folder, is_nested=kind == "completions")
