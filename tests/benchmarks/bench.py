"""The measured comparisons, one after the other, in one table: ``make bench``, about ten minutes on two quiet cores.

``python tests/benchmarks/bench.py [--quick] [--json FILE] [--write]``. Each script runs in a process of its own and
hands its ratios over as JSON; each ratio was measured in one run. ``--quick`` takes fewer rounds and candidates.
``--write`` keeps the ratios in ``docs/explanation/performance.json`` and makes the table of ``performance.md`` of them.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.lines import Line, read_lines, render, write_lines

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "docs" / "explanation" / "performance.json"
PAGE = KEPT.with_suffix(".md")
BEGIN, END = "<!-- made by tests/benchmarks/bench.py -->", "<!-- end -->"
SCRIPTS = {
    "candidate_cost.py": ("--rounds=15", "--rounds=3"),
    "cache_cost.py": ("--problems=24", "--problems=4"),
    "reward_throughput.py": ("--candidates=100", "--candidates=20"),
}
"""Options of each, and quick ones."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rounds and candidates")
    parser.add_argument("--json", type=Path, help="file for the ratios")
    parser.add_argument("--write", action="store_true", help="keep the ratios, and write them into the documentation")
    options = parser.parse_args()
    lines: list[Line] = []
    with tempfile.TemporaryDirectory() as folder:
        for name, sizes in SCRIPTS.items():
            print(f"{name} {sizes[options.quick]}", file=sys.stderr, flush=True)
            kept = Path(folder) / name
            run_script(name, sizes[options.quick], kept)
            lines += read_lines(kept)
    print(render(lines))
    if options.json:
        options.json.parent.mkdir(exist_ok=True)
        write_lines(options.json, lines)
    if options.write:
        write_lines(KEPT, lines)
        PAGE.write_text(write_table(PAGE.read_text(encoding="utf-8"), lines), encoding="utf-8")
    return 0


def run_script(name: str, size: str, kept: Path) -> None:
    """Run one script, which writes its lines to ``kept``; what it prints goes to standard error."""
    command = [sys.executable, str(Path(__file__).with_name(name)), size, "--json", str(kept)]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "tests")}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    subprocess.run(command, env=env, check=True, stdout=sys.stderr)


def write_table(page: str, lines: list[Line]) -> str:
    """Return the text of the ``page`` with a new table between its two marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{render(lines, 'github')}\n{END}{after}"


if __name__ == "__main__":
    sys.exit(main())
