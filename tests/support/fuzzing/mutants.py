"""Mutants of references by kind, in a fixed order for each seed: a part of the list is a fair sample of the whole."""

import itertools
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from support.fuzzing.changes import Change, apply_change, is_readable, spread
from support.fuzzing.drivers import list_second_drivers
from support.fuzzing.ordering import list_order_changes
from support.fuzzing.sensitivity import list_sensitivity_changes
from support.fuzzing.unknowns import list_unknown_changes
from support.fuzzing.wrapping import wrap_module

from pytest_rtlgen.records import Problem, SourceFile

T = TypeVar("T")
Generator = Callable[[SourceFile, str, random.Random], Iterator[Change]]
KINDS: Mapping[str, Generator] = {
    "drivers": list_second_drivers,
    "sensitivity": list_sensitivity_changes,
    "unknowns": list_unknown_changes,
    "order": list_order_changes,
}
_HIERARCHICAL = {"drivers"}
"""Kinds that are also made of the reference as a submodule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FuzzMutant:
    """A candidate made from a problem's reference by one mistake."""

    problem: Problem
    kind: str
    operator: str
    number: int
    """Its place among the problem's mutants of this kind."""
    source: str
    is_wrong: bool
    """Whether every circuit made from it differs from the reference, whatever a simulation shows."""

    @property
    def name(self) -> str:
        return f"{self.kind}-{self.problem.problem_id}-{self.number}"


def list_mutants(problem: Problem, kind: str, *, seed: int) -> Iterator[FuzzMutant]:
    """Yield the problem's mutants of ``kind``: texts that slang reads, each once, operators taking turns."""
    rng = random.Random(f"rtlgen fuzz {seed} {kind} {problem.problem_id}")
    seen: set[str] = set()
    for change, text in _list_changes(problem, kind, rng):
        source = apply_change(change, text)
        if source not in seen and is_readable(source):
            seen.add(source)
            yield FuzzMutant(
                problem=problem,
                kind=kind,
                operator=change.operator,
                number=len(seen) - 1,
                source=source,
                is_wrong=change.is_wrong,
            )


def _list_changes(problem: Problem, kind: str, rng: random.Random) -> Iterator[tuple[Change, str]]:
    top, plain = problem.reference_top, problem.reference
    texts = [plain.text]
    if kind in _HIERARCHICAL:
        texts.append(wrap_module(plain, top))
    streams = [
        zip(spread(KINDS[kind](SourceFile(name=plain.name, text=text), top, rng), rng), itertools.repeat(text))
        for text in texts
    ]
    return _take_turns(streams)


def draw_mutants(problems: Sequence[Problem], kinds: Sequence[str], *, seed: int) -> Iterator[FuzzMutant]:
    """Yield mutants for ever less of the problems: one of each kind and problem in turn, until none is left."""
    order = list(problems)
    random.Random(f"rtlgen fuzz {seed}").shuffle(order)
    return _take_turns([list_mutants(problem, kind, seed=seed) for problem in order for kind in kinds])


def _take_turns(streams: Sequence[Iterator[T]]) -> Iterator[T]:
    waiting = list(streams)
    while waiting:
        for stream in tuple(waiting):
            try:
                yield next(stream)
            except StopIteration:
                waiting.remove(stream)
