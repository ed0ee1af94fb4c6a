"""The mean reward of each step: out of the trainer's log, into a table and a drawing."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

WIDTH, HEIGHT, MARGIN = 640, 320, 44
SMOOTHED = 5
"""Steps on either side that the drawn line averages over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of GRPO, over the completions that its batch was made of."""

    number: int
    reward: float
    """Mean."""
    passed: float
    """Share that passed."""
    failed: float
    """Share without a reward, as the harness failed."""
    without_spread: float
    """Share of groups in which all rewards are equal, which teach nothing."""
    length: float
    """Mean number of tokens of a completion."""


def read_steps(log: Iterable[Mapping[str, Any]]) -> list[Step]:
    """Return the steps in the ``log_history`` of TRL's GRPOTrainer, logged at every step."""
    entries = [entry for entry in log if "reward" in entry]
    return [
        Step(
            number=int(entry["step"]),
            reward=float(entry["reward"]),
            passed=float(entry["rtlgen/passed"]),
            failed=float(entry["rtlgen/failed"]),
            without_spread=float(entry["frac_reward_zero_std"]),
            length=float(entry["completions/mean_length"]),
        )
        for entry in entries
    ]


def write_steps(folder: Path, steps: Sequence[Step]) -> None:
    """Write ``curve.csv`` and ``curve.svg`` into ``folder``."""
    names = list(Step.__slots__)
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(names)
    rows.writerows([round(getattr(step, name), 4) for name in names] for step in steps)
    (folder / "curve.csv").write_text(text.getvalue(), encoding="utf-8")
    (folder / "curve.svg").write_text(draw_steps(steps), encoding="utf-8")


def smooth(values: Sequence[float]) -> list[float]:
    """Return for each value the mean of it and of as many as ``SMOOTHED`` on either side."""
    return [fmean(values[max(0, place - SMOOTHED) : place + SMOOTHED + 1]) for place in range(len(values))]


def draw_steps(steps: Sequence[Step]) -> str:
    """Return an SVG: a dot a step, and a line through their running mean; reward and share that passed."""
    last = max((step.number for step in steps), default=1)
    parts = [_draw_frame(last)]
    for name, colour, label in (("reward", "#1f5fa8", "mean reward"), ("passed", "#b5541c", "share that passes")):
        values = [float(getattr(step, name)) for step in steps]
        places = [_place(step.number, value, last) for step, value in zip(steps, values, strict=True)]
        line = [_place(step.number, value, last) for step, value in zip(steps, smooth(values), strict=True)]
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2" fill="{colour}" opacity="0.35"/>' for x, y in places]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in line)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        row = HEIGHT - MARGIN - (28 if name == "reward" else 10)
        parts.append(f'<text x="{WIDTH - MARGIN - 6}" y="{row}" text-anchor="end" fill="{colour}">{label}</text>')
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif"'
    return "\n".join([f'{head} font-size="12">', *parts, "</svg>", ""])


def _draw_frame(last: int) -> str:
    lines = [f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>']
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        _, y = _place(0, share, last)
        lines.append(f'<path d="M{MARGIN} {y:.1f}H{WIDTH - MARGIN}" stroke="#d8d8d8"/>')
        lines.append(f'<text x="{MARGIN - 6}" y="{y + 4:.1f}" text-anchor="end" fill="#444444">{share:g}</text>')
    for number in (0, last // 2, last):
        x, y = _place(number, 0.0, last)
        lines.append(f'<text x="{x:.1f}" y="{y + 18:.1f}" text-anchor="middle" fill="#444444">{number}</text>')
    lines.append(f'<text x="{WIDTH / 2}" y="{HEIGHT - 6}" text-anchor="middle" fill="#444444">step of GRPO</text>')
    return "\n".join(lines)


def _place(number: float, share: float, last: int) -> tuple[float, float]:
    """Return the point of a step and a share on the drawing."""
    x = MARGIN + (WIDTH - 2 * MARGIN) * number / max(last, 1)
    return x, HEIGHT - MARGIN - (HEIGHT - 2 * MARGIN) * share
