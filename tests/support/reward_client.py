"""A reward server on loopback, a client of it, and a reward that takes as long as a test wants."""

import asyncio
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import builders
import uvicorn

from pytest_rtlgen.training import Reward, RewardResult
from pytest_rtlgen.training.server.access import ServeToken
from pytest_rtlgen.training.server.app import make_app


class SlowReward(Reward):
    """Waits for ``go`` and then gives everything 0.5, or fails."""

    def __init__(self) -> None:
        super().__init__(problems=[builders.problem()])
        self.go = threading.Event()
        self.is_broken = False

    async def judge_async(
        self,
        completions: Sequence[str],
        tasks: Sequence[str],
        *,
        step: int | None = None,
        seed: int | None = None,
        lengths: Sequence[int | None] | None = None,
    ) -> list[RewardResult]:
        del tasks, step, seed, lengths
        assert await asyncio.to_thread(self.go.wait, 30)
        parts = dict.fromkeys(self.part_names, 0.0) | {"failed": float(self.is_broken)}
        value = None if self.is_broken else 0.5
        return [RewardResult(value=value, parts=parts, reason="no simulator") for _ in completions]


@dataclass(frozen=True)
class Reply:
    code: int
    headers: Mapping[str, str]
    text: str

    @property
    def values(self) -> Any:
        return json.loads(self.text)


@dataclass(frozen=True)
class Client:
    url: str

    def ask(self, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None) -> Reply:
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, dict(headers or {}))  # noqa: S310  loopback
        try:
            with urllib.request.urlopen(request, timeout=60) as response:  # noqa: S310  likewise
                return Reply(response.status, dict(response.headers), response.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Reply(error.code, dict(error.headers), error.read().decode())


@contextmanager
def serving(reward: Reward, *, queue: int = 8, token: str = "") -> Iterator[Client]:
    app = make_app(reward, queue=queue, token=ServeToken(token) if token else None)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            threading.Event().wait(0.01)
        yield Client(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}")
    finally:
        server.should_exit = True
        thread.join()
