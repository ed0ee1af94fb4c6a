"""Show 5 of issue 6: samples generated per useful sample, adaptive beside fixed-size dynamic sampling, by simulation.

    python tests/benchmarks/adaptive_sampling.py [--target 128] [--group 16] [--batches 60] [--seed 0]

A group is useful when some of its samples pass and some do not. Fixed-size DAPO generates whole batches until it has
enough useful groups: of ``--target`` prompts ("fixed 1x"), and of three times as many ("fixed 3x"), as in DAPO's own
recipe (512 for training, 1,536 generated). Surplus groups are dropped by all; all give up after as many rounds.
Rows with * are the regime of CodeV-R1's adaptive DAPO: one batch does not fill the training batch, three do.
"""

import argparse
from collections.abc import Callable, Sequence

import numpy as np
from tabulate import tabulate

from pytest_rtlgen.training.adaptive.sampling import AdaptiveSampler, GroupKind, classify_group

RATES = (
    0,
    0.005,
    0.01,
    0.02,
    0.03,
    0.04,
    0.05,
    0.06,
    0.08,
    0.1,
    0.12,
    0.15,
    0.3,
    0.5,
    0.7,
    0.88,
    0.92,
    0.95,
    0.97,
    0.99,
    1,
)
"""Pass rates that all prompts share."""
MIXED = (("hard", 0.15, 0.5), ("middle", 0.5, 0.5), ("split", 0.5, 0.2), ("easy", 0.8, 0.5), ("nearly done", 0.95, 0.5))
"""(name, mean, alpha + beta) of the Beta distribution that each prompt's own pass rate is drawn from."""
MAX_ROUNDS = 20
REGIME = (1 / 3, 0.95)
"""Shares of useful groups."""
Draw = Callable[[], Sequence[float]]


def make_draw(seed: int, mean: float, spread: float | None, group: int) -> Draw:
    rng = np.random.default_rng(seed)

    def draw() -> Sequence[float]:
        rate = mean if spread is None else rng.beta(mean * spread, (1 - mean) * spread)
        right = int(rng.binomial(group, rate))
        return [1.0] * right + [0.0] * (group - right)

    return draw


def run_fixed(draw: Draw, target: int, batch: int) -> tuple[int, int, int]:
    """Return (prompts generated, groups used, rounds) of one training batch."""
    useful = rounds = 0
    while useful < target and rounds < MAX_ROUNDS:
        useful += sum(classify_group(draw()) is GroupKind.USEFUL for _ in range(batch))
        rounds += 1
    return rounds * batch, min(useful, target), rounds


def run_adaptive(draw: Draw, sampler: AdaptiveSampler) -> tuple[int, int, int]:
    """Likewise."""
    sampler.begin()
    while needed := sampler.next_prompts():
        sampler.take([draw() for _ in range(needed)])
    report = sampler.report()
    return report.generated, report.kept, report.rounds


def measure(args: argparse.Namespace, name: str, mean: float, spread: float | None) -> list[object]:
    draws = [make_draw(args.seed, mean, spread, args.group) for _ in range(4)]
    sampler = AdaptiveSampler(target=args.target, group=args.group, max_rounds=MAX_ROUNDS)
    runs: tuple[Callable[[], tuple[int, int, int]], ...] = (
        lambda: run_fixed(draws[0], args.target, args.target),
        lambda: run_fixed(draws[1], args.target, 3 * args.target),
        lambda: run_adaptive(draws[2], sampler),
    )
    totals = [np.sum([run() for _ in range(args.batches)], axis=0) for run in runs]
    costs = [made / used if used else None for made, used, _ in totals]
    gains = [cost / costs[2] if cost and costs[2] else None for cost in costs[:2]]
    ratio = np.mean([classify_group(draws[3]()) is GroupKind.USEFUL for _ in range(5000)])
    mark = "* " if REGIME[0] <= ratio <= REGIME[1] else ""
    rounds = [count / args.batches for _, _, count in totals]
    return [mark + name, ratio, *costs, *gains, *rounds, totals[2][1] / (args.batches * args.target)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("target", 128), ("group", 16), ("batches", 60), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=default)
    args = parser.parse_args()
    rows = [measure(args, f"{100 * rate:g} %", rate, None) for rate in RATES]
    rows += [measure(args, f"{name}, {100 * mean:g} % on average", mean, spread) for name, mean, spread in MIXED]
    headers = [
        *("pass rate", "useful", "fixed 1x", "fixed 3x", "adaptive", "1x / adaptive", "3x / adaptive"),
        *("rounds 1x", "rounds 3x", "rounds adaptive", "filled"),
    ]
    print(tabulate(rows, headers=headers, floatfmt=".2f", missingval="-", tablefmt="pipe"))
    for column, name in ((5, "1x"), (6, "3x")):
        gains = [float(str(row[column])) for row in rows if str(row[0]).startswith("*")]
        print(f"rows *: {np.mean(gains):.2f} times fewer than fixed {name} on average, {min(gains):.2f} at least")


if __name__ == "__main__":
    main()
