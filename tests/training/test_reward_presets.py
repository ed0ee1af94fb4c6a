"""Each preset is its published rule: tables of verdicts and answers with the numbers worked out by hand."""

import pickle

import pytest

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.records import Equivalence, Method, Proof, SignalVerdict, Status, Verdict
from pytest_rtlgen.training import PRESETS, find_preset, mix
from pytest_rtlgen.training.reward.codev_r1 import has_format, read_candidate, read_code
from pytest_rtlgen.training.reward.parts import LONE_PARTS, PARTS, measure_parts
from pytest_rtlgen.training.reward.spec2rtl import Tier

GOOD_FORM = "<think>Two registers.</think><answer>```verilog\nmodule m; endmodule\n```</answer>"
PLAIN = "```verilog\nmodule m; endmodule\n```"


def signal(name: str, mismatches: int) -> SignalVerdict:
    return SignalVerdict(name=name, checked=100, mismatches=mismatches)


def verdict(status: Status, method: Method, *signals: SignalVerdict, proof: Proof | None = None) -> Verdict:
    equivalence = None if proof is None else Equivalence(outputs=(("a", proof),))
    return Verdict(status=status, method=method, signals=signals, equivalence=equivalence)


PROVED = verdict(Status.PASSED, Method.PROVE, signal("a", 0), signal("b", 0), proof=Proof.EQUIVALENT)
PASSED = verdict(Status.PASSED, Method.SIMULATE, signal("a", 0), signal("b", 0), proof=Proof.UNKNOWN)
HALF = verdict(Status.MISMATCH, Method.SIMULATE, signal("a", 0), signal("b", 7))
WRONG = verdict(Status.MISMATCH, Method.SIMULATE, signal("a", 100), signal("b", 7))
SLOW = verdict(Status.TIMEOUT, Method.SIMULATE)
FINISHED = verdict(Status.EARLY_FINISH, Method.SIMULATE)
UNBUILT = verdict(Status.ELABORATION_ERROR, Method.COMPILE)
UNELABORATED = verdict(Status.ELABORATION_ERROR, Method.SCREEN)
UNFIT = verdict(Status.INTERFACE_MISMATCH, Method.SCREEN)
BAD_SYNTAX = verdict(Status.SYNTAX_ERROR, Method.SCREEN)
REJECTED = verdict(Status.REJECTED, Method.SCREEN)
CUT = verdict(Status.TRUNCATED, Method.EXTRACT)
EMPTY = verdict(Status.NO_CODE, Method.EXTRACT)


@pytest.mark.parametrize(
    ("found", "equivalence", "codev", "salv", "graded"),
    [
        pytest.param(PROVED, 1, 1, 1, 1.0, id="proved"),
        pytest.param(PASSED, 1, 1, 1, 0.9, id="passed"),
        pytest.param(HALF, 0, 0, 0.5, 0.45, id="one of two outputs right"),
        pytest.param(WRONG, 0, 0, 0, 0.3, id="wrong"),
        pytest.param(SLOW, 0, 0, 0, 0.3, id="timeout"),
        pytest.param(FINISHED, 0, 0, 0, 0.3, id="early finish"),
        pytest.param(UNBUILT, 0, 0, 0, 0.2, id="refused by the compiler"),
        pytest.param(UNELABORATED, 0, 0, 0, 0.1, id="cannot be elaborated"),
        pytest.param(UNFIT, 0, 0, 0, 0.1, id="other ports"),
        pytest.param(BAD_SYNTAX, 0, 0, 0, 0, id="syntax error"),
        pytest.param(REJECTED, 0, 0, 0, 0, id="rejected"),
        pytest.param(CUT, 0, 0, 0, 0, id="truncated"),
        pytest.param(EMPTY, 0, 0, 0, 0, id="no code"),
    ],
)
def test_presets(found: Verdict, equivalence: float, codev: float, salv: float, graded: float) -> None:
    expected = {"equivalence": equivalence, "codev-r1": codev, "salv": salv, "graded": graded}
    rewards = {name: find_preset(name).reward_of(found, GOOD_FORM).value for name in expected}
    assert rewards == pytest.approx(expected)


@pytest.mark.parametrize(
    ("found", "tier", "plain", "card", "binary", "cocotb"),
    [
        pytest.param(PASSED, Tier.CLEAN, 1, 1, 1, 1, id="right"),
        pytest.param(WRONG, Tier.CLEAN, 1, 1, 1, 0.5, id="wrong"),
        pytest.param(UNFIT, Tier.CLEAN, 1, 1, 1, 0.5, id="other ports, which Icarus alone does not see"),
        pytest.param(UNBUILT, Tier.MALFORMED, 0.3, 0.2, 0, 0.2, id="malformed"),
        pytest.param(BAD_SYNTAX, Tier.FAILED, 0, 0, 0, 0, id="every other error"),
        pytest.param(REJECTED, None, 0, 0, 0, 0, id="rejected"),
        pytest.param(EMPTY, None, 0, 0, 0, 0, id="no code"),
    ],
)
def test_the_tiers_of_spec2rtl(
    found: Verdict, tier: Tier | None, plain: float, card: float, binary: float, cocotb: float
) -> None:
    expected = {
        "spec2rtl": plain,
        "spec2rtl-card": card,
        "spec2rtl-binary": binary,
        "spec2rtl-cocotb": cocotb,
    }
    assert {name: find_preset(name).reward_of(found, PLAIN, tier=tier).value for name in expected} == expected


def test_what_icarus_says_alone_is_a_part_only_where_it_is_asked() -> None:
    asked = find_preset("graded=0.5,spec2rtl=0.5").reward_of(WRONG, PLAIN, tier=Tier.CLEAN)
    assert asked.value == pytest.approx(0.5 * 0.3 + 0.5 * 1.0)
    assert [asked.parts[name] for name in LONE_PARTS] == [1.0, 0.0]
    assert not set(LONE_PARTS) & set(find_preset("graded").reward_of(WRONG, PLAIN, tier=Tier.CLEAN).parts)


@pytest.mark.parametrize(
    ("answer", "is_right"),
    [
        (GOOD_FORM, True),
        ("Well. " + GOOD_FORM + "<|im_end|>", True),
        (PLAIN, False),
        ("", False),
        (GOOD_FORM.replace("<think>", ""), False),
        (GOOD_FORM.replace("</answer>", ""), False),
        (GOOD_FORM + "</answer>", False),
        (GOOD_FORM.replace("Two", "<think>Two"), False),
        ("<answer>module m; endmodule</answer><think>done</think>", False),
        ("<think>a<answer>b</think>c</answer>", False),
        ("<think>an example</think><|im_start|>assistant" + GOOD_FORM, True),
        (GOOD_FORM + "<|im_start|>assistant", False),
    ],
)
def test_codev_r1_wants_each_tag_once_and_in_order(answer: str, is_right: bool) -> None:
    assert has_format(answer) is is_right
    assert find_preset("codev-r1").reward_of(PROVED, answer).value == float(is_right)
    assert find_preset("equivalence").reward_of(PROVED, answer).value == 1.0


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (GOOD_FORM, "module m; endmodule"),
        (GOOD_FORM + "```verilog\nmodule n; endmodule\n```", "module n; endmodule"),
        (GOOD_FORM.replace("registers.", "registers. ```verilog a```"), "module m; endmodule"),
        ("<think>```verilog a```</think><answer>module m; endmodule</answer>", "a"),
        (GOOD_FORM + "```verilog\nmodule n;", "module m; endmodule"),
        (GOOD_FORM.replace("```verilog", "```systemverilog"), None),
        (GOOD_FORM.replace("```verilog", "```Verilog"), None),
        (GOOD_FORM.replace("```verilog", "```"), None),
        ("<answer>module m; endmodule</answer>", None),
        ("```verilog```", ""),
        ("", None),
    ],
)
def test_codev_r1_reads_the_last_closed_fence_of_verilog_wherever_it_is(answer: str, code: str | None) -> None:
    assert read_code(answer) == code
    assert read_candidate(answer).source == (code or "")


def test_reading_is_linear_in_the_length_of_the_answer() -> None:
    """The released pattern needs hours for the spaces in this."""
    assert read_code("```verilog" + " " * 5_000_000 + "x" + " " * 5_000_000) is None
    assert read_code("```verilog" * 200_000) == ""


@pytest.mark.parametrize(
    ("found", "names"),
    [
        (PROVED, {"format", "code", "parsed", "interface", "compiled", "outputs", "passed", "proved"}),
        (PASSED, {"format", "code", "parsed", "interface", "compiled", "outputs", "passed"}),
        (WRONG, {"format", "code", "parsed", "interface", "compiled"}),
        (UNBUILT, {"format", "code", "parsed", "interface"}),
        (UNFIT, {"format", "code", "parsed"}),
        (BAD_SYNTAX, {"format", "code"}),
        (REJECTED, {"format"}),
    ],
)
def test_each_step_needs_the_one_before(found: Verdict, names: set[str]) -> None:
    parts = measure_parts(found, GOOD_FORM)
    assert tuple(parts) == PARTS
    assert {name for name, value in parts.items() if value} == names


def test_a_mix_is_the_weighted_sum_and_says_what_each_preset_gave() -> None:
    mixed = mix({"codev-r1": 0.8, "graded": 0.2})
    result = mixed.reward_of(HALF, GOOD_FORM)
    assert result.value == pytest.approx(0.8 * 0 + 0.2 * 0.45)
    assert result.parts["codev-r1"] == 0
    assert result.parts["graded"] == pytest.approx(0.45)
    assert result.status is Status.MISMATCH
    assert mixed.reward_of(PROVED, GOOD_FORM).value == 1.0


def test_a_preset_is_named_as_it_is_read() -> None:
    assert find_preset(" codev-r1=0.8, graded = 0.2") == mix({"codev-r1": 0.8, "graded": 0.2})
    assert find_preset("codev-r1=0.8,graded=0.2").name == "codev-r1=0.8,graded=0.2"
    assert [find_preset(name).name for name in PRESETS] == list(PRESETS)
    assert pickle.loads(pickle.dumps(find_preset("salv=2"))).name == "salv=2"  # noqa: S301  as trainers do


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("best", "unknown preset 'best'; use one of equivalence, codev-r1, spec2rtl, spec2rtl-card, .*, or a mix"),
        ("", "unknown preset ''"),
        ("salv=0", "preset salv has the weight 0.0; use a positive number"),
        ("salv=-1", "preset salv has the weight -1.0; use a positive number"),
        ("salv=inf", "preset salv has the weight inf"),
        ("salv=nan", "preset salv has the weight nan"),
        ("salv=half", "'half' is no weight; write salv=0.5, say"),
        ("salv=1,salv=2", "names salv twice; give each preset one weight"),
    ],
)
def test_what_cannot_be_meant_is_refused(spec: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        find_preset(spec)


def test_an_empty_mix_is_refused() -> None:
    with pytest.raises(UsageError, match="a mix needs a preset with a weight, such as codev-r1="):
        mix({})
