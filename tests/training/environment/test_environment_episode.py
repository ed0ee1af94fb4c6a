"""Episodes, call by call: what tools tell, what counts as a turn, and when there is no reward."""

import asyncio
import pickle
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import builders
import pytest

from pytest_rtlgen.check.checker import CheckSettings
from pytest_rtlgen.errors import SuiteError, UsageError
from pytest_rtlgen.records import Status
from pytest_rtlgen.training.environment import (
    EnvironmentSettings,
    Episode,
    Outcome,
    RtlEnvironment,
    ToolName,
    open_environment,
)
from pytest_rtlgen.training.environment.options import (
    EnvironmentOptions,
    find_environment,
    make_environment,
    make_settings,
    read_environment_options,
)
from pytest_rtlgen.training.environment.prompt import list_messages
from pytest_rtlgen.training.reward.guards import Guards
from pytest_rtlgen.training.reward.presets import find_preset

RIGHT = builders.COUNTER
WRONG = builders.COUNTER.replace("4'd11", "4'd12")
HANGING = builders.COUNTER.replace("endmodule", "  always @* while (en) ;\nendmodule")
CHECK = CheckSettings()


@pytest.fixture(scope="module")
def environment() -> Iterator[RtlEnvironment]:
    with open_environment([builders.problem()], EnvironmentSettings(check=CHECK, max_turns=8)) as made:
        yield made


@pytest.fixture
def episode(environment: RtlEnvironment) -> Episode:
    return environment.begin("counter")


def outcome_of(episode: Episode) -> Outcome:
    assert episode.outcome is not None
    return episode.outcome


@pytest.mark.simulator
def test_compile_tells_nothing_of_outputs(episode: Episode) -> None:
    assert episode.call("compile", verilog=WRONG).text == "It compiles.\n\n7 calls left."
    broken = episode.call("compile", verilog=WRONG.replace("assign", "asign")).text
    assert "does not get through the compiler (syntax-error" in broken
    assert "line 2" in broken
    assert episode.told_bits == 0


@pytest.mark.simulator
def test_simulate_tells_where_outputs_differ_and_counts_what_it_told(episode: Episode) -> None:
    text = episode.call("simulate", verilog=f"Here it is:\n```verilog\n{WRONG}```").text
    assert "wrap" in text
    assert "Around the first difference" in text
    first = episode.told_bits
    assert 5 <= first <= 50, "the window has ten steps of five output bits at most"
    episode.call("simulate", verilog=WRONG)
    assert episode.told_bits == first, "what was told before is not counted again"
    assert "end" not in text.split(), "no line of the reference"


@pytest.mark.simulator
def test_wave_shows_the_design_that_was_simulated_last(episode: Episode) -> None:
    assert "Nothing was simulated yet" in episode.call("wave", first_step=0).text
    episode.call("simulate", verilog=WRONG)
    before = episode.told_bits
    text = episode.call("wave", first_step=3).text
    assert [line.split(" | ")[0] for line in text.splitlines()[1:17]] == [f"step {step}" for step in range(3, 19)]
    assert episode.told_bits > before
    assert "There is no step 100000" in episode.call("wave", first_step=100_000).text


@pytest.mark.simulator
def test_synthesize_tells_gates_of_the_design_alone(episode: Episode) -> None:
    assert "4 flip-flops and 0 latches" in episode.call("synthesize", verilog=WRONG).text
    assert "does not get through the compiler" in episode.call("synthesize", verilog="module counter; endmodule").text
    assert episode.told_bits == 0


@pytest.mark.simulator
@pytest.mark.parametrize(("verilog", "value", "status"), [(RIGHT, 1.0, "passed"), (WRONG, 0.0, "mismatch")])
def test_submit_ends_the_episode(episode: Episode, verilog: str, value: float, status: str) -> None:
    reply = episode.call("submit", verilog=verilog)
    assert (reply.text, reply.is_over) == ("Submitted. The episode is over.", True)
    outcome = outcome_of(episode)
    assert (outcome.reward, outcome.status, outcome.turns) == (value, Status(status), 1)
    again = episode.call("submit", verilog=RIGHT)
    assert (again.is_over, episode.turns) == (True, 1)
    assert episode.finish() is outcome


@pytest.mark.simulator
def test_the_submitted_design_is_held_against_the_proof(environment: RtlEnvironment) -> None:
    """No stimulus but a longer one, or a proof, shows what it does after 2,048 cycles."""
    late = builders.COUNTER.replace(
        "endmodule", "  reg [11:0] age = 0;\n  always @(posedge clk) age <= age + 1;\nendmodule"
    ).replace("wrap = ", "wrap = age[11] ^ ")
    episode = environment.begin("counter")
    episode.call("submit", verilog=late)
    outcome = outcome_of(episode)
    assert (outcome.feedback, outcome.sealed) == (1.0, 0.0)


@pytest.mark.simulator
def test_turns_run_out(environment: RtlEnvironment) -> None:
    episode = environment.begin("counter")
    for _ in range(6):
        episode.call("compile", verilog=RIGHT)
    assert "One call left; only submit" in episode.call("compile", verilog=RIGHT).text
    last = episode.call("simulate", verilog=RIGHT)
    assert last.is_over
    assert outcome_of(episode) == Outcome(reward=0.0, turns=8, reason="nothing was submitted in 8 turns")


@pytest.mark.parametrize(
    ("tool", "arguments", "text"),
    [
        ("simulat", {"verilog": RIGHT}, "There is no tool 'simulat'; there are compile, simulate"),
        ("simulate", {}, "simulate takes the Verilog of the whole design"),
        ("submit", {"verilog": 3}, "submit takes the Verilog of the whole design"),
        ("wave", {"first_step": "1"}, "wave takes first_step, a whole number"),
        ("wave", {"first_step": -1}, "wave takes first_step, a whole number"),
    ],
)
def test_what_a_model_calls_wrongly_is_told_and_costs_a_turn(
    episode: Episode, tool: str, arguments: dict[str, object], text: str
) -> None:
    reply = episode.call(tool, **arguments)
    assert reply.text.startswith(text)
    assert (reply.is_over, episode.turns) == (False, 1)


def test_who_never_submits_has_earned_nothing(episode: Episode) -> None:
    assert episode.finish() == Outcome(reward=0.0, reason="nothing was submitted")
    assert episode.call("submit", verilog=RIGHT).is_over


def test_a_design_that_is_too_long_is_not_read() -> None:
    settings = EnvironmentSettings(guards=Guards(max_characters=100))
    episode = RtlEnvironment(problems=[builders.problem()], settings=settings).begin("counter")
    assert "more than 100" in episode.call("compile", verilog=RIGHT).text
    assert episode.outcome is None
    episode.call("submit", verilog=RIGHT)
    assert outcome_of(episode).reward == 0.0


@pytest.mark.simulator
@pytest.mark.parametrize(("is_masked", "reward"), [(False, 0.0), (True, None)])
def test_a_design_that_hangs_is_wrong_unless_it_is_masked(is_masked: bool, reward: float | None) -> None:
    limits = replace(CHECK.limits, cpu_s=1, wall_s=10)
    settings = EnvironmentSettings(check=replace(CHECK, limits=limits), is_hang_masked=is_masked)
    with open_environment([builders.problem()], settings) as made:
        episode = made.begin("counter")
        episode.call("submit", verilog=HANGING)
    outcome = outcome_of(episode)
    assert (outcome.reward, outcome.status, outcome.sealed) == (reward, Status.TIMEOUT, 0.0)


@pytest.mark.simulator
def test_a_reference_that_does_not_run_gives_no_reward() -> None:
    broken = builders.problem(reference=builders.COUNTER.replace("4'd11", "nonesuch"))
    with open_environment([broken], EnvironmentSettings(check=CHECK)) as made:
        episode = made.begin("counter")
        reply = episode.call("simulate", verilog=RIGHT)
    assert reply.is_over
    assert "a reason that is not yours" in reply.text
    assert outcome_of(episode).reward is None
    assert "counter" in outcome_of(episode).reason
    assert outcome_of(episode).metrics["failed"] == 1.0


def test_a_missing_tool_gives_no_reward(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    check = replace(CHECK, no_cache=True, cross_check="verilator")
    with open_environment([builders.problem()], EnvironmentSettings(check=check)) as made:
        episode = made.begin("counter")
        episode.call("submit", verilog=RIGHT)
    assert outcome_of(episode).reward is None
    assert "erilator" in outcome_of(episode).reason


@pytest.mark.simulator
def test_a_call_that_takes_too_long_gives_no_reward() -> None:
    with open_environment([builders.problem()], EnvironmentSettings(check=CHECK, timeout_s=1e-6)) as made:
        episode = made.begin("counter")
        assert episode.call("submit", verilog=WRONG).is_over
    assert outcome_of(episode).reward is None
    assert "no answer within 1e-06 s" in outcome_of(episode).reason


@pytest.mark.simulator
def test_an_environment_and_an_episode_can_be_pickled(environment: RtlEnvironment) -> None:
    episode = environment.begin("counter")
    episode.call("simulate", verilog=WRONG)
    moved: Episode = pickle.loads(pickle.dumps(episode))  # noqa: S301  our own
    assert (moved.told_bits, moved.turns) == (episode.told_bits, 1)
    assert "step 0" in moved.call("wave", first_step=0).text
    moved.call("submit", verilog=RIGHT)
    moved.host.close()
    assert (outcome_of(moved).reward, episode.outcome) == (1.0, None)


@pytest.mark.simulator
def test_calls_may_come_from_coroutines_and_from_threads(environment: RtlEnvironment) -> None:
    async def play(verilog: str) -> float | None:
        episode = environment.begin("counter")
        await asyncio.gather(*(episode.call_async("compile", verilog=verilog) for _ in range(3)))
        assert episode.turns == 3
        await episode.call_async("submit", verilog=verilog)
        return outcome_of(episode).reward

    async def play_all() -> list[float | None]:
        return await asyncio.gather(*(play(verilog) for verilog in (RIGHT, WRONG, RIGHT, WRONG)))

    assert asyncio.run(play_all()) == [1.0, 0.0, 1.0, 0.0]
    shared = environment.begin("counter")
    with ThreadPoolExecutor(8) as threads:
        replies = list(threads.map(lambda _: shared.call("compile", verilog=RIGHT), range(8)))
    assert shared.turns == 8
    assert sum(reply.is_over for reply in replies) == 1


def test_a_preset_makes_both_scores() -> None:
    settings = EnvironmentSettings(preset=find_preset("salv"), check=CHECK)
    with open_environment([builders.problem()], settings) as made:
        episode = made.begin("counter")
        episode.call(
            "submit", verilog=RIGHT.replace("wrap = q == 4'd11", "wrap = q == 4'd3").replace("wrap ?", "q == 4'd11 ?")
        )
    assert (outcome_of(episode).feedback, outcome_of(episode).sealed) == (0.5, 0.5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tools": (ToolName.COMPILE,)}, "the tool submit is missing"),
        ({"tools": (ToolName.SUBMIT, ToolName.SUBMIT)}, "a tool is named twice in submit, submit"),
        ({"max_turns": 0}, "max_turns is 0; use 1 or more"),
        ({"sealed_seed": -1}, "sealed_seed is -1; use 0 or more"),
        ({"sealed_seed": 0}, "both stimuli have the seed 0; give sealed_seed another"),
        ({"timeout_s": 0.0}, "timeout_s is 0.0"),
    ],
)
def test_settings_that_cannot_be_meant(changes: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        replace(EnvironmentSettings(), **changes)  # type: ignore[arg-type]  # of several fields


def test_an_unknown_problem(environment: RtlEnvironment) -> None:
    with pytest.raises(SuiteError, match="unknown problem 'nonesuch'"):
        environment.begin("nonesuch")
    with pytest.raises(UsageError, match="no problem; load a suite"):
        RtlEnvironment().pick(0)
    assert environment.pick(3).problem_id == "counter"


def test_options_spell_an_environment() -> None:
    options = read_environment_options({"suites": "suites/core", "tools": ["compile", "submit"], "max_turns": 3})
    settings = make_settings(options)
    assert (settings.tools, settings.max_turns) == ((ToolName.COMPILE, ToolName.SUBMIT), 3)
    assert len(make_environment(options).problems) > 50
    assert find_environment(options) is find_environment(options)
    with pytest.raises(UsageError, match="unknown option 'turns'"):
        read_environment_options({"turns": 3})
    with pytest.raises(UsageError, match="'shell' is not a valid ToolName"):
        make_settings(EnvironmentOptions(tools=("submit", "shell")))


def test_the_prompt_names_the_tools_and_never_the_reference() -> None:
    settings = EnvironmentSettings(tools=(ToolName.SIMULATE, ToolName.SUBMIT), max_turns=5)
    (message,) = [one for one in list_messages(builders.problem(), "chat", settings) if one.role == "user"]
    assert "Before that, simulate help" in message.content
    assert "at most 5 calls" in message.content
    assert "assign" not in message.content
    last = list_messages(builders.problem(), "chat", replace(settings, tools=(ToolName.SUBMIT,), max_turns=1))[-1]
    assert last.content.endswith(
        "You have 1 call in all. The submitted design is judged under inputs that no tool shows, and by a proof."
    )


@pytest.mark.parametrize("name", ["codev-r1", "spec2rtl", "spec2rtl-cocotb", "codev-r1=0.8,graded=0.2"])
def test_a_preset_that_reads_whole_answers_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="reads whole answers, and a tool gets only code"):
        EnvironmentSettings(preset=find_preset(name))
