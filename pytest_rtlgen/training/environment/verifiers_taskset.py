"""Episodes of several turns as a task set of verifiers 0.4. This module needs verifiers.

``rtlgen environment DIR --for verifiers`` writes the package by whose name verifiers finds it. Source: verifiers 0.4,
``v1/taskset.py``, ``v1/task.py`` and ``v1/utils/loaders.py``.
"""

import uuid
from collections.abc import Iterator

import verifiers.v1 as vf
from verifiers.v1.utils.loaders import resolve_env_config

from pytest_rtlgen.errors import RewardError, UsageError
from pytest_rtlgen.foreign import Foreign
from pytest_rtlgen.records import Role
from pytest_rtlgen.training.environment.options import EnvironmentOptions, make_environment, make_settings
from pytest_rtlgen.training.environment.prompt import list_messages
from pytest_rtlgen.training.environment.settings import ALL_TOOLS
from pytest_rtlgen.training.environment.verifiers_tools import RtlState, RtlToolset, RtlToolsetConfig

PACKAGE = "rtlgen_env"
"""The package that exports the task set, as ``rtlgen environment`` writes it."""


class RtlEpisodeData(vf.TaskData):  # type: ignore[misc]  # verifiers may be missing where types are checked
    """What a trace records of a problem: its id, never its reference."""

    problem_id: str


class RtlEpisodeTask(vf.Task[RtlEpisodeData, RtlState, vf.TaskConfig]):  # type: ignore[misc]
    """One problem."""

    async def setup(self, trace: vf.Trace, runtime: vf.Runtime) -> None:
        """Name the rollout's episode, by which the tools find it."""
        del runtime
        trace.state.problem_id, trace.state.episode = self.data.problem_id, uuid.uuid4().hex

    @vf.reward  # type: ignore[untyped-decorator]
    async def rtlgen(self, trace: vf.Trace) -> float:
        """Return the reward of the episode; what else it came to becomes metrics ``rtlgen/…``.

        Raises:
            RewardError: the harness failed, or the rollout's time was up; verifiers keeps such traces out of training.
        """
        state = trace.state
        trace.record_metrics({f"rtlgen/{name}": value for name, value in state.metrics.items()})
        if not state.is_over and trace.is_timeout:
            raise RewardError("environment: no reward: the rollout's time was up before anything was submitted")
        if not state.is_over:
            return 0.0
        if state.reward is None:
            raise RewardError(f"environment: no reward: {state.reason}")
        return float(state.reward)


class RtlEnvironmentConfig(vf.TasksetConfig):  # type: ignore[misc]
    """The fields of ``EnvironmentOptions``, ``--env.taskset.*``, the prompt style, and where the tools run."""

    suites: list[str] = ["core:"]  # noqa: RUF012  pydantic copies it
    tools: list[str] = [str(tool) for tool in ALL_TOOLS]  # noqa: RUF012
    max_turns: int = 16
    feedback_seed: int = 0
    sealed_seed: int = 1
    preset: str = "equivalence"
    prompt: str = "chat"
    """Prompt style, as ``--rtlgen-prompt`` names it."""
    jobs: int | None = None
    """``None``: one a core."""
    max_parallel: int | None = None
    simulator: str = "icarus"
    sandbox: str = "auto"
    formal: str = "confirm"
    timeout_s: float = 600.0
    server: vf.SharedToolsetConfig = vf.SharedToolsetConfig()

    def read(self) -> EnvironmentOptions:
        """Return the options of the environment."""
        return EnvironmentOptions(
            suites=tuple(self.suites),
            tools=tuple(self.tools),
            max_turns=self.max_turns,
            feedback_seed=self.feedback_seed,
            sealed_seed=self.sealed_seed,
            preset=self.preset,
            jobs=self.jobs,
            max_parallel=self.max_parallel,
            simulator=self.simulator,
            sandbox=self.sandbox,
            formal=self.formal,
            timeout_s=self.timeout_s,
        )


class RtlEnvironmentTaskset(vf.Taskset[RtlEpisodeTask, RtlEnvironmentConfig]):  # type: ignore[misc]
    """The problems of suites that can be judged, with tools."""

    @classmethod
    def toolsets(cls, config: RtlEnvironmentConfig) -> list[vf.Toolset]:
        """Return the one server of tools, which all rollouts share.

        Raises:
            UsageError: a setting that cannot be meant.
        """
        from dataclasses import asdict

        options = config.read()
        make_settings(options)
        return [RtlToolset(RtlToolsetConfig(**config.server.model_dump(), options=asdict(options)))]

    def load(self) -> Iterator[RtlEpisodeTask]:
        """Yield one task a problem, in the suites' order.

        Raises:
            UsageError: no suite is named.
            SuiteError: a suite that cannot be loaded.
        """
        if not self.config.suites:
            raise UsageError("no suite; set env.taskset.suites, such as ['core:']")
        environment = make_environment(self.config.read())
        for problem in environment.problems:
            messages = list_messages(problem, self.config.prompt, environment.settings)
            system = "\n".join(message.content for message in messages if message.role is Role.SYSTEM)
            user = "\n".join(message.content for message in messages if message.role is not Role.SYSTEM)
            data = RtlEpisodeData(
                name=problem.problem_id, problem_id=problem.problem_id, prompt=user, system_prompt=system or None
            )
            yield RtlEpisodeTask(data, self.config.task)


def load_environment(**settings: Foreign) -> vf.Env:
    """Return verifiers' environment around the task set; ``settings`` are the fields of its configuration.

    Raises:
        ValidationError: of pydantic; a field that is unknown, or of the wrong type.
    """
    return vf.load_environment(resolve_env_config({"taskset": {"id": PACKAGE, **settings}}))
