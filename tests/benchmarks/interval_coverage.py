"""Coverage of the 95 % intervals of pass@k, over simulated runs.

    python tests/benchmarks/interval_coverage.py [--trials 1000] [--seed 0]

Each run draws its problems' pass rates from a Beta distribution and n answers to each problem; the interval covers when
it holds the mean pass@k of that distribution, which is known exactly. A row is one kind of run, with the coverage of
our interval, its mean width, how often it has no width, and beside it the coverage of the percentile bootstrap, which
this project used before. The last lines are the mean and the least of each column by the number of problems.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from math import exp, lgamma

import numpy as np
from tabulate import tabulate

from pytest_rtlgen.metrics import bootstrap_interval, estimate_pass_at_k

MEANS = (0.02, 0.1, 0.5, 0.9, 0.98)
SPREADS = (0.5, 2.0)
"""alpha + beta: models solve most problems always or never, or many sometimes."""
PROBLEMS = (10, 30, 74, 156)
SAMPLES = ((1, 1), (5, 1), (5, 5), (20, 1), (20, 10))
"""(n, k)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of run."""

    problems: int
    n: int
    k: int
    mean: float
    spread: float

    @property
    def truth(self) -> float:
        """The mean pass@k: 1 less the mean of (1 - p)^k."""
        alpha, beta = self.mean * self.spread, (1 - self.mean) * self.spread
        return 1 - exp(lgamma(beta + self.k) - lgamma(beta) + lgamma(alpha + beta) - lgamma(alpha + beta + self.k))


def list_kinds() -> Iterator[Kind]:
    for n, k in SAMPLES:
        for problems in PROBLEMS:
            for mean in MEANS:
                for spread in SPREADS if n > 1 else SPREADS[:1]:  # of one sample a problem, the mean decides alone
                    yield Kind(problems=problems, n=n, k=k, mean=mean, spread=spread)


def measure(kind: Kind, trials: int, seed: int) -> tuple[float, float, float, float]:
    """Return coverage, mean width, share without width, and the coverage of the percentile bootstrap."""
    random = np.random.default_rng(seed)
    scores = np.array([estimate_pass_at_k(kind.n, c, kind.k) for c in range(kind.n + 1)])
    hits = widths = points = percentile_hits = 0.0
    for trial in range(trials):
        rates = random.beta(kind.mean * kind.spread, (1 - kind.mean) * kind.spread, kind.problems)
        values = scores[random.binomial(kind.n, rates)]
        found = bootstrap_interval(values.tolist(), seed=trial)
        hits += found.low <= kind.truth <= found.high
        widths += found.high - found.low
        points += found.low == found.high
        drawn = values[random.integers(0, kind.problems, (1000, kind.problems))].mean(axis=1)
        low, high = np.quantile(drawn, (0.025, 0.975))
        percentile_hits += low <= kind.truth <= high
    return hits / trials, widths / trials, points / trials, percentile_hits / trials


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    kinds = list(list_kinds())
    rows = [measure(kind, args.trials, args.seed) for kind in kinds]
    table: list[list[object]] = [
        [item.n, item.k, item.problems, item.mean, item.spread, *row] for item, row in zip(kinds, rows, strict=True)
    ]
    for problems in PROBLEMS:
        columns = np.array([row for item, row in zip(kinds, rows, strict=True) if item.problems == problems])
        table.append(["mean", "", problems, "", "", *columns.mean(axis=0)])
        table.append(["least", "", problems, "", "", *columns.min(axis=0)])
    headers = ("n", "k", "problems", "mean", "spread", "coverage", "width", "no width", "percentile")
    print(tabulate(table, headers=headers, floatfmt=".3f"))


if __name__ == "__main__":
    main()
