"""Checkpoints and adapters: which they are, told from their content."""

from pathlib import Path

import pytest

from pytest_rtlgen.backends.engines.weights import digest_file, digest_folder, find_weights, read_adapter_rank
from pytest_rtlgen.errors import UsageError


def test_a_folder_is_what_its_files_hold_wherever_it_lies(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text("{}", encoding="utf-8")
    first = digest_folder(tmp_path / "a")
    assert digest_folder(tmp_path / "b") == first
    (tmp_path / "b" / ".cache").mkdir()
    (tmp_path / "b" / ".cache" / "lock").touch()
    assert digest_folder(tmp_path / "b") == first
    (tmp_path / "b" / "config.json").rename(tmp_path / "b" / "other.json")
    assert digest_folder(tmp_path / "b") != first
    (tmp_path / "a" / "config.json").write_text("[]", encoding="utf-8")
    assert digest_folder(tmp_path / "a") != first


def test_a_large_file_is_told_by_size_time_and_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_rtlgen.backends.engines.weights._WHOLE_BYTES", 1 << 10)
    monkeypatch.setattr("pytest_rtlgen.backends.engines.weights._SLICE_BYTES", 16)
    file, time = tmp_path / "model.safetensors", (1_000_000_000, 1_000_000_000)

    def digest(content: bytes, seconds: int = 0) -> str:
        import os

        file.write_bytes(content)
        os.utime(file, (time[0] + seconds, time[1] + seconds))
        return digest_file(file)

    base = digest(bytes(4096))
    assert digest(bytes(4096)) == base
    assert digest(bytes(4097)) != base
    assert digest(bytes(4095) + b"x") != base
    assert digest(bytes(4096), seconds=1) != base
    assert digest_file(file, is_whole=True) == "ad7facb2586fc6e966c004d7d1d16b024f5805ff7cb47c7a85dabd8b48892ca7"


def test_a_folder_has_no_revision_and_a_name_keeps_its_own(tmp_path: Path) -> None:
    assert find_weights(str(tmp_path)).revision is None
    named = find_weights("./owner name that no hub has", "v1")
    assert (named.revision, named.digest) == ("v1", "./owner name that no hub has@v1")


@pytest.mark.parametrize(
    ("text", "rank"),
    [('{"r": 8}', 8), ('{"r": 8, "rank_pattern": {"q": 64, "v": 4}}', 64), ('{"r": 1, "rank_pattern": null}', 1)],
)
def test_the_rank_of_an_adapter(tmp_path: Path, text: str, rank: int) -> None:
    (tmp_path / "adapter_config.json").write_text(text, encoding="utf-8")
    assert read_adapter_rank(tmp_path) == rank


@pytest.mark.parametrize("text", [None, "{", "[]", "{}", '{"r": "x"}'])
def test_a_folder_without_an_adapter(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "adapter_config.json").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"no LoRA adapter \(adapter_config.json is missing or holds no r"):
        read_adapter_rank(tmp_path)
