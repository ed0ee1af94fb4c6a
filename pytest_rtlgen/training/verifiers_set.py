"""A task set for verifiers 0.4. This module needs verifiers; nothing else here imports it.

verifiers finds a task set by the name of a top-level module, so make one: ``rtlgen_set.py`` with the two lines
``from pytest_rtlgen.training.verifiers_set import RtlTaskset`` and ``__all__ = ["RtlTaskset"]``.

Source: verifiers 0.4, ``v1/taskset.py`` and ``v1/task.py``.
"""

import asyncio
from collections.abc import Iterator

import verifiers.v1 as vf

from pytest_rtlgen.errors import RewardError, UsageError
from pytest_rtlgen.prompts import render_prompt
from pytest_rtlgen.records import Role
from pytest_rtlgen.training.reward.options import RewardOptions, find_reward

__all__ = ["RtlTaskset"]


class RtlData(vf.TaskData):  # type: ignore[misc]  # verifiers may be missing where types are checked
    """What a trace records of a problem: its id, never its reference."""

    problem_id: str


class RtlTaskConfig(vf.TaskConfig):  # type: ignore[misc]
    """Settings of the reward, ``--env.taskset.task.*``; see ``rtlgen help rewards``."""

    suites: list[str] = []  # noqa: RUF012  pydantic copies it
    preset: str = "codev-r1"
    prompt: str = "codev-r1"
    """Prompt style, as ``--rtlgen-prompt`` names it."""
    jobs: int | None = None
    """``None``: one a core."""
    max_parallel: int | None = None
    sandbox: str = "auto"
    formal: str = "off"
    prefill: str = ""
    """What the chat template writes at the beginning of every answer, such as ``<think>``."""
    overlong_max_length: int | None = None
    """Tokens of the longest answer; ``None``: length costs nothing."""
    overlong_buffer: int | None = None
    """Last tokens of those, over which the penalty grows; needs ``tokenizer``, as verifiers gives no lengths."""
    overlong_factor: float = 1.0
    tokenizer: str = ""
    """Counts tokens: a name or a folder."""

    def read(self) -> RewardOptions:
        """Return the options of the reward."""
        return RewardOptions(
            suites=tuple(self.suites),
            preset=self.preset,
            jobs=self.jobs,
            max_parallel=self.max_parallel,
            sandbox=self.sandbox,
            formal=self.formal,
            prefill=self.prefill,
            overlong_max_length=self.overlong_max_length,
            overlong_buffer=self.overlong_buffer,
            overlong_factor=self.overlong_factor,
            tokenizer=self.tokenizer,
        )


class RtlTask(vf.Task[RtlData, vf.State, RtlTaskConfig]):  # type: ignore[misc]
    """One problem."""

    @vf.reward  # type: ignore[untyped-decorator]
    async def rtlgen(self, trace: vf.Trace) -> float:
        """Return the reward of the trace's last reply; its parts become metrics.

        Raises:
            RewardError: the harness failed; verifiers then keeps the trace out of training.
        """
        reward = await asyncio.to_thread(find_reward, self.config.read())
        (result,) = await reward.judge_async([trace.last_reply], [self.data.problem_id])
        if result.value is None:
            raise RewardError(f"reward: no reward: {result.reason}")
        metrics = {f"rtlgen/{name}": value for name, value in result.parts.items()}
        trace.record_metrics({**metrics, "rtlgen/seed": float(result.seed)})
        return float(result.value)


class RtlTasksetConfig(vf.TasksetConfig):  # type: ignore[misc]
    """Narrows the task's settings to ours."""

    task: RtlTaskConfig = RtlTaskConfig()


class RtlTaskset(vf.Taskset[RtlTask, RtlTasksetConfig]):  # type: ignore[misc]
    """The problems of suites that can be judged."""

    def load(self) -> Iterator[RtlTask]:
        """Yield one task a problem, in the suites' order.

        Raises:
            UsageError: no suite is named.
            SuiteError: a suite that cannot be loaded.
        """
        from pytest_rtlgen.loaders import load_suite

        config = self.config.task
        if not config.suites:
            raise UsageError("no suite; set env.taskset.task.suites, such as ['suites/core']")
        for spec in config.suites:
            for problem in load_suite(spec).problems:
                if not problem.unjudged and problem.has_reference:
                    messages = render_prompt(problem, config.prompt).messages
                    system = "\n".join(message.content for message in messages if message.role is Role.SYSTEM)
                    user = "\n".join(message.content for message in messages if message.role is not Role.SYSTEM)
                    data = RtlData(
                        name=problem.problem_id,
                        problem_id=problem.problem_id,
                        prompt=user,
                        system_prompt=system or None,
                    )
                    yield RtlTask(data, config)
