"""The cache, the prices and the limits of one run, put together as its options say."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from pytest_rtlgen.backends import Backend, BackendSettings, find_traits
from pytest_rtlgen.backends.spending.accounted import AccountedBackend
from pytest_rtlgen.backends.spending.ledger import Ledger, SpendingLimits
from pytest_rtlgen.backends.spending.prices import Price, explain_missing, load_prices
from pytest_rtlgen.config import Options
from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.records import Completion
from pytest_rtlgen.storage.completion_cache import CompletionCache
from pytest_rtlgen.tools.cache_folder import find_cache


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """What all backends of one run share."""

    ledger: Ledger
    limits: SpendingLimits
    prices_path: Path | None
    cache: CompletionCache | None
    tell: Callable[[str], None] = lambda _: None
    """Is given a line for people before a model is asked for the first time."""
    free: set[str] = field(default_factory=set)
    """Names of backends that were seen to ask no model."""

    @classmethod
    def open(
        cls, options: Options, *, warn: Callable[[str], None], tell: Callable[[str], None] = lambda _: None
    ) -> Self:
        """Return the accounts that ``options`` ask for.

        ``warn`` is told, a line each, of damage to the cache, ``tell`` of what is asked, before it is.
        """
        limits = SpendingLimits(max_cost_usd=options.max_cost_usd, max_tokens_total=options.max_tokens_total)
        folder = options.cache or find_cache(os.environ) / "completions"
        return cls(
            ledger=Ledger(limits),
            limits=limits,
            prices_path=options.prices,
            cache=None if options.no_cache else CompletionCache(folder, warn=warn),
            tell=tell,
        )

    def limit(self, settings: BackendSettings) -> BackendSettings:
        """Return ``settings`` for a backend that sends nothing more once a limit is reached."""
        return replace(settings, may_ask=self.ledger.may_ask)

    def account(self, spec: str, backend: Backend) -> Backend:
        """Return ``backend``, which ``spec`` names, with its completions kept and counted.

        Raises:
            UsageError: the cost is limited and there is no price for the model, or the prices cannot be read.
        """
        if find_traits(backend).is_free:
            self.free.add(spec)
            return backend
        price = self._find_price(spec)
        return AccountedBackend(backend, ledger=self.ledger, price=price, cache=self.cache, tell=self.tell)

    def note(self, spec: str, completions: Iterable[Completion]) -> None:
        """Count completions of the model that ``spec`` names, which were there before; each counts once.

        Raises:
            UsageError: as ``account`` does.
        """
        if self.is_free(spec):
            return
        price = self._find_price(spec)
        for completion in completions:
            self.ledger.note(completion, price)

    def is_free(self, spec: str) -> bool:
        """Return whether the backend that ``spec`` names asks no model, also where it was not made this time."""
        return spec in self.free or find_traits(spec).is_free

    def _find_price(self, spec: str) -> Price | None:
        """Return the model's price; raises where it is missing and the cost is limited."""
        price = find_price(self.prices_path, spec)
        if price is None and self.limits.max_cost_usd is not None:
            missing = explain_missing(spec.partition(":")[2], self.prices_path)
            raise UsageError(f"--rtlgen-max-cost: {missing}")
        return price


def find_price(path: Path | None, spec: str) -> Price | None:
    """Return what the model that ``spec`` names costs; ``None`` without prices, or where they do not name it.

    Raises:
        UsageError: the prices cannot be read.
    """
    return None if path is None else load_prices(path).get(spec.partition(":")[2])
