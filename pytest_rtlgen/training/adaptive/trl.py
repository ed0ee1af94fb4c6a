"""Adaptive dynamic sampling in TRL: a ``GRPOTrainer`` whose batches hold groups that teach something.

TRL has no dynamic sampling of its own. Its hook is ``GRPOTrainer._generate_and_score_completions`` (TRL 1.16), which
is called here with as many prompts as the sampler asks for, and again until the batch is full or the bound is reached.
"""

import logging
import math
import random
from collections.abc import Iterator, Sequence
from typing import Any

from pytest_rtlgen.errors import ToolError, UsageError
from pytest_rtlgen.foreign import Foreign
from pytest_rtlgen.training.adaptive.sampling import AdaptiveSampler

_LOG = logging.getLogger(__name__)
_LEFT = {"prompt_ids", "prompt_mask"}
_COUNT = "num_items_in_batch"


def make_adaptive_trainer(base: type | None = None) -> type:
    """Return a subclass of ``base``, by default TRL's ``GRPOTrainer``, that samples adaptively while it trains.

    It takes two more arguments: ``sampling_rounds`` (at most that many generations a batch, 5) and ``best_reward``
    (of a right sample, 1.0). One process, text only, a map-style data set, and ``sum_then_normalize``.

    Raises:
        ToolError: TRL is not installed.
    """
    trainer: Any = base if base is not None else _find_trainer()

    class AdaptiveGRPOTrainer(trainer):  # type: ignore[misc]  # the base is only known now
        """A ``GRPOTrainer`` with adaptive dynamic sampling."""

        def __init__(self, *args: object, sampling_rounds: int = 5, best_reward: float = 1.0, **kwargs: object) -> None:
            super().__init__(*args, **kwargs)
            _refuse_unsupported(self)
            self.adaptive = AdaptiveSampler(
                target=self.args.generation_batch_size // self.num_generations,
                group=self.num_generations,
                max_rounds=sampling_rounds,
                best=best_reward,
            )
            self._rtlgen_rows = draw_rows(self.train_dataset, seed=self.args.seed)
            self._rtlgen_rewards: list[float | None] = []

        def _calculate_rewards(self, *args: object, **kwargs: object) -> Foreign:
            found = super()._calculate_rewards(*args, **kwargs)
            self._rtlgen_rewards = add_rewards(found.tolist(), self.reward_weights.tolist())
            return found

        def _generate_and_score_completions(self, inputs: list[Any]) -> dict[str, Any]:
            generate = super()._generate_and_score_completions
            if not self.model.training:
                return dict(generate(inputs))
            size, rows = self.num_generations, list(inputs)
            kept: list[dict[str, Any]] = []
            spare: list[dict[str, Any]] = []
            self.adaptive.begin()
            while needed := self.adaptive.next_prompts():
                while len(rows) < needed * size:
                    rows += [next(self._rtlgen_rows)] * size
                made = list_groups(generate(rows), size)
                groups = [self._rtlgen_rewards[start : start + size] for start in range(0, len(rows), size)]
                chosen = set(self.adaptive.take(groups))
                kept += [group for index, group in enumerate(made) if index in chosen]
                missing = self.adaptive.target - len(kept)
                spare = (spare + [group for index, group in enumerate(made) if index not in chosen])[:missing]
                rows = []
            return join_groups(kept, spare, pad_token_id=self._rtlgen_pad(), log=self._rtlgen_log)

        def _rtlgen_pad(self) -> int:
            tokenizer: Any = getattr(self.processing_class, "tokenizer", self.processing_class)
            return int(tokenizer.pad_token_id)

        def _rtlgen_log(self) -> None:
            report = self.adaptive.report()
            if not report.is_full:
                _LOG.warning("adaptive sampling: %s", report)
            metrics = self._metrics["train"]
            metrics["adaptive/generated_prompts"].append(report.generated)
            metrics["adaptive/useful_groups"].append(report.kept)
            metrics["adaptive/rounds"].append(report.rounds)
            metrics["adaptive/effective_ratio"].append(self.adaptive.ratio.mean)

    return AdaptiveGRPOTrainer


def draw_rows(dataset: Sequence[Any], *, seed: int) -> Iterator[Any]:
    """Yield the rows of ``dataset`` without end, each pass in another order that ``seed`` decides."""
    rng = random.Random(f"rtlgen refill {seed}")  # noqa: S311  reproducible on purpose
    order = list(range(len(dataset)))
    while True:
        rng.shuffle(order)
        yield from (dataset[index] for index in order)


def add_rewards(table: Sequence[Sequence[float]], weights: Sequence[float]) -> list[float | None]:
    """Return each row's weighted sum, as TRL adds them: NaN counts for nothing; ``None`` where every reward is NaN."""
    return [
        None
        if all(math.isnan(value) for value in row)
        else sum(weight * value for value, weight in zip(row, weights, strict=True) if not math.isnan(value))
        for row in table
    ]


def list_groups(output: dict[str, Any], size: int) -> list[dict[str, Any]]:
    """Return what TRL made of a batch, cut into groups of ``size`` samples."""
    count = len(output["advantages"])
    columns = {key: value for key, value in output.items() if key != _COUNT}
    odd = [key for key, value in columns.items() if not hasattr(value, "shape") or len(value) != count]
    if odd:
        raise UsageError(f"adaptive sampling: {odd[0]!r} in a batch is not one row a sample; only text is supported")
    return [{key: value[start : start + size] for key, value in columns.items()} for start in range(0, count, size)]


def join_groups(
    kept: Sequence[dict[str, Any]],
    spare: Sequence[dict[str, Any]],
    *,
    pad_token_id: int,
    log: Foreign,
) -> dict[str, Any]:
    """Return ``kept`` and then ``spare`` as one batch; spare groups, which only fill it up, get no advantage."""
    import torch

    log()
    silent = [{**group, "advantages": torch.zeros_like(group["advantages"])} for group in spare]
    groups = [*kept, *silent]
    joined = {key: torch.cat(_pad([group[key] for group in groups], key, pad_token_id)) for key in groups[0]}
    return {**joined, _COUNT: joined["completion_mask"].sum()}


def _pad(parts: list[Any], key: str, pad_token_id: int) -> list[Any]:
    import torch

    if parts[0].dim() == 1:
        return parts
    longest = max(part.shape[1] for part in parts)
    value = pad_token_id if key.endswith("_ids") else 0
    gaps = [longest - part.shape[1] for part in parts]
    sides = [(gap, 0) if key in _LEFT else (0, gap) for gap in gaps]
    return [torch.nn.functional.pad(part, side, value=value) for part, side in zip(parts, sides, strict=True)]


def _find_trainer() -> type:
    try:
        from trl import GRPOTrainer
    except ImportError as error:
        raise ToolError("adaptive sampling needs TRL; install it with: pip install trl torch") from error
    return GRPOTrainer  # type: ignore[no-any-return]


def _refuse_unsupported(trainer: Foreign) -> None:
    if trainer.accelerator.num_processes > 1:
        raise UsageError("adaptive sampling: TRL on several processes is not supported; use one, or verl")
    if not hasattr(trainer.train_dataset, "__getitem__"):
        raise UsageError("adaptive sampling: the data set must be map-style, so that prompts can be drawn again")
    if trainer.multi_objective_aggregation != "sum_then_normalize":
        raise UsageError("adaptive sampling: multi_objective_aggregation must be sum_then_normalize")
