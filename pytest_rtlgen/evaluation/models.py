"""The models of one run: the one that is judged, and the one that tells it what to change."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from pytest_rtlgen.backends import Backend, BackendSettings, make_backend
from pytest_rtlgen.config import Options
from pytest_rtlgen.evaluation.accounts import Accounts
from pytest_rtlgen.evaluation.repair import RepairPlan
from pytest_rtlgen.evaluation.settings import make_backend_settings
from pytest_rtlgen.prompts import PromptStyle
from pytest_rtlgen.records import SamplingParams

MakeBackend = Callable[[str, BackendSettings], Backend]


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """Who is asked, and how."""

    generator: Backend
    sampling: SamplingParams
    style: PromptStyle
    repair: RepairPlan | None
    """``None``: answers stay as they are first given."""

    @property
    def backends(self) -> tuple[Backend, ...]:
        """All that may be asked."""
        reflector = self.repair.reflector if self.repair is not None else None
        return (self.generator,) if reflector is None else (self.generator, reflector)


def open_models(
    options: Options, style: PromptStyle, *, warn: Callable[[str], None], make: MakeBackend = make_backend
) -> Models:
    """Return the models that the options name; they share one cache and one account.

    ``warn`` is told, a line each, of damage to the cache, and of what is asked before it is; ``make`` makes a backend
    from what names it.

    Raises:
        UsageError: there is no such backend, its name or price is missing, or it cannot answer again and has to.
        CredentialError: an endpoint needs a key and there is none.
    """
    accounts = Accounts.open(options, warn=warn, tell=warn)
    settings = accounts.limit(make_backend_settings(options))

    def open_model(spec: str, settings: BackendSettings) -> Backend:
        return accounts.account(spec, make(spec, settings))

    generator = open_model(options.model or "", settings)
    repair = None
    if options.repair is not None:
        reflector = generator if options.reflector else None  # a second engine of the same weights costs memory
        if options.reflector and options.reflector != options.model:
            reflector = open_model(options.reflector, replace(settings, lora=None))
        repair = RepairPlan(
            budget=options.repair,
            generator=generator,
            reflector=reflector,
            shows_testbench=options.show_testbench,
            sampling=options.sampling,
            style=style,
        )
    return Models(generator=generator, sampling=options.sampling, style=style, repair=repair)
