"""Adaptive dynamic sampling in verl: a replay buffer for ``trainer.v1.sampler.custom_sampler`` (verl 0.9).

verl dispatches two prompts for each group that it filters. Here each round is as large as the share of useful groups
so far asks for, it ends after a bounded number of rounds, and what is missing then is filled with filtered groups,
whose advantage is 0. ``path``: this file, ``name``: ``AdaptiveReplayBuffer``; ``sampler_kwargs``: ``metric``
(``reward``), ``max_rounds`` (10), ``max_prompts`` (4 times the batch of one round), ``multiple`` (1).
"""

import logging
from typing import Any

from pytest_rtlgen.errors import ToolError, UsageError
from pytest_rtlgen.foreign import Foreign
from pytest_rtlgen.training.adaptive.sampling import AdaptiveSampler

_LOG = logging.getLogger(__name__)
_KNOWN = {"metric", "max_rounds", "max_prompts", "multiple"}
_MARK = (0.0, 1.0), (0.0, 0.0)
"""What stands for a useful and for a useless group: verl has looked at the rewards."""


class AdaptiveRefill:
    """The sampling policy, over the methods of verl's ``ReplayBuffer``; to be mixed in before it."""

    def __init__(self, *args: object, **kwargs: Foreign) -> None:
        chosen = dict(kwargs.get("sampler_kwargs") or {})
        unknown = sorted(set(chosen) - _KNOWN)
        if unknown:
            raise UsageError(f"adaptive sampling: sampler_kwargs has {unknown[0]!r}; known are {sorted(_KNOWN)}")
        kwargs.setdefault("filter_groups_metric", chosen.pop("metric", "reward"))
        self._settings = chosen
        self._sampler: AdaptiveSampler | None = None
        super().__init__(*args, **kwargs)

    def sample(self: Any, global_steps: int, partition_id: str, batch_size: int) -> tuple[Any, dict[str, Any]]:
        """Return a batch of ``batch_size`` groups and the metrics of how it came about."""
        if partition_id == "val":
            found: tuple[Any, dict[str, Any]] = super().sample(global_steps, partition_id, batch_size)  # type: ignore[misc]
            return found
        sampler = self._begin(batch_size)
        looked_at: set[str] = set()
        while True:
            self._wait_until_idle(partition_id)
            dull, _ = self._dapo_filtered_keys(partition_id)
            terminal = self.finished_keys[partition_id] | self.failure_keys[partition_id]
            broken = {uid for uid in self.failure_keys[partition_id] if not self._has_samples(partition_id, uid)}
            new = terminal - looked_at - broken
            sampler.take([_MARK[uid in dull] for uid in sorted(new)])
            looked_at |= new
            self._clear_groups(partition_id, broken)
            needed = sampler.next_prompts()
            if not needed:
                ended: tuple[Any, dict[str, Any]] = self._end(
                    sampler, partition_id, batch_size, terminal - broken, dull
                )
                return ended
            self.refill_fn(needed)

    def _begin(self, batch_size: int) -> AdaptiveSampler:
        if self._sampler is None or self._sampler.target != batch_size:
            self._sampler = AdaptiveSampler(target=batch_size, group=2, **self._settings)
        self._sampler.begin()
        return self._sampler

    def _wait_until_idle(self: Any, partition_id: str) -> None:
        import time

        shown = time.time()
        self._sync_metadata_from_transfer_queue()
        while self.pending_keys[partition_id] or self.running_keys[partition_id]:
            shown = self._wait_for_next_poll(partition_id, shown)
            self._sync_metadata_from_transfer_queue()

    def _has_samples(self: Any, partition_id: str, uid: str) -> bool:
        return any(key.split("_")[0] == uid for key in self.partitions[partition_id])

    def _end(
        self: Any,
        sampler: AdaptiveSampler,
        partition_id: str,
        batch_size: int,
        terminal: set[str],
        dull: set[str],
    ) -> tuple[Any, dict[str, Any]]:
        report = sampler.report()
        if not report.is_full:
            _LOG.warning("adaptive sampling: %s", report)
        if len(terminal) < batch_size:
            raise RuntimeError(f"adaptive sampling: {len(terminal)} of {batch_size} groups have samples: {report}")
        ordered, partition, _ = self._select_prompt_uids(partition_id, terminal, len(terminal))
        chosen = sorted(ordered, key=lambda uid: uid in dull)[:batch_size]
        self._clear_groups(partition_id, terminal - set(chosen))
        metrics = {
            "training/adaptive/generated_prompts": report.generated,
            "training/adaptive/useful_groups": report.kept,
            "training/adaptive/rounds": report.rounds,
            "training/adaptive/effective_ratio": sampler.ratio.mean,
        }
        return self._materialize_batch(partition_id, chosen, partition), metrics


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
