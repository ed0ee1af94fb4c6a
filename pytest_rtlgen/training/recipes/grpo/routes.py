"""The same completions judged by every way in: TRL's call, verl's reward manager, and HTTP."""

import asyncio
import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.request import Request, urlopen

from pytest_rtlgen.errors import ToolError
from pytest_rtlgen.foreign import Foreign
from pytest_rtlgen.storage import RunStore
from pytest_rtlgen.training.recipes.evaluate import find_run
from pytest_rtlgen.training.recipes.settings import Settings
from pytest_rtlgen.training.reward.options import make_reward, read_reward_options
from pytest_rtlgen.training.trl import for_trl

MOST = 64
"""Completions that are judged by every route."""
_WAIT_S = 600
_Route = Callable[[Settings, Sequence[str], Sequence[str]], list[float | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteReport:
    """What one route gave."""

    name: str
    rewards: tuple[float | None, ...]
    missing: str = ""
    """Why the route could not be tried; empty: it was."""


def try_routes(settings: Settings, stage: str) -> list[RouteReport]:
    """Return what each route gives to the first completions of the evaluation of ``stage``."""
    store = RunStore.open(find_run(settings.out / "evaluation" / stage))
    completions = sorted(store.read_completions().items())[:MOST]
    texts = [completion.text for _, completion in completions]
    tasks = [key.problem_id for key, _ in completions]
    return [_try(name, route, settings, texts, tasks) for name, route in ROUTES.items()]


def _try(name: str, route: _Route, settings: Settings, texts: Sequence[str], tasks: Sequence[str]) -> RouteReport:
    try:
        return RouteReport(name=name, rewards=tuple(route(settings, texts, tasks)))
    except ImportError as error:
        return RouteReport(name=name, rewards=(), missing=f"{error.name} is not installed")


def judge_in_process(settings: Settings, texts: Sequence[str], tasks: Sequence[str]) -> list[float | None]:
    """Return the rewards as TRL's GRPOTrainer gets them."""
    chosen = {name: value for name, value in settings.reward.items() if not name.startswith("overlong_")}
    reward = make_reward(read_reward_options({**chosen, "suites": settings.data.held_out}))
    try:
        return for_trl(reward)(completions=list(texts), problem_id=list(tasks))
    finally:
        reward.close()


def judge_by_verl(settings: Settings, texts: Sequence[str], tasks: Sequence[str]) -> list[float | None]:
    """Return the rewards of verl's own reward manager, which loads ``compute_score`` as its configuration says.

    Source: verl 0.9.1, ``verl.trainer.ppo.reward.load_reward_manager``.
    """
    from transformers import AutoTokenizer
    from verl.trainer.ppo.reward import load_reward_manager

    function = {
        "path": "pkg://pytest_rtlgen.training.verl",
        "name": "compute_score",
        "reward_kwargs": {**settings.reward, "suites": list(settings.data.held_out)},
    }
    reward = {"custom_reward_function": function, "reward_manager": {"source": "register", "name": "naive"}}
    config = importlib.import_module("omegaconf").OmegaConf.create({"reward": reward})
    tokenizer = AutoTokenizer.from_pretrained(str(settings.out / "sft"))

    async def judge() -> list[float | None]:
        manager = load_reward_manager(config, tokenizer)
        rows = [make_verl_row(tokenizer, text, task) for text, task in zip(texts, tasks, strict=True)]
        return [(await manager.run_single(row))["reward_score"] for row in rows]

    return asyncio.run(judge())


def make_verl_row(tokenizer: Foreign, text: str, task: str) -> Foreign:  # of transformers; a DataProto
    """Return one completion as verl's workers hold it: token ids, and the row of the data set."""
    import torch
    from verl import DataProto

    tokens = torch.tensor([tokenizer.encode(text, add_special_tokens=False)])
    return DataProto.from_dict(
        tensors={"responses": tokens, "attention_mask": torch.ones_like(tokens)},
        non_tensors={
            "data_source": ["rtlgen"],
            "reward_model": [{"style": "rule", "ground_truth": task}],
            "extra_info": [{}],
        },
    )


def judge_over_http(settings: Settings, texts: Sequence[str], tasks: Sequence[str]) -> list[float | None]:
    """Return the rewards of ``rtlgen serve``."""
    importlib.import_module("fastapi")  # the server's; here it is an ImportError, as for the other routes
    samples = [{"completion": text, "problem": task} for text, task in zip(texts, tasks, strict=True)]
    with _serve(settings) as url:
        request = Request(f"{url}/rewards", data=json.dumps({"samples": samples}).encode(), method="POST")  # noqa: S310  loopback
        with urlopen(request, timeout=_WAIT_S) as response:  # noqa: S310  likewise
            results = json.load(response)["results"]
    return [result["value"] for result in results]


@contextmanager
def _serve(settings: Settings) -> Iterator[str]:
    """Yield the address of a reward server of the same reward, on a free port of the loopback."""
    options = {name: value for name, value in settings.reward.items() if name != "preset"}
    command = [sys.executable, "-m", "pytest_rtlgen", "serve", "--port=0", *_spell(options)]
    command += [f"--reward={settings.reward.get('preset', 'codev-r1')}"]
    command += [f"--suite={spec}" for spec in settings.data.held_out]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            line = server.stderr.readline() if server.stderr else ""
            if " on http" not in line:
                raise ToolError(f"serve failed: {line.strip() or 'it printed nothing'}")
            yield line.split(" on ")[1].split(";")[0]
        finally:
            os.kill(server.pid, signal.SIGINT)


def _spell(options: Mapping[str, Any]) -> list[str]:
    return [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]


ROUTES: Mapping[str, _Route] = {
    "TRL, in process": judge_in_process,
    "verl's reward manager": judge_by_verl,
    "HTTP": judge_over_http,
}
