"""``cache``: what is kept on disk is listed and removed, and nothing else; who writes meanwhile goes on."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support.cli_designs import Cli

from pytest_rtlgen.records import Completion, SampleKey, SourceFile
from pytest_rtlgen.storage.completion_cache import CompletionCache
from pytest_rtlgen.storage.record_cache import RecordCache

DIGESTS = [f"{number:02x}" * 32 for number in (26, 43, 60)]
DAY_S = 86_400


def complete(index: int) -> Completion:
    return Completion(key=SampleKey(suite="s", problem_id="p", index=index), text="module m; endmodule", model="m")


def list_files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return our folder in a user's cache: three records and two responses, a day, ten and 100 days old."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("RTLGEN_CACHE")
    folder = tmp_path / "cache" / "pytest-rtlgen"
    for digest in DIGESTS:
        RecordCache(folder / "verdicts").write(digest, SourceFile(name="a.v", text=digest))
    for index in (0, 4):
        CompletionCache(folder / "completions", warn=pytest.fail).write(DIGESTS[0], [complete(index)])
    (folder / "benchmarks").mkdir()
    (folder / "benchmarks" / "suite").write_text("no cache of ours")
    for days, files in (
        (1, "verdicts/1a/*"),
        (10, "verdicts/2b/*"),
        (100, "verdicts/3c/*"),
        (100, "completions/*/*/4*"),
    ):
        for path in folder.glob(files):
            os.utime(path, (time.time() - days * DAY_S - 60,) * 2)
    return folder


def test_the_list_has_every_kind_with_size_and_age(cli: Cli, home: Path) -> None:
    lines = cli("cache", "list").stdout.splitlines()
    assert [line.split()[:2] for line in lines[2:5]] == [["completions", "2"], ["references", "0"], ["verdicts", "3"]]
    assert lines[2].split()[-4:] == ["100", "days", "no", "limit"]
    assert lines[3].split()[2:] == ["0", "bytes", "1", "GiB"]
    assert lines[4].split()[-4:] == ["100", "days", "1", "GiB"]
    assert lines[-1] == f"verdicts are in {home / 'verdicts'}"


def test_the_list_as_json(cli: Cli, home: Path) -> None:
    completions, references, verdicts = json.loads(cli("cache", "list", "--json").stdout)["caches"]
    assert references == {
        "kind": "references",
        "folder": str(home / "references"),
        "files": 0,
        "size_bytes": 0,
        "oldest_at": None,
        "most_bytes": 1 << 30,
    }
    assert completions["most_bytes"] is None
    blocks = sum(max(path.stat().st_size, path.stat().st_blocks * 512) for path in home.glob("verdicts/*/*"))
    assert (verdicts["files"], verdicts["size_bytes"]) == (3, blocks)
    assert verdicts["oldest_at"].endswith("+00:00")


def test_prune_removes_everything_and_the_folders_that_become_empty(cli: Cli, home: Path) -> None:
    done = cli("cache", "prune")
    assert [line.partition(",")[0] for line in done.stdout.splitlines()] == [
        "completions: removed 2 files",
        "references: removed 0 files",
        "verdicts: removed 3 files",
    ]
    assert list_files(home) == {"benchmarks/suite"}
    assert sorted(path.name for path in home.rglob("*") if path.is_dir()) == ["benchmarks", "completions", "verdicts"]


@pytest.mark.parametrize(
    ("args", "left"),
    [
        (["verdicts"], {"completions": 2, "verdicts": 0}),
        (["references", "completions"], {"completions": 0, "verdicts": 3}),
        (["--older", "5"], {"completions": 1, "verdicts": 1}),
        (["--older", "10.5", "verdicts"], {"completions": 2, "verdicts": 2}),
        (["--older=0"], {"completions": 0, "verdicts": 0}),
        (["--dry-run"], {"completions": 2, "verdicts": 3}),
    ],
)
def test_prune_by_kind_and_age(args: list[str], left: dict[str, int], cli: Cli, home: Path) -> None:
    dry = cli("cache", "prune", *args, "--dry-run").stdout
    assert cli("cache", "prune", *args).stdout == dry.replace("would remove", "removed") or "--dry-run" in args
    assert {kind: len(list_files(home / kind)) for kind in left} == left


def test_the_folder_of_completions_is_the_one_of_a_run(
    cli: Cli, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    CompletionCache(tmp_path / "here", warn=pytest.fail).write(DIGESTS[0], [complete(0)])
    assert "removed 1 files" in cli("cache", "prune", "completions", "--cache", "here").stdout
    assert "removed 0 files" in cli("cache", "--cache=here", "prune", "completions").stdout
    monkeypatch.setenv("RTLGEN_CACHE", str(tmp_path / "here"))
    assert "removed 0 files" in cli("cache", "prune", "completions").stdout
    assert len(list_files(home / "completions")) == 2


def test_files_of_others_stay(cli: Cli, home: Path) -> None:
    digest, other = DIGESTS[0], DIGESTS[1]
    foreign = [
        *(f"verdicts/{name}" for name in ("notes", "1a/notes", f"2b/{digest}", f"xx/{digest}", f"1a/{other}/0.json")),
        *(f"completions/{name}" for name in (f"3c/{DIGESTS[2]}", f"1a/{digest}/0.jsonl", f"1a/{digest}/a.json")),
    ]
    for name in foreign:
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("mine")
    cli("cache", "prune")
    assert list_files(home) == {"benchmarks/suite", *foreign}


def test_what_killed_writers_left_goes_too(cli: Cli, home: Path) -> None:
    (home / "verdicts" / "1a" / f".{DIGESTS[0]}.77.abcdef01").write_text("half")
    (home / "completions" / "1a" / DIGESTS[0] / ".0.json.77.abcdef01").write_text("half")
    cli("cache", "prune")
    assert list_files(home) == {"benchmarks/suite"}


@pytest.mark.parametrize("step", ["mkdir", "write_bytes"])
def test_a_writer_goes_on_when_its_folder_or_file_is_removed(
    step: str, cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: Callable[..., object] = getattr(Path, step)
    pruned: list[int] = []

    def prune_once(path: Path, *args: object, **options: object) -> object:
        result = done(path, *args, **options)
        if not pruned and path.is_relative_to(home):
            pruned.append(cli("cache", "prune").returncode)
        return result

    monkeypatch.setattr(Path, step, prune_once)
    cache = RecordCache(home / "references")
    cache.write(DIGESTS[2], SourceFile(name="a.v", text="new"))
    assert pruned == [0]
    assert cache.read(SourceFile, DIGESTS[2]) == SourceFile(name="a.v", text="new")
    assert list_files(home) == {"benchmarks/suite", f"references/3c/{DIGESTS[2]}"}


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["cache"], "ACTION; see rtlgen cache --help"),
        (
            ["cache", "prune", "verdict"],
            "verdict: no such kind; did you mean verdicts?; kinds are completions, references",
        ),
        (["cache", "prune", "--older", "week"], "--older week: must be a number of days, such as 30"),
        (["cache", "prune", "--older=-1"], "--older -1: must be a number of days"),
        (["cache", "prune", "--older=nan"], "--older nan: must be a number of days"),
        (["cache", "prune", "--older=1e999"], "--older 1e999: must be a number of days"),
        (["cache", "list", "--cache", "file"], "file: not a folder"),
        (["cache", "prune", "--olde", "1"], "not understood"),
    ],
)
def test_what_cannot_be_meant_is_one_line_and_removes_nothing(
    args: list[str], message: str, cli: Cli, home: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    before = list_files(home)
    done = cli(*args)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert list_files(home) == before


def test_a_file_that_cannot_be_removed_is_an_error(cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, *, missing_ok: bool = False) -> None:
        del missing_ok
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "unlink", refuse)
    done = cli("cache", "prune", "verdicts")
    assert done.returncode == 2
    assert f"error: {home / 'verdicts'}/" in done.stderr
    assert "cannot be removed: Permission denied; check its permissions" in done.stderr


def test_without_a_home_it_says_what_to_set(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", refuse)
    assert cli("cache", "list").stderr == "error: there is no home folder, so nothing is kept; set XDG_CACHE_HOME\n"
