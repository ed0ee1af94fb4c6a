"""What an environment depends on besides its problems."""

from dataclasses import dataclass, replace
from enum import StrEnum

from pytest_rtlgen.check.checker import CheckSettings
from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.modes import CheckDepth, FormalMode
from pytest_rtlgen.tools.pool import count_cores
from pytest_rtlgen.training.reward.guards import Guards
from pytest_rtlgen.training.reward.presets import READINGS, Preset, find_preset


class ToolName(StrEnum):
    """What a model may call.

    >>> ToolName("simulate") is ToolName.SIMULATE
    True
    """

    COMPILE = "compile"
    SIMULATE = "simulate"
    WAVE = "wave"
    SYNTHESIZE = "synthesize"
    SUBMIT = "submit"
    """Ends the episode; there in every environment."""


ALL_TOOLS = tuple(ToolName)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentSettings:
    """How an episode goes; plain data, so that it can be sent anywhere.

    >>> settings = EnvironmentSettings(max_turns=4, tools=(ToolName.COMPILE, ToolName.SUBMIT))
    >>> settings.feedback_check.stimulus_seed, settings.sealed_check.stimulus_seed
    (0, 1)
    """

    tools: tuple[ToolName, ...] = ALL_TOOLS
    """Which tools there are; ``submit`` is among them."""
    max_turns: int = 16
    """Calls of tools in one episode; the last one is worth something only if it submits."""
    feedback_seed: int = 0
    """Of the stimulus that ``simulate`` and ``wave`` show."""
    sealed_seed: int = 1
    """Of the stimulus of the final verdict, which no tool ever shows."""
    preset: Preset = find_preset("equivalence")  # noqa: RUF009  frozen
    """Makes both scores, each from its verdict; none that reads an answer in its own way, as a tool gets only code."""
    check: CheckSettings = CheckSettings(jobs=count_cores())  # noqa: RUF009  frozen
    """Of the final verdict; its seed and depth are set by the environment."""
    guards: Guards = Guards()  # noqa: RUF009  frozen
    """Only ``max_characters`` counts here: a longer submission is worth 0.0 and is not read."""
    wave_steps: int = 16
    """Steps of the stimulus that one call of ``wave`` shows."""
    timeout_s: float = 600.0
    """Seconds of one call, waiting included, after which the harness has failed: the episode then has no reward."""
    is_hang_masked: bool = False
    """Whether a submitted design that hangs has no reward either. With 0.0 it is as wrong as any other; without one, a
    model that is often wrong learns that it is better to hang."""
    max_parallel: int | None = None
    """Most checks at once on this machine, over all processes of this user; ``None``: one a core."""

    def __post_init__(self) -> None:
        if ToolName.SUBMIT not in self.tools:
            raise UsageError("environment: the tool submit is missing; without it no episode is worth anything")
        if len(set(self.tools)) < len(self.tools):
            raise UsageError(f"environment: a tool is named twice in {', '.join(self.tools)}")
        for name, least in (("max_turns", 1), ("wave_steps", 1), ("feedback_seed", 0), ("sealed_seed", 0)):
            if getattr(self, name) < least:
                raise UsageError(f"environment: {name} is {getattr(self, name)}; use {least} or more")
        for name, _ in self.preset.terms:
            if name in READINGS:
                raise UsageError(f"environment: the preset {name} reads whole answers, and a tool gets only code")
        if self.timeout_s <= 0:
            raise UsageError(f"environment: timeout_s is {self.timeout_s}; use a number of seconds")
        if self.feedback_seed == self.sealed_seed:
            raise UsageError(f"environment: both stimuli have the seed {self.sealed_seed}; give sealed_seed another")

    @property
    def feedback_check(self) -> CheckSettings:
        """Those of the first stimulus: no proof and no second one, so that nothing else is ever told."""
        seed = self.feedback_seed
        return replace(
            self.check, stimulus_seed=seed, formal=FormalMode.OFF, depth=CheckDepth.STIMULUS, cross_check=None
        )

    @property
    def sealed_check(self) -> CheckSettings:
        """Those of the final verdict: a proof, and where there is none the longer stimulus and the deep run."""
        return replace(self.check, stimulus_seed=self.sealed_seed, depth=CheckDepth.FULL)


DEFAULT_SETTINGS = EnvironmentSettings()
