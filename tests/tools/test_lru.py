"""What was used last is kept."""

from concurrent.futures import ThreadPoolExecutor

from pytest_rtlgen.tools.lru import Lru


def test_the_entry_that_was_used_longest_ago_goes_first() -> None:
    kept: Lru[str, int] = Lru(2)
    kept.keep("a", 1)
    kept.keep("b", 2)
    assert kept.find("a") == 1  # now b is the older one
    kept.keep("c", 3)
    assert [kept.find(key) for key in "abc"] == [1, None, 3]
    kept.keep("a", 9)
    kept.keep("d", 4)
    assert [kept.find(key) for key in "acd"] == [1, None, 4]


def test_what_is_kept_first_stays() -> None:
    kept: Lru[str, list[int]] = Lru(2)
    first, second = [1], [1]
    assert kept.keep("a", first) is first
    assert kept.keep("a", second) is first


def test_only_the_named_value_is_forgotten() -> None:
    kept: Lru[str, list[int]] = Lru(2)
    first, second = [1], [1]
    kept.keep("a", first)
    kept.forget("a", second)
    assert kept.find("a") is first
    kept.forget("a", first)
    kept.forget("a", first)
    assert kept.find("a") is None


def test_threads_agree_on_one_value() -> None:
    kept: Lru[int, object] = Lru(8)
    with ThreadPoolExecutor(8) as pool:
        for key in range(50):
            found = list(pool.map(lambda _, key=key: kept.keep(key, object()), range(8)))
            assert len(set(map(id, found))) == 1
