"""Loading vLLM's engine: the only file that imports vllm.

Source: vLLM 0.32, ``LLM`` and ``LLMEngine``; ``max_lora_rank`` as ``vllm/config/lora.py`` lists it.
"""

import gc
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_rtlgen.backends.engines.weights import Weights, read_adapter_rank
from pytest_rtlgen.backends.openai.chat_answers import shorten
from pytest_rtlgen.errors import ToolError
from pytest_rtlgen.foreign import Foreign
from pytest_rtlgen.records import SamplingParams

_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
_ENVIRONMENT = {
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_LOGGING_LEVEL": "ERROR",
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # a killed run leaves no engine process behind
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOrder:
    """What is to be loaded."""

    label: str
    """The model as the user spelt it."""
    weights: Weights
    adapter: Path | None
    """Folder of a LoRA adapter."""
    arguments: Mapping[str, object]
    """Arguments of ``LLM`` that the user gave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """What runs the model, from the first request to ``close``."""

    core: Any
    """vLLM's ``LLMEngine``: ``add_request``, ``step``, ``has_unfinished_requests``."""
    tokenizer: Any
    max_model_len: int
    """Most tokens of a prompt with its answer."""
    make_params: Callable[[SamplingParams, int], object]
    """vLLM's ``SamplingParams`` of one sample, from what was asked and the sample's seed."""
    adapter: object
    """vLLM's ``LoRARequest``, or ``None``."""
    close: Callable[[], None]
    """Frees the memory that the engine holds."""


def load_engine(order: LoadOrder) -> Engine:
    """Return vLLM's engine with the model.

    Raises:
        ToolError: vLLM is not installed, or cannot load the model.
    """
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    cores = os.sched_getaffinity(0) if sys.platform == "linux" else set[int]()
    try:
        import vllm
        from vllm.lora.request import LoRARequest
    except ImportError as error:
        raise ToolError(
            f"{order.label}: vLLM cannot be imported ({shorten(str(error))}); pip install 'pytest-rtlgen[vllm]', see: "
            "rtlgen help run-vllm"
        ) from error
    try:
        llm = vllm.LLM(**list_arguments(order))
    except Exception as error:  # vLLM raises many kinds here, some of them of torch and transformers
        raise ToolError(
            f"{order.label}: vLLM cannot load the model ({type(error).__name__}: {shorten(str(error))}); "
            "check the model and --rtlgen-engine"
        ) from error
    core = llm.llm_engine
    defaults = core.model_config.get_diff_sampling_param()
    return Engine(
        core=core,
        tokenizer=llm.get_tokenizer(),
        max_model_len=core.model_config.max_model_len,
        make_params=lambda sampling, seed: _make_params(vllm, defaults, sampling, seed),
        adapter=LoRARequest(order.adapter.name, 1, str(order.adapter)) if order.adapter else None,
        close=lambda: _free(core, cores),
    )


def list_arguments(order: LoadOrder) -> dict[str, object]:
    """Return the arguments of ``LLM``: what the user gave, and what an adapter needs.

    The checkpoint's commit is pinned, so that what is loaded is what ``Weights.digest`` says.
    """
    arguments: dict[str, object] = {
        "model": order.weights.name,
        "disable_log_stats": False,  # else no sample tells how long it took
        "use_tqdm_on_load": False,
        **order.arguments,
    }
    if order.weights.revision:
        arguments["revision"] = order.weights.revision
    if order.adapter is not None:
        rank = read_adapter_rank(order.adapter)
        fitting = next((allowed for allowed in _RANKS if allowed >= rank), rank)
        arguments = {"enable_lora": True, "max_lora_rank": fitting, **arguments}
    return arguments


def _make_params(
    vllm: Foreign, defaults: Mapping[str, object], sampling: SamplingParams, seed: int
) -> object:  # the module
    """Return one sample's parameters; what the user left open is the checkpoint's choice, the length the engine's."""
    from vllm.sampling_params import RequestOutputKind

    options = {"temperature": sampling.temperature, "top_p": sampling.top_p, "max_tokens": sampling.max_tokens}
    given = {name: value for name, value in options.items() if value is not None}
    return vllm.SamplingParams(
        **{"max_tokens": None, **defaults, **given}, n=1, seed=seed, output_kind=RequestOutputKind.FINAL_ONLY
    )


def _free(core: Foreign, cores: set[int]) -> None:  # vLLM's LLMEngine
    """Let go of the engine's memory, on a GPU too, and of the cores that it binds us to without one."""
    from vllm.distributed import cleanup_dist_env_and_memory

    core.engine_core.shutdown()
    gc.collect()
    cleanup_dist_env_and_memory()
    if sys.platform == "linux":
        os.sched_setaffinity(0, cores)
