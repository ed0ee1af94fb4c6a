"""The client: one WebSocket, one episode at a time. This file needs openenv and nothing else."""

from collections.abc import Mapping
from typing import Any

from openenv.core import EnvClient
from openenv.core.client_types import StepResult

from .models import RtlAction, RtlObservation, RtlState

LONGEST_S = 660.0
"""Seconds that an answer may take: a little more than the server gives a tool."""


class RtlEnv(EnvClient[RtlAction, RtlObservation, RtlState]):  # type: ignore[misc]  # openenv may be missing
    """A session with the server.

    ``with RtlEnv(base_url="http://127.0.0.1:8000").sync() as env: env.reset(index=0)``, then
    ``env.step(RtlAction(tool="simulate", verilog=...))`` until the result is done.
    """

    def __init__(self, base_url: str | None = None, **settings: Any) -> None:  # noqa: ANN401  those of EnvClient
        super().__init__(base_url, **{"message_timeout_s": LONGEST_S, **settings})

    def _step_payload(self, action: RtlAction) -> dict[str, Any]:
        payload: dict[str, Any] = action.model_dump(exclude={"metadata"})
        return payload

    def _parse_result(self, payload: Mapping[str, Any]) -> StepResult[RtlObservation]:
        reward, done = payload.get("reward"), bool(payload.get("done", False))
        told = {name: value for name, value in payload.get("observation", {}).items() if name not in {"reward", "done"}}
        return StepResult(observation=RtlObservation(**told, reward=reward, done=done), reward=reward, done=done)

    def _parse_state(self, payload: Mapping[str, Any]) -> RtlState:
        return RtlState(**payload)
