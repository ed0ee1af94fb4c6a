"""An endpoint that does everything wrong: 1,040 completions arrive, each once, and the key is nowhere to be seen."""

import logging
import threading
import zlib
from collections import Counter
from pathlib import Path

import pytest
from builders import problem
from support.loopback_server import HANG, MALFORMED, Asked, Reply, as_reply, chat, choice, refuse, serve

from pytest_rtlgen.backends import BackendSettings
from pytest_rtlgen.backends.openai.compatible import OpenAiBackend
from pytest_rtlgen.config.resolve import resolve_options
from pytest_rtlgen.evaluation.accounts import Accounts
from pytest_rtlgen.evaluation.generate import generate_completions
from pytest_rtlgen.evaluation.watch import Watcher
from pytest_rtlgen.records import Environment, RunSettings, SampleKey, SamplingParams
from pytest_rtlgen.storage import RunStore

KEY = "sk-test-4b1d77c0ffee"
PROBLEMS, N = 52, 20
IGNORES_N_FROM = 43
"""From this problem on the server gives one choice, whatever it is asked for."""
MOST_HANGS = 1
STREAM = Reply(
    body=f'data: {{"choices": [{{"delta": {{"content": "{KEY}"}}}}]}}\n\ndata: [DONE]\n\n'.encode(),
    headers={"content-type": "text/event-stream"},
)
FAULTS = (
    refuse(429, f"slow down, {KEY}", retry_after="0.05"),
    refuse(429, retry_after_ms="20"),
    refuse(500, f"internal error with {KEY}"),
    Reply(status=502, body=f"<html>{KEY}</html>".encode()),
    Reply(body=b'{"choices": [{"message": {"content": "half an ans"}}]}', is_cut=True),
    MALFORMED,
    STREAM,
    Reply(body=bytes(range(256)) * 8),
    as_reply({"choices": []}),
    HANG,
)
"""What happens to the first try of a request; every third meets one."""


class Endpoint:
    """The server's script, and what it gave away."""

    def __init__(self) -> None:
        self.given = Counter[str]()
        """Texts that were sent whole."""
        self.faults = Counter[int]()
        self._seen: set[tuple[str, int, int]] = set()
        self._lock = threading.Lock()

    def answer(self, _: int, asked: Asked) -> Reply:
        name, seed = read_problem(asked), int(asked.body["seed"])
        with self._lock:
            fault = self._draw((name, seed, asked.n))
            if fault is not None:
                return FAULTS[fault]
            texts = [f"{name} {seed} {place} {KEY}" for place in range(1 if is_poor(name) else asked.n)]
            self.given.update(texts)
        return chat(*(choice(text, place) for place, text in enumerate(texts)))

    def _draw(self, request: tuple[str, int, int]) -> int | None:
        """Return which fault the request meets; none if it is tried again."""
        number = zlib.crc32(repr(request).encode())
        if request in self._seen or number % 3:
            return None
        self._seen.add(request)
        fault = number // 3 % len(FAULTS)
        if FAULTS[fault] is HANG and self.faults[fault] >= MOST_HANGS:
            return None
        self.faults[fault] += 1
        return fault


def read_problem(asked: Asked) -> str:
    return str(asked.body["messages"][-1]["content"]).split("module ")[1][:4]


def is_poor(name: str) -> bool:
    return int(name[1:]) >= IGNORES_N_FROM


@pytest.mark.slow
def test_all_arrive_once_and_no_key_is_in_any_log_or_record(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    caplog.set_level(logging.DEBUG)
    problems = [
        problem(problem_id=f"p{place:03}", description=f"Write module p{place:03}.") for place in range(PROBLEMS)
    ]
    settings = RunSettings(model="openai:m", suites=(), sampling=SamplingParams(n=N), prompt="chat", simulator="icarus")
    environment = Environment(harness="0", python="3", platform="p", tools=())
    store = RunStore.create(tmp_path / "runs", settings, environment, problems)
    accounts = Accounts.open(resolve_options({"rtlgen_cache": str(tmp_path / "kept")}, {}, {}), warn=pytest.fail)
    endpoint = Endpoint()
    with serve(endpoint.answer) as server:
        asked = BackendSettings(base_url=server.url, timeout_s=6.0, concurrency=32, backoff_s=0.01)
        model = OpenAiBackend("m", asked, environ={"OPENAI_API_KEY": KEY})
        backend = accounts.account("openai:m", model)
        generate_completions(problems, backend=backend, sampling=settings.sampling, store=store, style="chat")
    expected = {SampleKey(suite="test", problem_id=one.problem_id, index=i) for one in problems for i in range(N)}
    got = store.read_completions()
    assert got.keys() == expected
    assert store.count_completions() == len(expected) == 1040
    assert set(endpoint.faults) == set(range(len(FAULTS)))
    arrived = Counter(completion.text.replace("[OPENAI_API_KEY]", KEY) for completion in got.values())
    assert max(arrived.values()) == 1
    assert arrived == endpoint.given, "an answer was lost, or paid for twice"
    assert all(completion.text.startswith(f"{key.problem_id} ") for key, completion in got.items())
    check_no_key(tmp_path, caplog, capfd)


class Listening(Watcher):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def advance(self, done: int, total: int, what: str) -> None:
        self.told.append(f"{done}/{total} {what}")


def test_who_watches_is_told_of_retries_while_nothing_arrives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pytest_rtlgen.evaluation.watch._EVERY_S", 0.01)
    tasks = [problem(problem_id="p1")]
    settings = RunSettings(model="openai:m", suites=(), sampling=SamplingParams(n=1), prompt="chat", simulator="icarus")
    environment = Environment(harness="0", python="3", platform="p", tools=())
    store = RunStore.create(tmp_path / "runs", settings, environment, tasks)
    accounts = Accounts.open(resolve_options({"rtlgen_no_cache": True}, {}, {}), warn=pytest.fail)
    tries: list[Asked] = []

    def answer(_: int, asked: Asked) -> Reply:
        tries.append(asked)
        return refuse(429, f"slow down, {KEY}", retry_after="0.3") if len(tries) == 1 else chat(choice("module m;"))

    watcher = Listening()
    with serve(answer) as server:
        model = OpenAiBackend("m", BackendSettings(base_url=server.url), environ={"OPENAI_API_KEY": KEY})
        backend = accounts.account("openai:m", model)
        generate_completions(
            tasks, backend=backend, sampling=settings.sampling, store=store, style="chat", watcher=watcher
        )
    assert "0/1 completions, 1 retries, 1 waiting (HTTP 429 slow down, [OPENAI_API_KEY])" in watcher.told
    assert watcher.told[-1] == "1/1 completions, 1 retries"
    assert not any(KEY in line for line in watcher.told)


def check_no_key(folder: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) > PROBLEMS  # the run's and the cache's
    assert not any(KEY.encode() in path.read_bytes() for path in files)
    assert caplog.records
    assert KEY not in caplog.text
    assert not any(KEY in repr(record.__dict__) for record in caplog.records)
    assert not any(KEY in text for text in capfd.readouterr())
