"""What a hostile candidate may earn: no more than an honest wrong one, whatever the preset."""

from benchmarks.reward_hostile import list_presets, value_of
from support.hostile_cases import HostileCase

from pytest_rtlgen.records import Method, SignalVerdict, Status, Verdict

PRESETS = list_presets()


def make_wrong(outputs: int) -> Verdict:
    """Return the verdict on an honest design with one output wrong."""
    signals = tuple(SignalVerdict(name=f"o{index}", checked=9, mismatches=int(index == 0)) for index in range(outputs))
    return Verdict(status=Status.MISMATCH, method=Method.SIMULATE, signals=signals)


def list_undue(case: HostileCase, verdict: Verdict) -> list[str]:
    """Return the presets that pay ``case``, with this verdict, too much, or a correct design too little."""
    if Status.PASSED not in case.acceptable:
        honest = make_wrong(max(len(verdict.signals), 1))
        earned = {name: value_of(preset, verdict) for name, preset in PRESETS.items()}
        return [
            name for name, preset in PRESETS.items() if earned[name] > value_of(preset, honest) or earned[name] >= 1
        ]
    if case.is_sound:
        return [name for name, preset in PRESETS.items() if value_of(preset, verdict) < 0.9]
    return []
