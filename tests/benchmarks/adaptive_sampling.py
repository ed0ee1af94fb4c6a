"""Rounds, samples and time of a training batch: dynamic sampling of fixed size, CodeV-R1's released rule and ours.

    python tests/benchmarks/adaptive_sampling.py [--batches 150] [--seeds 10] [--target 128] [--group 16]

A group of samples is useful with a probability that changes from batch to batch; a stream says how. A batch is full
when it has ``--target`` useful groups; more are dropped. ``time`` is in thousands of tokens: a round waits for its
longest answer, and the lengths of answers are log-normal, cut at 16,384. Nothing else costs time.

TRL: our trainer's loop around ``AdaptiveSampler``; *fixed* generates ``--target`` prompts a round, as DAPO does.
verl: the methods of ``AdaptiveReplayBuffer`` over a queue on a simulated clock, after a first dispatch of ``--target``
prompts, as verl's ``prepare_step`` makes; *fixed* is verl's ``ReplayBuffer.sample``, which has no rounds: it dispatches
two prompts for each group that it filters, with at most ``--target`` in flight, and then waits for all.
"""

import argparse
import heapq
import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
from tabulate import tabulate

from pytest_rtlgen.training.adaptive.sampling import DEFAULT_CONFIDENCE, DEFAULT_MEMORY, AdaptiveSampler
from pytest_rtlgen.training.adaptive.verl import AdaptiveRefill

STREAMS: dict[str, tuple[float, ...]] = {
    "constant 0.3": (0.3,),
    "constant 0.5": (0.5,),
    "constant 0.8": (0.8,),
    "harder 0.95 … 0.6": (0.95, 0.6),
    "harder 0.95 … 0.5": (0.95, 0.5),
    "harder 0.9 … 0.3": (0.9, 0.3),
    "falling, rising 0.95 … 0.5 … 0.95": (0.95, 0.5, 0.95),
    "falling, rising 0.9 … 0.35 … 0.9": (0.9, 0.35, 0.9),
    "rising 0.3 … 0.9": (0.3, 0.9),
    "rising, falling 0.5 … 0.95 … 0.5": (0.5, 0.95, 0.5),
}
"""Share of useful groups, at batches that divide the training evenly."""
REQUIRED = ("constant", "harder", "falling")
"""Streams on which ours must need no more rounds than the released rule, and fewer samples."""
MAX_ROUNDS = 20
MEDIAN, SPREAD, LONGEST = 2000, 0.6, 16384
"""Of the lengths, in tokens."""
USEFUL, DULL = (0.0, 1.0), (0.0, 0.0)


@dataclass(slots=True)
class World:
    """What the model does: draws whether groups are useful, and how long their answers are."""

    rng: np.random.Generator
    group: int
    share: float = 1.0

    def draw_useful(self, count: int) -> list[bool]:
        return [bool(value) for value in self.rng.random(count) < self.share]

    def draw_longest(self, count: int) -> list[float]:
        """Return the longest answer of each of ``count`` groups, in thousands of tokens."""
        lengths = MEDIAN * np.exp(SPREAD * self.rng.standard_normal((count, self.group)))
        return [float(value) / 1000 for value in np.minimum(lengths, LONGEST).max(axis=1)]


Cost = tuple[int, int, float]
"""Prompts generated, rounds, time."""
Policy = Callable[[World], Cost]


def make_fixed(target: int) -> Policy:
    def run(world: World) -> Cost:
        kept = rounds = 0
        time = 0.0
        while kept < target and rounds < MAX_ROUNDS:
            kept += sum(world.draw_useful(target))
            time += max(world.draw_longest(target))
            rounds += 1
        return rounds * target, rounds, time

    return run


def make_adaptive(sampler: AdaptiveSampler) -> Policy:
    def run(world: World) -> Cost:
        time = 0.0
        sampler.begin()
        while needed := sampler.next_prompts():
            time += max(world.draw_longest(needed))
            sampler.take([USEFUL if is_useful else DULL for is_useful in world.draw_useful(needed)])
        report = sampler.report()
        return report.generated, report.rounds, time

    return run


def make_refill(target: int) -> Policy:
    """Return verl 0.9.1's policy without a custom sampler, ``filter_groups.enable`` being true."""

    def run(world: World) -> Cost:
        now, kept, credit, made = 0.0, 0, target, 0
        flying: list[tuple[float, bool]] = []
        while flying or credit:
            count = min(credit, target - len(flying))
            for end, is_useful in zip(world.draw_longest(count), world.draw_useful(count), strict=True):
                heapq.heappush(flying, (now + end, is_useful))
            made, credit = made + count, credit - count
            now, is_useful = heapq.heappop(flying)
            kept += is_useful
            credit = 0 if kept >= target else credit + 2 * (not is_useful)
        return made, 0, now

    return run


class Queue:
    """Methods of verl's ``ReplayBuffer`` on a simulated clock: a poll ends when all that is dispatched has finished."""

    def __init__(self, *, refill_fn: Callable[[int], None], **more: object) -> None:
        del more
        self.refill_fn = refill_fn
        self.world: World
        self.now = 0.0
        self.dull: set[str] = set()
        self.made = 0
        self.partitions: dict[str, dict[str, object]] = defaultdict(dict)
        names = ("pending_keys", "running_keys", "finished_keys", "failure_keys")
        for name in names:
            setattr(self, name, defaultdict(set))

    pending_keys: dict[str, set[str]]
    finished_keys: dict[str, set[str]]

    def add(self, count: int) -> None:
        uids = [str(self.made + number) for number in range(count)]
        self.made += count
        self.pending_keys["train"].update(uids)
        useful = self.world.draw_useful(count)
        self.dull.update(uid for uid, is_useful in zip(uids, useful, strict=True) if not is_useful)

    def _sync_metadata_from_transfer_queue(self) -> None: ...

    def _wait_for_next_poll(self, partition_id: str, shown: float) -> float:
        self.now += max(self.world.draw_longest(len(self.pending_keys[partition_id])))
        self.finished_keys[partition_id] |= self.pending_keys[partition_id]
        self.pending_keys[partition_id].clear()
        return shown

    def _dapo_filtered_keys(self, partition_id: str) -> tuple[set[str], Counter[float]]:
        return self.dull & self.finished_keys[partition_id], Counter()

    def _clear_groups(self, partition_id: str, uids: set[str]) -> None:
        self.finished_keys[partition_id] -= uids

    def _select_prompt_uids(self, partition_id: str, keys: set[str], count: int) -> tuple[list[str], object, object]:
        del partition_id
        return sorted(keys, key=int)[:count], {}, {}

    def _materialize_batch(self, partition_id: str, uids: list[str], partition: object) -> list[str]:
        del partition
        self._clear_groups(partition_id, set(uids))
        return uids


class Buffer(AdaptiveRefill, Queue):
    """Our buffer over that queue."""


class Groups(SimpleNamespace):
    """``algorithm`` of verl's configuration, and its ``filter_groups``."""

    def get(self, name: str) -> object:
        return getattr(self, name)


class Trainer:
    """What ``AdaptiveRefill`` reads of verl's trainer."""

    buffer: Any

    def __init__(self) -> None:
        reward = SimpleNamespace(reward_model=SimpleNamespace(enable=False))
        self.config = SimpleNamespace(algorithm=Groups(filter_groups=Groups()), data=Groups(), reward=reward)

    def add_prompts(self, count: int) -> None:
        self.buffer.add(count)


def make_buffer(target: int, settings: dict[str, Any]) -> Policy:
    trainer = Trainer()
    buffer: Any = Buffer(trainer_mode="sync", refill_fn=trainer.add_prompts, sampler_kwargs=settings)
    trainer.buffer = buffer

    def run(world: World) -> Cost:
        buffer.world, buffer.now, buffer.made = world, 0.0, 0
        buffer.dull.clear()
        buffer.refill_fn(target)
        _, metrics = buffer.sample(1, "train", target)
        return buffer.made, metrics["training/adaptive/rounds"], buffer.now

    return run


def list_policies(args: argparse.Namespace) -> Iterator[tuple[str, str, Policy]]:
    """Yield trainer, name and policy, each as it starts a training."""
    bound = {"max_rounds": MAX_ROUNDS}
    ours: dict[str, Any] = {
        **bound,
        "rule": "quantile",
        "confidence": args.confidence,
        "memory": args.memory * args.target,
    }
    released: dict[str, Any] = {**bound, "rule": "released"}
    yield "TRL", "fixed", make_fixed(args.target)
    yield "TRL", "released", make_adaptive(AdaptiveSampler(target=args.target, group=2, **released))
    yield "TRL", "ours", make_adaptive(AdaptiveSampler(target=args.target, group=2, **ours))
    yield "verl", "fixed", make_refill(args.target)
    yield "verl", "released", make_buffer(args.target, released)
    yield "verl", "ours", make_buffer(args.target, ours)


def measure(args: argparse.Namespace, points: Sequence[float]) -> dict[tuple[str, str], np.ndarray[Any, Any]]:
    """Return for each policy: prompts a useful group, rounds a batch and time a batch, means over all seeds."""
    shares = np.interp(np.linspace(0, 1, args.batches), np.linspace(0, 1, len(points)), points)
    totals: dict[tuple[str, str], np.ndarray[Any, Any]] = {}
    for seed in range(args.seeds):
        for number, (trainer, name, policy) in enumerate(list_policies(args)):
            world = World(rng=np.random.default_rng([args.seed, seed, number]), group=args.group)
            for share in shares:
                world.share = float(share)
                totals[trainer, name] = totals.get((trainer, name), np.zeros(3)) + np.array(policy(world))
    batches = args.batches * args.seeds
    return {key: value / (batches * args.target, batches, batches) for key, value in totals.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("target", 128), ("group", 16), ("batches", 150), ("seeds", 10), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--confidence", type=float, default=DEFAULT_CONFIDENCE)
    parser.add_argument("--memory", type=float, default=DEFAULT_MEMORY, help="in targets")
    parser.add_argument("--streams", nargs="*", help="only streams that start so")
    args = parser.parse_args()
    rows, verdicts = [], []
    chosen = [name for name in STREAMS if not args.streams or name.startswith(tuple(args.streams))]
    for stream, trainer in itertools.product(chosen, ("TRL", "verl")):
        if trainer == "TRL":
            found = measure(args, STREAMS[stream])
        costs = [found[trainer, name] for name in ("fixed", "released", "ours")]
        rounds = [cost[1] or None for cost in costs]
        rows.append([stream, trainer, *(cost[0] for cost in costs), *rounds, *(cost[2] for cost in costs)])
        holds = costs[2][1] <= costs[1][1] and costs[2][0] < costs[1][0]
        verdicts.append((stream, trainer, bool(holds)))
    names = ("fixed", "released", "ours")
    headers = ["useful groups", "in", *(f"{what} {name}" for what in ("prompts", "rounds", "time") for name in names)]
    print(tabulate(rows, headers=headers, floatfmt=".3f", missingval="-", tablefmt="pipe"))
    for is_required in (True, False):
        of_kind = [item for item in verdicts if item[0].startswith(REQUIRED) is is_required]
        missed = [f"{stream} in {trainer}" for stream, trainer, holds in of_kind if not holds]
        kind = "constant, harder, falling and rising" if is_required else "other"
        count = f"{len(of_kind) - len(missed)} of {len(of_kind)}"
        print(f"{kind}: ours needs no more rounds and fewer samples than the released rule in {count}")
        print("\n".join(f"    not in {name}" for name in missed))


if __name__ == "__main__":
    main()
