"""A reward as TRL's trainers call it.

Source: TRL 1.16, ``GRPOTrainer._calculate_rewards``.
"""

from collections.abc import Callable, Sequence
from statistics import fmean
from typing import Any

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.foreign import Foreign
from pytest_rtlgen.training.reward.answers import read_answer
from pytest_rtlgen.training.reward.callable import Reward
from pytest_rtlgen.training.reward.parts import RewardResult


class TrlReward:
    """One of ``reward_funcs`` of TRL's GRPOTrainer, RLOOTrainer and the like. Can be pickled."""

    def __init__(self, reward: Reward, *, column: str) -> None:
        self.reward = reward
        self.column = column
        self.__name__ = f"rtlgen_{reward.settings.preset.name}"

    def __call__(
        self,
        *,
        completions: Sequence[Any],
        log_metric: Callable[[str, float], None] | None = None,
        log_extra: Callable[[str, list[Any]], None] | None = None,
        **columns: Foreign,  # prompts, token ids, the trainer's state and every column of the data set
    ) -> list[float | None]:
        """Return one reward a completion; ``None``, which TRL leaves out, where the harness failed.

        Raises:
            UsageError: the data set has no column that names the problems.
        """
        if self.column not in columns:
            found = ", ".join(sorted(columns))
            raise UsageError(f"reward: the data set has no column {self.column!r}; found {found}; name it in for_trl")
        tasks = [str(task) for task in columns[self.column]]
        results = self.reward.judge([read_answer(completion) for completion in completions], tasks)
        if log_metric is not None:
            _log_parts(results, log_metric)
        if log_extra is not None:
            log_extra("rtlgen_status", [str(result.status or "unchecked") for result in results])
        return [result.value for result in results]


def for_trl(reward: Reward, *, column: str = "problem_id") -> TrlReward:
    """Return ``reward`` as TRL calls it.

    ``column`` of the data set holds for each row the id of a problem, or the text of a reference.
    """
    return TrlReward(reward, column=column)


def _log_parts(results: Sequence[RewardResult], log_metric: Callable[[str, float], None]) -> None:
    """Log the mean of each part; those of results without a value count in ``failed`` only."""
    if results:
        log_metric("rtlgen/failed", fmean(result.parts["failed"] for result in results))
    known = [result.parts for result in results if result.value is not None]
    for name in known[0] if known else ():
        if name != "failed":
            log_metric(f"rtlgen/{name}", fmean(parts[name] for parts in known))
