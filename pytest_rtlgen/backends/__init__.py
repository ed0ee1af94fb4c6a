"""Prompts to completions; one file a backend."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from pytest_rtlgen.backends.base import Backend, BackendSettings, Deliver, GenerationRequest, Traits
from pytest_rtlgen.backends.command import make_command
from pytest_rtlgen.backends.engines.transformers_model import TransformersBackend
from pytest_rtlgen.backends.engines.vllm_engine import VllmBackend
from pytest_rtlgen.backends.extras import check_installed
from pytest_rtlgen.backends.local.model import LocalBackend
from pytest_rtlgen.backends.openai.api import Api
from pytest_rtlgen.backends.openai.compatible import make_openai
from pytest_rtlgen.backends.reference import make_reference
from pytest_rtlgen.backends.replay.model import make_replay
from pytest_rtlgen.backends.seeds import derive_seed
from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.spelling import suggest
from pytest_rtlgen.tools.hooks import call_first

__all__ = [
    "BACKENDS",
    "Backend",
    "BackendKind",
    "BackendSettings",
    "Deliver",
    "GenerationRequest",
    "Traits",
    "check_installed",
    "derive_seed",
    "find_traits",
    "make_backend",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendKind:
    """The backends behind one prefix."""

    make: Callable[[str, BackendSettings], Backend]
    """Given what follows the colon."""
    forms: str
    """How it is written, for people."""
    traits: Traits = Traits()  # noqa: RUF009  immutable


_BASE_MODEL = Traits(is_chat=False)
BACKENDS: Mapping[str, BackendKind] = {
    "openai": BackendKind(make=make_openai, forms="openai:MODEL"),
    "openai-completions": BackendKind(
        make=partial(make_openai, api=Api.COMPLETIONS), forms="openai-completions:MODEL", traits=_BASE_MODEL
    ),
    "openai-responses": BackendKind(make=partial(make_openai, api=Api.RESPONSES), forms="openai-responses:MODEL"),
    "vllm": BackendKind(make=VllmBackend, forms="vllm:MODEL"),
    "vllm-completions": BackendKind(
        make=partial(VllmBackend, is_chat=False), forms="vllm-completions:MODEL", traits=_BASE_MODEL
    ),
    "transformers": BackendKind(make=TransformersBackend, forms="transformers:MODEL"),
    "transformers-completions": BackendKind(
        make=partial(TransformersBackend, is_chat=False), forms="transformers-completions:MODEL", traits=_BASE_MODEL
    ),
    "local": BackendKind(make=LocalBackend, forms="local:, local:FILE.gguf"),
    "local-completions": BackendKind(
        make=partial(LocalBackend, is_chat=False), forms="local-completions:", traits=_BASE_MODEL
    ),
    "replay": BackendKind(make=make_replay, forms="replay:PATH", traits=Traits(is_free=True, is_recorded=True)),
    "command": BackendKind(make=make_command, forms="command:PROGRAM ARGS…"),
    "reference": BackendKind(make=make_reference, forms="reference:", traits=Traits(is_free=True)),
}
"""Each backend of ours, by the prefix that names it."""


def make_backend(spec: str, settings: BackendSettings) -> Backend:
    """Return the backend that ``--rtlgen-model=spec`` names, one of ours or of an installed plugin.

    Raises:
        UsageError: there is no such backend, or what follows its colon cannot be meant.
        CredentialError: the model's endpoint needs a key and there is none.
    """
    prefix, colon, argument = spec.partition(":")
    if not colon or prefix not in BACKENDS:
        made: Backend | None = call_first("make_backend", spec=spec, settings=settings)
        if made is not None:
            return made
        raise UsageError(f"--rtlgen-model={spec}: no such backend{_hint(spec)}")
    return BACKENDS[prefix].make(argument, settings)


def _hint(spec: str) -> str:
    prefix, colon, _ = spec.partition(":")
    near = suggest(prefix, BACKENDS, ":")
    forms = ", ".join(kind.forms for kind in BACKENDS.values())
    served = "" if colon or not prefix else f"; a server's model is openai:{prefix}"
    return near or f"{served}; write one of {forms}"


def find_traits(backend: Backend | str) -> Traits:
    """Return what ``backend`` says of itself, else what is true of its prefix; of one not at hand, give the name."""
    name, traits = (backend, None) if isinstance(backend, str) else (backend.name, getattr(backend, "traits", None))
    kind = BACKENDS.get(name.partition(":")[0])
    return traits or (kind.traits if kind is not None else Traits())
