"""A measured ratio, as ``make bench`` prints it, keeps it and writes it into the documentation."""

import json
import operator
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tabulate import tabulate

_ASKED = {"<=": operator.le, ">=": operator.ge}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One ratio, measured in one run."""

    what: str
    ratio: float
    """The median."""
    least: float
    most: float
    unit: str
    """Beside what, such as ``x bare Icarus``."""
    asked: str = ""
    """What it should be, such as ``<= 4``; empty: nothing."""

    @classmethod
    def of(cls, what: str, ratios: Iterable[float], unit: str, asked: str = "") -> "Line":
        """Return the line of ``ratios``, each of one design, or of one run."""
        found = sorted(ratios)
        middle = statistics.median(found)
        return cls(what=what, ratio=middle, least=found[0], most=found[-1], unit=unit, asked=asked)

    @property
    def is_met(self) -> bool:
        """Whether it is as asked, if anything is."""
        if not self.asked:
            return True
        sign, number = self.asked.split()
        return bool(_ASKED[sign](self.ratio, float(number)))


def render(lines: Sequence[Line], style: str = "simple") -> str:
    """Return ``lines`` as a table in one of tabulate's styles."""
    rows = [
        (line.what, _round(line.ratio), f"{_round(line.least)} to {_round(line.most)}", line.unit, _judge(line))
        for line in lines
    ]
    return tabulate(rows, ["", "median", "spread", "unit", "asked"], tablefmt=style, disable_numparse=True)


def write_lines(path: Path, lines: Iterable[Line]) -> None:
    """Write ``lines`` as JSON."""
    path.write_text(json.dumps([asdict(line) for line in lines], indent=1) + "\n", encoding="utf-8")


def read_lines(path: Path) -> list[Line]:
    """Return what ``write_lines`` wrote."""
    return [Line(**line) for line in json.loads(path.read_text(encoding="utf-8"))]


def _judge(line: Line) -> str:
    return line.asked if line.is_met else f"{line.asked}, not met"


def _round(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
