"""``/run_code`` beside SandboxFusion's: what is asked and answered, and what verl's own client makes of it."""

import base64
import threading
from collections.abc import Iterator
from typing import Any

import builders
import pytest
from support.reward_client import Client, SlowReward, serving

from pytest_rtlgen.errors import RewardError, UsageError
from pytest_rtlgen.records import Status
from pytest_rtlgen.training import Reward, RewardResult, RewardSettings, find_preset
from pytest_rtlgen.training.reward.guards import Guards, OnMemorised
from pytest_rtlgen.training.server.sandbox_fusion import read_patience_s, read_run_code, render_run_code
from pytest_rtlgen.training.server.verl_client import compute_score

INVERTER = "module inv(input a, output y); assign y = ~a; endmodule"
WRONG = INVERTER.replace("~", "")
HANGS = INVERTER.replace("endmodule", "initial forever begin end endmodule")
TALKS = WRONG.replace("endmodule", 'initial begin $display("passed"); $finish; end endmodule')
EVERYTHING = ("code", "parsed", "interface", "compiled", "outputs", "passed", "memorised", "failed")


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    reward = Reward(problems=[builders.problem()], settings=RewardSettings(preset=find_preset("codev-r1")))
    with serving(reward) as made:
        yield made
    reward.close()


def ask(code: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "language": "verilog", "compile_timeout": 10, "run_timeout": 10, "files": {}, **more}


def result(status: Status | None, value: float | None = 0.0, **parts: float) -> RewardResult:
    found = dict.fromkeys(EVERYTHING, 0.0) | parts
    return RewardResult(value=value, status=status, parts=found)


@pytest.mark.simulator
def test_an_answer_that_passes_and_one_that_does_not(client: Client) -> None:
    right = client.ask("/run_code", ask(INVERTER, stdin=INVERTER)).values
    assert (right["status"], right["run_result"]["stdout"], right["run_result"]["return_code"]) == (
        *("Success", "passed\n"),
        0,
    )
    wrong = client.ask("/run_code", ask(WRONG, stdin=INVERTER)).values
    assert (wrong["status"], wrong["compile_result"]["return_code"]) == ("Failed", 0)
    assert (wrong["run_result"]["stdout"], wrong["run_result"]["return_code"]) == ("mismatch\n", 1)
    assert wrong["reward"]["status"] == "mismatch"


@pytest.mark.simulator
def test_what_the_design_prints_is_not_in_the_response(client: Client) -> None:
    reply = client.ask("/run_code", ask(TALKS, stdin=INVERTER))
    assert reply.values["status"] == "Failed"
    assert "passed" not in (reply.values["run_result"] or {}).get("stdout", "")


@pytest.mark.simulator
def test_the_reference_may_come_as_a_file(client: Client) -> None:
    files = {"reference.v": base64.b64encode(INVERTER.encode()).decode()}
    assert client.ask("/run_code", ask(INVERTER, files=files)).values["status"] == "Success"
    assert client.ask("/run_code", ask(WRONG, stdin=None, files=files)).values["status"] == "Failed"


def test_a_harness_that_fails_is_an_error_of_the_sandbox(client: Client) -> None:
    values = client.ask("/run_code", ask(INVERTER, stdin="nonesuch")).values
    assert (values["status"], values["compile_result"], values["run_result"]) == ("SandboxError", None, None)
    assert "unknown problem 'nonesuch'" in values["message"]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (result(Status.PASSED, 1.0, compiled=1, passed=1), ("Success", 0, 0)),
        (result(Status.PASSED, 0.0, compiled=1, passed=1), ("Success", 0, 0)),
        (result(Status.MISMATCH, 0.6, compiled=1), ("Failed", 0, 1)),
        (result(Status.EARLY_FINISH, compiled=1), ("Failed", 0, 1)),
        (result(Status.SYNTAX_ERROR), ("Failed", 1, None)),
        (result(Status.NO_CODE), ("Failed", 1, None)),
        (result(None), ("Failed", 1, None)),
        (result(Status.PASSED, None, compiled=1, passed=1), ("SandboxError", None, None)),
        (result(None, None, failed=1), ("SandboxError", None, None)),
    ],
    ids=lambda item: str(item.status) if isinstance(item, RewardResult) else item[0],
)
def test_statuses(found: RewardResult, expected: tuple[str, int | None, int | None]) -> None:
    answer = render_run_code(found)
    commands = [answer["compile_result"], answer["run_result"]]
    assert (answer["status"], *(None if item is None else item["return_code"] for item in commands)) == expected
    assert "passed" not in [(item or {}).get("stdout", "").strip() for item in commands] or expected[0] == "Success"


def test_a_candidate_that_hangs_is_one_that_took_too_long() -> None:
    answer = render_run_code(result(Status.TIMEOUT, compiled=1))
    assert (answer["status"], answer["run_result"]["status"]) == ("Failed", "TimeLimitExceeded")
    assert render_run_code(result(Status.TIMEOUT))["compile_result"]["status"] == "TimeLimitExceeded"


@pytest.mark.parametrize(("on", "status"), [("zero", "Failed"), ("skip", "SandboxError"), ("flag", "Success")])
@pytest.mark.simulator
def test_a_guard_that_takes_the_reward_away_takes_the_pass_away(on: str, status: str) -> None:
    problem = builders.problem()
    guards = Guards(on_memorised=OnMemorised(on))
    reward = Reward(problems=[problem], settings=RewardSettings(guards=guards))
    with serving(reward) as client:
        assert client.ask("/run_code", ask(problem.reference.text, stdin="counter")).values["status"] == status
    reward.close()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"stdin": "counter"}, '"code" must be the text of an answer'),
        ({"code": "x"}, '"stdin" must be the id of a problem, or the text of a reference'),
        ({"code": "x", "files": {"a": "", "b": ""}}, '"files" one file with it'),
        ({"code": "x", "files": {"a": "?"}}, "must be the text of a reference in UTF-8, as base64"),
    ],
)
def test_a_request_that_does_not_name_a_reference(body: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_run_code(body)


def test_the_clients_patience_is_both_of_its_limits() -> None:
    assert read_patience_s({"compile_timeout": 3, "run_timeout": 0.5}) == 3.5
    assert read_patience_s({}) == 20
    with pytest.raises(UsageError, match='"run_timeout" must be a number of seconds above 0'):
        read_patience_s({"run_timeout": -1})


def test_a_client_that_will_not_wait_any_longer_is_told_to_come_again() -> None:
    reward = SlowReward()
    with serving(reward) as client:
        reply = client.ask("/run_code", ask("x", stdin="counter", compile_timeout=0.1, run_timeout=0.1))
        assert reply.code == 504
        assert "no verdict within 0.2 s; try again, or give a longer run_timeout" in reply.values["error"]
        reward.go.set()
        assert client.ask("/run_code", ask("x", stdin="counter")).code == 200


def test_a_full_queue_is_a_gateway_timeout_after_which_verl_asks_again() -> None:
    reward = SlowReward()
    with serving(reward, queue=1) as client:
        waiting = threading.Thread(target=client.ask, args=("/run_code", ask("x", stdin="counter")))
        waiting.start()
        while client.ask("/health").values["queue"] < 1:
            threading.Event().wait(0.01)
        assert client.ask("/run_code", ask("x", stdin="counter")).code == 504
        reward.go.set()
        waiting.join()


@pytest.mark.training_stack
@pytest.mark.simulator
def test_verls_own_client_gives_1_to_what_passes_and_0_to_what_does_not(client: Client) -> None:
    from verl.utils.reward_score import default_compute_score

    def score(code: str) -> float:
        cases = {"inputs": [INVERTER], "outputs": ["passed"]}
        found = default_compute_score(
            "codecontests",
            f"Here:\n```verilog\n{code}\n```",
            cases,
            sandbox_fusion_url=f"{client.url}/run_code",
            memory_limit_mb=1024,
        )
        return float(found)

    assert [score(code) for code in (INVERTER, WRONG, TALKS, "module inv(; endmodule")] == [1.0, 0.0, 0.0, 0.0]


@pytest.mark.training_stack
@pytest.mark.simulator
def test_verls_own_client_tells_apart_why_an_answer_fails(client: Client) -> None:
    from verl.utils.reward_score.sandbox_fusion.utils import check_correctness

    def check(code: str, task: str = INVERTER) -> tuple[Any, str]:
        cases = {"inputs": [task], "outputs": ["passed"]}
        (found,), (about,) = check_correctness(f"{client.url}/run_code", cases, code, timeout=30, language="verilog")
        return found, about["status"]

    assert check(INVERTER) == (True, "success")
    assert check(WRONG) == (-2, "runtime_error")
    assert check("module inv(; endmodule") == (-4, "compile_error")
    assert check(HANGS) == (-3, "timeout")
    assert check(INVERTER, "nonesuch") == (-1, "sandbox_error")


@pytest.mark.training_stack
def test_verls_own_score_of_a_server_that_fails_is_0_and_ours_is_an_error(client: Client) -> None:
    """The truth about verl 0.9.1, and why there is ``verl_client.compute_score``."""
    from verl.utils.reward_score import sandbox_fusion

    url, text = f"{client.url}/run_code", f"```\n{INVERTER}\n```"
    score, (about,) = sandbox_fusion.compute_score(
        url, None, 1024, text, {"inputs": ["nonesuch"], "outputs": ["passed"]}
    )
    assert (score, about["status"]) == (0.0, "sandbox_error")
    with pytest.raises(RewardError, match=r"no verdict from .*unknown problem 'nonesuch'"):
        compute_score("rtl", text, "nonesuch", sandbox_fusion_url=url)
    with pytest.raises(RewardError, match=r"no verdict from http://127\.0\.0\.1:9/run_code: API Call Failed"):
        compute_score("rtl", text, INVERTER, sandbox_fusion_url="http://127.0.0.1:9/run_code")


@pytest.mark.training_stack
def test_a_server_that_is_late_is_asked_three_times_and_then_has_no_verdict() -> None:
    reward = SlowReward()
    with serving(reward) as client:
        with pytest.raises(RewardError, match=r"Gateway Timeout \(504\) on attempt 3/3"):
            compute_score("rtl", "x", "counter", sandbox_fusion_url=f"{client.url}/run_code", timeout_s=1)
        reward.go.set()


@pytest.mark.training_stack
@pytest.mark.simulator
def test_our_score_is_the_presets_and_sees_the_whole_answer(client: Client) -> None:
    url = f"{client.url}/run_code"
    answer = f"<think>Flip it.</think><answer>```verilog\n{INVERTER}\n```</answer>"
    found = compute_score("rtl", answer, INVERTER, sandbox_fusion_url=url)
    assert (found["score"], found["acc"], found["codev-r1"]) == (1.0, 1.0, 1.0)
    bare = compute_score("rtl", INVERTER, INVERTER, sandbox_fusion_url=url)
    assert (bare["score"], bare["acc"]) == (0.0, 1.0)
    wrong = compute_score("rtl", answer.replace("~", ""), INVERTER, sandbox_fusion_url=url)
    assert (wrong["score"], wrong["acc"]) == (0.0, 0.0)
    assert found.keys() == wrong.keys()
