"""Prompts to completions; one file a backend."""

from collections.abc import Callable, Mapping

from pytest_rtlgen.backends.base import Backend, BackendSettings, Deliver, GenerationRequest
from pytest_rtlgen.backends.command import make_command
from pytest_rtlgen.backends.engines.transformers_model import make_transformers, make_transformers_completions
from pytest_rtlgen.backends.engines.vllm_engine import make_vllm, make_vllm_completions
from pytest_rtlgen.backends.installed import make_installed
from pytest_rtlgen.backends.local.model import make_local, make_local_completions
from pytest_rtlgen.backends.openai.compatible import make_openai, make_openai_completions, make_openai_responses
from pytest_rtlgen.backends.reference import make_reference
from pytest_rtlgen.backends.replay.model import make_replay
from pytest_rtlgen.backends.seeds import derive_seed
from pytest_rtlgen.errors import UsageError

BACKENDS: Mapping[str, Callable[[str, BackendSettings], Backend]] = {
    "openai": make_openai,
    "openai-completions": make_openai_completions,
    "openai-responses": make_openai_responses,
    "vllm": make_vllm,
    "vllm-completions": make_vllm_completions,
    "transformers": make_transformers,
    "transformers-completions": make_transformers_completions,
    "local": make_local,
    "local-completions": make_local_completions,
    "replay": make_replay,
    "command": make_command,
    "reference": make_reference,
}
"""Maker of each backend, by the prefix that names it; it is given what follows the colon."""
_FORMS = (
    "openai:MODEL, openai-completions:MODEL, openai-responses:MODEL, vllm:MODEL, vllm-completions:MODEL, "
    "transformers:MODEL, transformers-completions:MODEL, local:, local:FILE.gguf, local-completions:, replay:PATH, "
    "command:PROGRAM ARGS…, reference:"
)

__all__ = ["BACKENDS", "Backend", "BackendSettings", "Deliver", "GenerationRequest", "derive_seed", "make_backend"]


def make_backend(spec: str, settings: BackendSettings) -> Backend:
    """Return the backend that ``--rtlgen-model=spec`` names, one of ours or of an installed plugin.

    Raises:
        UsageError: there is no such backend, or what follows its colon cannot be meant.
        CredentialError: the model's endpoint needs a key and there is none.
    """
    prefix, colon, argument = spec.partition(":")
    if not colon or prefix not in BACKENDS:
        made = make_installed(spec, settings)
        if made is not None:
            return made
        raise UsageError(f"--rtlgen-model={spec}: no such backend; write one of {_FORMS}")
    return BACKENDS[prefix](argument, settings)
