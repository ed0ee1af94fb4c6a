"""The real transformers and peft, on a CPU, with a random checkpoint: ``make vllm-cpu-test``."""

from pathlib import Path

import pytest
from support.asking import collect, request

from pytest_rtlgen.backends import BackendSettings
from pytest_rtlgen.backends.engines.transformers_model import TransformersBackend
from pytest_rtlgen.backends.engines.vllm_engine import VllmBackend
from pytest_rtlgen.errors import ToolError
from pytest_rtlgen.records import FinishReason

pytestmark = pytest.mark.real_engine
SMALL = (("enforce_eager", "true"), ("kv_cache_memory_bytes", str(64 << 20)), ("dtype", "float32"))


def write(checkpoints: Path, *, batch_size: int = 8, lora: bool = False, **sampling: object) -> list[str]:
    engine = (("batch_size", str(batch_size)), ("dtype", "float32"))
    settings = BackendSettings(engine=engine, lora=str(checkpoints / "adapter") if lora else None)
    made = TransformersBackend(str(checkpoints / "chat"), settings)
    completions = collect(made, request("counter", *range(6)), request("adder", *range(6)), max_tokens=96, **sampling)
    assert len(completions) == 12
    for completion in completions:
        is_cut = completion.usage.completion == 96
        assert completion.finish_reason is (FinishReason.LENGTH if is_cut else FinishReason.STOP)
    return [completion.text for completion in completions]


def test_a_samples_text_is_its_seeds_whatever_the_batch(checkpoints: Path) -> None:
    texts = write(checkpoints, temperature=1.0, seed=3)
    assert len(set(texts)) == 12
    assert write(checkpoints, temperature=1.0, seed=3, batch_size=4) == texts
    assert write(checkpoints, temperature=1.0, seed=4) != texts


def test_an_adapter_changes_the_texts(checkpoints: Path) -> None:
    tuned = write(checkpoints, temperature=1.0, lora=True)
    assert tuned != write(checkpoints, temperature=1.0)
    assert write(checkpoints, temperature=1.0, lora=True) == tuned


def test_a_narrow_nucleus_is_the_likeliest_text(checkpoints: Path) -> None:
    greedy = write(checkpoints, temperature=0.0)
    assert len(set(greedy)) == 2  # one a problem
    assert write(checkpoints, temperature=1.0, top_p=1e-6) == greedy


def test_the_likeliest_texts_are_those_of_vllm(checkpoints: Path) -> None:
    settings = BackendSettings(engine=SMALL, lora=str(checkpoints / "adapter"))
    made = VllmBackend(str(checkpoints / "chat"), settings)
    served = collect(made, request("counter"), request("adder"), max_tokens=96, temperature=0.0)
    ours = write(checkpoints, temperature=0.0, lora=True)
    assert [completion.text for completion in served] == [ours[0], ours[6]]


def test_a_checkpoint_that_cannot_be_loaded_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ToolError, match=r"the model cannot be loaded \(.*\); check the model, the adapter and"):
        collect(TransformersBackend(str(tmp_path), BackendSettings()), request("counter"))
