"""Where the answers of a run are checked: in this process, on a cluster, or wherever a plugin does it."""

from collections.abc import Callable, Mapping

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.evaluation.executors.base import Executor, ExecutorSettings
from pytest_rtlgen.evaluation.executors.local import LocalExecutor
from pytest_rtlgen.evaluation.executors.ray_executor import RayExecutor
from pytest_rtlgen.spelling import suggest
from pytest_rtlgen.tools.hooks import call_first

__all__ = ["EXECUTORS", "Executor", "ExecutorSettings", "LocalExecutor", "make_executor"]

EXECUTORS: Mapping[str, Callable[[ExecutorSettings], Executor]] = {"local": LocalExecutor, "ray": RayExecutor}
"""Each executor of ours, by its name."""


def make_executor(name: str, settings: ExecutorSettings) -> Executor:
    """Return the executor that ``--rtlgen-executor=name`` names, one of ours or of an installed plugin.

    Raises:
        UsageError: there is no such executor.
        ToolError: it needs an extra that is not installed, or isolation is required and cannot be had.
    """
    if name in EXECUTORS:
        return EXECUTORS[name](settings)
    made: Executor | None = call_first("make_executor", name=name, settings=settings)
    if made is None:
        hint = suggest(name, EXECUTORS) or f"; executors are {', '.join(EXECUTORS)}"
        raise UsageError(f"--rtlgen-executor={name}: no such executor{hint}")
    return made
