"""Passing candidates beside their references, as gates."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from pytest_rtlgen.synthesis.synthesizer import Synthesized


class Ratio(StrEnum):
    """What of a candidate is measured in what the reference has of it."""

    AREA = "area"
    DEPTH = "depth"


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSynthesis:
    """One passing candidate."""

    index: int
    synthesized: Synthesized
    area_ratio: float | None = None
    """Of its area to the reference's; ``None``: one of them is not known, or the reference's is 0."""
    depth_ratio: float | None = None

    def find_ratio(self, ratio: Ratio) -> float | None:
        """Return one of the two."""
        return self.area_ratio if ratio is Ratio.AREA else self.depth_ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class SynthesisRow:
    """One problem with at least one pass."""

    suite: str
    problem_id: str
    reference: Synthesized
    samples: tuple[SampleSynthesis, ...]

    def list_ratios(self, ratio: Ratio) -> list[float]:
        """Return the ratio of every sample that has one."""
        found = [sample.find_ratio(ratio) for sample in self.samples]
        return [value for value in found if value is not None]


def compare_sample(index: int, found: Synthesized, reference: Synthesized) -> SampleSynthesis:
    """Return the sample ``index`` with its ratios.

    >>> from pytest_rtlgen.synthesis.synthesizer import GateFigures
    >>> one = Synthesized(figures=GateFigures(cells=3, flip_flops=0, latches=0, depth=2, area=3.0))
    >>> two = Synthesized(figures=GateFigures(cells=4, flip_flops=0, latches=0, depth=1, area=4.5))
    >>> made = compare_sample(0, two, one)
    >>> made.area_ratio, made.depth_ratio
    (1.5, 0.5)
    """
    if found.figures is None or reference.figures is None:
        return SampleSynthesis(index=index, synthesized=found)
    area, depth = reference.figures.area, reference.figures.depth
    return SampleSynthesis(
        index=index,
        synthesized=found,
        area_ratio=found.figures.area / area if area else None,
        depth_ratio=found.figures.depth / depth if depth else None,
    )


def find_median(rows: Sequence[SynthesisRow], ratio: Ratio) -> float | None:
    """Return the median over all samples of all ``rows``; ``None`` where none has the ratio."""
    values = list(_list_all(rows, ratio))
    return median(values) if values else None


def _list_all(rows: Sequence[SynthesisRow], ratio: Ratio) -> Iterator[float]:
    for row in rows:
        yield from row.list_ratios(ratio)
