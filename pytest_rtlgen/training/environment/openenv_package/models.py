"""What goes over the wire. This file needs openenv and nothing else, so that a client stays small."""

from openenv.core.env_server.types import Action, Observation, State


class RtlAction(Action):  # type: ignore[misc]  # openenv may be missing where types are checked
    """One call of a tool."""

    tool: str = "submit"
    """``compile``, ``simulate``, ``wave``, ``synthesize`` or ``submit``."""
    verilog: str = ""
    """The whole design; for every tool but ``wave``."""
    first_step: int = 0
    """For ``wave``."""
    problem_id: str = ""
    """Begins an episode over this problem where there is none, as over HTTP, which keeps no session."""


class RtlObservation(Observation):  # type: ignore[misc]
    """The chat after a reset, the tool's answer after a step.

    ``reward`` is None until ``done``, and stays so where ``failed``: such an episode is to be left out of training.
    """

    problem_id: str = ""
    messages: list[dict[str, str]] = []  # noqa: RUF012  pydantic copies it
    """The chat that poses the problem."""
    text: str = ""
    """What the tool says."""
    turns_left: int = 0
    failed: bool = False
    """Whether the harness failed: there is no reward."""
    metrics: dict[str, float] = {}  # noqa: RUF012
    """At the end: ``feedback``, ``sealed``, ``overfit``, ``told_bits``, ``turns``, ``failed``."""
    status: str = ""
    """Of the sealed verdict."""
    reason: str = ""
    """Why there is no reward, or no design to judge."""


class RtlState(State):  # type: ignore[misc]
    """Which problem is posed, and how far the episode is."""

    problem_id: str = ""
    told_bits: int = 0
    """Bits of the reference's outputs that tools have told."""
