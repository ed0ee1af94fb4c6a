"""Where suites are on this machine, and what ``core:`` and ``PREFIX:`` without a path mean."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from pytest_rtlgen.errors import SuiteError
from pytest_rtlgen.loaders.catalogue import Benchmark, find_benchmark
from pytest_rtlgen.package_data import CORE, find_core_suite
from pytest_rtlgen.tools.cache_folder import find_cache

ROOT_VARIABLE = "RTLGEN_BENCHMARKS"


def list_roots(env: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """Return the folders that benchmarks are looked for in; the first is the one that they are fetched into."""
    cache = find_cache(env) / "benchmarks"
    named = env.get(ROOT_VARIABLE)
    return (Path(named), cache) if named else (cache,)


def find_folder(benchmark: Benchmark, roots: Sequence[Path]) -> Path | None:
    """Return the folder that holds ``benchmark``, ``None`` when it is in none of ``roots``."""
    return next((folder for root in roots if (folder := benchmark.locate(root)).is_dir()), None)


def complete_spec(spec: str, env: Mapping[str, str] = os.environ) -> str:
    """Return ``spec``; where it is a benchmark's ``PREFIX:`` alone, with the path at which that was fetched.

    ``core:`` becomes the folder of the core suite, which comes with the package.

    Raises:
        SuiteError: it was not fetched.
    """
    if spec == f"{CORE}:":
        return str(find_core_suite())
    prefix, colon, path = spec.partition(":")
    benchmark = find_benchmark(prefix)
    if path or not colon or benchmark is None:
        return spec
    roots = list_roots(env)
    folder = find_folder(benchmark, roots)
    if folder is None:
        raise SuiteError(
            f"{spec}: not in {' or '.join(map(str, roots))}; "
            f"run rtlgen suites fetch {prefix}, or give its path: {prefix}:PATH"
        )
    return f"{spec}{folder}"
