"""Random texts through a function that preprocesses them, and what does not hold of what it returns."""

import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from support.fuzzing.acceptance import list_unlike
from support.fuzzing.preprocessor_checks import Canonise, Difference, Fault, list_differences, read_raw
from support.fuzzing.preprocessor_texts import write_text

from pytest_rtlgen.records import Status

_BATCH = 50
_DAMAGED = 3
"""One text in so many is damaged. It is not asked who accepts it: tools differ in grammar that is no preprocessor's."""
_PROGRESS_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TextsFound:
    """What became of a number of texts."""

    texts: int
    valid: int
    """Those that slang reads without an error."""
    statuses: tuple[tuple[Status | None, int], ...]
    """Per reason of a refusal, most first, how many; ``None``: not refused."""
    differences: tuple[tuple[int, Difference], ...]
    """(number of the text, what does not hold), in order."""


def draw_text(number: int, *, seed: int) -> str:
    """Return the text of this number, which every run with ``seed`` has."""
    rng = random.Random(f"rtlgen fuzz {seed} text {number}")
    return write_text(rng, is_damaged=_is_damaged(number))


def _is_damaged(number: int) -> bool:
    return number % _DAMAGED == _DAMAGED - 1


def fuzz_texts(canonise: Canonise, *, seed: int, most: int, seconds: float) -> TextsFound:
    """Return what does not hold of the first ``most`` texts, or of as many as there is time for."""
    started = told = time.monotonic()
    found: list[tuple[int, Difference]] = []
    valid = number = 0
    statuses: Counter[Status | None] = Counter()
    while number < most and time.monotonic() < started + seconds:
        batch = range(number, min(most, number + _BATCH))
        texts = {at: draw_text(at, seed=seed) for at in batch}
        made = {at: canonise(raw) for at, raw in texts.items()}
        statuses.update(item.status for item in made.values())
        valid += sum(not read_raw(raw).errors for raw in texts.values())
        found += [(at, item) for at, raw in texts.items() for item in list_differences(raw, canonise)]
        found += _compare_acceptance(
            {at: item.text for at, item in made.items() if not item.status and not _is_damaged(at)}
        )
        number = batch.stop
        if time.monotonic() > told + _PROGRESS_S:
            told = time.monotonic()
            sys.stderr.write(f"{told - started:5.0f} s: {number} texts, {len(found)} differences\n")
    differences = tuple(sorted(found, key=lambda item: item[0]))
    return TextsFound(texts=number, valid=valid, statuses=tuple(statuses.most_common()), differences=differences)


def _compare_acceptance(canonical: dict[int, str]) -> Iterator[tuple[int, Difference]]:
    numbers = list(canonical)
    for place, is_read in list_unlike(list(canonical.values())):
        detail = f"{'Yosys' if is_read else 'Icarus'} accepts it, {'Icarus' if is_read else 'Yosys'} does not"
        yield numbers[place], Difference(fault=Fault.ACCEPTED, detail=detail)


def render_texts(found: TextsFound, *, most_shown: int = 20) -> str:
    """Return the counts, and a line for each of the first differences."""
    counts = Counter(item.fault for _, item in found.differences)
    ends = ", ".join(f"{number} {status or 'accepted'}" for status, number in found.statuses)
    lines = [f"{found.texts} texts, {found.valid} of them valid: {ends}; {len(found.differences)} differences"]
    lines += [f"  {counts[fault]:5} {fault}" for fault in Fault if counts[fault]]
    lines += [f"  text {number}: {item.fault}: {item.detail}" for number, item in found.differences[:most_shown]]
    return "\n".join(lines)


def keep_texts(found: TextsFound, folder: Path, *, seed: int) -> None:
    """Write the raw text of each difference into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in {number for number, _ in found.differences}:
        (folder / f"text-{seed}-{number}.sv").write_text(draw_text(number, seed=seed), newline="")
