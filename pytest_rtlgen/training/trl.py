"""A reward as TRL's trainers call it.

Source: TRL 1.16, ``GRPOTrainer._calculate_rewards``.
"""

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import Any

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.foreign import Foreign
from pytest_rtlgen.training.reward.answers import read_answer
from pytest_rtlgen.training.reward.callable import Reward
from pytest_rtlgen.training.reward.parts import RewardResult

LogMetric = Callable[[str, float], None]
LogExtra = Callable[[str, list[Any]], None]


class TrlReward:
    """One of ``reward_funcs`` of TRL's GRPOTrainer, RLOOTrainer and the like. Can be pickled."""

    def __init__(self, reward: Reward, *, column: str) -> None:
        self.reward = reward
        self.column = column
        self.last_results: Sequence[RewardResult] = ()
        """Of the last call, one a completion."""
        self.__name__ = f"rtlgen_{reward.settings.preset.name}"

    def __call__(
        self,
        *,
        completions: Sequence[Any],
        trainer_state: Foreign = None,  # a TrainerState of transformers
        log_metric: LogMetric | None = None,
        log_extra: LogExtra | None = None,
        **columns: Foreign,  # prompts, token ids and every column of the data set
    ) -> list[float | None]:
        """Return one reward a completion; ``None``, which TRL leaves out, where the harness failed.

        Raises:
            UsageError: the data set has no column that names the problems.
        """
        answers, tasks = self._read(completions, columns)
        self.last_results = results = self.reward.judge(
            answers, tasks, step=_read_step(trainer_state), lengths=_read_lengths(columns.get("completion_ids"))
        )
        return _give(results, log_metric, log_extra)

    def _read(self, completions: Sequence[Any], columns: Mapping[str, Any]) -> tuple[list[str], list[str]]:
        if self.column not in columns:
            found = ", ".join(sorted(columns))
            raise UsageError(f"reward: the data set has no column {self.column!r}; found {found}; name it in for_trl")
        return [read_answer(completion) for completion in completions], [str(task) for task in columns[self.column]]


class AsyncTrlReward(TrlReward):
    """The same as a coroutine, which TRL awaits together with the other asynchronous ``reward_funcs``."""

    async def __call__(  # type: ignore[override]  # TRL asks which of the two it is
        self,
        *,
        completions: Sequence[Any],
        trainer_state: Foreign = None,
        log_metric: LogMetric | None = None,
        log_extra: LogExtra | None = None,
        **columns: Foreign,
    ) -> list[float | None]:
        """Return what ``TrlReward`` does.

        Raises:
            UsageError: the data set lacks the column that names the problems.
        """
        answers, tasks = self._read(completions, columns)
        results = await self.reward.judge_async(
            answers, tasks, step=_read_step(trainer_state), lengths=_read_lengths(columns.get("completion_ids"))
        )
        self.last_results = results
        return _give(results, log_metric, log_extra)


def for_trl(reward: Reward, *, column: str = "problem_id", is_async: bool = False) -> TrlReward:
    """Return ``reward`` as TRL calls it.

    ``column`` of the data set holds for each row the id of a problem, the text of a reference, or a JSON list of such
    texts. ``is_async``: TRL runs it at the same time as its other asynchronous rewards.
    """
    return (AsyncTrlReward if is_async else TrlReward)(reward, column=column)


def _read_step(trainer_state: Foreign) -> int | None:
    """Return the step of the training, the same in all of its processes; ``None``: it is not known."""
    step = getattr(trainer_state, "global_step", None)
    return step if isinstance(step, int) else None


def _read_lengths(completion_ids: Foreign) -> list[int] | None:
    """Return the tokens of each completion, with its end token; ``None``: the trainer gives no token ids."""
    return None if completion_ids is None else [len(ids) for ids in completion_ids]


def _give(
    results: Sequence[RewardResult], log_metric: LogMetric | None, log_extra: LogExtra | None
) -> list[float | None]:
    if log_metric is not None:
        _log_parts(results, log_metric)
    if log_extra is not None:
        log_extra("rtlgen_status", [str(result.status or "unchecked") for result in results])
    return [result.value for result in results]


def _log_parts(results: Sequence[RewardResult], log_metric: LogMetric) -> None:
    """Log the seed and the mean of each part; those of results without a value count in ``failed`` only."""
    if results:
        log_metric("rtlgen/seed", results[0].seed)
        log_metric("rtlgen/failed", fmean(result.parts["failed"] for result in results))
    known = [result.parts for result in results if result.value is not None]
    for name in known[0] if known else ():
        if name != "failed":
            log_metric(f"rtlgen/{name}", fmean(parts[name] for parts in known))
