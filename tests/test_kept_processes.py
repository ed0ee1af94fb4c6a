"""Helper processes that tests share: one that was lost, or closed at work, is never another's."""

import pytest
from support.kept_processes import Kept, Spares


class LostError(Exception):
    """What a process raises that has died."""


class Process:
    def __init__(self, name: str) -> None:
        self.name = name
        self.is_ended = False
        self.exit_code: int | None = None
        self._process = self

    def poll(self) -> int | None:
        return self.exit_code

    def ask(self, question: str) -> str:
        if question == "die":
            raise LostError
        return f"{self.name}: {question}"

    def close(self) -> None:
        assert not self.is_ended
        self.is_ended = True


@pytest.fixture
def spares() -> Spares:
    return Spares()


def start(spares: Spares, name: str = "a") -> Kept:
    return Kept(spares, Process, LostError, name)


def test_what_was_idle_goes_to_the_next_that_asks_for_the_same(spares: Spares) -> None:
    first = start(spares)
    assert first.ask("x") == "a: x"
    first.close()
    assert start(spares, "b")._held is not first._held
    assert start(spares)._held is first._held
    assert start(spares)._held is not first._held


def test_what_was_lost_is_ended(spares: Spares) -> None:
    first = start(spares)
    with pytest.raises(LostError):
        first.ask("die")
    first.close()
    assert first._held.is_ended
    assert start(spares)._held is not first._held


def test_what_died_while_it_waited_is_ended(spares: Spares) -> None:
    first = start(spares)
    first.close()
    first._held.exit_code = -9
    assert start(spares)._held is not first._held
    assert first._held.is_ended


def test_what_is_closed_answers_no_more_and_is_given_once(spares: Spares) -> None:
    first = start(spares)
    first.close()
    first.close()
    second = start(spares)
    with pytest.raises(LostError):
        first.ask("x")
    assert start(spares)._held is not second._held
    assert second.ask("x") == "a: x"


def test_in_the_end_none_is_left(spares: Spares) -> None:
    idle, busy = start(spares), start(spares)
    idle.close()
    spares.close()
    assert (idle._held.is_ended, busy._held.is_ended) == (True, False)
    busy.close()
    assert busy._held.is_ended
