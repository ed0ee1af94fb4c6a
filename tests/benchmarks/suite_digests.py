"""Digests of the published benchmarks, from copies of their pinned commits.

    python tests/benchmarks/suite_digests.py [FOLDER] [--write]

FOLDER (default ../shared/benchmarks) holds the folders that the catalogue names. Prints what was found beside what is
recorded; ``--write`` records it in pytest_rtlgen/loaders/catalogue.py. Do so only from copies of the pinned commits.
"""

import argparse
import re
import sys
from pathlib import Path

from pytest_rtlgen.errors import RtlgenError
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.loaders.catalogue import BENCHMARKS, Benchmark

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "pytest_rtlgen" / "loaders" / "catalogue.py"
_TABLE = re.compile(r"^DIGESTS: Mapping\[str, str\] = \{.*?\}$", re.MULTILINE | re.DOTALL)


def find_digest(benchmark: Benchmark, folder: Path) -> tuple[str, str]:
    """Return the digest and a remark; a benchmark that does not load keeps the recorded digest."""
    try:
        suite = load_suite(f"{benchmark.prefix}:{benchmark.locate(folder)}")
    except RtlgenError as error:
        return benchmark.digest, f"does not load: {error}"
    if len(suite.problems) != benchmark.problems:
        return benchmark.digest, f"{len(suite.problems)} problems, not {benchmark.problems}"
    return (
        suite.files_digest,
        "as recorded" if suite.files_digest == benchmark.digest else f"recorded: {benchmark.digest or 'none'}",
    )


def render_table(digests: dict[str, str]) -> str:
    """Return the assignment that holds ``digests``."""
    lines = [f'    "{prefix}": "{digest}",\n' for prefix, digest in digests.items() if digest]
    return f"DIGESTS: Mapping[str, str] = {{\n{''.join(lines)}}}"


def main() -> int:
    """Print, and record if told so; the exit status is 1 when a digest differs from the recorded one."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT.parent / "shared" / "benchmarks")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    found = {benchmark.prefix: find_digest(benchmark, args.folder) for benchmark in BENCHMARKS}
    for prefix, (digest, remark) in found.items():
        print(f"{prefix:<24}  {digest or '-':<64}  {remark}")
    if args.write:
        table = render_table({prefix: digest for prefix, (digest, _) in found.items()})
        CATALOGUE.write_text(_TABLE.sub(table, CATALOGUE.read_text()))
        return 0
    return int(any(remark != "as recorded" for _, remark in found.values()))


if __name__ == "__main__":
    sys.exit(main())
