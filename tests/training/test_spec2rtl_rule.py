"""spec2RTL's released rule: what it reads in an answer, and what Icarus says of it."""

from collections.abc import Iterator

import builders
import pytest

from pytest_rtlgen.errors import ToolError
from pytest_rtlgen.modes import SandboxMode
from pytest_rtlgen.records import Status
from pytest_rtlgen.simulators.icarus import find_icarus
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.tools.sandbox import choose_sandbox
from pytest_rtlgen.training import Reward, RewardSettings, find_preset, open_reward
from pytest_rtlgen.training.reward.spec2rtl import Tier, compile_alone, read_candidate, read_code, read_tier

MODULE = "module m(input a, output y); assign y = a; endmodule"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (f"It is:\n```verilog\n{MODULE}\n```\n```verilog\nother\n```", MODULE),
        (f"```SV\n{MODULE}```", MODULE),
        (f"```verilog {MODULE}```", f"```verilog {MODULE}```"),
        (f"```python\nprint()\n```\nThen\n```\n{MODULE}\n```", f"Then\n```\n{MODULE}"),
        (f"```\nno code\n```\n{MODULE}\n```", f"no code\n```\n{MODULE}"),
        (f"Well.\n{MODULE}\nmodule n; endmodule", MODULE),
        (f"`timescale 1ns/1ps\n{MODULE} more", f"`timescale 1ns/1ps\n{MODULE}"),
        ("Text.\nmodule mendmodule", "module mendmodule"),
        (f"It is {MODULE} there.", f"It is {MODULE} there."),
        ("  nothing  ", "nothing"),
    ],
)
def test_the_first_that_looks_like_code_is_read(answer: str, code: str) -> None:
    assert read_code(answer) == code


@pytest.mark.parametrize(
    ("answer", "source"),
    [
        (f"```verilog\n{MODULE}\n```", MODULE),
        (f"I CANNOT test it:\n```verilog\n{MODULE}\n```", ""),
        (f"As an AIR filter:\n```verilog\n{MODULE}\n```", ""),
        ("```verilog\nassign y = a;\n```", ""),
        ("module without an end", ""),
        ("Module m; EndModule", ""),
        ("", ""),
    ],
)
def test_a_refusal_and_a_text_without_a_module_are_no_candidate(answer: str, source: str) -> None:
    assert read_candidate(answer).source == source


def test_reading_is_linear_in_the_length_of_the_answer() -> None:
    """The released patterns need hours for each of these."""
    for text in ("```\n" * 50_000 + "module " * 50_000, "\nmodule m" * 100_000, "```sv\n" + "module" + " " * 1_000_000):
        assert read_candidate(text).source == ""


@pytest.mark.parametrize(
    ("message", "tier"),
    [
        ("design.sv:3: error: Unable to bind wire/reg/memory `b' in `m'", Tier.MALFORMED),
        ("design.sv:3: syntax error", Tier.FAILED),
        ("error: Unknown module type: alu\nerror: Unable to bind wire `b'", Tier.FAILED),
        ("IS NOT A CONSTANT", Tier.MALFORMED),
        ("", Tier.FAILED),
    ],
)
def test_the_message_decides_the_tier(message: str, tier: Tier) -> None:
    assert read_tier(message) is tier


@pytest.mark.simulator
@pytest.mark.parametrize(
    ("source", "tier"),
    [
        pytest.param(MODULE, Tier.CLEAN, id="compiles"),
        pytest.param(MODULE.replace("= a", "= b"), Tier.MALFORMED, id="a name that is not bound"),
        pytest.param(f"{MODULE} module n(input a, output y); m u(.z(a), .y(y)); endmodule", Tier.FAILED, id="a port"),
        pytest.param(f"{MODULE} module n(input a, output y); m u(a, y, a); endmodule", Tier.MALFORMED, id="ports"),
        pytest.param(MODULE.replace("output y", "output [a:0] y"), Tier.FAILED, id="a width that is no constant"),
        pytest.param(MODULE.replace("assign y", "assign y ="), Tier.FAILED, id="syntax"),
        pytest.param(MODULE.replace("assign", "alu u(a); assign"), Tier.FAILED, id="an unknown module"),
        pytest.param("// module endmodule", Tier.FAILED, id="no module"),
    ],
)
def test_icarus_says_what_tier_a_text_is_in(source: str, tier: Tier) -> None:
    assert compile_alone(source, sandbox=choose_sandbox(SandboxMode.AUTO), limits=Limits()) is tier


@pytest.mark.simulator
def test_as_many_errors_as_an_exit_status_cannot_count_are_no_success() -> None:
    """Two errors a name: Icarus ends with status 0, which the released function takes for a design that compiles."""
    names = "".join(f"assign y = n{number};\n" for number in range(128))
    source = f"module m(output y);\n{names}endmodule"
    assert compile_alone(source, sandbox=choose_sandbox(SandboxMode.AUTO), limits=Limits()) is Tier.MALFORMED


@pytest.fixture(scope="module")
def reward() -> Iterator[Reward]:
    settings = RewardSettings(preset=find_preset("spec2rtl-cocotb=0.5,equivalence=0.5"))
    with open_reward([builders.problem()], settings) as made:
        yield made


def fence(source: str) -> str:
    return f"```verilog\n{source}\n```"


@pytest.mark.simulator
def test_a_reward_compiles_what_the_rule_reads_and_judges_it(reward: Reward) -> None:
    counter = builders.COUNTER
    answers = [
        fence(counter),
        fence(counter.replace("4'd11", "4'd10")),
        fence(counter.replace("module counter", "module other")),
        fence(counter.replace("q == 4'd11", "p == 4'd11")),
        fence(counter.replace("assign", "assign assign")),
        "I cannot.\n" + fence(counter),
        fence(counter.replace("module counter", "module wrong")) + "\n" + fence(counter),
    ]
    found = reward.judge(answers, ["counter"] * len(answers))
    assert [result.parts["spec2rtl-cocotb"] for result in found] == [1.0, 0.5, 0.5, 0.2, 0.0, 0.0, 0.5]
    assert [result.parts["equivalence"] for result in found] == [1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0]
    assert [result.parts["alone"] for result in found] == [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    assert [result.parts["malformed"] for result in found] == [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]
    assert found[-1].status is Status.INTERFACE_MISMATCH, "that of the first preset of the mix"
    assert {tuple(result.parts) for result in found} == {reward.part_names}


@pytest.mark.simulator
def test_words_that_a_candidate_puts_into_a_message_count_as_released_but_the_screen_is_first(reward: Reward) -> None:
    named = f'`include "is not a net"\n{builders.COUNTER}'
    assert compile_alone(named, sandbox=choose_sandbox(SandboxMode.AUTO), limits=Limits()) is Tier.MALFORMED
    (found,) = reward.judge([fence(named)], ["counter"])
    assert found.status is Status.REJECTED
    assert (found.value, found.parts["malformed"]) == (0.0, 0.0)


def test_icarus_that_is_missing_is_the_harness_and_no_tier(monkeypatch: pytest.MonkeyPatch) -> None:
    """The released function counts it as a failure of the answer."""
    find_icarus.cache_clear()
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(ToolError, match="iverilog"):
        compile_alone(MODULE, sandbox=choose_sandbox(SandboxMode.AUTO), limits=Limits())
