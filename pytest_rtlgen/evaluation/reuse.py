"""Take over verdicts of a finished run, so that another gate, or the same command again, checks nothing anew."""

from dataclasses import replace

from pytest_rtlgen.errors import RecordError
from pytest_rtlgen.evaluation.watch import Watcher
from pytest_rtlgen.records import Completion, SampleResult, Status
from pytest_rtlgen.storage import RunStore

_OF_THE_MACHINE = frozenset({Status.TIMEOUT, Status.RESOURCE_LIMIT})
"""Another time these may end otherwise."""


def adopt_verdicts(store: RunStore, watcher: Watcher) -> None:
    """Give ``store`` the verdicts of the newest finished run beside it on the same answers.

    That run has the same settings, tools and code of the checker; gates and reports are no part of these.

    Raises:
        StorageError: a verdict could not be written.
        RecordError: what is in ``store`` cannot be read.
    """
    donor = _find_donor(store)
    if donor is None:
        return
    try:
        known = donor.read_first_results()
    except RecordError:
        return
    have = store.read_first_results().keys()
    taken = 0
    for key, completion in store.read_completions().items():
        result = known.get(key)
        if key in have or result is None or not _is_reusable(result, completion):
            continue
        store.append_result(replace(result, completion=completion))
        taken += 1
    if taken:
        watcher.note(f"{taken} verdicts on the same answers are those of {donor.path} (--rtlgen-resume=never: anew)")


def _find_donor(store: RunStore) -> RunStore | None:
    for path in sorted(store.path.parent.glob("*/summary.json"), reverse=True):  # names begin with the start
        try:
            other = RunStore.open(path.parent)
        except RecordError:
            continue
        if (other.header.settings, other.header.environment) == (store.header.settings, store.header.environment):
            return other
    return None


def _is_reusable(result: SampleResult, completion: Completion) -> bool:
    judged = result.completion
    is_same = (judged.text, judged.finish_reason) == (completion.text, completion.finish_reason)
    return is_same and result.verdict.status not in _OF_THE_MACHINE
