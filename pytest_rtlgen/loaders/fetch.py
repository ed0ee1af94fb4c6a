"""Bring a published benchmark onto this machine, and say whether it is the one that published figures are of."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pytest_rtlgen.errors import RtlgenError, StorageError, SuiteError, UsageError
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.loaders.archive import SUFFIXES, copy_tree, unpack_archive, unwrap
from pytest_rtlgen.loaders.catalogue import BENCHMARKS, Benchmark, Origin, find_benchmark
from pytest_rtlgen.records import Suite
from pytest_rtlgen.tools.git import check_out, hide_secret, is_git_url

_LICENCES = ("LICENSE", "NOTICE")
Show = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """A suite's digest beside that of the pinned commit."""

    spec: str
    expected: str
    """Empty: no digest is recorded for this kind of suite."""
    found: str
    commit: str
    twin: str = ""
    """Title of the other benchmark whose digest was found; empty: it is no other's."""

    @property
    def is_other(self) -> bool:
        """Whether the data is known to be another commit's."""
        return bool(self.twin) or (bool(self.expected) and self.expected != self.found)

    def describe(self) -> str:
        """Return one line for people."""
        if self.twin:
            return f"{self.spec}: digest {self.found}, which is that of {self.twin}; take commit {self.commit[:7]}"
        if not self.expected:
            return f"{self.spec}: digest {self.found}; none is recorded to compare it with"
        if self.is_other:
            return (
                f"{self.spec}: another dataset than commit {self.commit[:7]}: expected digest {self.expected}, "
                f"found {self.found}; figures do not compare with published ones"
            )
        return f"{self.spec}: digest {self.found}, as at commit {self.commit[:7]}"


def fingerprint(suite: Suite) -> Fingerprint:
    """Return how the digest of ``suite``, loaded from ``PREFIX:PATH``, compares with the recorded one."""
    benchmark = find_benchmark(suite.path.partition(":")[0])
    expected, commit = (benchmark.digest, benchmark.origin.commit) if benchmark else ("", "")
    found = suite.files_digest
    if benchmark and benchmark.is_sample and found != expected:
        expected = ""
    twins = [
        other.title for other in BENCHMARKS if benchmark and other.prefix != benchmark.prefix and other.digest == found
    ]
    return Fingerprint(spec=suite.path, expected=expected, found=found, commit=commit, twin="".join(twins[:1]))


def fetch_benchmark(benchmark: Benchmark, *, source: str, root: Path, show: Show) -> Suite:
    """Return ``benchmark`` loaded from its folder below ``root``, where it is put first unless it is there already.

    ``source`` is the URL of a git repository, of which the pinned commit is taken, or a folder with a checkout or an
    archive, which are taken as they are; empty: where it was published. ``show`` is called with lines of progress.

    Raises:
        UsageError: ``source`` is none of these.
        SuiteError: what was got is not this benchmark, or is broken; nothing is left below ``root``.
        ToolError: git failed.
        StorageError: ``root`` cannot be written.
    """
    target = benchmark.locate(root)
    if not target.exists():
        try:
            root.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(dir=root, prefix=".partial-") as scratch:
                _fill(benchmark, source or benchmark.origin.url, target, Path(scratch), show)
        except OSError as error:
            where, what = error.filename or root, error.strerror or error
            raise StorageError(f"{where}: cannot be read or written: {what}; check it, or name another --to") from error
    return load_suite(f"{benchmark.prefix}:{target}")


def _fill(benchmark: Benchmark, source: str, target: Path, scratch: Path, show: Show) -> None:
    kept = scratch / "kept"
    _keep(benchmark.origin, _obtain(benchmark.origin, source, scratch / "tree", show), kept)
    try:
        load_suite(f"{benchmark.prefix}:{kept}")
    except RtlgenError as error:
        message = str(error).replace(f"{kept}{os.sep}", "").replace(str(kept), "its folder")
        raise SuiteError(f"{hide_secret(source)}: holds no {benchmark.title}: {message}") from error
    kept.rename(target)


def _obtain(origin: Origin, source: str, tree: Path, show: Show) -> Path:
    """Return the folder with the repository's files; ``tree``, or the folder that the user named."""
    path = Path(source).expanduser()
    if path.is_dir():
        return path
    if path.is_file() and path.name.endswith(SUFFIXES):
        unpack_archive(path, tree)
        return unwrap(tree)
    if is_git_url(source):
        check_out(source, origin.commit, tree, show=show)
        return tree
    kinds = f"a folder with a checkout, an archive ({', '.join(SUFFIXES)}) or the URL of a git repository"
    raise UsageError(f"{hide_secret(source)}: not there, or not {kinds}; check --from")


def _keep(origin: Origin, tree: Path, kept: Path) -> None:
    """Copy what belongs to the benchmark; in a repository that is its inner folder, with the licence files."""
    inner = tree / origin.inner if origin.inner and (tree / origin.inner).is_dir() else tree
    names = origin.keep or sorted(entry.name for entry in inner.iterdir() if not entry.name.startswith(("_", ".")))
    kept.mkdir()
    for name in names:
        if (inner / name).exists():
            copy_tree(inner / name, kept / name)
    for name in _LICENCES:
        if (tree / name).is_file() and not (kept / name).exists():
            shutil.copyfile(tree / name, kept / name)
