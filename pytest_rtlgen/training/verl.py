"""A reward as verl calls it; ``reward.custom_reward_function.path=pkg://pytest_rtlgen.training.verl``.

verl gives a score no token ids: with an overlong buffer name the model's tokenizer, or leave the buffer to verl's own
``dapo`` manager, which adds the penalty to ``score`` and leaves ``acc`` as it is.

Source: verl 0.9, ``experimental/reward_loop/reward_manager/naive.py`` and ``dapo.py``.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from pytest_rtlgen.errors import RewardError
from pytest_rtlgen.training.reward.callable import Reward
from pytest_rtlgen.training.reward.options import find_reward, read_reward_options
from pytest_rtlgen.training.reward.parts import RewardResult

_OF_VERL = ("reward_router_address", "reward_model_tokenizer")
"""Arguments that verl adds for reward models."""


class VerlReward:
    """A ``compute_score`` of verl. Can be pickled; thread-safe."""

    def __init__(self, reward: Reward) -> None:
        self.reward = reward

    def __call__(
        self,
        data_source: str,
        solution_str: str,
        ground_truth: str,
        extra_info: Mapping[str, Any] | None = None,
        **more: object,  # what verl adds for other rewards
    ) -> dict[str, float]:
        """Return ``score``, ``acc`` (1 if the candidate passes), ``seed`` and the parts, always under the same names.

        Groups can be filtered by ``acc`` or by the part of a preset, which length does not change.

        ``ground_truth`` is the id of a problem, the text of a reference, or a JSON list of such texts.

        Raises:
            RewardError: the harness failed; verl then leaves this answer out and trains on the rest of its group.
        """
        del data_source, more
        (result,) = self.reward.judge([solution_str], [str(ground_truth)], step=read_step(extra_info))
        return _give(result)


def for_verl(reward: Reward) -> VerlReward:
    """Return ``reward`` as verl calls it."""
    return VerlReward(reward)


def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: str,
    extra_info: Mapping[str, Any] | None = None,
    **options: object,  # values of a configuration file
) -> dict[str, float]:
    """Return what ``VerlReward`` does; ``reward_kwargs`` of verl's configuration are the fields of ``RewardOptions``.

    Raises:
        RewardError: the harness failed.
        UsageError: an option cannot be meant.
    """
    return for_verl(_find_reward(options))(data_source, solution_str, ground_truth, extra_info)


async def compute_score_async(
    data_source: str,  # noqa: ARG001  verl's
    solution_str: str,
    ground_truth: str,
    extra_info: Mapping[str, Any] | None = None,
    **options: object,
) -> dict[str, float]:
    """Return what ``compute_score`` does; verl awaits it instead of giving it one of its few threads.

    Raises:
        RewardError: the harness failed.
        UsageError: an option cannot be meant.
    """
    reward = await asyncio.to_thread(_find_reward, options)  # the first call loads suites
    (result,) = await reward.judge_async([solution_str], [str(ground_truth)], step=read_step(extra_info))
    return _give(result)


def read_step(extra_info: Mapping[str, Any] | None) -> int | None:
    """Return the step whose weights began the answer; ``None``: the rollout does not say.

    Source: verl 0.9.1, ``workers/rollout/llm_server.py`` and ``experimental/agent_loop/agent_loop.py``.
    """
    step = (extra_info or {}).get("min_global_steps")
    return step if isinstance(step, int) and step >= 0 else None


def _find_reward(options: Mapping[str, object]) -> Reward:
    return find_reward(read_reward_options({name: value for name, value in options.items() if name not in _OF_VERL}))


def _give(result: RewardResult) -> dict[str, float]:
    if result.value is None:
        raise RewardError(f"reward: no score: {result.reason}; verl leaves this answer out of its group")
    return {"score": result.value, "acc": result.parts["passed"], "seed": float(result.seed), **result.parts}
