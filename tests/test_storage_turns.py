"""The turns of a repaired run on disk: the last answer counts, the first stays."""

from pathlib import Path

import pytest

from pytest_rtlgen.records import (
    Candidate,
    Completion,
    Environment,
    Feedback,
    Method,
    RepairKind,
    RepairTurn,
    RunSettings,
    SampleKey,
    SampleResult,
    SamplingParams,
    Status,
    TokenUsage,
    Verdict,
)
from pytest_rtlgen.storage import RunStore, list_turns, open_turn

KEYS = [SampleKey(suite="core", problem_id="fifo", index=index) for index in (0, 1)]


def answer(key: SampleKey, text: str) -> Completion:
    return Completion(key=key, text=text, model="m", prompt_digest="ab", usage=TokenUsage(prompt=3, completion=2))


def judged(completion: Completion, status: Status) -> SampleResult:
    candidate = Candidate(source=completion.text, rule="fence")
    return SampleResult(
        completion=completion, candidate=candidate, verdict=Verdict(status=status, method=Method.SIMULATE)
    )


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    """Return a run of two wrong first answers; the first was repaired, the second's repair was not checked."""
    settings = RunSettings(model="m", suites=(), sampling=SamplingParams(n=2), prompt="chat", simulator="icarus")
    store = RunStore.create(
        tmp_path, settings, Environment(harness="0", python="3", platform="linux", tools=()), problems=()
    )
    turn = open_turn(store, 1)
    for key in KEYS:
        store.append_completion(answer(key, "first"))
        store.append_result(judged(answer(key, "first"), Status.MISMATCH))
        turn.append_feedback(Feedback(key=key, kind=RepairKind.SIMULATE, text="q differs"))
        turn.append_reflection(answer(key, "change q"))
        turn.append_completion(answer(key, "second"))
    turn.append_result(judged(answer(KEYS[0], "second"), Status.PASSED))
    return store


def test_the_last_verdict_of_each_sample_counts_and_the_first_stays(store: RunStore) -> None:
    assert [store.read_results()[key].verdict.status for key in KEYS] == ["passed", "mismatch"]
    assert [store.read_first_results()[key].verdict.status for key in KEYS] == ["mismatch", "mismatch"]
    assert {item.text for item in store.read_completions().values()} == {"first"}
    assert {item.text for item in store.read_last_completions().values()} == {"second"}


def test_every_turn_that_was_checked_is_in_the_run(store: RunStore) -> None:
    usage = TokenUsage(prompt=3, completion=2)
    assert store.read_run().repairs == (
        RepairTurn(
            key=KEYS[0],
            turn=1,
            kind=RepairKind.SIMULATE,
            status=Status.PASSED,
            prompt_digest="ab",
            usage=usage,
            reflector_usage=usage,
        ),
    )


def test_turns_are_listed_in_order_and_a_gap_ends_them(store: RunStore) -> None:
    open_turn(store, 2)
    (store.path / "turn-4").mkdir()
    assert [turn.path.name for turn in list_turns(store)] == ["turn-1", "turn-2"]
    assert list_turns(store)[0].count_feedback() == 2


def test_of_two_feedbacks_to_one_sample_the_first_counts(store: RunStore) -> None:
    (turn,) = list_turns(store)
    turn.append_feedback(Feedback(key=KEYS[0], kind=RepairKind.COMPILE, text="later"))
    turn.append_reflection(answer(KEYS[0], "later"))
    assert turn.read_feedback()[KEYS[0]].text == "q differs"
    assert turn.read_reflections()[KEYS[0]].text == "change q"
