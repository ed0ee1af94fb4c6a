"""Records on disk that many processes share: bounded, whole or missing, and never in anyone's way."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pytest_rtlgen.records import SourceFile
from pytest_rtlgen.storage.record_cache import RecordCache

ONE, OTHER = "1a" * 32, "2b" * 32


def record(text: str = "text") -> SourceFile:
    return SourceFile(name="a.v", text=text)


def list_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_a_record_is_there_for_another_cache_of_the_same_folder(tmp_path: Path) -> None:
    assert RecordCache(tmp_path).read(SourceFile, ONE) is None
    RecordCache(tmp_path).write(ONE, record("\ud800é\n"))
    assert RecordCache(tmp_path).read(SourceFile, ONE) == record("\ud800é\n")
    assert RecordCache(tmp_path).read(SourceFile, OTHER) is None


@pytest.mark.parametrize("damage", ["cut", "empty", "another byte", "no compressed data", "a folder"])
def test_a_damaged_file_counts_as_missing_and_is_written_again(tmp_path: Path, damage: str) -> None:
    cache = RecordCache(tmp_path)
    cache.write(ONE, record())
    (path,) = list_files(tmp_path)
    whole = path.read_bytes()
    changed = bytes([*whole[:-3], whole[-3] ^ 1, *whole[-2:]])
    damaged = {"cut": whole[:-4], "empty": b"", "another byte": changed, "no compressed data": b"{}"}.get(damage)
    path.unlink()
    if damaged is None:
        path.mkdir()
    else:
        path.write_bytes(damaged)
    assert cache.read(SourceFile, ONE) is None
    cache.write(ONE, record("new"))
    assert cache.read(SourceFile, ONE) == (None if damaged is None else record("new"))


def test_a_file_under_another_digest_or_of_another_kind_counts_as_missing(tmp_path: Path) -> None:
    cache = RecordCache(tmp_path)
    cache.write(ONE, record())
    (path,) = list_files(tmp_path)
    there = tmp_path / OTHER[:2] / OTHER
    there.parent.mkdir()
    there.write_bytes(path.read_bytes())
    assert cache.read(SourceFile, OTHER) is None
    cache.write(OTHER, 3)
    assert cache.read(SourceFile, OTHER) is None


def test_a_folder_that_cannot_be_made_costs_nothing_but_the_records(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = RecordCache(tmp_path / "file" / "below")
    cache.write(ONE, record())
    assert cache.read(SourceFile, ONE) is None


def test_a_full_disk_leaves_no_part_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = Path.write_bytes

    def fill(path: Path, data: bytes) -> int:
        write(path, data[:5])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fill)
    cache = RecordCache(tmp_path)
    cache.write(ONE, record())
    monkeypatch.undo()
    assert list_files(tmp_path) == []
    cache.write(ONE, record())
    assert list_files(tmp_path) == [], "a disk that was full is not tried again"


def test_what_was_not_used_for_longest_is_removed_first(tmp_path: Path) -> None:
    block = 4096
    big = RecordCache(tmp_path)
    digests = [f"{number:02x}" * 32 for number in range(8)]
    for age, digest in enumerate(digests):
        big.write(digest, record(os.urandom(block).hex()))
        path = tmp_path / digest[:2] / digest
        os.utime(path, (1000 + age, 1000 + age))
    stale = tmp_path / digests[0][:2] / f".{digests[0]}.1.ab"
    stale.write_bytes(bytes(block))
    os.utime(stale, (999, 999))
    assert big.read(SourceFile, digests[1]) is not None
    total = sum(max(path.stat().st_size, path.stat().st_blocks * 512) for path in list_files(tmp_path))
    RecordCache(tmp_path, most_bytes=total * 2 // 3).write(ONE, record(os.urandom(block).hex()))
    kept = {path.name for path in list_files(tmp_path)}
    assert {digests[1], digests[7], ONE} <= kept
    assert not {digests[0], digests[2], stale.name} & kept
    assert sum(path.stat().st_size for path in list_files(tmp_path)) <= total * 2 // 3


def test_writers_and_readers_at_once_see_whole_records_only(tmp_path: Path) -> None:
    texts = [character * 200_000 for character in "abcd"]

    def work(text: str) -> set[str]:
        cache, seen = RecordCache(tmp_path), set()
        for _ in range(20):
            cache.write(ONE, record(text))
            found = cache.read(SourceFile, ONE)
            seen.add("missing" if found is None else found.text)
        return seen

    with ThreadPoolExecutor(4) as pool:
        assert set[str]().union(*pool.map(work, texts)) <= set(texts)


WRITER = """\
import sys
from pathlib import Path
from pytest_rtlgen.records import SourceFile
from pytest_rtlgen.storage.record_cache import RecordCache
cache = RecordCache(Path(sys.argv[1]))
for number in range(10_000):
    cache.write(f"{number % 7:02x}" * 32, SourceFile(name=str(number), text=f"{number}" * 300_000))
    print(number, flush=True)
"""


def test_a_writer_that_is_killed_leaves_whole_records_and_what_the_bound_removes(tmp_path: Path) -> None:
    for _ in range(3):
        command = [sys.executable, "-c", WRITER, str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            process.send_signal(signal.SIGKILL)
    cache = RecordCache(tmp_path)
    named = [path for path in list_files(tmp_path) if not path.name.startswith(".")]
    assert named
    for path in named:
        found = cache.read(SourceFile, path.name)
        assert found is not None
        assert found.text == found.name * 300_000
    RecordCache(tmp_path, most_bytes=1).write(ONE, record())
    assert list_files(tmp_path) == []
