"""Fetching a benchmark: from git, a checkout or an archive; what is kept, checked, and left behind."""

import shutil
import stat
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_rtlgen.errors import StorageError, SuiteError, ToolError, UsageError
from pytest_rtlgen.loaders import catalogue, load_suite
from pytest_rtlgen.loaders.catalogue import BENCHMARKS, Benchmark, Origin, find_benchmark
from pytest_rtlgen.loaders.fetch import Fingerprint, fetch_benchmark, fingerprint
from pytest_rtlgen.loaders.fetched import find_folder, list_roots
from pytest_rtlgen.records import Suite

ROOT = Path(__file__).parents[2]
FIXTURE = ROOT / "fixtures" / "benchmarks" / "verilog-eval-v2"
REAL = ROOT.parent / "shared" / "benchmarks"
NOWHERE = "0" * 40


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a folder that looks like a checkout of verilog-eval."""
    folder = tmp_path / "checkout"
    shutil.copytree(FIXTURE, folder)
    (folder / "scripts").mkdir()
    (folder / "scripts" / "shots.txt").write_text("Question:")
    (folder / "LICENSE").write_text("MIT")
    (folder / "Makefile.in").write_text("all:")
    return folder


def git(folder: Path, *argv: str) -> str:
    identity = ("-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, "-C", str(folder), *argv], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit_all(folder: Path) -> str:
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "all")
    return git(folder, "rev-parse", "HEAD")


def make_benchmark(commit: str = NOWHERE, **origin: object) -> Benchmark:
    known = find_benchmark("verilog-eval-v2")
    assert known is not None
    return replace(known, problems=2, origin=replace(known.origin, commit=commit, **origin))  # type: ignore[arg-type]


def fetch(benchmark: Benchmark, source: str | Path, root: Path) -> Suite:
    return fetch_benchmark(benchmark, source=str(source), root=root, show=lambda _: None)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def zip_it(folder: Path, path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as made:
        for file in sorted(folder.rglob("*")):
            made.write(file, Path("verilog-eval-main") / file.relative_to(folder))
    return path


def tar_it(folder: Path, path: Path) -> Path:
    with tarfile.open(path, "w:gz") as made:
        made.add(folder, "verilog-eval-main")
    return path


def test_the_published_address_at_the_pinned_commit_is_the_default(checkout: Path, tmp_path: Path) -> None:
    pinned = commit_all(checkout)
    git(checkout, "rm", "-q", "-r", "dataset_spec-to-rtl")
    git(checkout, "commit", "-qm", "gone")
    benchmark = make_benchmark(pinned, url=f"file://{checkout}")
    shown: list[str] = []
    suite = fetch_benchmark(benchmark, source="", root=tmp_path / "new" / "root", show=shown.append)
    assert suite.path == f"verilog-eval-v2:{tmp_path / 'new' / 'root' / 'verilog-eval-v2'}"
    assert suite.digest == load_suite(f"verilog-eval-v2:{FIXTURE}").digest
    assert names_in(tmp_path / "new" / "root") == ["verilog-eval-v2"]
    assert names_in(tmp_path / "new" / "root" / "verilog-eval-v2") == ["LICENSE", "dataset_spec-to-rtl", "scripts"]
    assert any(line.startswith(f"file://{checkout}: ") for line in shown)


@pytest.mark.parametrize(
    "pack",
    [
        lambda folder, target: zip_it(folder, target / "main.zip"),
        lambda folder, target: tar_it(folder, target / "main.tar.gz"),
        lambda folder, target: folder,  # noqa: ARG005  a checkout is named as it is
    ],
    ids=["zip", "tar", "checkout"],
)
def test_archives_and_checkouts_give_the_same(
    checkout: Path, tmp_path: Path, pack: Callable[[Path, Path], Path]
) -> None:
    commit_all(checkout)
    suite = fetch(make_benchmark(), pack(checkout, tmp_path), tmp_path / "root")
    assert suite.digest == load_suite(f"verilog-eval-v2:{FIXTURE}").digest
    assert names_in(tmp_path / "root") == ["verilog-eval-v2"]
    assert names_in(tmp_path / "root" / "verilog-eval-v2") == ["LICENSE", "dataset_spec-to-rtl", "scripts"]


def test_an_inner_folder_is_taken_out_with_the_licence(checkout: Path, tmp_path: Path) -> None:
    benchmark = make_benchmark(inner="dataset_spec-to-rtl", keep=())
    (checkout / "dataset_spec-to-rtl" / "_old").mkdir()
    (checkout / "dataset_spec-to-rtl" / ".hidden").write_text("1")
    assert len(fetch(benchmark, checkout, tmp_path / "root").problems) == 2
    kept = names_in(tmp_path / "root" / "verilog-eval-v2")
    assert "LICENSE" in kept
    assert {"_old", ".hidden", "scripts"}.isdisjoint(kept)


def test_what_is_there_is_not_fetched_again(checkout: Path, tmp_path: Path) -> None:
    first = fetch(make_benchmark(), checkout, tmp_path / "root")
    assert fetch(make_benchmark(), tmp_path / "gone", tmp_path / "root") == first


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: shutil.rmtree(folder / "dataset_spec-to-rtl"),
         r"^.*checkout: holds no VerilogEval v2, specification to RTL: its folder: holds no problem; expected"),
        (lambda folder: (folder / "dataset_spec-to-rtl" / "Prob001_const_one_ref.sv").unlink(),
         r"checkout: holds no VerilogEval.*: dataset_spec-to-rtl/Prob001_const_one_ref\.sv: no such file"),
        (lambda folder: (folder / "dataset_spec-to-rtl" / "Prob001_const_one_ref.sv").write_text(""),
         r"checkout: holds no VerilogEval.*: dataset_spec-to-rtl/Prob001_const_one_ref\.sv: empty"),
    ],
)  # fmt: skip
def test_another_or_half_a_benchmark_leaves_nothing(
    checkout: Path, tmp_path: Path, spoil: Callable[[Path], object], message: str
) -> None:
    spoil(checkout)
    with pytest.raises(SuiteError, match=message) as caught:
        fetch(make_benchmark(), checkout, tmp_path / "root")
    assert ".partial" not in str(caught.value)
    assert names_in(tmp_path / "root") == []


def test_a_half_downloaded_archive_leaves_nothing(checkout: Path, tmp_path: Path) -> None:
    path = tar_it(checkout, tmp_path / "main.tar.gz")
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(SuiteError, match=r"main\.tar\.gz: cut off or broken \(.*\); download it again"):
        fetch(make_benchmark(), path, tmp_path / "root")
    assert names_in(tmp_path / "root") == []


def test_a_hostile_archive_leaves_nothing(checkout: Path, tmp_path: Path) -> None:
    path = zip_it(checkout, tmp_path / "main.zip")
    with zipfile.ZipFile(path, "a") as made:
        link = zipfile.ZipInfo("verilog-eval-main/scripts/link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(link, "/etc")
    with pytest.raises(SuiteError, match=r"main\.zip: 'verilog-eval-main/scripts/link' is neither a file nor a folder"):
        fetch(make_benchmark(), path, tmp_path / "root")
    assert names_in(tmp_path / "root") == []


def test_git_that_fails_leaves_nothing(checkout: Path, tmp_path: Path) -> None:
    commit_all(checkout)
    with pytest.raises(ToolError, match=r"git says: "):
        fetch(make_benchmark(), f"file://{checkout}", tmp_path / "root")
    assert names_in(tmp_path / "root") == []


@pytest.mark.parametrize("name", ["gone", "gone.zip", "notes.txt"])
def test_a_source_that_is_nothing_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(UsageError, match=rf"{name}: not there, or not a folder with a checkout, an archive \(\.zip, "):
        fetch(make_benchmark(), tmp_path / name, tmp_path / "root")


def test_a_root_that_cannot_be_written_is_named(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(
        StorageError, match=r"file/root: cannot be read or written: Not a directory; check it, or name another --to"
    ):
        fetch(make_benchmark(), checkout, tmp_path / "file" / "root")


def test_another_dataset_is_told_with_both_digests() -> None:
    suite = load_suite(f"verilog-eval-v2:{FIXTURE}")
    found = fingerprint(suite)
    assert found.is_other
    assert found.describe() == (
        f"verilog-eval-v2:{FIXTURE}: another dataset than commit c498220: expected digest "
        f"{catalogue.DIGESTS['verilog-eval-v2']}, found {suite.digest}; figures do not compare with published ones"
    )


def test_the_same_dataset_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    suite = load_suite(f"verilog-eval-v2:{FIXTURE}")
    monkeypatch.setitem(catalogue.DIGESTS, "verilog-eval-v2", suite.digest)
    found = fingerprint(suite)
    assert not found.is_other
    assert found.describe() == f"verilog-eval-v2:{FIXTURE}: digest {suite.digest}, as at commit c498220"


def test_a_copy_of_another_version_is_told_by_its_digest() -> None:
    known = catalogue.DIGESTS["rtllm-v2"]
    found = fingerprint(Suite(name="s", title="S", path="rtllm-v2.1:x", digest=known, problems=()))
    assert found.is_other
    assert found.describe() == f"rtllm-v2.1:x: digest {known}, which is that of RTLLM v2.0; take commit 51ed553"


def test_what_is_open_in_the_problems_is_no_other_dataset() -> None:
    known = catalogue.DIGESTS["rtllm-v2"]
    found = fingerprint(Suite(name="s", title="S", path="rtllm-v2:x", digest=f"{known}+12", problems=()))
    assert (found.is_other, found.found) == (False, known)


@pytest.mark.parametrize("path", ["references:a.jsonl", "suites/core", "cvdp:whole.jsonl"])
def test_where_no_digest_is_recorded_nothing_is_claimed(path: str) -> None:
    found = fingerprint(Suite(name="s", title="S", path=path, digest="12", problems=()))
    assert (found.is_other, found.expected) == (False, "")
    assert found.describe() == f"{path}: digest 12; none is recorded to compare it with"


def test_an_empty_expectation_is_no_difference() -> None:
    assert not Fingerprint(spec="s", expected="", found="1", commit="").is_other


def test_roots_come_from_the_environment(tmp_path: Path) -> None:
    home = Path.home()
    assert list_roots({}) == (home / ".cache" / "pytest-rtlgen" / "benchmarks",)
    assert list_roots({"RTLGEN_BENCHMARKS": "/b", "XDG_CACHE_HOME": "/c"}) == (
        Path("/b"),
        Path("/c/pytest-rtlgen/benchmarks"),
    )
    (tmp_path / "verilog-eval-v2").mkdir()
    benchmark = make_benchmark()
    assert find_folder(benchmark, (tmp_path / "x", tmp_path)) == tmp_path / "verilog-eval-v2"
    assert find_folder(benchmark, (tmp_path / "x",)) is None


@pytest.mark.parametrize("benchmark", BENCHMARKS, ids=lambda benchmark: benchmark.prefix)
def test_every_known_benchmark_is_pinned(benchmark: Benchmark) -> None:
    assert len(benchmark.origin.commit) == 40
    assert set(benchmark.origin.commit) <= set("0123456789abcdef")
    assert benchmark.origin.url.startswith("https://github.com/")
    assert benchmark.problems > 0
    assert find_benchmark(benchmark.prefix) is benchmark


@pytest.mark.skipif(not REAL.is_dir(), reason=f"{REAL} is not on this machine")
@pytest.mark.parametrize("benchmark", [b for b in BENCHMARKS if b.digest], ids=lambda benchmark: benchmark.prefix)
def test_the_copies_at_hand_have_the_recorded_digests(benchmark: Benchmark) -> None:
    suite = load_suite(f"{benchmark.prefix}:{benchmark.locate(REAL)}")
    assert len(suite.problems) == benchmark.problems
    assert fingerprint(suite).describe().endswith(f"as at commit {benchmark.origin.commit[:7]}")


def test_benchmarks_of_one_commit_share_a_folder() -> None:
    commits = {(benchmark.origin.folder, benchmark.origin.commit) for benchmark in BENCHMARKS}
    assert len(commits) == len({folder for folder, _ in commits}) == len({commit for _, commit in commits})


def test_an_origin_needs_no_more_than_an_address() -> None:
    assert Origin(folder="f", url="u", commit=NOWHERE, licence="MIT").keep == ()
