"""Completions on disk for other runs: whole or not at all, and damage is only a line."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_rtlgen.records import Completion, SampleKey, TokenUsage
from pytest_rtlgen.storage.completion_cache import CompletionCache
from pytest_rtlgen.tools.cache_folder import find_cache

QUESTION = "ab" + "0" * 62


def completions(*indices: int, text: str = "text") -> tuple[Completion, ...]:
    return tuple(
        Completion(
            key=SampleKey(suite="mini", problem_id="inv", index=index),
            text=f"{text} {index} \ud800",
            model="m",
            usage=TokenUsage(prompt=1, completion=2),
            latency_s=0.25,
        )
        for index in indices
    )


class Cache:
    """A cache and what it said."""

    def __init__(self, folder: Path) -> None:
        self.warnings: list[str] = []
        self.cache = CompletionCache(folder, warn=self.warnings.append)


@pytest.fixture
def there(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "kept")


def test_responses_come_back_by_index_in_another_process(there: Cache, tmp_path: Path) -> None:
    there.cache.write(QUESTION, completions(0, 1, 2))
    there.cache.write(QUESTION, completions(3))
    again = Cache(tmp_path / "kept")
    assert again.cache.read(QUESTION) == dict(enumerate(completions(0, 1, 2, 3)))
    assert again.cache.read("cd" + QUESTION[2:]) == {}
    assert again.warnings == there.warnings == []


def test_nothing_is_made_before_the_first_completion(there: Cache) -> None:
    assert there.cache.read(QUESTION) == {}
    there.cache.write(QUESTION, ())
    assert not there.cache.folder.exists()


def test_only_their_owner_can_read_them(there: Cache) -> None:
    there.cache.write(QUESTION, completions(0))
    (path,) = there.cache.folder.rglob("*.json")
    assert path.parent.stat().st_mode & 0o077 == 0


def test_a_file_that_a_killed_writer_left_is_none(there: Cache) -> None:
    there.cache.write(QUESTION, completions(0))
    (path,) = there.cache.folder.rglob("*.json")
    path.rename(path.with_name(".0.json.77.abcdef"))
    assert there.cache.read(QUESTION) == {}
    assert there.warnings == []


DAMAGE: tuple[Callable[[bytes], bytes], ...] = (
    lambda _: b"",
    lambda text: text[: len(text) // 2],
    lambda text: text.replace(b"text 1", b"test 1"),
    lambda text: text.replace(QUESTION.encode(), b"cd" + QUESTION[2:].encode()),
    lambda _: b"\xff\xfe",
    lambda _: b"[]\n",
    lambda text: json.dumps({**json.loads(text), "more": 1}).encode(),
)


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_one_line_and_is_replaced(damage: Callable[[bytes], bytes], there: Cache) -> None:
    there.cache.write(QUESTION, completions(0, 1))
    there.cache.write(QUESTION, completions(5))
    path = next(there.cache.folder.rglob("0.json"))
    path.write_bytes(damage(path.read_bytes()))
    assert there.cache.read(QUESTION) == {5: completions(5)[0]}
    assert there.warnings == [f"{path}: is damaged and was removed; its completions are asked for again"]
    there.cache.write(QUESTION, completions(0, 1, text="new"))
    assert there.cache.read(QUESTION)[1] == completions(1, text="new")[0]
    assert len(there.warnings) == 1


def test_a_folder_that_takes_nothing_is_reported_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    there = Cache(tmp_path / "file" / "kept")
    for index in range(3):
        there.cache.write(QUESTION, completions(index))
    (line,) = there.warnings
    assert "0.json: cannot be written: Not a directory; completions are kept in the run's folder alone" in line
    assert "--rtlgen-no-cache" in line


def test_where_completions_are_kept_unless_told() -> None:
    assert find_cache({"XDG_CACHE_HOME": "/c"}) == Path("/c/pytest-rtlgen")
    assert find_cache({}) == Path.home() / ".cache/pytest-rtlgen"
