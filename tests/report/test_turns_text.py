"""How a repaired run is shown: each turn has a row, and a run that showed the testbench says so."""

from dataclasses import replace

from pytest_rtlgen.records import Estimate, RunSettings, SamplingParams, TurnRow
from pytest_rtlgen.report.turns_text import describe_repair, render_turns

PLAIN = RunSettings(
    model="openai:m", suites=(("core", "ab"),), sampling=SamplingParams(), prompt="chat", simulator="icarus"
)
REPAIRED = replace(PLAIN, repair="compile:3,simulate:4")
THIRD, HALF = Estimate(value=1 / 3, low=0.1, high=0.6), Estimate(value=0.5, low=0.25, high=0.75)
ROWS = (
    TurnRow(turn=0, asked=6, passed=2, function=((1, THIRD),), prompt_tokens=1200, completion_tokens=90),
    TurnRow(
        turn=1,
        asked=4,
        passed=3,
        function=((1, HALF),),
        prompt_tokens=5000,
        completion_tokens=80,
        reflector_prompt_tokens=7000,
        reflector_completion_tokens=60,
    ),
)


def test_each_turn_has_a_row() -> None:
    assert render_turns(REPAIRED, ROWS).splitlines() == [
        "repair compile:3,simulate:4",
        "",
        "  turn    asked    right              pass@1    prompt tokens    completion tokens",
        "------  -------  -------  ------------------  ---------------  -------------------",
        "     0        6        2  0.333 [0.10, 0.60]            1,200                   90",
        "     1        4        3  0.500 [0.25, 0.75]            5,000                   80",
    ]


def test_the_tokens_of_a_reflector_stand_apart() -> None:
    text = render_turns(replace(REPAIRED, reflector="openai:big\x1b[2J"), ROWS)
    assert text.splitlines()[0] == r"repair compile:3,simulate:4, reflector openai:big\x1b[2J"
    assert text.splitlines()[-1].endswith("7,000, 60")


def test_a_run_that_showed_the_testbench_says_so_even_when_nothing_was_repaired() -> None:
    shown = replace(REPAIRED, is_testbench_shown=True)
    for text in (describe_repair(shown), render_turns(shown, ()), render_turns(shown, ROWS)):
        assert "THE HIDDEN TESTBENCH WAS SHOWN" in text


def test_a_run_without_repair_says_nothing() -> None:
    assert render_turns(PLAIN, ()) == describe_repair(PLAIN) == ""
