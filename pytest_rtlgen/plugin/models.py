"""The models of one session: the one that is judged, and the one that tells it what to change."""

from dataclasses import dataclass, replace

import pytest

from pytest_rtlgen.backends import Backend, BackendSettings, make_backend
from pytest_rtlgen.config import Options
from pytest_rtlgen.evaluation.accounts import Accounts
from pytest_rtlgen.evaluation.repair import RepairPlan
from pytest_rtlgen.plugin.notices import say_line
from pytest_rtlgen.plugin.options import backend_settings
from pytest_rtlgen.prompts import PromptStyle


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """What a session asks."""

    generator: Backend
    reflector: Backend | None

    def plan_repair(self, options: Options, style: PromptStyle) -> RepairPlan | None:
        """Return how answers are repaired; ``None``: they are not.

        Raises:
            UsageError: the model cannot answer again.
        """
        if options.repair is None:
            return None
        return RepairPlan(
            budget=options.repair,
            generator=self.generator,
            reflector=self.reflector,
            shows_testbench=options.show_testbench,
            sampling=options.sampling,
            style=style,
        )


def open_models(config: pytest.Config, options: Options) -> Models:
    """Return the models that the options name; they share one cache and one account.

    Raises:
        UsageError: there is no such backend, or its name or price is missing.
        CredentialError: an endpoint needs a key and there is none.
    """
    accounts = Accounts.open(options, warn=lambda line: say_line(config, f"rtlgen: {line}"))
    settings = accounts.limit(backend_settings(options))

    def make(spec: str, settings: BackendSettings) -> Backend:
        made: Backend | None = config.hook.pytest_rtlgen_make_backend(spec=spec, settings=settings)
        return accounts.account(spec, made or make_backend(spec, settings))

    generator = make(options.model or "", settings)
    if options.reflector == options.model:  # a second engine of the same weights would only take memory
        return Models(generator=generator, reflector=generator)
    reflector = make(options.reflector, replace(settings, lora=None)) if options.reflector else None
    return Models(generator=generator, reflector=reflector)
