"""What an engine on this machine is to run: a checkpoint, perhaps an adapter, and the engine's settings."""

import json
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pytest_rtlgen.backends.base import BackendSettings, GenerationRequest
from pytest_rtlgen.backends.engines.settings import Reader, read_engine
from pytest_rtlgen.backends.engines.token_prompts import Tokenizer, encode_chat, encode_text
from pytest_rtlgen.backends.engines.weights import (
    Weights,
    check_model,
    digest_folder,
    find_weights,
    read_adapter_rank,
)


class Closeable(Protocol):
    """What has memory to give back."""

    def close(self) -> None:
        """Give it back."""


Order = TypeVar("Order")
Engine = TypeVar("Engine", bound=Closeable)


@contextmanager
def open_engine(load: Callable[[Order], Engine], order: Order) -> Iterator[Engine]:
    """Yield the engine that ``load`` returns, and free it afterwards; warnings of its libraries are not shown."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a test session may make errors of them
        with closing(load(order)) as engine:
            yield engine


class Checkpoint:
    """A checkpoint as a backend names it; nothing is loaded."""

    def __init__(
        self, prefix: str, model: str, settings: BackendSettings, readers: Mapping[str, Reader], *, is_chat: bool
    ) -> None:
        """Check what was asked, without importing the engine; ``readers`` are of what ``--rtlgen-engine`` may set.

        Raises:
            UsageError: a folder, an adapter or an engine setting that cannot be meant.
        """
        check_model(prefix, model)
        self.name = f"{prefix}:{model}"
        self.arguments = read_engine(prefix, settings, readers)
        """Those of the engine alone."""
        self.adapter = Path(settings.lora).expanduser() if settings.lora else None
        if self.adapter is not None:
            read_adapter_rank(self.adapter)
        self._template_options: Any = self.arguments.pop("chat_template_kwargs", {})
        self._prefix, self._model, self._is_chat = prefix, model, is_chat

    @cached_property
    def weights(self) -> Weights:
        """The weights that the model's name and its revision name."""
        revision = self.arguments.get("revision")
        return find_weights(self._model, str(revision) if revision else None)

    @cached_property
    def identity(self) -> str:
        """What answers depend on besides prompt and sampling: weights, adapter, settings."""
        adapter = digest_folder(self.adapter) if self.adapter else "none"
        given = {**self.arguments, "chat_template_kwargs": self._template_options}
        return f"{self._prefix} of {self.weights.digest} with {adapter} {json.dumps(given, sort_keys=True)}"

    @property
    def answers_as(self) -> str:
        """The model's name in completions."""
        return self._model if self.adapter is None else f"{self._model}+{self.adapter.name}"

    def encode(self, tokenizer: Tokenizer, request: GenerationRequest) -> list[int]:
        """Return the prompt's tokens: of a chat in the model's template, or of a text that a base model goes on with.

        Raises:
            UsageError: the prompt is of the other kind, or the template refuses it.
        """
        if self._is_chat:
            return encode_chat(tokenizer, request, self.name, self._template_options)
        return encode_text(tokenizer, request, self.name)
