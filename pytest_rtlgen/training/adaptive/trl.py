"""Adaptive dynamic sampling in TRL: a ``GRPOTrainer`` whose batches hold groups that teach something.

TRL has no dynamic sampling of its own. Its hook is ``GRPOTrainer._generate_and_score_completions`` (TRL 1.16), which
is called here with as many prompts as the sampler asks for, and again until the batch is full or the bound is reached.
Every process sees the results of all, so that all generate the same number of rounds and none waits for another.
"""

import logging
import math
from collections.abc import Callable, Sequence
from typing import Any

from pytest_rtlgen.errors import ToolError, UsageError
from pytest_rtlgen.foreign import Foreign
from pytest_rtlgen.training.adaptive.rows import TrainingBatch, count_tokens, cut_rows, draw_rows, join_rows, share_rows
from pytest_rtlgen.training.adaptive.rules import RuleName
from pytest_rtlgen.training.adaptive.sampling import AdaptiveSampler
from pytest_rtlgen.training.reward.parts import RewardResult
from pytest_rtlgen.training.trl import TrlReward

_LOG = logging.getLogger(__name__)


class AdaptiveSampling:
    """What a ``GRPOTrainer`` does otherwise; to be mixed in before it."""

    def __init__(
        self: Any,
        *args: object,
        sampling_rounds: int = 5,
        sampling_rule: str = RuleName.QUANTILE,
        correct_by: str | None = None,
        **kwargs: object,
    ) -> None:
        super().__init__(*args, **kwargs)
        _refuse_unsupported(self)
        processes, group = self.accelerator.num_processes, self.num_generations
        self.adaptive = AdaptiveSampler(
            target=self.args.generation_batch_size // group,
            group=group,
            max_rounds=sampling_rounds,
            multiple=processes // math.gcd(processes, group),
            rule=sampling_rule,
        )
        self._rtlgen_read = find_correctness(self.reward_funcs, self.reward_func_names, correct_by)
        self._rtlgen_correct: list[float | None] = []
        self._rtlgen_drawn = draw_rows(self.train_dataset, seed=self.args.seed)

    def _calculate_rewards(self: Any, *args: object, **kwargs: object) -> Foreign:
        found = super()._calculate_rewards(*args, **kwargs)  # type: ignore[misc]  # TRL's
        self._rtlgen_correct = self._rtlgen_read(self._rtlgen_share(found.tolist()))
        return found

    def _generate_and_score_completions(self: Any, inputs: list[Any]) -> dict[str, Any]:
        generate: Callable[[list[Any]], dict[str, Any]] = super()._generate_and_score_completions  # type: ignore[misc]
        if not self.model.training:
            return dict(generate(inputs))
        gather, size = _find_gather(), self.num_generations
        batch = TrainingBatch(target=self.adaptive.target, size=size)
        rows = gather(list(inputs))
        self.adaptive.begin()
        while needed := self.adaptive.next_prompts():
            while len(rows) < needed * size:
                rows += [next(self._rtlgen_drawn)] * size
            made = cut_rows(generate(self._rtlgen_share(rows)))
            correct = gather(self._rtlgen_correct)
            chosen = self.adaptive.take([correct[start : start + size] for start in range(0, len(correct), size)])
            places = self._rtlgen_share(range(len(rows)))
            batch.add(dict(zip(places, made, strict=True)), groups=needed, chosen=chosen)
            rows = []
        self._rtlgen_log()
        joined: dict[str, Any] = self._rtlgen_split(batch.gather(gather))
        return joined

    def _rtlgen_share(self: Any, rows: Sequence[Any]) -> list[Any]:
        return share_rows(rows, process=self.accelerator.process_index, processes=self.accelerator.num_processes)

    def _rtlgen_split(self: Any, rows: list[Any]) -> dict[str, Any]:
        import torch

        tokenizer = getattr(self.processing_class, "tokenizer", self.processing_class)
        mine = join_rows(
            self._rtlgen_share(rows), pad_token_id=int(tokenizer.pad_token_id), multiple=self.pad_to_multiple_of
        )
        mine["num_items_in_batch"] = torch.tensor(count_tokens(rows))  # of all processes, as TRL's loss needs it
        return {key: value.to(self.accelerator.device) for key, value in mine.items()}

    def _rtlgen_log(self: Any) -> None:
        report = self.adaptive.report()
        if not report.is_full and self.accelerator.is_main_process:
            _LOG.warning("adaptive sampling: %s", report)
        metrics = self._metrics["train"]
        metrics["adaptive/generated_prompts"].append(report.generated)
        metrics["adaptive/useful_groups"].append(report.kept)
        metrics["adaptive/rounds"].append(report.rounds)
        metrics["adaptive/effective_ratio"].append(self.adaptive.ratio.mean)


def make_adaptive_trainer(base: type | None = None) -> type:
    """Return a subclass of ``base``, by default TRL's ``GRPOTrainer``, that samples adaptively while it trains.

    It takes three more arguments. ``sampling_rounds``: at most that many generations a batch, 5. ``sampling_rule``: a
    ``RuleName``. ``correct_by``: the name of the reward function whose value says what is right, by default the first
    ``for_trl`` reward, of which it is the part ``passed``. On any number of processes; text only, a map-style data
    set, and advantages that are normalised within a group.

    Raises:
        ToolError: TRL is not installed.
    """
    trainer = base if base is not None else _find_trainer()
    return type("AdaptiveGRPOTrainer", (AdaptiveSampling, trainer), {"__module__": __name__})


def find_correctness(
    rewards: Sequence[object], names: Sequence[str], correct_by: str | None
) -> Callable[[Sequence[Sequence[float]]], list[float | None]]:
    """Return what says how right each answer of the last call is, given the values of all ``rewards``, a row an answer.

    Raises:
        UsageError: no reward function of that name, or none that knows it.
    """
    if correct_by is not None:
        if correct_by not in names:
            raise UsageError(f"adaptive sampling: no reward function {correct_by!r}; found {', '.join(names)}")
        column = list(names).index(correct_by)
        return lambda table: [None if math.isnan(row[column]) else row[column] for row in table]
    for reward in rewards:
        if isinstance(reward, TrlReward):
            ours = reward
            return lambda _: [read_correctness(result) for result in ours.last_results]
    raise UsageError(
        "adaptive sampling: no for_trl reward among reward_funcs, so it is unknown which answers are right; add one, or"
        f" name the reward function that says so with correct_by (found {', '.join(names)})"
    )


def read_correctness(result: RewardResult) -> float | None:
    """Return 1.0 if the candidate passed and 0.0 if not; ``None``: there is nothing to learn from the answer."""
    return None if result.value is None else result.parts["passed"]


def _find_trainer() -> type:
    try:
        from trl import GRPOTrainer
    except ImportError as error:
        raise ToolError("adaptive sampling needs TRL; install it with: pip install trl torch") from error
    return GRPOTrainer  # type: ignore[no-any-return]


def _find_gather() -> Callable[[list[Any]], list[Any]]:
    from accelerate.utils import gather_object  # type: ignore[import-not-found]  # comes with TRL

    return gather_object  # type: ignore[no-any-return]


def _refuse_unsupported(trainer: Foreign) -> None:
    if not hasattr(trainer.train_dataset, "__getitem__"):
        raise UsageError("adaptive sampling: the data set must be map-style, so that prompts can be drawn again")
    if trainer.multi_objective_aggregation != "sum_then_normalize":
        raise UsageError("adaptive sampling: multi_objective_aggregation must be sum_then_normalize")
    if trainer.scale_rewards == "batch":
        raise UsageError("adaptive sampling: scale_rewards must be group or none: a batch is complete only at its end")
