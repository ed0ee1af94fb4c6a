"""Episodes as OpenEnv 0.10 serves them: a reset poses a problem, each step is one call of a tool. Needs openenv.

Source: OpenEnv 0.10, ``core/env_server/interfaces.py``.
"""

import json
import os
import random
from typing import Any

from fastapi import FastAPI
from openenv.core.env_server import create_app
from openenv.core.env_server.interfaces import Environment

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.training.environment.episode import Episode
from pytest_rtlgen.training.environment.openenv_package.models import RtlAction, RtlObservation, RtlState
from pytest_rtlgen.training.environment.options import find_environment, read_environment_options
from pytest_rtlgen.training.environment.problems import RtlEnvironment
from pytest_rtlgen.training.environment.prompt import list_messages
from pytest_rtlgen.training.environment.settings import ToolName

__all__ = ["OpenEnvSession", "RtlAction", "RtlObservation", "RtlState", "make_openenv_app", "read_variable"]

VARIABLE = "RTLGEN_ENVIRONMENT"
SPLIT = "all"
"""The only split: which problems to train on is the user's choice of suites."""


class OpenEnvSession(Environment[RtlAction, RtlObservation, RtlState]):  # type: ignore[misc]  # openenv may be missing
    """One session, and one episode at a time. All sessions share the environment, which is thread-safe."""

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self, environment: RtlEnvironment, *, prompt: str) -> None:
        super().__init__()
        self._environment = environment
        self._prompt = prompt
        self._episode: Episode | None = None
        self._episode_id: str | None = None

    def reset(self, seed: int | None = None, episode_id: str | None = None, **chosen: object) -> RtlObservation:
        """Begin an episode over problem ``problem_id``, or task number ``index``, or one drawn by ``seed``.

        Raises:
            SuiteError: there is no such problem.
            UsageError: there is no problem at all.
        """
        self._episode, self._episode_id = self._choose(seed, chosen), episode_id
        problem = self._episode.problem
        settings = self._environment.settings
        messages = [
            {"role": str(message.role), "content": message.content}
            for message in list_messages(problem, self._prompt, settings)
        ]
        return RtlObservation(problem_id=problem.problem_id, messages=messages, turns_left=settings.max_turns)

    def step(self, action: RtlAction, timeout_s: float | None = None, **more: object) -> RtlObservation:
        """Return what the tool says; the reward comes with the end of the episode.

        Raises:
            UsageError: there was no reset, and the action names no problem.
        """
        del timeout_s, more
        if self._episode is None:
            if not action.problem_id:
                raise UsageError("environment: there is no episode; reset first, or name a problem_id in the action")
            self._episode = self._environment.begin(action.problem_id)
        is_wave = action.tool == ToolName.WAVE
        arguments: dict[str, object] = {"first_step": action.first_step} if is_wave else {"verilog": action.verilog}
        reply = self._episode.call(action.tool, **arguments)
        problem_id, outcome = self._episode.problem.problem_id, self._episode.outcome
        if outcome is None:
            return RtlObservation(problem_id=problem_id, text=reply.text, turns_left=reply.turns_left)
        return RtlObservation(
            done=True,
            reward=outcome.reward,
            problem_id=problem_id,
            text=reply.text,
            failed=outcome.reward is None,
            metrics=outcome.metrics,
            status=str(outcome.status or ""),
            reason=outcome.reason,
        )

    @property
    def state(self) -> RtlState:
        """The problem that is posed, the calls so far, and what they have told."""
        episode = self._episode
        if episode is None:
            return RtlState()
        return RtlState(
            episode_id=self._episode_id,
            step_count=episode.turns,
            problem_id=episode.problem.problem_id,
            told_bits=episode.told_bits,
        )

    def list_splits(self) -> list[str]:
        """Return the only split."""
        return [SPLIT]

    def num_tasks(self, split: str) -> int:
        """Return how many problems there are."""
        del split
        return len(self._environment.problems)

    def get_task(self, split: str, index: int) -> dict[str, Any]:
        """Return the problem number ``index``."""
        del split
        return {"id": self._environment.problems[index].problem_id, "index": index}

    def _choose(self, seed: int | None, chosen: dict[str, Any]) -> Episode:
        if chosen.get("problem_id") is not None:
            return self._environment.begin(str(chosen["problem_id"]))
        if (index := chosen.get("index")) is not None:
            if not isinstance(index, int):
                raise UsageError(f"environment: index {str(index)[:40]!r} must be a whole number")
        else:
            index = random.Random(seed).randrange(1 << 30)  # noqa: S311  a draw, not a secret
        return self._environment.begin(self._environment.pick(index).problem_id)


def make_openenv_app(environment: RtlEnvironment, *, prompt: str = "chat", max_sessions: int = 64) -> FastAPI:
    """Return OpenEnv's application around ``environment``; serve it with uvicorn, on loopback: it asks for no token."""
    app: FastAPI = create_app(
        lambda: OpenEnvSession(environment, prompt=prompt),
        RtlAction,
        RtlObservation,
        env_name="rtlgen",
        max_concurrent_envs=max_sessions,
        state_cls=RtlState,
    )
    return app


def read_variable() -> RtlEnvironment:
    """Return the environment that ``RTLGEN_ENVIRONMENT`` describes in JSON; without it, over the problems of ``core:``.

    Raises:
        UsageError: it holds something else.
        SuiteError: a suite that cannot be loaded.
    """
    text = os.environ.get(VARIABLE) or '{"suites": "core:"}'
    try:
        values = json.loads(text)
    except ValueError as error:
        raise UsageError(f'{VARIABLE}: not JSON: {error}; write {{"suites": "core:"}}, say') from error
    if not isinstance(values, dict):
        raise UsageError(f'{VARIABLE}: must be a JSON object; write {{"suites": "core:"}}, say')
    return find_environment(read_environment_options(values))
