"""The reward is the checker's verdict as a number, wherever a trainer takes it."""

import os
import pickle
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import builders
import pytest

from pytest_rtlgen.check.checker import CheckSettings
from pytest_rtlgen.errors import SuiteError, UsageError
from pytest_rtlgen.records import Problem, SourceFile, Status
from pytest_rtlgen.training import Guards, OnMemorised, Reward, RewardSettings, find_preset, open_reward
from pytest_rtlgen.training.reward.slots import Slots

RIGHT = builders.problem()
BROKEN = replace(
    builders.problem(), problem_id="broken", reference=SourceFile(name="broken.sv", text="module counter(; endmodule")
)
WRONG_TEXT = builders.COUNTER.replace("4'd11", "4'd10")
pytestmark = pytest.mark.simulator


def fence(source: str) -> str:
    return f"Here is the design.\n\n```verilog\n{source}\n```\n"


@pytest.fixture(scope="module")
def reward() -> Iterator[Reward]:
    with open_reward([RIGHT, BROKEN], RewardSettings()) as made:
        yield made


def test_right_wrong_and_missing_code(reward: Reward) -> None:
    completions = [fence(builders.COUNTER), fence(WRONG_TEXT), "I cannot.", fence("module counter(; endmodule"), ""]
    assert reward(completions, ["counter"] * 5) == [1.0, 0.0, 0.0, 0.0, 0.0]


def test_a_task_may_be_the_text_of_a_reference(reward: Reward) -> None:
    inverter = "module inv(input a, output y); assign y = ~a; endmodule"
    completions = [fence(inverter), fence(inverter.replace("~", "")), fence(inverter)]
    found = reward.judge(completions, [inverter, inverter, "module inv(; endmodule"])
    assert [result.value for result in found] == [1.0, 0.0, None]
    assert "reference:1:" in found[2].reason


def test_a_harness_that_fails_gives_no_reward_and_says_why(reward: Reward, caplog: pytest.LogCaptureFixture) -> None:
    completions = [fence(builders.COUNTER)] * 3
    found = reward.judge(completions, ["broken", "counter", "unheard-of"])
    assert [result.value for result in found] == [None, 1.0, None]
    assert [result.parts["failed"] for result in found] == [1.0, 0.0, 1.0]
    assert "reward: no reward: broken: the harness failed: broken.sv:1:" in caplog.text
    assert "unknown problem 'unheard-of'; give the reward every problem" in found[2].reason


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"unjudged": "it needs Xcelium"}, "odd: cannot be judged: it needs Xcelium; leave it out of the data set"),
        ({"reference": SourceFile(name="", text="")}, "odd: cannot be judged: its benchmark withholds the reference"),
    ],
)
def test_a_problem_that_nobody_can_judge_gives_no_reward(changes: dict[str, Any], message: str) -> None:
    odd = replace(builders.problem(problem_id="odd"), **changes)
    (found,) = Reward(problems=[odd]).judge([fence(builders.COUNTER)], ["odd"])
    assert found.value is None
    assert message in found.reason


def test_a_simulator_that_is_missing_gives_no_reward() -> None:
    settings = RewardSettings(check=CheckSettings(simulator="nonesuch"))
    assert Reward(problems=[RIGHT], settings=settings)([fence(builders.COUNTER)], ["counter"]) == [None]


def test_a_defect_of_the_harness_does_not_end_a_training_run(caplog: pytest.LogCaptureFixture) -> None:
    made = Reward(problems=[RIGHT], settings=RewardSettings())
    made._find_checker = lambda: None  # type: ignore[method-assign,assignment,return-value]
    (found,) = made.judge([fence(builders.COUNTER)], ["counter"])
    assert found.value is None
    assert found.reason.startswith("counter: a defect of the harness: AttributeError: ")
    assert "Traceback" in caplog.text


def test_results_carry_their_parts_under_the_same_names(reward: Reward) -> None:
    found = reward.judge([fence(builders.COUNTER), fence(WRONG_TEXT), "no", "x" * 300_000, ""], [*["counter"] * 4, "?"])
    assert {tuple(result.parts) for result in found} == {reward.part_names}
    assert [result.status for result in found] == [Status.PASSED, Status.MISMATCH, Status.NO_CODE, None, None]
    assert [result.parts["equivalence"] for result in found] == [1.0, 0.0, 0.0, 0.0, 0.0]
    assert [result.parts["too-long"] for result in found] == [0.0, 0.0, 0.0, 1.0, 0.0]
    assert found[3].value == 0.0
    assert found[3].reason == "the completion has 300000 characters, more than 200000"


def test_each_answer_is_judged_by_its_own_text_where_the_code_is_shared() -> None:
    plain, tagged = fence(builders.COUNTER), f"<think>.</think><answer>{fence(builders.COUNTER)}</answer>"
    with open_reward([RIGHT], RewardSettings(preset=find_preset("codev-r1=0.5,equivalence=0.5"))) as made:
        assert made([plain, tagged], ["counter", "counter"]) == [0.5, 1.0]


def test_guards_see_the_batch_and_the_references() -> None:
    guards = Guards(duplicate_factor=0.5, on_memorised=OnMemorised.SKIP)
    by_heart = fence(builders.COUNTER + "// mine")
    other = fence(builders.COUNTER.replace("q + 4'd1", "4'd1 + q"))
    same = fence(builders.COUNTER.replace("q + 4'd1", "4'd1  +  q"))
    with open_reward([RIGHT], RewardSettings(guards=guards)) as made:
        found = made.judge([by_heart, other, same, "", ""], ["counter"] * 5)
        assert made([other], ["counter"]) == [1.0], "alone in its batch"
    assert [result.value for result in found] == [None, 0.5, 0.5, 0.0, 0.0]
    assert [result.parts["duplicate"] for result in found] == [0.0, 1.0, 1.0, 0.0, 0.0]
    assert [result.parts["memorised"] for result in found] == [1.0, 0.0, 0.0, 0.0, 0.0]


def test_layout_that_matters_is_not_taken_for_the_same_code(reward: Reward) -> None:
    hidden = builders.COUNTER.replace("assign wrap = q == 4'd11;", "// one line\n  assign wrap = q == 4'd11;")
    swallowed = hidden.replace("line\n", "line ")
    assert reward([fence(hidden), fence(swallowed)], ["counter"] * 2) == [1.0, 0.0]


def test_it_is_pickled_without_its_processes(reward: Reward) -> None:
    assert reward([fence(builders.COUNTER)], ["counter"]) == [1.0]
    copy = pickle.loads(pickle.dumps(reward))  # noqa: S301  what a trainer does to reach its workers
    try:
        assert copy._checker is None
        assert copy.settings == reward.settings
        assert copy([fence(builders.COUNTER), ""], ["counter", "counter"]) == [1.0, 0.0]
    finally:
        copy.close()


def test_it_starts_again_after_close(reward: Reward) -> None:
    reward.close()
    assert reward([fence(builders.COUNTER)], ["counter"]) == [1.0]


def test_threads_share_one_checker(reward: Reward) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda text: reward([fence(text)], ["counter"]), [builders.COUNTER, WRONG_TEXT] * 4))
    assert found == [[1.0], [0.0]] * 4


def test_a_forked_process_starts_tools_of_its_own(reward: Reward) -> None:
    assert reward([fence(builders.COUNTER)], ["counter"]) == [1.0]
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            is_right = reward([fence(builders.COUNTER), fence(WRONG_TEXT)], ["counter"] * 2) == [1.0, 0.0]
            reward.close()
            status = 0 if is_right else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert reward([fence(WRONG_TEXT)], ["counter"]) == [0.0], "the parent's tools still answer"


def test_a_check_waits_for_a_slot_of_the_machine(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
    done = threading.Event()
    with open_reward([RIGHT], RewardSettings(max_parallel=1)) as made:

        def ask() -> None:
            made([""], ["counter"])
            done.set()

        thread = threading.Thread(target=ask)
        with Slots(1).take():
            thread.start()
            assert not done.wait(0.3)
        assert done.wait(30)
        thread.join()


def test_references_can_be_prepared_beforehand(reward: Reward) -> None:
    reward.prepare(["counter"])
    with pytest.raises(SuiteError, match="unknown problem 'unheard-of'"):
        reward.prepare(["unheard-of"])
    with pytest.raises(SuiteError, match=r"broken\.sv:1:"):
        reward.prepare(["broken"])


def test_lengths_must_agree(reward: Reward) -> None:
    with pytest.raises(UsageError, match="2 completions but 1 problems; give each completion one"):
        reward(["", ""], ["counter"])


def test_problems_with_one_id_are_refused() -> None:
    twin: Problem = replace(RIGHT, description="Something else.")
    with pytest.raises(UsageError, match="two problems have the id 'counter'; give a reward suites whose ids differ"):
        Reward(problems=[RIGHT, twin])
