"""Checkpoints and adapters: where they are, and which they are without reading every byte."""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pytest_rtlgen.errors import UsageError

_WHOLE_BYTES = 64 << 20
"""Files up to this size are hashed whole."""
_SLICES, _SLICE_BYTES = 64, 64 << 10
"""What is hashed of larger ones, spread evenly, beside their size and time of change."""
_PATH_STARTS = ("/", "./", "../", "~")


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """A model that an engine can load."""

    name: str
    """A folder, or a name on Hugging Face's hub."""
    revision: str | None
    """Commit on the hub, where it is known; else what the user named, or ``None``."""
    digest: str
    """Tells these weights from others; the commit, or a SHA-256 over a folder."""


def find_weights(model: str, revision: str | None = None) -> Weights:
    """Return the weights that ``model`` names: a folder, or a name on the hub, whose commit is looked up once.

    Where neither this machine's cache nor the hub tells the commit, the digest is the name.
    """
    folder = Path(model).expanduser()
    if folder.exists():
        return Weights(name=str(folder), revision=None, digest=digest_folder(folder))
    commit = _find_commit(model, revision or "main")
    return Weights(name=model, revision=commit or revision, digest=commit or f"{model}@{revision or 'main'}")


def check_model(prefix: str, model: str) -> None:
    """Refuse what no checkpoint can be called, before anything large is imported.

    Raises:
        UsageError: no model is named, or the folder is none of a checkpoint.
    """
    if not model:
        raise UsageError(f"{prefix}: names no model; write {prefix}:FOLDER, or {prefix}:OWNER/NAME of the hub")
    folder = Path(model).expanduser()
    if model.startswith(_PATH_STARTS) and not folder.exists():
        raise UsageError(f"{prefix}:{model}: no such folder; name the folder of a checkpoint")
    if folder.exists() and not (folder / "config.json").is_file():
        raise UsageError(f"{prefix}:{model}: holds no config.json; name the folder of a checkpoint")


def read_adapter_rank(folder: Path) -> int:
    """Return the largest rank of the LoRA adapter in ``folder``.

    Source: peft's ``adapter_config.json``: ``r``, and ``rank_pattern`` for modules that have their own.

    Raises:
        UsageError: there is no adapter in it.
    """
    path = folder / "adapter_config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        return max(int(config["r"]), *map(int, (config.get("rank_pattern") or {}).values()), 1)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"--rtlgen-lora={folder}: no LoRA adapter ({path.name} is missing or holds no r); "
            "name the folder that peft's save_pretrained wrote"
        ) from error


def digest_folder(folder: Path) -> str:
    """Return a SHA-256 over the names and contents of the files in ``folder``, cheap for large ones.

    A file above 64 MiB counts by size, time of change and 4 MiB of its content.
    """
    total = hashlib.sha256()
    for path in sorted(_list_files(folder)):
        total.update(f"{path.relative_to(folder).as_posix()}\n".encode())
        total.update(f"{digest_file(path)}\n".encode())
    return total.hexdigest()


def digest_file(path: Path, *, is_whole: bool = False) -> str:
    """Return a SHA-256 of a file; one above 64 MiB is read in parts unless ``is_whole``."""
    with path.open("rb") as file:
        facts = os.fstat(file.fileno())
        if is_whole or facts.st_size <= _WHOLE_BYTES:
            return hashlib.file_digest(file, "sha256").hexdigest()
        digest = hashlib.sha256(f"{facts.st_size} {facts.st_mtime_ns}".encode())
        last = facts.st_size - _SLICE_BYTES
        for number in range(_SLICES):
            file.seek(number * last // (_SLICES - 1))
            digest.update(file.read(_SLICE_BYTES))
        return digest.hexdigest()


def _list_files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts):
            yield path


def _find_commit(name: str, revision: str) -> str | None:
    """Return the commit that the engine will be told to load: the one in the cache, else the hub's."""
    try:
        from huggingface_hub import HfApi, constants
        from huggingface_hub.file_download import repo_folder_name
    except ImportError:
        return None
    cached = Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=name, repo_type="model") / "refs" / revision
    if cached.is_file():
        return str(cached.read_text(encoding="ascii").strip())
    try:
        commit: str | None = HfApi().model_info(name, revision=revision, timeout=10.0).sha
    except Exception:  # noqa: BLE001  offline, unknown, refused: the engine will say it better when it loads
        return None
    return commit
