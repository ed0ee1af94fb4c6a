"""Reference work and verdicts kept on disk for every process and run: found by all that they were made from."""

import hashlib
import json
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import cached_property, partial
from typing import Generic, TypeVar

from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.records import Method, Problem, Status, Tool, Verdict
from pytest_rtlgen.storage.codec import encode
from pytest_rtlgen.storage.record_cache import RecordCache
from pytest_rtlgen.tools.cache_folder import find_cache
from pytest_rtlgen.tools.cut_short import count_cut_short, note_cut_short
from pytest_rtlgen.tools.lru import Lru

_DIGESTS = 512
_FINAL = frozenset(
    {
        *(Status.PASSED, Status.MISMATCH, Status.REJECTED, Status.INTERFACE_MISMATCH),
        *(Status.SYNTAX_ERROR, Status.ELABORATION_ERROR),
    }
)
"""What a text is worth at any time; the others may be owed to the machine."""
_OF_NO_LINE = frozenset({Tool.COMPARE, Tool.PROOF})
"""Who names no line of the candidate, in no message."""
_Made = TypeVar("_Made")


class Shelf(Generic[_Made]):
    """Records of one kind that are made of a problem, and perhaps of a text. Thread-safe.

    ``scope`` returns all else that they depend on: settings and versions. It may raise, as the making would.
    """

    def __init__(
        self, cache: RecordCache | None, kind: type[_Made], scope: Callable[[], object], stage: str = ""
    ) -> None:
        """Take the folder, ``None`` to keep nothing; ``stage`` tells records of one kind apart."""
        self._cache, self._kind, self._stage = cache, kind, stage
        self._make_scope = scope
        self._problems: Lru[Problem, str] = Lru(_DIGESTS)

    def find(
        self,
        problem: Problem,
        make: Callable[[], _Made],
        *,
        text: Sequence[str] = (),
        keeps: Callable[[_Made], bool] = lambda _: True,
    ) -> _Made:
        """Return what ``make`` returns, or returned for the same ``problem`` and ``text`` before.

        It is kept where ``keeps`` allows it and no limit has decided anything.
        """
        if self._cache is None:
            return make()
        digest = self._digest(problem, text)
        found = self._cache.read(self._kind, digest) if digest else None
        if found is not None:
            return found
        before = count_cut_short()
        made = make()
        if digest and count_cut_short() == before and keeps(made):
            self._cache.write(digest, made)
        return made

    @cached_property
    def _scope(self) -> str:
        return _digest([self._kind.__name__, self._stage, self._make_scope()])

    def _digest(self, problem: Problem, text: Sequence[str]) -> str:
        """Return the digest of what a record is made from; empty: a caller's own problem that has no form on disk."""
        known = self._problems.find(problem)
        if known is None:
            try:
                known = _digest([self._scope, encode(problem)])
            except (TypeError, ValueError):
                known = ""
            self._problems.keep(problem, known)
        return _digest([known, *text]) if known else ""


class ReferenceCache(Generic[_Made]):
    """What is made of a problem's reference and a seed: once, by the first who asks; the last used are in memory.

    What comes from ``shelf`` is not made again either. Thread-safe.
    """

    def __init__(self, make: Callable[[Problem, int], _Made], size: int, shelf: Shelf[_Made]) -> None:
        self._make = make
        self._shelf = shelf
        self._kept: Lru[tuple[Problem, int], Future[tuple[_Made | str, bool]]] = Lru(size)

    def get(self, problem: Problem, seed: int) -> _Made:
        """Return what is made of ``problem``.

        Raises:
            BadReferenceError: its reference is no good; everyone who asks gets the same message.
        """
        fresh: Future[tuple[_Made | str, bool]] = Future()
        future = self._kept.keep((problem, seed), fresh)
        if future is fresh:
            self._fill(problem, seed, future)
        found, is_cut_short = future.result()
        if is_cut_short:  # what is made of it is neither
            note_cut_short()
        if isinstance(found, str):  # a fresh exception each time: one that is raised again grows by every traceback
            raise BadReferenceError(found)
        return found

    def _fill(self, problem: Problem, seed: int, future: "Future[tuple[_Made | str, bool]]") -> None:
        before = count_cut_short()
        found: _Made | str
        try:
            try:
                found = self._shelf.find(problem, partial(self._make, problem, seed), text=(str(seed),))
            except BadReferenceError as error:
                found = str(error)
            future.set_result((found, count_cut_short() != before))
        except BaseException as error:
            # Not the reference failed but the harness: who asks next tries again.
            self._kept.forget((problem, seed), future)
            future.set_exception(error)
            raise


def open_caches() -> tuple[RecordCache | None, RecordCache | None]:
    """Return the user's folders of references and of verdicts; none where the user has no home."""
    try:
        folder = find_cache()
    except RuntimeError:
        return None, None
    return RecordCache(folder / "references"), RecordCache(folder / "verdicts")


def is_final(verdict: Verdict) -> bool:
    """Whether the same text has this verdict at any time, under the same settings.

    So has a pass that a proof did not confirm: its budget, in CPU time, is one of them, and simulations confirmed it.
    What a compiler says of no line may be said of the machine, such as of a full disk.
    """
    names_line = any(one.line is not None for one in verdict.diagnostics)
    return verdict.status in _FINAL and (verdict.method is not Method.COMPILE or names_line)


def is_of_any_layout(verdict: Verdict) -> bool:
    """Whether this is also the verdict of the text with other line ends: nothing in it names a line of the candidate.

    A line may stand in a message, too, so all but a few kinds of message count as naming one.
    """
    said = all(one.line is None and one.tool in _OF_NO_LINE for one in verdict.diagnostics)
    return is_final(verdict) and said and (verdict.equivalence is None or not verdict.equivalence.reason)


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, allow_nan=False).encode("ascii")).hexdigest()
