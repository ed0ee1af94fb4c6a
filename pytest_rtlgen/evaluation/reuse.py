"""Take over verdicts of a finished run, so that another gate, or the same command again, checks nothing anew."""

import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pytest_rtlgen.errors import RecordError
from pytest_rtlgen.evaluation.watch import Watcher
from pytest_rtlgen.records import Completion, SampleKey, SampleResult, Status
from pytest_rtlgen.storage import RunStore

_OF_THE_MACHINE = frozenset({Status.TIMEOUT, Status.RESOURCE_LIMIT})
"""Another time these may end otherwise."""


class Lender:
    """The newest finished run beside ``store`` with the same settings, tools and code of the checker, if there is one.

    Gates and reports are no part of these. It is looked for when an answer comes, not before. Thread-safe.
    """

    def __init__(self, store: RunStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._found: tuple[Path | None, Mapping[SampleKey, SampleResult]] | None = None

    def find(self, completion: Completion) -> SampleResult | None:
        """Return its verdict on the same answer; ``None``: there is none, or it may be otherwise another time."""
        _, results = self._open()
        found = results.get(completion.key)
        if found is None or found.verdict.status in _OF_THE_MACHINE:
            return None
        judged = found.completion
        is_same = (judged.text, judged.finish_reason) == (completion.text, completion.finish_reason)
        return replace(found, completion=completion) if is_same else None

    def lend(self, watcher: Watcher) -> None:
        """Give the store its verdicts on the same answers.

        Raises:
            StorageError: a verdict could not be written.
            RecordError: what is in the store cannot be read.
        """
        path, _ = self._open()
        have = self._store.read_first_results().keys()
        completions = self._store.read_completions().items()
        lent = [result for key, item in completions if key not in have and (result := self.find(item)) is not None]
        for result in lent:
            self._store.append_result(result)
        if lent:
            watcher.note(f"{len(lent)} verdicts on the same answers are those of {path} (--rtlgen-resume=never: anew)")

    def _open(self) -> tuple[Path | None, Mapping[SampleKey, SampleResult]]:
        with self._lock:
            self._found = self._found or _read_newest(self._store)
            return self._found


def _read_newest(store: RunStore) -> tuple[Path | None, Mapping[SampleKey, SampleResult]]:
    """Return the path of the run that lends, and its verdicts on first answers."""
    for path in sorted(store.path.parent.glob("*/summary.json"), reverse=True):  # names begin with the start
        try:
            other = RunStore.open(path.parent)
            if (other.header.settings, other.header.environment) == (store.header.settings, store.header.environment):
                return other.path, other.read_first_results()
        except RecordError:
            continue
    return None, {}
