"""The text rules by which benchmarks score: what a bench's prints amount to.

Source: ``analyze_result`` in ``scripts/sv-iv-analyze`` (v2) and ``check_correctness`` in ``verilog_eval/execution.py``
(v1) of github.com/NVlabs/verilog-eval; ``auto_run.py`` of github.com/hkust-zhiyao/RTLLM ("Pass" or "pass" anywhere in
the output).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_rtlgen.records import OutputMismatches, Status

V1_PASSED, V1_TIMED_OUT = "passed", "timed out"
RTLLM_FUNCTION, RTLLM_SYNTAX, RTLLM_NEITHER = "function", "syntax", "neither"
_TOTAL = re.compile(r"^Mismatches: (\d+) in (\d+) samples$", re.MULTILINE)
_V1_TOTAL = re.compile(r"Mismatches: ([0-9]*) in ([0-9]*) samples")
_OUTPUT = re.compile(r"^Hint: Output '([^'\n]*)' has (?:no|(\d+)) mismatches\.", re.MULTILINE)
_LETTERS = (
    ("syntax error", "S"),
    ("error: This assignment requires an explicit cast", "e"),
    ("error: Sized numeric constant must have a size greater than zero", "0"),
    ("warning: always_comb process has no sensitivities", "n"),
    ("found no sensitivities so it will never trigger", "n"),
    ("is declared here as wire", "w"),
    ("Unknown module type", "m"),
    ("Unable to bind wire/reg/memory `clk'", "c"),
    ("TIMEOUT", "T"),
)
"""(phrase, letter): in the first line with any of them, the first of them decides."""
_RESETS = ("posedge reset", "negedge reset", "posedge r)")


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchScore:
    """What a bench printed about one run."""

    status: Status | None
    """``passed``, ``mismatch`` or ``timeout``; ``None``: the bench compared nothing or did not say."""
    samples: int = 0
    """Samples that were compared; 0 where the bench does not say."""
    mismatches: int = 0
    outputs: tuple[OutputMismatches, ...] = ()


def read_rtllm_score(prints: Sequence[str]) -> BenchScore:
    """Return what the prints of a bench of RTLLM, one text a print, amount to."""
    if not prints:
        return BenchScore(status=None)
    return BenchScore(status=Status.PASSED if _has_word("\n".join(prints)) else Status.MISMATCH)


def read_verilog_eval_score(prints: Sequence[str]) -> BenchScore:
    """Return what the prints of a bench of VerilogEval, v1 or v2, one text a print, amount to."""
    text = "\n".join(prints)
    outputs = tuple(OutputMismatches(name=name, mismatches=int(count or 0)) for name, count in _OUTPUT.findall(text))
    totals = _TOTAL.findall(text)
    mismatches, samples = map(int, totals[0]) if len(totals) == 1 else (0, 0)
    status: Status | None = Status.MISMATCH if mismatches else Status.PASSED
    if "TIMEOUT" in text:
        status = Status.TIMEOUT
    elif not samples:
        status = None
    return BenchScore(status=status, samples=samples, mismatches=mismatches, outputs=outputs)


def read_letter(log: str, source: str) -> str:
    """Return VerilogEval v2's letter for ``log``, compiler and simulator merged, and the candidate's ``source``.

    A candidate may print whatever this looks for: it tells what others would have reported, and decides nothing.
    """
    log = log.replace("\r\n", "\n").replace("\r", "\n")
    for line in log.split("\n"):
        for phrase, letter in _LETTERS:
            if phrase in line:
                return letter
    if "Unable to bind wire/reg" in log:
        return "p"
    if "error" in log:
        return "C"
    if any(int(mismatches) == 0 for mismatches, _ in _TOTAL.findall(log)):
        return "."
    return "r" if any(phrase in source for phrase in _RESETS) else "R"


def read_v1_result(stdout: str, stderr: str) -> str:
    """Return VerilogEval v1's words for a run that ended; ``stderr`` is compiler and simulator, ``stdout`` the latter.

    A candidate may print whatever this looks for: it tells what others would have reported, and decides nothing.
    """
    if "syntax error" in stderr:
        return "failed: syntax error."
    if stderr:
        return "failed: compile error."
    found = _V1_TOTAL.search(stdout)
    if found is None:
        return "failed: info string not matched."
    if not (found[1] and found[2]):
        return "failed: invalid literal for int() with base 10: ''"
    mismatches, samples = int(found[1]), int(found[2])
    return V1_PASSED if mismatches == 0 else f"failed: {mismatches} out of {samples} samples."


def read_rtllm_success(stdout: str, *, is_built: bool) -> str:
    """Return whether RTLLM counts a run as a success of ``function``, of ``syntax`` alone, or ``neither``.

    A candidate may print whatever this looks for: it tells what others would have reported, and decides nothing.
    """
    if not is_built:
        return RTLLM_NEITHER
    return RTLLM_FUNCTION if _has_word(stdout) else RTLLM_SYNTAX


def _has_word(text: str) -> bool:
    return "Pass" in text or "pass" in text
