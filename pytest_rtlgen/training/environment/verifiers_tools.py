"""The tools of an episode as a server that verifiers starts once and shares among rollouts. Needs verifiers.

Each call brings the state of its rollout with it and takes it back changed; the reward is read from there. Source:
verifiers 0.4, ``v1/mcp/server.py`` and ``v1/tasksets/nemo_gym``.
"""

from collections import OrderedDict
from typing import TYPE_CHECKING, Annotated, Any

import verifiers.v1 as vf
from pydantic import Field

from pytest_rtlgen.training.environment.episode import Episode
from pytest_rtlgen.training.environment.options import find_environment, read_environment_options
from pytest_rtlgen.training.environment.prompt import DESCRIPTIONS, FIRST_STEP, VERILOG

if TYPE_CHECKING:
    from mcp.server.mcpserver import MCPServer

Verilog = Annotated[str, Field(description=VERILOG)]
FirstStep = Annotated[int, Field(description=FIRST_STEP)]
_KEPT = 1 << 16
"""Episodes that a server remembers, those that are over too: a call that comes late begins no other one."""


class RtlState(vf.State):  # type: ignore[misc]  # verifiers may be missing where types are checked
    """What a rollout knows of its episode; the server is the only one that writes all but the first two."""

    problem_id: str = ""
    episode: str = ""
    """Name of the episode in the server; a new one for each rollout."""
    is_over: bool = False
    reward: float | None = None
    """``None`` where ``is_over``: the harness failed."""
    metrics: dict[str, float] = {}  # noqa: RUF012  pydantic copies it
    reason: str = ""


class RtlToolsetConfig(vf.SharedToolsetConfig):  # type: ignore[misc]
    """Where the server runs, and the fields of ``EnvironmentOptions``."""

    options: dict[str, Any] = {}  # noqa: RUF012  pydantic copies it


class RtlToolset(vf.Toolset[RtlToolsetConfig, RtlState]):  # type: ignore[misc]
    """``compile``, ``simulate``, ``wave``, ``synthesize`` and ``submit``, those that the options name."""

    TOOL_PREFIX = None

    def __init__(self, config: RtlToolsetConfig) -> None:
        super().__init__(config)
        self._episodes: OrderedDict[str, Episode] = OrderedDict()

    async def setup(self) -> None:
        """Load the problems and find the simulator, before the first call."""
        find_environment(read_environment_options(self.config.options)).start()

    def register(self, mcp: "MCPServer") -> None:
        """Offer the tools of the environment."""
        settings = find_environment(read_environment_options(self.config.options)).settings
        for tool in settings.tools:
            mcp.add_tool(self._with_state(getattr(self, tool)), name=str(tool), description=DESCRIPTIONS[tool])

    async def compile(self, verilog: Verilog) -> str:
        """Call ``compile``."""
        return await self._call("compile", verilog=verilog)

    async def simulate(self, verilog: Verilog) -> str:
        """Call ``simulate``."""
        return await self._call("simulate", verilog=verilog)

    async def wave(self, first_step: FirstStep) -> str:
        """Call ``wave``."""
        return await self._call("wave", first_step=first_step)

    async def synthesize(self, verilog: Verilog) -> str:
        """Call ``synthesize``."""
        return await self._call("synthesize", verilog=verilog)

    async def submit(self, verilog: Verilog) -> str:
        """Call ``submit``."""
        return await self._call("submit", verilog=verilog)

    async def _call(self, tool: str, **arguments: object) -> str:
        state = self.state
        if state.is_over:
            return "The episode is over; nothing more can be called."
        episode = self._find(state)
        reply = await episode.call_async(tool, **arguments)
        state.metrics = {"told_bits": float(episode.told_bits), "turns": float(episode.turns)}
        if episode.outcome is not None:
            state.is_over, state.reward = True, episode.outcome.reward
            state.metrics, state.reason = episode.outcome.metrics, episode.outcome.reason
        return reply.text

    def _find(self, state: RtlState) -> Episode:
        episode = self._episodes.get(state.episode)
        if episode is None:
            environment = find_environment(read_environment_options(self.config.options))
            episode = self._episodes[state.episode] = environment.begin(state.problem_id)
            if len(self._episodes) > _KEPT:
                self._episodes.popitem(last=False)
        return episode


if __name__ == "__main__":
    RtlToolset.run()
