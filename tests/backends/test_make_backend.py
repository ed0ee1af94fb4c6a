"""Which specification makes which backend."""

import sys
from pathlib import Path

import pytest

from pytest_rtlgen.backends import BACKENDS, BackendSettings, Traits, find_traits, make_backend
from pytest_rtlgen.backends.replay.model import ReplayBackend
from pytest_rtlgen.backends.spending.ledger import Ledger, SpendingLimits
from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.evaluation.accounts import Accounts


def test_every_backend_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-4b1d77c0ffee")
    specs = [
        *("openai:m", "openai-completions:m", "openai-responses:m"),
        *(
            "vllm:owner/name",
            "vllm-completions:m",
            "transformers:m",
            "transformers-completions:m",
            "local:",
            "local-completions:",
        ),
        *(f"replay:{tmp_path}", "reference:", f"command:{sys.executable} -V"),
    ]
    assert [make_backend(spec, BackendSettings()).name for spec in specs] == specs
    assert {spec.partition(":")[0] for spec in specs} == set(BACKENDS)


def test_settings_that_would_ask_for_nothing_are_refused() -> None:
    with pytest.raises(UsageError, match="concurrency=0: must be 1 or more"):
        BackendSettings(concurrency=0)


GPT = (
    "--rtlgen-model=gpt: no such backend; a server's model is openai:gpt; "
    "write one of openai:MODEL, openai-completions:MODEL, .*:$"
)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("gpt", GPT),
        ("gguf:m", "--rtlgen-model=gguf:m: no such backend"),
        ("vllm:", "vllm: names no model; write vllm:FOLDER, or vllm:OWNER/NAME of the hub"),
        ("vllm:./nowhere", "vllm:./nowhere: no such folder; name the folder of a checkpoint"),
        ("transformers:./nowhere", "transformers:./nowhere: no such folder; name the folder of a checkpoint"),
        ("vllm:/", "vllm:/: holds no config.json; name the folder of a checkpoint"),
        ("local:nowhere.gguf", "local:nowhere.gguf: no such file; name a .gguf file, or write local: for the extra's"),
        ("", "no such backend"),
        ("replay:", "replay:: no such file or folder"),
        ("replay:nowhere", "replay:nowhere: no such file or folder; name a folder or a .jsonl file"),
        ("replay:coer", "name a folder or a .jsonl file of recorded answers; did you mean core.$"),
        ("reference:x", "reference:x: takes no argument; write reference:"),
        ("openai:", "names no model; write openai:MODEL"),
        ("command:", "names no program; write command:PROGRAM"),
        ("command:no-such-program --x", "command:no-such-program: no such program; give its path, or put it on PATH"),
        ("command:sh -c 'x", "No closing quotation; quote it as for a shell"),
    ],
)
def test_what_cannot_be_meant_is_refused(spec: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make_backend(spec, BackendSettings())


def test_a_backend_says_itself_what_its_answers_are(tmp_path: Path) -> None:
    class Foreign:
        name = "mine:x"
        traits = Traits(is_free=True)

        def generate(self, *args: object) -> None:
            """Deliver nothing."""

    backend = Foreign()
    limits = SpendingLimits()
    accounts = Accounts(ledger=Ledger(limits), limits=limits, prices_path=None, cache=None)
    assert find_traits(backend) == Traits(is_free=True)
    assert accounts.account("mine:x", backend) is backend
    assert (accounts.is_free("mine:x"), accounts.is_free("mine:y")) == (True, False)
    backend.traits = Traits(is_chat=False)
    assert find_traits(accounts.account("mine:y", backend)) == Traits(is_chat=False)
    assert find_traits(ReplayBackend(tmp_path)) == Traits(is_free=True, is_recorded=True)


def test_a_backend_of_which_nothing_is_known_is_a_model_that_chats() -> None:
    class Foreign:
        name = "mine:x"

        def generate(self, *args: object) -> None:
            """Deliver nothing."""

    assert find_traits(Foreign()) == find_traits("mine:x") == Traits(is_free=False, is_recorded=False, is_chat=True)
    assert find_traits("openai:m") == Traits()
    assert find_traits("local-completions:") == Traits(is_chat=False)
