"""Run a testbench as its authors do, to tell what they would report: nothing is screened, and all output counts.

It decides nothing: candidates can forge it.
"""

from dataclasses import dataclass

from pytest_rtlgen.records import Testbench
from pytest_rtlgen.scoring.printed import (
    RTLLM_FUNCTION,
    RTLLM_SYNTAX,
    V1_PASSED,
    V1_TIMED_OUT,
    read_letter,
    read_rtllm_success,
    read_v1_result,
)
from pytest_rtlgen.scoring.workplace import Workplace
from pytest_rtlgen.tools.process import ProcessResult

_DESIGN, _OPTIONS = "design.vvp", "options.f"
_FLAGS = ("-Wall", "-Winfloop", "-Wno-timescale")
_ASKED_AT = 0.8
"""Share of the time limit after which a second run is asked to end, so that no limit kills it before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnguardedOutcome:
    """What a benchmark's authors would report."""

    is_passed: bool
    code: str
    """As ``BenchVerdict.code``."""
    is_syntax_right: bool
    """Whether the compiler made a design."""


def run_verilog_eval_v1(source: str, bench: Testbench, place: Workplace) -> UnguardedOutcome:
    """Return what VerilogEval v1 would report of ``source``; ``place`` holds the bench's data files."""
    # one file, so the test's directives reach the candidate
    place.write({"task.sv": f"{bench.bench.text}\n{source}"})
    built = place.compile(*_FLAGS, "-g2012", "-s", bench.bench_top, "-o", _DESIGN, "task.sv")
    is_built = place.has(_DESIGN)
    if not is_built:
        code = read_v1_result("", built.output or "no design")
    else:
        ran = place.simulate(_DESIGN)
        code = V1_TIMED_OUT if ran.is_timeout else read_v1_result(_stdout(ran), built.output + ran.output)
    return UnguardedOutcome(is_passed=code == V1_PASSED, code=code, is_syntax_right=is_built)


def run_verilog_eval_v2(source: str, bench: Testbench, place: Workplace) -> UnguardedOutcome:
    """Return what VerilogEval v2 would report of ``source``; ``place`` holds the bench's data files."""
    texts = (source, bench.bench.text, *(file.text for file in bench.companions))
    names = [f"{index}.sv" for index in range(len(texts))]
    place.write(dict(zip(names, texts, strict=True)))
    built = place.compile(*_FLAGS, "-g2012", "-s", bench.bench_top, "-o", _DESIGN, *names)
    is_built = place.has(_DESIGN)
    log = built.output
    if is_built:
        ran = place.simulate(_DESIGN)
        if ran.is_timeout:
            # the authors ask it to end, and what final blocks then print counts like all else; this run is asked
            # only after another one took too much CPU time, which tells more than time on a busy machine
            ran = place.simulate(_DESIGN, ask_after_s=bench.timeout_s * _ASKED_AT)
        log += _stdout(ran) + ran.output
    code = read_letter(log, source)
    return UnguardedOutcome(is_passed=code == ".", code=code, is_syntax_right=is_built)


def run_rtllm(source: str, bench: Testbench, place: Workplace) -> UnguardedOutcome:
    """Return what RTLLM would report of ``source``; ``place`` holds the bench's data files."""
    texts = (source, bench.bench.text, *(file.text for file in bench.companions))
    names = [f"{index}.v" for index in range(len(texts))]
    place.write(dict(zip(names, texts, strict=True)))
    place.write({_OPTIONS: "\n".join([f"+timescale+{bench.timescale}", *names, ""])})
    place.compile("-g2012", "-s", bench.bench_top, "-o", _DESIGN, "-c", _OPTIONS)
    if not place.has(_DESIGN):
        return UnguardedOutcome(is_passed=False, code=read_rtllm_success("", is_built=False), is_syntax_right=False)
    ran = place.simulate(_DESIGN)
    code = RTLLM_SYNTAX if ran.is_timeout else read_rtllm_success(_stdout(ran) + ran.output, is_built=True)
    return UnguardedOutcome(is_passed=code == RTLLM_FUNCTION, code=code, is_syntax_right=True)


def _stdout(ran: ProcessResult) -> str:
    return ran.stdout.decode("utf-8", "replace")
