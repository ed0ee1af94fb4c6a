"""How one input moves during one stretch of a stimulus: a family of manners, one drawn at random per input."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from pytest_rtlgen.records import Port

_BIASES = (0.03, 0.15, 0.5, 0.5, 0.85, 0.97)
_HOLDS = (2, 3, 4, 4, 5, 8, 10, 16)
_USUALLY = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """The values that one input can take, and those of special interest."""

    width: int
    corners: tuple[int, ...]
    """Extremes, middles and alternating patterns."""
    mined: tuple[int, ...]
    """Constants that the reference compares this input with, and their neighbours; may be empty."""
    rng: random.Random

    @property
    def top(self) -> int:
        """The largest value."""
        return (1 << self.width) - 1

    def any(self) -> int:
        """Return a uniform value."""
        return self.rng.randint(0, self.top)

    def special(self) -> int:
        """Return a mined constant, usually, or a corner."""
        if self.mined and self.rng.random() < _USUALLY:
            return self.rng.choice(self.mined)
        return self.rng.choice(self.corners)

    def often(self) -> bool:
        """Return True three times out of four."""
        return self.rng.random() < _USUALLY


def draw_values(port: Port, hints: Sequence[int], rng: random.Random) -> Iterator[int]:
    """Return an endless sequence of values for ``port``, moving in one randomly chosen manner.

    ``hints`` are constants that the reference compares this input with.
    """
    top = (1 << port.width) - 1
    mined = tuple(sorted({value for value in hints if 0 <= value <= top}))
    domain = Domain(width=port.width, corners=list_corners(port.width), mined=mined, rng=rng)
    return rng.choice(_BIT_MANNERS if port.width == 1 else _WORD_MANNERS)(domain)


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


def _paced(domain: Domain) -> Iterator[int]:
    """Hold each bit equally long, as serial lines do; half of the time with one odd length."""
    length = domain.rng.choice(_HOLDS)
    jitter = domain.rng.choice((0, 0, 1, length))
    while True:
        value = domain.rng.randrange(2)
        for _ in range(length + domain.rng.randint(0, jitter)):
            yield value


_BIT_MANNERS: tuple[Callable[[Domain], Iterator[int]], ...] = (_biased, _biased, _biased, _paced, _constant)
_WORD_MANNERS: tuple[Callable[[Domain], Iterator[int]], ...] = (
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
