"""The reward server: a reward over HTTP, for trainers on other machines and in other languages.

Routes are in ``docs/reference/rewards.md``. Nothing of a completion or the token is logged.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pytest_rtlgen.errors import InnerError, UsageError
from pytest_rtlgen.training.openrlhf import render_openrlhf
from pytest_rtlgen.training.reward.callable import Reward
from pytest_rtlgen.training.reward.parts import RewardResult
from pytest_rtlgen.training.server.access import ServeToken
from pytest_rtlgen.training.server.forms import (
    Batch,
    read_openrlhf,
    read_rewards,
    read_verify,
    render_rewards,
    render_verify,
)
from pytest_rtlgen.training.server.load import Load

if TYPE_CHECKING:
    from fastapi import FastAPI, Request, Response

MOST_BODY_BYTES = 64 << 20
_Read = Callable[[Mapping[str, Any]], Batch]
_Render = Callable[[Mapping[str, Any], Sequence[RewardResult]], Mapping[str, Any]]
_METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class _RefusedError(InnerError):
    """A request that is not served."""

    def __init__(self, code: int, message: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.headers = dict(headers or {})


def make_app(reward: Reward, *, queue: int, token: ServeToken | None = None) -> "FastAPI":
    """Return the application: ``reward`` behind routes, with at most ``queue`` samples waiting or being checked."""
    from fastapi import FastAPI, Request, Response

    app = FastAPI(title="pytest-rtlgen rewards", docs_url=None, redoc_url=None, openapi_url=None)
    desk = _Desk(reward, Load(limit=queue, jobs=reward.settings.check.jobs), token)

    @app.get("/health")
    def health() -> Response:
        return desk.report_health()

    @app.get("/metrics")
    def metrics(request: Request) -> Response:
        return desk.report_metrics(request)

    def add(path: str, read: _Read, render: _Render) -> None:
        async def answer(request: Request) -> Response:
            return await desk.serve(request, path, read, render)

        app.post(path)(answer)

    add("/rewards", read_rewards, lambda _, results: render_rewards(results))
    add("/openrlhf", read_openrlhf, lambda _, results: render_openrlhf(results, reward.part_names))
    add("/verify", read_verify, lambda body, results: render_verify(body, results[0]))
    return app


class _Desk:
    """Takes requests in and gives answers out."""

    def __init__(self, reward: Reward, load: Load, token: ServeToken | None) -> None:
        self._reward = reward
        self._load = load
        self._token = token

    async def serve(self, request: "Request", path: str, read: _Read, render: _Render) -> "Response":
        try:
            self._admit(request)
            body = _parse(await _read_body(request))
            results = await self._judge(_read(read, body))
            response = _respond(200, render(body, results))
        except _RefusedError as error:
            response = _respond(error.code, {"error": str(error)}, error.headers)
        self._load.note_request(path, response.status_code)
        return response

    def report_health(self) -> "Response":
        load = self._load
        values = {
            "status": "failing" if load.is_failing else "ok",
            "preset": self._reward.settings.preset.name,
            "queue": load.queued,
            "queue_limit": load.limit,
        }
        return _respond(503 if load.is_failing else 200, values)

    def report_metrics(self, request: "Request") -> "Response":
        from fastapi import Response

        try:
            self._admit(request)
        except _RefusedError as error:
            return _respond(error.code, {"error": str(error)}, error.headers)
        return Response(self._load.render_metrics(), media_type=_METRICS_TYPE)

    def _admit(self, request: "Request") -> None:
        if self._token is not None and not self._token.admits(request.headers.get("authorization", "")):
            message = "the Authorization is missing or wrong; send Bearer with the server's token"
            raise _RefusedError(401, message, headers={"WWW-Authenticate": "Bearer"})

    async def _judge(self, batch: Batch) -> list[RewardResult]:
        samples, load = len(batch.completions), self._load
        if samples > load.limit:
            raise _RefusedError(413, f"{samples} samples in one request, but the queue holds {load.limit}; send fewer")
        if not load.enter(samples):
            wait_s = load.guess_wait_s()
            message = f"{load.queued} samples are waiting; try again in {wait_s} s"
            raise _RefusedError(429, message, headers={"Retry-After": str(wait_s)})
        started = time.monotonic()
        results: list[RewardResult] = []
        try:
            results = await self._reward.judge_async(
                batch.completions, batch.tasks, step=batch.step, seed=batch.seed, lengths=batch.lengths
            )
        except UsageError as error:  # the overlong buffer has neither a length nor a tokenizer
            raise _RefusedError(400, str(error)) from error
        finally:
            load.leave(samples, results, time.monotonic() - started)
        return results


async def _read_body(request: "Request") -> bytes:
    """Return the body; one that is too long is not read to its end."""
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > MOST_BODY_BYTES:
            raise _RefusedError(413, f"the body has more than {MOST_BODY_BYTES >> 20} MiB; send fewer samples")
        pieces.append(piece)
    return b"".join(pieces)


def _parse(body: bytes) -> Mapping[str, Any]:
    try:
        values = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _RefusedError(400, "the body is no JSON") from error
    if not isinstance(values, dict):
        raise _RefusedError(400, "the body must be a JSON object")
    return values


def _read(read: _Read, body: Mapping[str, Any]) -> Batch:
    try:
        return read(body)
    except UsageError as error:
        raise _RefusedError(400, str(error)) from error


def _respond(code: int, values: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> "Response":
    from fastapi import Response

    return Response(json.dumps(values), code, dict(headers or {}), media_type="application/json")
