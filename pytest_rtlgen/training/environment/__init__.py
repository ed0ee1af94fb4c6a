"""One problem over several turns: tools, a sealed verdict at the end (``docs/how-to/plug-in-an-environment.md``)."""

from pytest_rtlgen.training.environment.episode import Episode, Outcome, Reply
from pytest_rtlgen.training.environment.problems import RtlEnvironment, open_environment
from pytest_rtlgen.training.environment.settings import ALL_TOOLS, EnvironmentSettings, ToolName

__all__ = [
    "ALL_TOOLS",
    "EnvironmentSettings",
    "Episode",
    "Outcome",
    "Reply",
    "RtlEnvironment",
    "ToolName",
    "open_environment",
]
