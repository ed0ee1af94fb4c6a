"""What our presets make of the random answers, for comparison with the released rules."""

from collections.abc import Iterator

from support.random_answers import make_answer, make_outcome

from pytest_rtlgen.records import Method, Status, Verdict
from pytest_rtlgen.training.reward import codev_r1, spec2rtl
from pytest_rtlgen.training.reward.presets import Preset, find_preset

_NO_CODE = Verdict(status=Status.NO_CODE, method=Method.EXTRACT)
_PASSED = Verdict(status=Status.PASSED, method=Method.SIMULATE)
_WRONG = Verdict(status=Status.MISMATCH, method=Method.SIMULATE)


def answer_codev_r1(number: int) -> tuple[str | None, float | None]:
    """Return what the preset reads of answer ``number``, and its reward where every design is right."""
    text = make_answer(number)
    has_code = codev_r1.read_candidate(text).source
    return codev_r1.read_code(text), find_preset("codev-r1").reward_of(_PASSED if has_code else _NO_CODE, text).value


def answer_spec2rtl(number: int) -> tuple[str, float | None, float | None, float | None]:
    """Return what the presets read of answer ``number``, and ``spec2rtl``, ``spec2rtl-card``, ``spec2rtl-cocotb``."""
    text, outcome = make_answer(number), make_outcome(number)
    verdict, tier = _NO_CODE, None
    if spec2rtl.read_candidate(text).source:
        tier = spec2rtl.Tier.CLEAN if outcome.is_compiled else spec2rtl.read_tier(outcome.log)
        verdict = _PASSED if outcome.is_compiled and outcome.is_passed else _WRONG
    plain, card, cocotb = (
        find_preset(name).reward_of(verdict, text, tier=tier).value
        for name in ("spec2rtl", "spec2rtl-card", "spec2rtl-cocotb")
    )
    return spec2rtl.read_code(text), plain, card, cocotb


def reward_of_tier(preset: Preset, tier: spec2rtl.Tier | None, text: str) -> float | None:
    """Return the reward of a wrong design in ``tier``; ``None``: the answer has no code."""
    return preset.reward_of(_NO_CODE if tier is None else _WRONG, text, tier=tier).value


def list_codev_r1(count: int) -> Iterator[object]:
    """Yield the answers to the first ``count`` texts."""
    return (answer_codev_r1(number) for number in range(count))


def list_spec2rtl(count: int) -> Iterator[object]:
    """Yield the answers to the first ``count`` texts."""
    return (answer_spec2rtl(number) for number in range(count))
