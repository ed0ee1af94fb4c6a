"""An OpenEnv 0.10 environment: reset gives a problem's prompt, one step takes the answer. This module needs openenv.

Source: OpenEnv 0.10, ``core/env_server/interfaces.py``.
"""

import random
from typing import Any

from fastapi import FastAPI
from openenv.core.env_server import create_app
from openenv.core.env_server.interfaces import Environment
from openenv.core.env_server.types import Action, Observation, State

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.prompts import render_prompt
from pytest_rtlgen.records import Problem
from pytest_rtlgen.training.reward.callable import Reward

SPLIT = "all"
"""The only split: which problems to train on is the user's choice of suites."""


class RtlAction(Action):  # type: ignore[misc]  # openenv may be missing where types are checked
    """A model's answer."""

    completion: str
    problem_id: str = ""
    """What it answers; empty: the problem of the last reset."""


class RtlObservation(Observation):  # type: ignore[misc]
    """The prompt after a reset, the verdict after a step."""

    problem_id: str = ""
    messages: list[dict[str, str]] = []  # noqa: RUF012  pydantic copies it
    """The chat that asks for the problem."""
    status: str = ""
    parts: dict[str, float] = {}  # noqa: RUF012
    reason: str = ""


class RtlState(State):  # type: ignore[misc]
    """Which problem is posed."""

    problem_id: str = ""


class RtlEnvironment(Environment[RtlAction, RtlObservation, RtlState]):  # type: ignore[misc]
    """One session. All sessions share the reward, which is thread-safe."""

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self, reward: Reward, *, prompt: str) -> None:
        super().__init__()
        self._reward = reward
        self._prompt = prompt
        self._state = RtlState()

    def reset(self, seed: int | None = None, episode_id: str | None = None, **chosen: object) -> RtlObservation:
        """Return the prompt of problem ``problem_id``, or of task number ``index``, or of one drawn by ``seed``.

        Raises:
            UsageError: there is no such problem.
        """
        problem = self._choose(seed, chosen)
        self._state = RtlState(episode_id=episode_id, step_count=0, problem_id=problem.problem_id)
        messages = [
            {"role": str(item.role), "content": item.content} for item in render_prompt(problem, self._prompt).messages
        ]
        return RtlObservation(problem_id=problem.problem_id, messages=messages)

    def step(self, action: RtlAction, timeout_s: float | None = None, **more: object) -> RtlObservation:
        """Return the reward of an answer, which ends the episode; it is ``None`` if the harness failed."""
        del timeout_s, more
        problem_id = action.problem_id or self._state.problem_id
        (result,) = self._reward.judge([action.completion], [problem_id])
        self._state.step_count += 1
        return RtlObservation(
            done=True,
            reward=result.value,
            problem_id=problem_id,
            status=str(result.status or ""),
            parts=dict(result.parts),
            reason=result.reason,
        )

    @property
    def state(self) -> RtlState:
        """The problem that is posed and how often it was answered."""
        return self._state

    def list_splits(self) -> list[str]:
        """Return the only split."""
        return [SPLIT]

    def num_tasks(self, split: str) -> int:
        """Return how many problems there are."""
        del split
        return len(self._reward.problems)

    def get_task(self, split: str, index: int) -> dict[str, Any]:
        """Return the problem number ``index``."""
        del split
        return {"id": self._reward.problems[index].problem_id, "index": index}

    def _choose(self, seed: int | None, chosen: dict[str, Any]) -> Problem:
        problems = self._reward.problems
        if not problems:
            raise UsageError("the environment has no problem; load a suite")
        if "problem_id" in chosen:
            found = [problem for problem in problems if problem.problem_id == chosen["problem_id"]]
            if not found:
                raise UsageError(f"unknown problem {chosen['problem_id']!r}; ask for one of the {len(problems)} tasks")
            return found[0]
        if "index" in chosen:
            return problems[int(chosen["index"]) % len(problems)]
        return random.Random(seed).choice(problems)  # noqa: S311  a draw, not a secret


def make_openenv_app(reward: Reward, *, prompt: str = "codev-r1", max_sessions: int = 64) -> FastAPI:
    """Return OpenEnv's application around ``reward``; serve it with uvicorn, on loopback: it asks for no token."""
    app: FastAPI = create_app(
        lambda: RtlEnvironment(reward, prompt=prompt),
        RtlAction,
        RtlObservation,
        env_name="rtlgen",
        max_concurrent_envs=max_sessions,
        state_cls=RtlState,
    )
    return app
