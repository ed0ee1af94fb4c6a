"""What the models of a round trip took, over all of its stages and all the times that it was gone on with."""

from collections.abc import Iterator

from pytest_rtlgen.evaluation.accounts import Accounts, find_price
from pytest_rtlgen.records import Completion
from pytest_rtlgen.report.spending import Spending, join_spending, sum_spending
from pytest_rtlgen.training.roundtrip.store import RoundTripStore


def note_answers(store: RoundTripStore, accounts: Accounts) -> None:
    """Count every answer that is stored, so that a limit is one on the whole round trip.

    Raises:
        UsageError: the cost is limited, and a model that answered has no price.
    """
    for spec, answers in _list_paid(store, accounts):
        accounts.note(spec, answers)


def sum_trip_spending(store: RoundTripStore, accounts: Accounts) -> Spending | None:
    """Return what all answers took; no cost where one model has no price, ``None`` where no model was asked.

    Raises:
        UsageError: the prices cannot be read.
    """
    parts = [
        sum_spending(answers, find_price(accounts.prices_path, spec)) for spec, answers in _list_paid(store, accounts)
    ]
    return join_spending(parts) if parts else None


def _list_paid(store: RoundTripStore, accounts: Accounts) -> Iterator[tuple[str, tuple[Completion, ...]]]:
    """Yield model and answers of each stage in which a model answered."""
    for stage, spec in store.header.list_stages():
        answers = tuple(store.read_completions(stage).values())
        if answers and not accounts.is_free(spec):
            yield spec, answers
