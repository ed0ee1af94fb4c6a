"""References of VerilogEval v2 and RTLLM v2 under their own testbenches: guarded, as published, and as known.

python tests/benchmarks/published_scoring.py [verilog-eval-v2 | rtllm-v2]
"""

import csv
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from pytest_rtlgen.backends.rename import rename_module
from pytest_rtlgen.check.testbench import TestbenchScorer
from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.records import BenchRule, SourceFile, Testbench

SHARED = Path(__file__).parents[3] / "shared" / "benchmarks"
VERILOG_EVAL = SHARED / "verilog-eval-v2" / "dataset_spec-to-rtl"
RTLLM = SHARED / "rtllm-v2"
KNOWN = SHARED / "known"


def read(path: Path) -> SourceFile:
    return SourceFile(name=path.name, text=path.read_text(encoding="utf-8", errors="replace"))


def load_verilog_eval_bench(folder: Path, problem_id: str) -> Testbench:
    reference = read(folder / f"{problem_id}_ref.sv")
    return Testbench(
        rule=BenchRule.VERILOG_EVAL_V2,
        bench=read(folder / f"{problem_id}_test.sv"),
        bench_top="tb",
        top="TopModule",
        reference=reference,
        reference_top="RefModule",
        companions=(reference,),
        timescale="1ps/1ps",
    )


def load_rtllm_bench(folder: Path, *, top: str, reference_top: str) -> Testbench:
    reference = read(next(folder.glob("verified_*.v")))
    bench = read(folder / "testbench.v")
    benches = re.findall(r"^\s*module\s+(\w+)", bench.text, re.MULTILINE)
    return Testbench(
        rule=BenchRule.RTLLM,
        bench=bench,
        bench_top=benches[-1],
        top=top,
        reference=reference,
        reference_top=reference_top,
        data=tuple(
            read(path)
            for path in sorted(folder.iterdir())
            if path.suffix in {".txt", ".dat"} and path.name != "design_description.txt"
        ),
    )


def show_reference(bench: Testbench) -> str:
    """Return the reference as a model would answer it."""
    if bench.reference_top == bench.top:
        return bench.reference.text
    return rename_module(bench.reference.text, bench.reference_top, bench.top)


def guarded_outcome(scorer: TestbenchScorer, bench: Testbench) -> str:
    try:
        return scorer.score(show_reference(bench), bench).status
    except BadReferenceError as error:
        return f"bad reference: {error}"


def list_verilog_eval() -> Iterator[tuple[str, Testbench, bool]]:
    with (KNOWN / "verilogeval_v2_golden_iverilog11.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield row["problem"], load_verilog_eval_bench(VERILOG_EVAL, row["problem"]), row["code"] == "."


def list_rtllm() -> Iterator[tuple[str, Testbench, bool]]:
    with (KNOWN / "rtllm_v2_golden_iverilog11.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            known = row["as_is"] if row["as_is"] != "compile_fail" or not row["renamed"] else row["tb_first"]
            reference_top = row["renamed"].partition("->")[0] or row["tb_module"]
            bench = load_rtllm_bench(RTLLM / row["path"], top=row["tb_module"], reference_top=reference_top)
            yield row["design"], bench, known == "pass"


LISTS = {"verilog-eval-v2": list_verilog_eval, "rtllm-v2": list_rtllm}


def main() -> int:
    wrong = 0
    with TestbenchScorer() as scorer:
        for name, problems in LISTS.items():
            if name not in (sys.argv[1:] or LISTS):
                continue
            counts: Counter[str] = Counter()
            started = time.monotonic()
            for problem_id, bench, known in problems():
                outcome = guarded_outcome(scorer, bench)
                published = scorer.passes_as_published(show_reference(bench), bench)
                counts["problems"] += 1
                counts["known"] += known
                counts["published"] += bool(published)
                counts["guarded"] += outcome == "passed"
                if not known == published == (outcome == "passed"):
                    wrong += 1
                    print(f"{problem_id}: known {known}, published {published}, guarded {outcome}")
            print(
                f"{name}: {counts['problems']} references; pass as known {counts['known']}, "
                f"as published here {counts['published']}, guarded {counts['guarded']}; "
                f"{time.monotonic() - started:.1f} s"
            )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
