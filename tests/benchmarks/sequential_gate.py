"""What ``--rtlgen-gate`` saves and how often it is wrong, beside a gate that looks once, after all samples.

Runs are simulated: of each problem a model has a chance of its own, most of them near 0 or near 1 as models have, and
all chances together a mean that lies a known distance from the threshold. Both gates see the same samples.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pytest_rtlgen.anytime import bound_anytime

DISTANCES = (-0.2, -0.1, -0.05, -0.0001, 0.0, 0.05, 0.1, 0.2)
"""Of the model's pass@1 from the threshold."""
_SHAPE = (0.35, 0.25)
"""Of the beta distribution that the chances are drawn from."""
_STEPS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What became of the runs of one kind of model; shares of all runs."""

    distance: float
    met: float
    not_met: float
    undecided: float
    wrong: float
    """Met below the threshold, or not met at it or above."""
    samples: float
    """Mean share of all samples that were asked for."""
    fixed_met: float
    fixed_wrong: float


def draw_chances(mean: float, problems: int, random: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return chances with exactly ``mean``: drawn, then moved together in log-odds."""
    drawn = np.clip(random.beta(*_SHAPE, problems), 1e-6, 1 - 1e-6)
    odds = np.log(drawn / (1 - drawn))
    low, high = -40.0, 40.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if (1 / (1 + np.exp(-odds - middle))).mean() < mean else (low, middle)
    return np.asarray(1 / (1 + np.exp(-odds - low)))


def decide(rounds: npt.NDArray[np.float64], threshold: float, error: float) -> tuple[bool | None, int]:
    """Return what the gate says, ``None``: nothing, and after how many rounds."""
    for count in range(1, len(rounds) + 1):
        bounds = bound_anytime(rounds[:count].tolist(), error)
        if bounds.low >= threshold or bounds.high < threshold:
            return bounds.low >= threshold, count
    return None, len(rounds)


def measure(options: argparse.Namespace) -> Iterator[Row]:
    """Yield a row for each distance."""
    random = np.random.default_rng(options.seed)
    for distance in DISTANCES:
        mean = options.threshold + distance
        said: list[bool | None] = []
        fixed: list[bool] = []
        asked = 0
        for _ in range(options.runs):
            chances = draw_chances(mean, options.problems, random)
            rounds = (random.random((options.n, options.problems)) < chances).astype(np.float64)
            answer, count = decide(rounds, options.threshold, options.error)
            said.append(answer)
            asked += count
            fixed.append(bool(rounds.mean() >= options.threshold - 1e-9))
        is_right = distance >= 0
        yield Row(
            distance=distance,
            met=said.count(True) / options.runs,
            not_met=said.count(False) / options.runs,
            undecided=said.count(None) / options.runs,
            wrong=said.count(not is_right) / options.runs,
            samples=asked / options.runs / options.n,
            fixed_met=sum(fixed) / options.runs,
            fixed_wrong=fixed.count(not is_right) / options.runs,
        )


def main() -> int:
    """Print a line for each distance; fail if the gate is wrong more often than was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=2000, help="of each kind of model (default: %(default)s)")
    parser.add_argument("--problems", type=int, default=156)
    parser.add_argument("--n", type=int, default=20, help="most samples of a problem (default: %(default)s)")
    parser.add_argument("--threshold", type=float, default=0.6)
    parser.add_argument("--error", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="keep the figures in this file")
    options = parser.parse_args()
    print(f"{options.runs} runs a line, {options.problems} problems, n={options.n}, gate pass@1>={options.threshold}")
    print("pass@1 less threshold     met  not met  undecided   wrong  samples asked | looks once:    met   wrong")
    rows = []
    for row in measure(options):
        rows.append(row)
        print(
            f"{row.distance:+21.4f} {row.met:7.3f}  {row.not_met:7.3f}  {row.undecided:9.3f}  {row.wrong:6.4f}  "
            f"{row.samples:13.3f} |             {row.fixed_met:6.3f}  {row.fixed_wrong:6.4f}",
            flush=True,
        )
    if options.json is not None:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n", encoding="utf-8")
    return int(any(row.wrong > options.error for row in rows))


if __name__ == "__main__":
    sys.exit(main())
