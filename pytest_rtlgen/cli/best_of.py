"""``best-of``: the best of several saved runs, as papers report the best of several temperatures. Optimistic."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from pytest_rtlgen.cli.arguments import Parser
from pytest_rtlgen.cli.streams import write_json, write_out
from pytest_rtlgen.errors import RecordError, UsageError
from pytest_rtlgen.metrics import bootstrap_interval
from pytest_rtlgen.records import ProblemKey, Run
from pytest_rtlgen.report.console import fold
from pytest_rtlgen.storage import RunStore, encode

_WARNING = (
    "optimistic: the maximum is chosen with the results in sight, so it is higher than what any temperature fixed "
    "beforehand is expected to give; by problem it is higher still"
)
_PROMPTS = "; the prompts differ, so it is not a choice of temperature alone"


def add_arguments(parser: Parser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("run_paths", metavar="RUN", nargs="+", help="folders of two or more runs on the same suites")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print pass@1 of each run, the best run's, and that of the best run for each problem."""
    from tabulate import tabulate

    if len(args.run_paths) == 1:
        raise UsageError("best-of needs two runs or more; for one, use report")
    runs = _read_runs(args.run_paths)
    check_comparable(runs)
    shares = {path: share_passed(found) for path, found in runs.items()}
    overall = {path: bootstrap_interval(list(row.values()), seed=0) for path, row in shares.items()}
    first = next(iter(shares.values()))
    by_problem = bootstrap_interval([max(row[key] for row in shares.values()) for key in first], seed=0)
    best = max(overall.values(), key=lambda estimate: estimate.value)
    temperatures = {path: found.settings.sampling.temperature for path, found in runs.items()}
    prompts = {path: found.settings.prompt for path, found in runs.items()}
    has_prompts = len(set(prompts.values())) > 1
    note = f"{_WARNING}{_PROMPTS if has_prompts else ''}"
    if args.json:
        rows = [
            {
                "run": path,
                "temperature": temperatures[path],
                "prompt": prompts[path],
                "pass_at_1": encode(overall[path]),
            }
            for path in runs
        ]
        best_of = {"best_of_runs": encode(best), "best_by_problem": encode(by_problem)}
        write_json({"runs": rows, **best_of, "note": note})
        return 0
    names = {path: (path, prompts[path]) if has_prompts else (path,) for path in runs}
    empty = ("",) if has_prompts else ()
    table = [
        *(
            (*names[path], "-" if temperatures[path] is None else f"{temperatures[path]:g}", str(overall[path]))
            for path in runs
        ),
        ("best of the runs", *empty, "", str(best)),
        ("best run for each problem", *empty, "", str(by_problem)),
    ]
    headers = ("run", *(("prompt",) if has_prompts else ()), "temperature", "pass@1")
    write_out(tabulate(table, headers=headers, disable_numparse=True))
    write_out(f"\n{fold(note)}")
    return 0


def _read_runs(paths: Sequence[str]) -> dict[str, Run]:
    runs: dict[str, Run] = {}
    for path in paths:
        found = RunStore.open(Path(path)).read_run()
        same = next((other for other, run in runs.items() if run.run_id == found.run_id), None)
        if same is not None:
            raise UsageError(f"{path}: the same run as {same}; give runs that were made apart")
        runs[path] = found
    return runs


def check_comparable(runs: dict[str, Run]) -> None:
    """Refuse runs that differ in more than how they asked and sampled.

    Raises:
        RecordError: a run's suites, model or problems differ from the first one's; its path starts the message.
    """
    first_path, first = next(iter(runs.items()))
    for path, other in runs.items():
        for what in ("suites", "model"):
            if getattr(other.settings, what) != getattr(first.settings, what):
                raise RecordError(f"{path}: its {what} differ from those of {first_path}; compare runs of the same")
        if share_passed(other).keys() != share_passed(first).keys():
            raise RecordError(f"{path}: judges other problems than {first_path}; finish both runs first")


def share_passed(found: Run) -> dict[ProblemKey, float]:
    """Return the share of passing samples of each problem.

    Raises:
        RecordError: nothing was checked.
    """
    passed: dict[ProblemKey, list[bool]] = {}
    for sample in found.samples:
        passed.setdefault(sample.key.problem, []).append(sample.verdict.is_passed)
    if not passed:
        raise RecordError(f"{found.run_id}: no sample of this run was checked yet; check it with rtlgen check RUN")
    return {key: sum(row) / len(row) for key, row in passed.items()}
