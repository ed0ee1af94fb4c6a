"""A reward as OpenRLHF calls it: this file as ``--reward.remote_url``, or the same answer over HTTP (``server.py``).

Settings are JSON in the variable ``RTLGEN_REWARD``, the fields of ``RewardOptions``: ``{"suites": "suites/core"}``.
Labels are ids of problems, or texts of references.

Source: OpenRLHF 0.11, ``openrlhf/utils/agent.py``, ``SingleTurnAgentExecutor``.
"""

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.training.reward.options import RewardOptions, find_reward, read_reward_options
from pytest_rtlgen.training.reward.parts import RewardResult

VARIABLE = "RTLGEN_REWARD"


def reward_func(queries: Sequence[str], prompts: Sequence[str], labels: Sequence[str]) -> dict[str, Any]:
    """Return the rewards of ``queries``, each a prompt with its answer.

    Raises:
        UsageError: the variable holds something else, or the three differ in length.
    """
    reward = find_reward(read_variable(os.environ))
    if not len(queries) == len(prompts) == len(labels):
        sizes = f"{len(queries)} queries, {len(prompts)} prompts and {len(labels)} labels"
        raise UsageError(f"reward: {sizes}; send as many of each")
    answers = [cut_prompt(query, prompt) for query, prompt in zip(queries, prompts, strict=True)]
    return render_openrlhf(reward.judge(answers, [str(label) for label in labels]), reward.part_names)


def render_openrlhf(results: Sequence[RewardResult], names: Sequence[str]) -> dict[str, Any]:
    """Return ``rewards``, ``scores`` and ``extra_logs``: numbers for one query, as OpenRLHF sends them, else lists.

    Where the harness failed the reward is ``None``: OpenRLHF then has no reward at all, and says so.
    """
    values = _flatten([result.value for result in results])
    logs = {name: _flatten([result.parts[name] for result in results]) for name in names}
    logs["seed"] = _flatten([result.seed for result in results])
    return {"rewards": values, "scores": values, "extra_logs": logs}


def cut_prompt(query: str, prompt: str) -> str:
    """Return what follows the prompt; tokenizers may lose blanks at the beginning."""
    return query.lstrip().removeprefix(prompt.lstrip())


def read_variable(environ: Mapping[str, str]) -> RewardOptions:
    """Return the options in the environment.

    Raises:
        UsageError: it holds something else.
    """
    try:
        values = json.loads(environ.get(VARIABLE, "{}"))
    except ValueError as error:
        raise UsageError(f"{VARIABLE} is no JSON: {error}; set it to an object such as {{}}") from error
    if not isinstance(values, dict):
        raise UsageError(f"{VARIABLE} must be a JSON object, such as {{}}")
    return read_reward_options(values)


def _flatten(values: list[object]) -> object:  # one value, or the list
    return values[0] if len(values) == 1 else values
