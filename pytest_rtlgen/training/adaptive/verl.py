"""Adaptive dynamic sampling in verl: a replay buffer for ``trainer.v1.sampler.custom_sampler`` (verl 0.9).

verl dispatches two prompts for each group that it filters. Here each round, the first too, is as large as the sampler
asks for, it ends after a bounded number of rounds, and what is missing then is filled with filtered groups, whose
advantage is 0. ``path``: this file, ``name``: ``AdaptiveReplayBuffer``; ``sampler_kwargs``: ``metric`` (``acc``) and
arguments of ``AdaptiveSampler``: ``max_rounds``, ``max_prompts``, ``multiple``, ``rule``, ``confidence``, ``memory``.

Source: verl 0.9.1, ``trainer/ppo/v1/trainer_base.py`` (``prepare_step``, ``_next_train_batch``), ``replay_buffer.py``.
"""

import logging
from typing import Any

from pytest_rtlgen.errors import ToolError, UsageError
from pytest_rtlgen.foreign import Foreign
from pytest_rtlgen.training.adaptive.sampling import AdaptiveSampler

_LOG = logging.getLogger(__name__)
_KNOWN = {"metric", "max_rounds", "max_prompts", "multiple", "rule", "confidence", "memory"}
_CORRECT = ("acc", "passed")
_TOTALS = ("reward", "score", "seq_reward", "seq_final_reward")
_USEFUL, _DULL, _FAILED = (0.0, 1.0), (0.0, 0.0), (None, None)
"""What stands for the results of a group: verl has looked at them."""


class AdaptiveRefill:
    """The sampling policy, over the methods of verl's ``ReplayBuffer``; to be mixed in before it."""

    def __init__(self, *args: object, **kwargs: Foreign) -> None:
        chosen = dict(kwargs.get("sampler_kwargs") or {})
        unknown = sorted(set(chosen) - _KNOWN)
        if unknown:
            raise UsageError(f"adaptive sampling: sampler_kwargs has {unknown[0]!r}; known are {sorted(_KNOWN)}")
        mode = kwargs.get("trainer_mode")
        if mode != "sync":
            raise UsageError(f"adaptive sampling: trainer.v1.trainer_mode is {mode!r}; it must be sync")
        metric = read_metric(chosen.pop("metric", _CORRECT[0]))
        configure_trainer(getattr(kwargs.get("refill_fn"), "__self__", None), metric)
        self._settings = chosen
        self._sampler: AdaptiveSampler | None = None
        super().__init__(*args, **{**kwargs, "filter_groups_metric": metric})

    def sample(self: Any, global_steps: int, partition_id: str, batch_size: int) -> tuple[Any, dict[str, Any]]:
        """Return a batch of ``batch_size`` groups and the metrics of how it came about."""
        if partition_id == "val":
            found: tuple[Any, dict[str, Any]] = super().sample(global_steps, partition_id, batch_size)  # type: ignore[misc]
            return found
        sampler = self._begin(batch_size)
        looked_at: set[str] = set()
        while needed := sampler.next_prompts():
            self._fill_round(partition_id, needed, looked_at)
            self._wait_until_idle(partition_id)
            dull, _ = self._dapo_filtered_keys(partition_id)
            failed = set(self.failure_keys[partition_id])
            new = (self.finished_keys[partition_id] | failed) - looked_at
            sampler.take([_FAILED if uid in failed else _DULL if uid in dull else _USEFUL for uid in sorted(new)])
            looked_at |= new
            self._clear_groups(partition_id, failed)
        return self._end(sampler, partition_id, batch_size)  # type: ignore[no-any-return]

    def _begin(self, batch_size: int) -> AdaptiveSampler:
        if self._sampler is None or self._sampler.target != batch_size:
            self._sampler = AdaptiveSampler(target=batch_size, group=2, **self._settings)
        self._sampler.begin()
        return self._sampler

    def _fill_round(self: Any, partition_id: str, needed: int, looked_at: set[str]) -> None:
        """Dispatch what a round of ``needed`` prompts lacks: verl has dispatched a batch before the first."""
        self._sync_metadata_from_transfer_queue()
        states = (self.pending_keys, self.running_keys, self.finished_keys, self.failure_keys)
        dispatched = set().union(*(keys[partition_id] for keys in states)) - looked_at
        if len(dispatched) < needed:
            self.refill_fn(needed - len(dispatched))

    def _wait_until_idle(self: Any, partition_id: str) -> None:
        import time

        shown = time.time()
        self._sync_metadata_from_transfer_queue()
        while self.pending_keys[partition_id] or self.running_keys[partition_id]:
            shown = self._wait_for_next_poll(partition_id, shown)
            self._sync_metadata_from_transfer_queue()

    def _end(self: Any, sampler: AdaptiveSampler, partition_id: str, batch_size: int) -> tuple[Any, dict[str, Any]]:
        report = sampler.report()
        if not report.is_full:
            _LOG.warning("adaptive sampling: %s", report)
        finished = set(self.finished_keys[partition_id])
        if len(finished) < batch_size:
            raise RuntimeError(f"adaptive sampling: {len(finished)} of {batch_size} groups have samples: {report}")
        dull, _ = self._dapo_filtered_keys(partition_id)
        ordered, partition, _ = self._select_prompt_uids(partition_id, finished, len(finished))
        chosen = sorted(ordered, key=lambda uid: uid in dull)[:batch_size]
        self._clear_groups(partition_id, finished - set(chosen))
        metrics = {
            "training/adaptive/generated_prompts": report.generated,
            "training/adaptive/useful_groups": report.kept,
            "training/adaptive/rounds": report.rounds,
            "training/adaptive/effective_ratio": sampler.ratio.mean,
        }
        return self._materialize_batch(partition_id, chosen, partition), metrics


def read_metric(metric: str) -> str:
    """Return ``metric``, by which verl tells useful groups: one that says what is right.

    Raises:
        UsageError: it is a total reward.
    """
    if metric in _TOTALS:
        raise UsageError(
            f"adaptive sampling: metric is {metric!r}, which length and format change too; use 'acc', which for_verl"
            " returns, or another value of your reward that says what is right"
        )
    if metric not in _CORRECT:
        _LOG.warning("adaptive sampling: groups are useful by %r; is it 1 for right answers and 0 for others?", metric)
    return metric


def configure_trainer(trainer: Foreign, metric: str) -> None:
    """Make verl's ``trainer``, which has no data loader yet, load single prompts and filter by ``metric``.

    verl gives a custom sampler the method that adds prompts, of which ``trainer`` is the object. Without this, it takes
    whole batches only: ``num_prompts must be a positive multiple of gen_batch_size``.

    Raises:
        UsageError: it is no trainer of verl, or its reward is known only after sampling.
    """
    config = getattr(trainer, "config", None)
    if config is None or config.algorithm.get("filter_groups") is None:
        raise UsageError("adaptive sampling: verl's trainer has no algorithm.filter_groups; use verl 0.9's defaults")
    config.algorithm.filter_groups.enable = True
    config.algorithm.filter_groups.metric = metric
    config.data.gen_batch_size = 1
    model = config.reward.reward_model
    if model.enable and not model.enable_resource_pool:
        raise UsageError(
            "adaptive sampling: a colocated reward model scores after sampling; set"
            " reward.reward_model.enable_resource_pool=true, or use a reward function only"
        )


def make_replay_buffer() -> type:
    """Return ``AdaptiveRefill`` over verl's ``ReplayBuffer``.

    Raises:
        ToolError: verl is not installed.
    """
    try:
        from verl.trainer.ppo.v1.replay_buffer import ReplayBuffer
    except ImportError as error:
        raise ToolError(f"adaptive sampling needs verl 0.9 or newer ({error}); install it") from error
    return type("AdaptiveReplayBuffer", (AdaptiveRefill, ReplayBuffer), {"__module__": __name__})


def __getattr__(name: str) -> Foreign:  # verl looks the class up by name
    if name != "AdaptiveReplayBuffer":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found = make_replay_buffer()
    return found
