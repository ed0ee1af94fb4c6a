"""A NeMo Gym resources server: Verilog to write, with tools, and a sealed verdict. Needs nemo-gym and pytest-rtlgen.

Source: NeMo Gym 0.5.1, ``nemo_gym/base_resources_server.py``; what 0.7 adds to mask samples is in the answer too.
"""

import asyncio
from typing import Any, ClassVar

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from nemo_gym.base_resources_server import (
    BaseResourcesServerConfig,
    BaseSeedSessionRequest,
    BaseSeedSessionResponse,
    BaseVerifyRequest,
    BaseVerifyResponse,
    ReverifyMode,
    SimpleResourcesServer,
)
from nemo_gym.server_utils import SESSION_ID_KEY
from pydantic import BaseModel, Field, PrivateAttr

from pytest_rtlgen.training.environment import Episode, Outcome, RtlEnvironment
from pytest_rtlgen.training.environment.options import find_environment, read_environment_options

FAILURE = "harness"


class RtlServerConfig(BaseResourcesServerConfig):  # type: ignore[misc]  # nemo-gym may be missing where types are checked
    """``environment``: the fields of ``EnvironmentOptions``."""

    REVERIFY_MODE: ClassVar[ReverifyMode] = ReverifyMode.UNSUPPORTED
    environment: dict[str, Any] = Field(default_factory=lambda: {"suites": "core:"})


class RtlSeedRequest(BaseSeedSessionRequest):  # type: ignore[misc]
    """A row of the data set: which problem."""

    problem_id: str


class VerilogRequest(BaseModel):
    """What every tool but ``wave`` takes."""

    verilog: str


class WaveRequest(BaseModel):
    """What ``wave`` takes."""

    first_step: int


class ToolResponse(BaseModel):
    """What a tool says."""

    text: str


class RtlVerifyRequest(BaseVerifyRequest):  # type: ignore[misc]
    """A row with the model's response."""

    problem_id: str


class RtlVerifyResponse(BaseVerifyResponse):  # type: ignore[misc]
    """The reward with all that the episode came to."""

    problem_id: str
    feedback: float | None = None
    sealed: float | None = None
    overfit: float | None = None
    told_bits: int = 0
    turns: int = 0
    mask_sample: bool = False
    """Set where the harness failed: ``reward`` then means nothing."""
    failure_kind: str | None = None
    failure_reason: str | None = None


class RtlResourcesServer(SimpleResourcesServer):  # type: ignore[misc]
    """One episode a session; one worker, as episodes live in its memory."""

    config: RtlServerConfig
    _episodes: dict[str, Episode] = PrivateAttr(default_factory=dict)

    def setup_webserver(self) -> FastAPI:
        """Return Gym's application with the tools as routes."""
        app: FastAPI = super().setup_webserver()
        for tool in self._find().settings.tools:
            app.post(f"/{tool}")(getattr(self, str(tool)))
        return app

    async def seed_session(self, request: Request, body: RtlSeedRequest) -> BaseSeedSessionResponse:
        """Begin the session's episode."""
        self._episodes[request.session[SESSION_ID_KEY]] = self._find().begin(body.problem_id)
        return BaseSeedSessionResponse()

    async def compile(self, request: Request, body: VerilogRequest) -> ToolResponse:
        """Call ``compile``."""
        return await self._call(request, "compile", verilog=body.verilog)

    async def simulate(self, request: Request, body: VerilogRequest) -> ToolResponse:
        """Call ``simulate``."""
        return await self._call(request, "simulate", verilog=body.verilog)

    async def wave(self, request: Request, body: WaveRequest) -> ToolResponse:
        """Call ``wave``."""
        return await self._call(request, "wave", first_step=body.first_step)

    async def synthesize(self, request: Request, body: VerilogRequest) -> ToolResponse:
        """Call ``synthesize``."""
        return await self._call(request, "synthesize", verilog=body.verilog)

    async def submit(self, request: Request, body: VerilogRequest) -> ToolResponse:
        """Call ``submit``."""
        return await self._call(request, "submit", verilog=body.verilog)

    async def verify(self, request: Request, body: RtlVerifyRequest) -> RtlVerifyResponse:
        """Return what the session's episode came to; where the harness failed, a row that Gym keeps out of training."""
        episode = self._episodes.pop(request.session[SESSION_ID_KEY], None)
        if episode is None:
            return _mask(body, Outcome(reward=None, reason="no episode in this session; was seed_session called here?"))
        outcome = await asyncio.to_thread(episode.finish)
        if outcome.reward is None:
            return _mask(body, outcome)
        return _answer(body, outcome, reward=outcome.reward)

    async def _call(self, request: Request, tool: str, **arguments: object) -> ToolResponse:
        episode = self._episodes.get(request.session[SESSION_ID_KEY])
        if episode is None:
            return ToolResponse(text="There is no episode in this session.")
        return ToolResponse(text=(await episode.call_async(tool, **arguments)).text)

    def _find(self) -> RtlEnvironment:
        return find_environment(read_environment_options(self.config.environment))


def _answer(body: RtlVerifyRequest, outcome: Outcome, *, reward: float) -> RtlVerifyResponse:
    return RtlVerifyResponse(
        **body.model_dump(),
        reward=reward,
        feedback=outcome.feedback,
        sealed=outcome.sealed,
        overfit=outcome.overfit,
        told_bits=outcome.told_bits,
        turns=outcome.turns,
    )


def _mask(body: RtlVerifyRequest, outcome: Outcome) -> RtlVerifyResponse:
    """Return the answer that masks a sample, as 0.7 reads it, with the key by which 0.5 puts the row aside."""
    masked = {"mask_sample": True, "failure_kind": FAILURE, "failure_reason": outcome.reason}
    row = jsonable_encoder(_answer(body, outcome, reward=0.0).model_copy(update=masked))
    row["_ng_failure_class"] = "harness_failed"
    return JSONResponse(row)  # type: ignore[return-value]  # FastAPI takes a response as it is


if __name__ == "__main__":
    RtlResourcesServer.run_webserver()
