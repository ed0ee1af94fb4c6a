"""The loop: who is asked how often, what is on disk when, and what no prompt may hold."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from builders import problem
from support.repairing import (
    COUNTER,
    NO_SYNTAX,
    OTHER_PORTS,
    REFERENCE,
    RIGHT,
    WRONG,
    Scripted,
    fence,
    mend_one_a_turn,
    plan,
    start,
)

from pytest_rtlgen.backends import Traits
from pytest_rtlgen.backends.replay.model import ReplayBackend
from pytest_rtlgen.check.checker import CheckSettings
from pytest_rtlgen.config.parsed import RepairBudget
from pytest_rtlgen.errors import BackendError, BadReferenceError, UsageError
from pytest_rtlgen.evaluation.executors import ExecutorSettings, LocalExecutor
from pytest_rtlgen.evaluation.judge import Judge
from pytest_rtlgen.evaluation.repair import RepairLoop, add_turns, count_waiting, read_histories
from pytest_rtlgen.evaluation.watch import Watcher
from pytest_rtlgen.metrics import summarize
from pytest_rtlgen.modes import FormalMode, ScoringMode
from pytest_rtlgen.records import FinishReason, RepairKind, Role, SampleKey, SampleResult, Status
from pytest_rtlgen.storage import RunStore, list_turns
from pytest_rtlgen.storage.answers import AnswerFiles

pytestmark = pytest.mark.simulator
KEY = SampleKey(suite="test", problem_id="counter", index=0)


class Seen(Watcher):
    """Keeps the results that it is shown."""

    def __init__(self, results: list[SampleResult]) -> None:
        self._results = results

    def see(self, result: SampleResult) -> None:
        self._results.append(result)


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    check = CheckSettings(cycles=100, formal=FormalMode.OFF)
    settings = ExecutorSettings(check=check, scoring=ScoringMode.OURS)
    with Judge(settings, LocalExecutor(settings)) as made:
        yield made


def test_a_model_that_mends_one_error_a_turn_is_right_in_the_fourth(judge: Judge, tmp_path: Path) -> None:
    model = Scripted(mend_one_a_turn)
    store = start(tmp_path, judge, model)
    seen: list[SampleResult] = []
    RepairLoop(plan(model), store=store, judge=judge, watcher=Seen(seen)).run([COUNTER])

    (history,) = read_histories(store, [COUNTER]).values()
    assert [result.verdict.status for result in history.results] == [
        Status.SYNTAX_ERROR,
        Status.INTERFACE_MISMATCH,
        Status.MISMATCH,
        Status.PASSED,
    ]
    kinds = [exchange.feedback.kind for exchange in history.exchanges]
    assert kinds == [RepairKind.COMPILE, RepairKind.COMPILE, RepairKind.SIMULATE]
    first, second, third = (prompt.messages[-1].content for prompt in model.prompts[1:])
    assert "syntax-error" in first
    assert "line 4: expected ';'" in first
    assert "output wrap is missing" in second
    assert "q[3:0] expected" in third
    assert "4'h1   4'h2" in third
    assert [result.verdict.status for result in seen] == [Status.PASSED]
    assert store.read_results()[KEY].verdict.is_passed
    assert store.read_first_results()[KEY].verdict.status is Status.SYNTAX_ERROR


def test_every_chat_goes_on_with_the_answers_and_what_was_found(judge: Judge, tmp_path: Path) -> None:
    model = Scripted(mend_one_a_turn)
    store = start(tmp_path, judge, model)
    RepairLoop(plan(model), store=store, judge=judge).run([COUNTER])
    last = [message.content for message in model.prompts[-1].messages]
    answers = [fence(text).strip() for text in (NO_SYNTAX, OTHER_PORTS, WRONG)]
    assert last[-6::2] == answers
    assert last[:-6] == [message.content for message in model.prompts[0].messages]
    assert [turn.prompt_digest for turn in store.read_run().repairs] == [prompt.digest for prompt in model.prompts[1:]]


def test_nothing_of_the_reference_is_in_any_prompt(judge: Judge, tmp_path: Path) -> None:
    reviewer = Scripted(lambda request, turn: "Look at line 4.", name="reviewer:")  # noqa: ARG005
    model = Scripted(mend_one_a_turn)
    store = start(tmp_path, judge, model)
    RepairLoop(plan(model, reflector=reviewer), store=store, judge=judge).run([COUNTER])
    assert len(model.prompts) == 4
    assert len(reviewer.prompts) == 3
    known = COUNTER.description + RIGHT + WRONG + OTHER_PORTS + NO_SYNTAX
    secret = [line.strip() for line in REFERENCE.splitlines() if len(line.strip()) > 12 and line.strip() not in known]
    assert len(secret) > 4
    for prompt in (*model.prompts, *reviewer.prompts):
        text = "\n".join(message.content for message in prompt.messages)
        assert [line for line in secret if line in text] == []
        assert "golden" not in text.lower()


def test_the_reflector_is_asked_and_its_answer_told(judge: Judge, tmp_path: Path) -> None:
    reviewer = Scripted(lambda request, turn: "<think>hm</think>Line 4 lacks a semicolon.", name="reviewer:")  # noqa: ARG005
    model = Scripted(mend_one_a_turn)
    store = start(tmp_path, judge, model)
    RepairLoop(plan(model, reflector=reviewer), store=store, judge=judge).run([COUNTER])
    (question,) = reviewer.prompts[0].messages
    assert "Do not write the module yourself" in question.content
    for part in (COUNTER.description, NO_SYNTAX, "expected ';'"):
        assert part in question.content
    told = model.prompts[1].messages[-1].content
    assert "A reviewer read your answer" in told
    assert "\n\nLine 4 lacks a semicolon.\n\n" in told
    assert "expected ';'" not in told
    assert list_turns(store)[0].read_reflections()[KEY].text.endswith("semicolon.")


@pytest.mark.parametrize("answers", [[RIGHT], [WRONG, RIGHT]], ids=["first answer", "repaired"])
def test_what_a_late_proof_finds_wrong_is_not_repaired(judge: Judge, tmp_path: Path, answers: list[str]) -> None:
    model = Scripted(lambda request, turn: fence(answers[turn]))  # noqa: ARG005
    store = start(tmp_path, judge, model)
    RepairLoop(plan(model), store=store, judge=judge).run([COUNTER])
    files = [store, *list_turns(store)][-1]
    result = AnswerFiles.read_results(files)[KEY]
    assert result.verdict.is_passed
    files.append_late(replace(result, verdict=replace(result.verdict, status=Status.MISMATCH)))
    assert store.read_results()[KEY].verdict.status is Status.MISMATCH
    assert count_waiting(store) == 0
    again = RepairLoop(plan(model), store=store, judge=judge)
    again.run([COUNTER])
    assert len(model.asked) == len(answers)
    assert again.finished == {KEY}


@pytest.mark.parametrize(
    ("text", "budget", "turns"),
    [
        (NO_SYNTAX, RepairBudget(compile=2, simulate=1), 2),
        (NO_SYNTAX, RepairBudget(compile=0, simulate=4), 0),
        (WRONG, RepairBudget(compile=3, simulate=1), 1),
        (WRONG, RepairBudget(compile=3, simulate=0), 0),
        (RIGHT, RepairBudget(compile=3, simulate=4), 0),
        ("I cannot.", RepairBudget(compile=1, simulate=4), 1),
    ],
)
def test_each_kind_of_failure_has_its_own_budget(
    judge: Judge, tmp_path: Path, text: str, budget: RepairBudget, turns: int
) -> None:
    model = Scripted(lambda request, turn: fence(text))  # noqa: ARG005
    store = start(tmp_path, judge, model)
    loop = RepairLoop(plan(model, budget=budget), store=store, judge=judge)
    loop.run([COUNTER])
    assert len(model.asked) == 1 + turns
    assert loop.finished == {KEY}


def test_it_begins_anew_after_as_many_failed_repairs_as_the_budget_says(judge: Judge, tmp_path: Path) -> None:
    model = Scripted(lambda request, turn: fence(WRONG))  # noqa: ARG005
    store = start(tmp_path, judge, model)
    RepairLoop(plan(model, budget=RepairBudget(compile=0, simulate=6, fresh=2)), store=store, judge=judge).run(
        [COUNTER]
    )
    shown = [sum(message.role is Role.ASSISTANT for message in prompt.messages) for prompt in model.prompts]
    assert shown == [0, 1, 2, 0, 1, 2, 0]
    assert ["begin anew" in prompt.messages[-1].content for prompt in model.prompts] == [
        *(False, False, False, True, False, False, True)
    ]


def test_stopped_before_a_fresh_start_it_asks_for_it_as_it_would_have(judge: Judge, tmp_path: Path) -> None:
    budget = RepairBudget(compile=0, simulate=3, fresh=1)
    dying, going_on, whole = (Scripted(lambda request, turn: fence(WRONG), most=most) for most in (2, 99, 99))  # noqa: ARG005
    store = start(tmp_path / "stopped", judge, dying)
    with pytest.raises(KeyboardInterrupt):
        RepairLoop(plan(dying, budget=budget), store=store, judge=judge).run([COUNTER])
    RepairLoop(plan(going_on, budget=budget), store=RunStore.open(store.path), judge=judge).run([COUNTER])
    other = start(tmp_path / "whole", judge, whole)
    RepairLoop(plan(whole, budget=budget), store=other, judge=judge).run([COUNTER])
    assert [*dying.prompts, *going_on.prompts] == whole.prompts


def test_a_model_that_falls_back_uses_up_both_budgets(judge: Judge, tmp_path: Path) -> None:
    model = Scripted(lambda request, turn: fence([WRONG, NO_SYNTAX][turn % 2]))  # noqa: ARG005
    store = start(tmp_path, judge, model)
    RepairLoop(plan(model, budget=RepairBudget(compile=1, simulate=2)), store=store, judge=judge).run([COUNTER])
    assert [turn.kind for turn in store.read_run().repairs] == ["simulate", "compile", "simulate"]


def test_a_refusal_is_not_argued_with(judge: Judge, tmp_path: Path) -> None:
    model = Scripted(lambda request, turn: "I will not.")  # noqa: ARG005
    model.finish_reason = FinishReason.REFUSAL
    store = start(tmp_path, judge, model)
    RepairLoop(plan(model), store=store, judge=judge).run([COUNTER])
    assert len(model.asked) == 1


def test_a_round_is_one_call_for_all_samples(judge: Judge, tmp_path: Path) -> None:
    model = Scripted(lambda request, turn: fence(RIGHT if turn > request.indices[0] else WRONG))
    store = start(tmp_path, judge, model, n=3)
    RepairLoop(plan(model, n=3), store=store, judge=judge).run([COUNTER])
    assert model.calls == 1 + 3
    assert [len(turn.read_results()) for turn in list_turns(store)] == [3, 2, 1]
    summary = add_turns(summarize([COUNTER], list(store.read_results().values()), (1,)), store, [COUNTER])
    assert [(row.asked, row.passed) for row in summary.turns] == [(3, 0), (3, 1), (2, 2), (1, 3)]
    assert [dict(row.function)[1].value for row in summary.turns] == pytest.approx([0, 1 / 3, 2 / 3, 1])
    assert [row.completion_tokens for row in summary.turns] == [30, 30, 20, 10]
    assert summary.prompt_tokens == 900


@pytest.mark.parametrize("most", range(2, 8))
def test_stopped_anywhere_it_asks_for_nothing_twice(judge: Judge, tmp_path: Path, most: int) -> None:
    dying, going_on = Scripted(mend_one_a_turn, most=most), Scripted(mend_one_a_turn)
    store = start(tmp_path, judge, dying, n=2)
    with pytest.raises(KeyboardInterrupt):
        RepairLoop(plan(dying, n=2), store=store, judge=judge).run([COUNTER])
    again = RunStore.open(store.path)
    RepairLoop(plan(going_on, n=2), store=again, judge=judge).run([COUNTER])
    asked = [*dying.asked, *going_on.asked]
    assert sorted(asked) == [("counter", index, turn) for index in range(2) for turn in range(4)]
    assert all(result.verdict.is_passed for result in again.read_results().values())


def test_an_interrupted_reflector_is_not_asked_twice(judge: Judge, tmp_path: Path) -> None:
    dying, going_on = (Scripted(lambda request, turn: "Think.", name="r:", most=most) for most in (1, 99))  # noqa: ARG005
    model = Scripted(mend_one_a_turn)
    store = start(tmp_path, judge, model, n=2)
    with pytest.raises(KeyboardInterrupt):
        RepairLoop(plan(model, n=2, reflector=dying), store=store, judge=judge).run([COUNTER])
    RepairLoop(plan(model, n=2, reflector=going_on), store=store, judge=judge).run([COUNTER])
    assert len(dying.asked) + len(going_on.asked) == 6
    assert len(model.asked) == 8


def test_a_problem_that_cannot_be_judged_stops_no_other(judge: Judge, tmp_path: Path) -> None:
    broken = problem("module broken (input a, output y);\n  assign y = nothing.here;\nendmodule\n", top="broken")
    model = Scripted(mend_one_a_turn)
    store = start(tmp_path, judge, model, problems=(broken, COUNTER))
    loop = RepairLoop(plan(model), store=store, judge=judge)
    loop.run([broken, COUNTER])
    assert loop.finished == {KEY}
    assert isinstance(loop.errors[replace(KEY, problem_id="broken")], BadReferenceError)


def test_a_model_that_leaves_answers_out_is_an_error_of_the_run(judge: Judge, tmp_path: Path) -> None:
    class Silent(Scripted):
        def generate(self, *args: object) -> None:
            """Deliver nothing."""

    store = start(tmp_path, judge, Scripted(mend_one_a_turn))
    silent = Silent(mend_one_a_turn, name="silent:")
    with pytest.raises(BackendError, match=r"silent:: 1 of 1 answers of turn 1 did not come; run the same again"):
        RepairLoop(plan(silent), store=store, judge=judge).run([COUNTER])


@pytest.mark.parametrize("name", ["openai-completions:base", "vllm-completions:base"])
def test_a_base_model_has_no_chat_to_go_on_with(name: str) -> None:
    with pytest.raises(UsageError, match=rf"--rtlgen-repair: {name} only goes on with a text"):
        plan(Scripted(mend_one_a_turn, name=name))


def test_recordings_cannot_answer_again(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--rtlgen-repair: replay:.* cannot answer again"):
        plan(ReplayBackend(tmp_path))


def test_a_backend_of_the_user_may_say_that_it_cannot_answer_again() -> None:
    class Recorded(Scripted):
        traits = Traits(is_recorded=True)

    with pytest.raises(UsageError, match=r"--rtlgen-repair: mine: cannot answer again"):
        plan(Recorded(mend_one_a_turn, name="mine:"))
