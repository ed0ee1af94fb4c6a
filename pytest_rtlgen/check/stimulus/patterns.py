"""How one input moves during one stretch of a stimulus: a family of patterns, one drawn at random per input."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import count

from pytest_rtlgen.records import Port

_BIASES = (0.03, 0.15, 0.5, 0.5, 0.85, 0.97)
_HOLDS = (2, 3, 4, 4, 5, 8, 10, 16)
_USUALLY = 0.75
_MOSTLY = 0.9


class Activity(Enum):
    """What all inputs have in common for one stretch."""

    ANY = "any"
    BUSY = "busy"
    """Most enables on, most words at constants that mean something: what a protocol needs to get anywhere."""
    ASKED = "asked"
    """Words at what a candidate asks for, most of them at once."""
    STEADY = "steady"
    """Nothing much moves, so that what counts can count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedOf:
    """What a candidate, and not its reference, asks of one input."""

    values: tuple[int, ...] = ()
    slices: tuple[tuple[int, int], ...] = ()
    """(mask, value) of parts of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """The values that one input can take, and those of special interest."""

    width: int
    corners: tuple[int, ...]
    """Extremes, middles and alternating patterns."""
    mined: tuple[int, ...]
    """Constants that the reference compares this input with, and their neighbours; may be empty."""
    rng: random.Random
    slices: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    """By mask: the constants that those bits are compared with."""

    @property
    def top(self) -> int:
        """The largest value."""
        return (1 << self.width) - 1

    def any(self) -> int:
        """Return a uniform value."""
        return self.rng.randint(0, self.top)

    def special(self) -> int:
        """Return a mined constant, usually, or a corner; slices take constants of their own."""
        if self.slices and self.often():
            return self._compose()
        if self.mined and self.rng.random() < _USUALLY:
            return self.rng.choice(self.mined)
        return self.rng.choice(self.corners)

    def _compose(self) -> int:
        """Return any value, or a special one, in which each compared slice usually holds one of its constants."""
        value = self.any()
        for mask, constants in self.slices.items():
            if self.often():
                value = value & ~mask | self.rng.choice(constants)
        return value

    def often(self) -> bool:
        """Return True three times out of four."""
        return self.rng.random() < _USUALLY


def draw_values(
    port: Port,
    hints: Sequence[int],
    rng: random.Random,
    *,
    slices: Sequence[tuple[int, int]] = (),
    activity: Activity = Activity.ANY,
) -> Iterator[int]:
    """Return an endless sequence of values for ``port``, moving in one randomly chosen pattern that suits ``activity``.

    ``hints`` are constants that the reference compares this input with, ``slices`` (mask, constant) pairs.
    """
    top = (1 << port.width) - 1
    mined = tuple(sorted({value for value in hints if 0 <= value <= top}))
    by_mask: dict[int, tuple[int, ...]] = {}
    for mask, value in slices:
        by_mask[mask] = (*by_mask.get(mask, ()), value)
    domain = Domain(width=port.width, corners=list_corners(port.width), mined=mined, rng=rng, slices=by_mask)
    bits, words = _PATTERNS[activity]
    return rng.choice(bits if port.width == 1 else words)(domain)


def draw_asked(port: Port, asked: AskedOf, rng: random.Random) -> Iterator[int]:
    """Return an endless sequence of values for ``port``: mostly what is ``asked``, else any value."""
    by_mask: dict[int, list[int]] = {}
    for mask, value in asked.slices:
        by_mask.setdefault(mask, []).append(value)
    for _ in count():
        value = rng.getrandbits(port.width)
        if asked.values and (not by_mask or rng.randrange(2)):
            value = rng.choice(asked.values) if rng.random() < _MOSTLY else value
        else:
            for mask, constants in by_mask.items():
                if rng.random() < _MOSTLY:
                    value = value & ~mask | rng.choice(constants)
        yield value


def list_corners(width: int) -> tuple[int, ...]:
    """Return the corner values of ``width`` bits: extremes, their neighbours, the sign bit, alternating bits."""
    top = (1 << width) - 1
    sign = 1 << (width - 1)
    stripes = int("01" * width, 2) & top
    return tuple(sorted({value & top for value in (0, 1, 2, top, top - 1, sign, sign - 1, stripes, ~stripes)}))


def _uniform(domain: Domain) -> Iterator[int]:
    return (domain.any() for _ in count())


def _special(domain: Domain) -> Iterator[int]:
    return (domain.special() for _ in count())


def _mixed(domain: Domain) -> Iterator[int]:
    return (domain.special() if domain.often() else domain.any() for _ in count())


def _sticky(domain: Domain) -> Iterator[int]:
    value = domain.any()
    change = domain.rng.choice(_BIASES)
    while True:
        yield value
        if domain.rng.random() < change:
            value = domain.any() if domain.often() else domain.special()


def _counting(domain: Domain) -> Iterator[int]:
    start, step = domain.special(), domain.rng.choice((1, 1, domain.top))
    return ((start + step * i) & domain.top for i in count())


def _one_hot(domain: Domain) -> Iterator[int]:
    return (1 << domain.rng.randrange(domain.width) if domain.often() else domain.special() for _ in count())


def _walking(domain: Domain) -> Iterator[int]:
    flip = domain.rng.choice((0, domain.top))
    return ((1 << (i % domain.width)) ^ flip for i in count())


def _constant(domain: Domain) -> Iterator[int]:
    value = domain.special() if domain.often() else domain.any()
    return (value for _ in count())


def _biased(domain: Domain) -> Iterator[int]:
    bias = domain.rng.choice(_BIASES)
    return (int(domain.rng.random() < bias) for _ in count())


def _mostly(domain: Domain) -> Iterator[int]:
    """Hold one level but for rare single steps."""
    level, change = domain.rng.choice((0, 1, 1, 1)), domain.rng.choice((0.0, 0.05, 0.25))
    return (level ^ int(domain.rng.random() < change) for _ in count())


def _resting(domain: Domain) -> Iterator[int]:
    level = int(domain.often())
    return (level for _ in count())


def _lingering(domain: Domain) -> Iterator[int]:
    """Keep each special value for some steps."""
    stay = domain.rng.choice(_HOLDS)
    while True:
        value = domain.special()
        for _ in range(stay):
            yield value


def _paced(domain: Domain) -> Iterator[int]:
    """Hold each bit equally long, as serial lines do; half of the time with one odd length."""
    length = domain.rng.choice(_HOLDS)
    jitter = domain.rng.choice((0, 0, 1, length))
    while True:
        value = domain.rng.randrange(2)
        for _ in range(length + domain.rng.randint(0, jitter)):
            yield value


_BIT_PATTERNS: tuple[Callable[[Domain], Iterator[int]], ...] = (_biased, _biased, _biased, _paced, _constant)
_WORD_PATTERNS: tuple[Callable[[Domain], Iterator[int]], ...] = (
    _uniform,
    _uniform,
    _special,
    _mixed,
    _mixed,
    _sticky,
    _counting,
    _one_hot,
    _walking,
    _constant,
)
_PATTERNS = {
    Activity.ANY: (_BIT_PATTERNS, _WORD_PATTERNS),
    Activity.BUSY: ((_mostly, _mostly, _biased), (_special, _lingering, _mixed)),
    Activity.STEADY: ((_resting,), (_constant, _constant, _lingering)),
}
