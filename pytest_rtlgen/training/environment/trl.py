"""Episodes as TRL's ``environment_factory`` makes them: an object with ``reset``, tools as methods, and ``get_reward``.

TRL reads the tools off the class: every public method is one, its docstring and annotations are its schema. So there is
one class for each set of tools. Source: TRL 1.16, ``GRPOTrainer`` and ``AsyncRolloutWorker``.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from statistics import fmean
from typing import Any

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.foreign import Foreign
from pytest_rtlgen.training.environment.episode import Episode, Outcome
from pytest_rtlgen.training.environment.problems import RtlEnvironment
from pytest_rtlgen.training.environment.prompt import DESCRIPTIONS, FIRST_STEP, VERILOG, list_messages
from pytest_rtlgen.training.environment.settings import ToolName


class TrlEpisode:
    """What TRL calls; ``TrlFactory`` makes it, with the tools of its environment. Can be pickled."""

    def __init__(self, factory: "TrlFactory", episode: Episode | None = None) -> None:
        self._factory = factory
        self._episode = episode

    def __reduce__(self) -> tuple[Callable[..., "TrlEpisode"], tuple["TrlFactory", Episode | None]]:
        return _restore, (self._factory, self._episode)

    def reset(self, **columns: Foreign) -> None:
        """Begin an episode over the problem that the row's column names.

        Raises:
            UsageError: the data set has no such column.
            SuiteError: there is no such problem.
        """
        column = self._factory.column
        if column not in columns:
            found = ", ".join(sorted(columns))
            raise UsageError(
                f"environment: the data set has no column {column!r}; found {found}; name it in TrlFactory"
            )
        self._episode = self._factory.environment.begin(str(columns[column]))

    def get_reward(self) -> float | None:
        """Return what the episode is worth; ``None``, which TRL leaves out of the group, where the harness failed."""
        return self._finish().reward

    def _finish(self) -> Outcome:
        return self._running.finish()

    @property
    def _running(self) -> Episode:
        if self._episode is None:
            raise UsageError("environment: there is no episode yet; call reset first")
        return self._episode


class _Tools(TrlEpisode):
    """The tools as plain methods; ``_document`` gives them docstrings."""

    def compile(self, verilog: str) -> str:
        return self._running.call("compile", verilog=verilog).text

    def simulate(self, verilog: str) -> str:
        return self._running.call("simulate", verilog=verilog).text

    def wave(self, first_step: int) -> str:
        return self._running.call("wave", first_step=first_step).text

    def synthesize(self, verilog: str) -> str:
        return self._running.call("synthesize", verilog=verilog).text

    def submit(self, verilog: str) -> str:
        return self._running.call("submit", verilog=verilog).text


class _AsyncTools(TrlEpisode):
    """The same as coroutines, which TRL awaits together."""

    async def compile(self, verilog: str) -> str:
        return (await self._running.call_async("compile", verilog=verilog)).text

    async def simulate(self, verilog: str) -> str:
        return (await self._running.call_async("simulate", verilog=verilog)).text

    async def wave(self, first_step: int) -> str:
        return (await self._running.call_async("wave", first_step=first_step)).text

    async def synthesize(self, verilog: str) -> str:
        return (await self._running.call_async("synthesize", verilog=verilog)).text

    async def submit(self, verilog: str) -> str:
        return (await self._running.call_async("submit", verilog=verilog)).text


class TrlFactory:
    """The ``environment_factory`` of TRL's GRPOTrainer: each call makes an instance of its own. Can be pickled.

    ``column`` of the data set holds the id of a problem, or the text of a reference. ``is_async``: the tools are
    coroutines.
    """

    def __init__(self, environment: RtlEnvironment, *, column: str = "problem_id", is_async: bool = False) -> None:
        self.environment = environment
        self.column = column
        self.is_async = is_async

    def __call__(self) -> TrlEpisode:
        """Return an environment that waits for its first ``reset``."""
        return _restore(self, None)


def list_rows(environment: RtlEnvironment, *, style: str = "chat", column: str = "problem_id") -> list[dict[str, Any]]:
    """Return a row a problem for ``datasets.Dataset.from_list``: its chat in the prompt style ``style``, and its id.

    Raises:
        UsageError: there is no such style.
    """
    return [
        {
            "prompt": [
                {"role": str(message.role), "content": message.content}
                for message in list_messages(problem, style, environment.settings)
            ],
            column: problem.problem_id,
        }
        for problem in environment.problems
    ]


def log_outcomes(
    environments: Sequence[TrlEpisode],
    log_metric: Callable[[str, float], None] | None = None,
    **columns: Foreign,  # whatever else TRL gives a reward
) -> list[None]:
    """Log the means of feedback, sealed and overfit scores, bits told, turns and failures; a reward that is none.

    As one of ``reward_funcs`` beside an ``environment_factory``, it changes no reward.
    """
    del columns
    found: dict[str, list[float]] = {}
    for one in environments:
        for name, value in one._finish().metrics.items():  # noqa: SLF001  a tool to TRL if it were public
            found.setdefault(name, []).append(value)
    if log_metric is not None:
        for name, values in found.items():
            log_metric(f"rtlgen/{name}", fmean(values))
    return [None] * len(environments)


@cache
def _make_class(tools: tuple[ToolName, ...], *, is_async: bool) -> type[TrlEpisode]:
    """Return a class with ``tools`` and no other public method."""
    methods: dict[str, Any] = {str(tool): (_AsyncTools if is_async else _Tools).__dict__[tool] for tool in tools}
    return type("RtlEpisode", (TrlEpisode,), methods)


def _restore(factory: TrlFactory, episode: Episode | None) -> TrlEpisode:
    return _make_class(factory.environment.settings.tools, is_async=factory.is_async)(factory, episode)


def _document(methods: Mapping[str, Any]) -> None:
    """Give the tools docstrings in the form of which transformers makes their schemas."""
    for tool, description in DESCRIPTIONS.items():
        argument = f"first_step: {FIRST_STEP}" if tool is ToolName.WAVE else f"verilog: {VERILOG}"
        methods[tool].__doc__ = f"{description}\n\nArgs:\n    {argument}\n"


_document(_Tools.__dict__)
_document(_AsyncTools.__dict__)
