"""What the one text that every tool reads costs, beside the screen that it is part of.

``python tests/benchmarks/canonical_cost.py`` reads the references of the core suite, and those of VerilogEval v2 and
the answers of CorrectBench where they lie beside the repository. Figures are medians of CPU milliseconds a text, each
the best of three; the ratio is of the canonical text to the whole screen. Nothing is simulated.
"""

import json
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from tabulate import tabulate

from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.records import Interface, Problem
from pytest_rtlgen.verilog.canonical import read_canonical
from pytest_rtlgen.verilog.examine import examine_design
from pytest_rtlgen.verilog.interface import read_interface
from pytest_rtlgen.verilog.screen import screen_candidate

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "benchmarks"
ANSWERS = SHARED / "correctbench" / "HDLBits_data_RTL_4o_20.jsonl"
ROUNDS = 3
EVERY = 10
"""One answer of so many is taken."""


def measure_ms(work: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return min(times) * 1e3


def list_references(spec: str) -> Iterator[tuple[str, Interface]]:
    for problem in load_suite(spec).problems:
        yield problem.reference.text, read_required(problem, problem.reference_top)


def read_required(problem: Problem, module: str) -> Interface:
    return replace(read_interface(problem.reference, problem.reference_top), module=module)


def list_answers() -> Iterator[tuple[str, Interface]]:
    problems = {
        item.problem_id: item for item in load_suite(f"verilog-eval-v1-human:{SHARED}/verilog-eval-v1").problems
    }
    for line in ANSWERS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        problem = problems.get(row["task_id"])
        if problem is not None:
            interface = read_required(problem, problem.top)
            yield from ((text, interface) for text in row["llmgen_RTL"][::EVERY])


def time_texts(texts: Iterator[tuple[str, Interface]]) -> list[str | int]:
    canonical, screen, examine = list[float](), list[float](), list[float]()
    for text, interface in texts:
        canonical.append(measure_ms(lambda: read_canonical(text)))  # noqa: B023  called at once
        screen.append(measure_ms(lambda: screen_candidate(text, interface)))  # noqa: B023
        found = screen_candidate(text, interface)
        if found.status is None:
            examine.append(measure_ms(lambda: examine_design(found.source, interface.module)))  # noqa: B023
    middle = statistics.median
    ratio = middle(canonical) / middle(screen)
    return [len(screen), *(f"{middle(part):.2f}" for part in (canonical, screen, examine)), f"{ratio:.2f}"]


def main() -> None:
    rows: list[list[str | int]] = [["core references", *time_texts(list_references(str(ROOT / "suites" / "core")))]]
    if SHARED.exists():
        spec = f"verilog-eval-v2:{SHARED}/verilog-eval-v2"
        rows.append(["VerilogEval v2 references", *time_texts(list_references(spec))])
        rows.append(["CorrectBench answers", *time_texts(list_answers())])
    headers = ["", "texts", "canonical ms", "screen ms", "examination ms", "canonical / screen"]
    print(tabulate(rows, headers=headers, disable_numparse=True))


if __name__ == "__main__":
    main()
