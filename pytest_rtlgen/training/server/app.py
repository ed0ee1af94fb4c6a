"""The reward server: a reward over HTTP, for trainers on other machines and in other languages.

Routes are in ``docs/reference/rewards.md``. Nothing of a completion or the token is logged.
"""

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

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
from pytest_rtlgen.training.server.sandbox_fusion import read_patience_s, read_run_code, render_run_code

if TYPE_CHECKING:
    from fastapi import FastAPI, Request, Response

MOST_BODY_BYTES = 64 << 20
_T = TypeVar("_T")
_Read = Callable[[Mapping[str, Any]], Batch]
_Render = Callable[[Mapping[str, Any], Sequence[RewardResult]], Mapping[str, Any]]
_TOO_MANY = 429
_GATEWAY_TIMEOUT = 504
_METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Route:
    """How one path is asked and answered."""

    path: str
    read: _Read
    render: _Render
    read_patience_s: Callable[[Mapping[str, Any]], float] | None = None
    """How long its client waits for the results; ``None``: as long as it takes."""
    busy_code: int = _TOO_MANY
    """HTTP status that tells its client to come again."""


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

    def add(route: _Route) -> None:
        async def answer(request: Request) -> Response:
            return await desk.serve(request, route)

        app.post(route.path)(answer)

    for route in _list_routes(reward):
        add(route)
    return app


def _list_routes(reward: Reward) -> tuple[_Route, ...]:
    names = reward.part_names
    return (
        _Route(path="/rewards", read=read_rewards, render=lambda _, results: render_rewards(results)),
        _Route(path="/openrlhf", read=read_openrlhf, render=lambda _, results: render_openrlhf(results, names)),
        _Route(path="/verify", read=read_verify, render=lambda body, results: render_verify(body, results[0])),
        _Route(
            path="/run_code",
            read=read_run_code,
            render=lambda _, results: render_run_code(results[0]),
            read_patience_s=read_patience_s,
            busy_code=_GATEWAY_TIMEOUT,  # the only one after which verl's client asks again
        ),
    )


class _Desk:
    """Takes requests in and gives answers out."""

    def __init__(self, reward: Reward, load: Load, token: ServeToken | None) -> None:
        self._reward = reward
        self._load = load
        self._token = token

    async def serve(self, request: "Request", route: _Route) -> "Response":
        try:
            self._admit(request)
            body = _parse(await _read_body(request))
            results = await self._judge(_read(route.read, body), route, body)
            response = _respond(200, route.render(body, results))
        except _RefusedError as error:
            response = _respond(error.code, {"error": str(error)}, error.headers)
        self._load.note_request(route.path, response.status_code)
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

    async def _judge(self, batch: Batch, route: _Route, body: Mapping[str, Any]) -> list[RewardResult]:
        patience_s = None if route.read_patience_s is None else _read(route.read_patience_s, body)
        samples, load = len(batch.completions), self._load
        if samples > load.limit:
            raise _RefusedError(413, f"{samples} samples in one request, but the queue holds {load.limit}; send fewer")
        if not load.enter(samples):
            wait_s = load.guess_wait_s()
            message = f"{load.queued} samples are waiting; try again in {wait_s} s"
            raise _RefusedError(route.busy_code, message, headers={"Retry-After": str(wait_s)})
        started = time.monotonic()
        results: list[RewardResult] = []
        try:
            async with asyncio.timeout(patience_s):
                results = await self._reward.judge_async(
                    batch.completions, batch.tasks, step=batch.step, seed=batch.seed, lengths=batch.lengths
                )
        except UsageError as error:  # the overlong buffer has neither a length nor a tokenizer
            raise _RefusedError(400, str(error)) from error
        except TimeoutError as error:
            message = f"no verdict within {patience_s:g} s; try again, or give a longer run_timeout"
            raise _RefusedError(_GATEWAY_TIMEOUT, message) from error
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


def _read(read: Callable[[Mapping[str, Any]], _T], body: Mapping[str, Any]) -> _T:
    try:
        return read(body)
    except UsageError as error:
        raise _RefusedError(400, str(error)) from error


def _respond(code: int, values: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> "Response":
    from fastapi import Response

    return Response(json.dumps(values), code, dict(headers or {}), media_type="application/json")
