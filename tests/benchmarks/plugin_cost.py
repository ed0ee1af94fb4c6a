"""What an unrelated pytest session pays for having this package installed, beside the same session without plugins.

Sessions of one trivial test, interleaved: without any plugin, with ours and those that our dependencies register, and
with those that the extra ``openai`` brings as well. Packages with other plugins are hidden from all of them: pytest
reads the list of files of each package that has a plugin, used or not, which ``-p no:NAME`` would leave in every
figure. That list is long in a wheel and short in an editable install: measure the wheel. Python keeps compiled modules,
as it does unless told not to: without them pytest rewrites the asserts of a plugin's modules in every session.
"""

import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution, entry_points
from pathlib import Path
from statistics import median

PACKAGE, EXTRA = "pytest-rtlgen", "openai"
_START = """
import importlib.metadata, sys, pytest
hidden, distributions = set(sys.argv[1].split(",")), importlib.metadata.distributions
importlib.metadata.distributions = lambda: (found for found in distributions() if found._path.name not in hidden)
sys.exit(pytest.main(sys.argv[2:]))
"""
"""Starts pytest as if the packages in the first argument were not installed."""

_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def list_needed(name: str, extra: str = "") -> set[str]:
    """Return ``name`` and all that it requires, with those of ``extra``, as far as it is installed."""
    found: set[str] = set()
    waiting = [(name, extra)]
    while waiting:
        package, wanted = waiting.pop()
        try:
            requirements = distribution(package).requires or ()
        except PackageNotFoundError:
            continue
        found.add(normalize(package))
        for line in requirements:
            text, _, marker = line.partition(";")
            named = re.match(r"[A-Za-z0-9._-]+", text)
            is_needed = "extra" not in marker or (wanted and re.search(rf"['\"]{wanted}['\"]", marker))
            if named and is_needed and normalize(named[0]) not in found:
                waiting.append((named[0], ""))
    return found


def normalize(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def list_plugins() -> dict[str, str]:
    """Return the packages with a pytest plugin, and the folder with the metadata of each."""
    points = entry_points(group="pytest11")
    return {normalize(point.dist.name): vars(point.dist)["_path"].name for point in points if point.dist}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one session took, start of Python included."""

    wall_s: float
    cpu_s: float


def time_session(folder: Path, hidden: Sequence[str]) -> Cost:
    """Run one session without the packages whose metadata is in ``hidden``."""
    command = [sys.executable, "-c", _START, ",".join(hidden), "-q", "-p", "no:cacheprovider", "test_trivial.py"]
    started, used = time.perf_counter(), measure_cpu()
    subprocess.run(command, cwd=folder, check=True, capture_output=True, env=_ENVIRONMENT)
    return Cost(wall_s=time.perf_counter() - started, cpu_s=measure_cpu() - used)


def measure_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(sessions: Mapping[str, Sequence[str]], rounds: int) -> Iterator[tuple[str, list[Cost]]]:
    """Yield the costs of each kind of session; the first round is thrown away."""
    taken: dict[str, list[Cost]] = {name: [] for name in sessions}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "test_trivial.py").write_text("def test_it():\n    assert True\n")
        for _ in range(rounds + 1):
            for name, hidden in sessions.items():
                taken[name].append(time_session(Path(folder), hidden))
    yield from ((name, times[1:]) for name, times in taken.items())


def main() -> int:
    """Print a line a session."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=10, help="sessions of each kind (default: %(default)s)")
    rounds = parser.parse_args().rounds
    plugins = list_plugins()
    core, extra = (plugins.keys() & needed for needed in (list_needed(PACKAGE), list_needed(PACKAGE, EXTRA)))
    sessions = {
        name: [folder for package, folder in plugins.items() if package not in shown]
        for name, shown in (
            ("no plugin", set[str]()),
            (f"core ({', '.join(sorted(core))})", core),
            (f"with the extra {EXTRA} (also {', '.join(sorted(extra - core)) or 'none'})", extra),
        )
    }
    base: list[Cost] = []
    for name, costs in measure(sessions, rounds):
        base = base or costs
        print(name)
        for what in ("wall_s", "cpu_s"):
            now, before = ([1000 * getattr(cost, what) for cost in some] for some in (costs, base))
            columns = (compare("min", min, now, before), compare("median", median, now, before))
            print(f"  {what.partition('_')[0]:<5}{'   '.join(columns)}")
    return 0


def compare(name: str, figure: Callable[[list[float]], float], now: list[float], before: list[float]) -> str:
    """Return one figure of both, in milliseconds, its difference and its ratio."""
    value, base = figure(now), figure(before)
    return f"{name} {value:6.1f} ms {value - base:+6.1f} ms x{value / base:.3f}"


if __name__ == "__main__":
    sys.exit(main())
