"""What became of every design of a round trip, as records, text and JSON. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pytest_rtlgen.report.spending import Spending, render_spending
from pytest_rtlgen.storage.codec import Json, encode
from pytest_rtlgen.training.roundtrip.records import Dropped, DropReason, KeptPair, Step, TrainingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundTripReport:
    """What became of every design."""

    read: int
    kept: tuple[KeptPair, ...]
    dropped: tuple[Dropped, ...]
    spending: Spending | None = None
    """``None``: it was not asked for, or no model answered."""

    def select(self, chosen: TrainingSet) -> tuple[KeptPair, ...]:
        """Return the pairs of one set."""
        return tuple(pair for pair in self.kept if pair.chosen is chosen)

    def count(self, reason: DropReason) -> int:
        """Return how many were dropped for ``reason``."""
        return sum(item.reason is reason for item in self.dropped)

    def __str__(self) -> str:
        """Return a line for each set and each step that dropped designs, then tokens, where they are known."""
        distil, rl = self.select(TrainingSet.DISTIL), self.select(TrainingSet.RL)
        sizes = f"{len(distil)} for distillation, {len(rl)} for reinforcement learning, {len(self.dropped)} dropped"
        lines = [
            f"{self.read} designs: {sizes}",
            f"  distil: {_list_counts(_count_rules(distil))}",
            f"  rl: {_list_counts(_count_rules(rl))}; {sum(pair.is_proved for pair in rl)} proved",
        ]
        lines += [f"  dropped at {step}: {_list_counts(found)}" for step, found in self._count_steps().items() if found]
        if self.spending is not None and self.spending.completion_tokens:
            lines += render_spending(self.spending)
        return "\n".join(lines)

    def encode(self) -> Mapping[str, Json]:
        """Return what ``report.json`` holds of the designs: what came to each step and was dropped, and the sets."""
        steps: list[Json] = []
        left = self.read
        for step, found in self._count_steps().items():
            steps.append({"step": step.value, "designs": left, "dropped": dict(found)})
            left -= sum(found.values())
        sets: dict[str, Json] = {}
        for chosen in TrainingSet:
            pairs = self.select(chosen)
            sets[chosen.value] = {
                "problems": len(pairs),
                "equivalent": sum(pair.is_equivalent for pair in pairs),
                "proved": sum(pair.is_proved for pair in pairs),
                "rules": dict(_count_rules(pairs)),
            }
        return {"designs": self.read, "steps": steps, "sets": sets, "spending": encode(self.spending)}

    def _count_steps(self) -> dict[Step, dict[str, int]]:
        """Return how many each step dropped for each of its reasons, in order."""
        counts = {step: dict[str, int]() for step in Step}
        for reason in DropReason:
            if found := self.count(reason):
                counts[reason.step][reason.value] = found
        return counts


def _count_rules(pairs: Sequence[KeptPair]) -> dict[str, int]:
    return dict(sorted(Counter(pair.rule.value for pair in pairs).items()))


def _list_counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "none"
