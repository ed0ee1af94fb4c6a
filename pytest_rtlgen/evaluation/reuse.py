"""Take over verdicts of a finished run, so that another gate, or the same command again, checks nothing anew."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pytest_rtlgen.errors import RecordError
from pytest_rtlgen.evaluation.watch import Watcher
from pytest_rtlgen.records import Completion, SampleKey, SampleResult, Status
from pytest_rtlgen.storage import RunStore

_OF_THE_MACHINE = frozenset({Status.TIMEOUT, Status.RESOURCE_LIMIT})
"""Another time these may end otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Donor:
    """A finished run with the same settings, tools and code of the checker; gates and reports are no part of these."""

    path: Path
    results: Mapping[SampleKey, SampleResult]
    """Its verdicts on first answers."""

    def find(self, completion: Completion) -> SampleResult | None:
        """Return its verdict on the same answer; ``None``: there is none, or it may be otherwise another time."""
        found = self.results.get(completion.key)
        if found is None or found.verdict.status in _OF_THE_MACHINE:
            return None
        judged = found.completion
        is_same = (judged.text, judged.finish_reason) == (completion.text, completion.finish_reason)
        return replace(found, completion=completion) if is_same else None


def find_donor(store: RunStore) -> Donor | None:
    """Return the newest run beside ``store`` that may lend it verdicts."""
    for path in sorted(store.path.parent.glob("*/summary.json"), reverse=True):  # names begin with the start
        try:
            other = RunStore.open(path.parent)
            if (other.header.settings, other.header.environment) == (store.header.settings, store.header.environment):
                return Donor(path=other.path, results=other.read_first_results())
        except RecordError:
            continue
    return None


def adopt_verdicts(store: RunStore, donor: Donor, watcher: Watcher) -> None:
    """Give ``store`` the verdicts of ``donor`` on the same answers.

    Raises:
        StorageError: a verdict could not be written.
        RecordError: what is in ``store`` cannot be read.
    """
    have = store.read_first_results().keys()
    completions = store.read_completions().items()
    taken = [result for key, item in completions if key not in have and (result := donor.find(item)) is not None]
    for result in taken:
        store.append_result(result)
    if taken:
        count = len(taken)
        watcher.note(f"{count} verdicts on the same answers are those of {donor.path} (--rtlgen-resume=never: anew)")
