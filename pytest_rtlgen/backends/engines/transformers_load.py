"""Loading a checkpoint with transformers and peft: the only file that imports them.

Source: the model card of spec2rtl: the adapter is merged into the weights, the chat template renders the prompt, and
``generate`` writes; transformers 5 and peft 0.19.
"""

import gc
import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pytest_rtlgen.backends.engines.weights import Weights
from pytest_rtlgen.backends.openai.chat_answers import shorten
from pytest_rtlgen.errors import ToolError
from pytest_rtlgen.foreign import Foreign
from pytest_rtlgen.records import SamplingParams


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelOrder:
    """What is to be loaded."""

    label: str
    """The model as the user spelt it."""
    weights: Weights
    adapter: Path | None
    """Folder of a LoRA adapter."""
    device: str | None
    """``None``: a GPU where there is one."""
    arguments: Mapping[str, object]
    """Further arguments of ``from_pretrained`` that the user gave."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model that can write, until ``close``."""

    tokenizer: Any
    context: int
    """Most tokens of a prompt with its answer."""
    ends: frozenset[int]
    """Tokens that end an answer."""
    write: Callable[[Sequence[int], Sequence[int], SamplingParams, int], list[list[int]]]
    """Tokens of a prompt, a seed a sample, how to sample, most new tokens -> what is written for each seed."""
    close: Callable[[], None]
    """Frees the memory that it holds."""


def load_model(order: ModelOrder) -> Model:
    """Return the model with its adapter merged into it.

    Raises:
        ToolError: a library is missing, or the model cannot be loaded.
    """
    try:
        torch, transformers = importlib.import_module("torch"), importlib.import_module("transformers")
        peft = importlib.import_module("peft") if order.adapter else None
    except ImportError as error:
        raise ToolError(f"{order.label}: {shorten(str(error))}; pip install 'pytest-rtlgen[transformers]'") from error
    try:
        tokenizer, model = _load(torch, transformers, peft, order)
    except Exception as error:  # of transformers, peft, torch and the hub
        raise ToolError(
            f"{order.label}: the model cannot be loaded ({type(error).__name__}: {shorten(str(error))}); "
            "check the model, the adapter and --rtlgen-engine"
        ) from error
    held = [model]

    def close() -> None:
        held.clear()
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    return Model(
        tokenizer=tokenizer,
        context=int(getattr(model.config.get_text_config(), "max_position_embeddings", 1 << 20)),
        ends=_list_ends(model.generation_config.eos_token_id),
        write=lambda prompt, seeds, sampling, most: _write(transformers, held[0], prompt, seeds, sampling, most),
        close=close,
    )


def _load(
    torch: Foreign, transformers: Foreign, peft: Foreign, order: ModelOrder
) -> tuple[Foreign, Foreign]:  # modules
    transformers.utils.logging.disable_progress_bar()  # the terminal is pytest's
    where = {"revision": order.weights.revision} if order.weights.revision else {}
    trust = {key: order.arguments[key] for key in ("trust_remote_code",) if key in order.arguments}
    tokenizer = transformers.AutoTokenizer.from_pretrained(order.weights.name, **where, **trust)
    given = {"dtype": "auto", **order.arguments, **where}
    model = transformers.AutoModelForCausalLM.from_pretrained(order.weights.name, **given)
    if order.adapter is not None:
        model = peft.PeftModel.from_pretrained(model, str(order.adapter)).merge_and_unload()
    device = order.device or ("cuda" if torch.cuda.is_available() else "cpu")
    return tokenizer, model.to(device).eval()


def _list_ends(found: object) -> frozenset[int]:
    """Return the ends that a generation configuration names: none, one, or a list of them."""
    return frozenset(found) if isinstance(found, list) else frozenset({found} if isinstance(found, int) else ())


def _write(
    transformers: Foreign,  # the module
    model: Foreign,  # a PreTrainedModel
    prompt: Sequence[int],
    seeds: Sequence[int],
    sampling: SamplingParams,
    most: int,
) -> list[list[int]]:
    """Return what the model writes after ``prompt``, once for each seed.

    ``generate`` draws a whole batch from one stream of random numbers. Here each sample has a stream of its own: noise
    of the Gumbel distribution on the logits, then the largest, is a draw from their softmax, whatever else is in the
    batch. Source: Maddison, Tarlow, Minka, A* Sampling (2014), section 2.
    """
    import torch

    settings = model.generation_config
    temperature = settings.temperature if sampling.temperature is None else sampling.temperature
    is_greedy = temperature == 0 or (sampling.temperature is None and settings.do_sample is False)
    steps = transformers.LogitsProcessorList()
    if not is_greedy:
        top_p = settings.top_p if sampling.top_p is None else sampling.top_p
        if temperature not in {None, 1.0}:
            steps.append(transformers.TemperatureLogitsWarper(float(temperature)))
        if settings.top_k:
            steps.append(transformers.TopKLogitsWarper(settings.top_k))
        if top_p not in {None, 1.0}:
            steps.append(transformers.TopPLogitsWarper(float(top_p)))
        steps.append(_make_noise(torch, seeds, model.device))
    tokens = torch.tensor([list(prompt)] * len(seeds), device=model.device)
    with torch.inference_mode():
        written = model.generate(
            tokens,
            attention_mask=torch.ones_like(tokens),
            do_sample=False,
            temperature=None,
            top_p=None,
            top_k=None,
            max_new_tokens=most,
            logits_processor=steps,
        )
    return [list(map(int, row)) for row in written[:, len(prompt) :].tolist()]


def _make_noise(
    torch: Foreign, seeds: Sequence[int], device: Foreign
) -> Callable[[Foreign, Foreign], Foreign]:  # torch's
    streams = [torch.Generator(device=device).manual_seed(seed) for seed in seeds]

    def add_noise(_: Foreign, scores: Foreign) -> Foreign:  # tensors (samples, words)
        drawn = [torch.empty_like(scores[0]).exponential_(generator=stream) for stream in streams]
        return scores - torch.stack(drawn).log()

    return add_noise
