"""Each class of disagreement, from verdicts written by hand."""

import pytest

from pytest_rtlgen.known_bad import Kind, KnownBad
from pytest_rtlgen.modes import ScoringMode
from pytest_rtlgen.records import (
    BenchVerdict,
    Diagnostic,
    Finding,
    FindingKind,
    Method,
    Severity,
    SignalVerdict,
    Status,
    Tool,
    Verdict,
)
from pytest_rtlgen.report.disagreement import Reason, explain_disagreement


def note(message: str) -> tuple[Diagnostic, ...]:
    return (Diagnostic(tool=Tool.SCREEN, severity=Severity.ERROR, message=message),)


def ours(status: str, actual: str = "1", message: str = "") -> Verdict:
    wrong = SignalVerdict(name="q", checked=9, mismatches=2, first_mismatch_ns=10.0, expected="0", actual=actual)
    return Verdict(
        status=Status(status),
        method=Method.SIMULATE,
        signals=(wrong,) if status == "mismatch" else (),
        diagnostics=note(message) if message else (),
    )


def theirs(status: str, *, unguarded: bool | None, code: str = "", message: str = "") -> BenchVerdict:
    return BenchVerdict(
        status=Status(status), is_passed_unguarded=unguarded, code=code, diagnostics=note(message) if message else ()
    )


def refused(kind: FindingKind, name: str = "") -> BenchVerdict:
    finding = Finding(kind=kind, name=name, line=2)
    return BenchVerdict(status=Status.REJECTED, is_passed_unguarded=True, diagnostics=(Diagnostic.of(finding),))


def known(kind: Kind, scoring: ScoringMode = ScoringMode.BENCH) -> tuple[KnownBad, ...]:
    entry = KnownBad(suite="s", problem_id="p", scoring=scoring, kind=kind, evidence="seen in a run", found="run: x")
    return (entry,)


PASSED, FAILED = ours("passed"), ours("mismatch")
HONEST = theirs("passed", unguarded=True)
DELAYED = Verdict(
    status=Status.REJECTED,
    method=Method.SCREEN,
    diagnostics=(Diagnostic.of(Finding(kind=FindingKind.DELAY, name="that is computed", line=4)),),
)


@pytest.mark.parametrize(
    ("verdict", "bench", "entries", "reason", "detail"),
    [
        (FAILED, HONEST, (), Reason.RARER_INPUTS, "outputs that differ: q"),
        (FAILED, theirs("passed", unguarded=None), (), Reason.RARER_INPUTS, "outputs that differ: q"),
        (ours("mismatch", "x"), HONEST, (), Reason.X_MASKING, "unknown where the reference is known: q"),
        (FAILED, HONEST, known(Kind.ACCEPTS_ANYTHING), Reason.ACCEPTS_ANYTHING, "seen in a run"),
        (FAILED, HONEST, known(Kind.X_MASKING), Reason.X_MASKING, "seen in a run"),
        (FAILED, HONEST, known(Kind.CONTRADICTS, ScoringMode.OURS), Reason.CONTRADICTS, "seen in a run"),
        (FAILED, HONEST, known(Kind.AMBIGUOUS, ScoringMode.BOTH), Reason.AMBIGUOUS, "seen in a run"),
        (FAILED, HONEST, known(Kind.AMBIGUOUS), Reason.RARER_INPUTS, "outputs that differ: q"),
        (FAILED, HONEST, known(Kind.X_MASKING, ScoringMode.OURS), Reason.RARER_INPUTS, "outputs that differ: q"),
        (FAILED, HONEST, known(Kind.WATCHDOG), Reason.RARER_INPUTS, "outputs that differ: q"),
        (ours("timeout", message="too long"), HONEST, (), Reason.UNKNOWN, "too long"),
        (FAILED, theirs("mismatch", unguarded=True, message="9 mismatches"), (), Reason.FORGED_OUTPUT, "9 mismatches"),
        (
            ours("rejected"),
            refused(FindingKind.ENDING, "$fatal"),
            (),
            Reason.EARLY_FINISH,
            "system task $fatal",
        ),
        (
            DELAYED,
            refused(FindingKind.TASK, "$readmemh"),
            (),
            Reason.NO_CIRCUIT,
            "system task $readmemh",
        ),
        (
            ours("rejected"),
            refused(FindingKind.TASK, "$readmemh"),
            (),
            Reason.FORGED_OUTPUT,
            "system task $readmemh",
        ),
        (
            ours("rejected"),
            refused(FindingKind.HIERARCHICAL_NAME, "tb.$finish_delay"),
            (),
            Reason.FORGED_OUTPUT,
            "hierarchical name tb.$finish_delay",
        ),
        (ours("rejected"), theirs("rejected", unguarded=True, message="a delay"), (), Reason.UNKNOWN, "a delay"),
        (FAILED, theirs("interface-mismatch", unguarded=True, message="port q"), (), Reason.OTHER_PORTS, "port q"),
        (FAILED, theirs("syntax-error", unguarded=True, message="line 3"), (), Reason.UNKNOWN, "line 3"),
        (FAILED, theirs("early-finish", unguarded=True, message="0 samples"), (), Reason.EARLY_FINISH, "0 samples"),
        (PASSED, theirs("passed", unguarded=False, code="C"), (), Reason.LETTER_RULE, "the benchmark's word for it: C"),
        (PASSED, theirs("timeout", unguarded=False, message="TIMEOUT"), (), Reason.WATCHDOG, "TIMEOUT"),
        (PASSED, theirs("early-finish", unguarded=False), (), Reason.EARLY_FINISH, ""),
        (PASSED, theirs("elaboration-error", unguarded=False), (), Reason.REFUSES_BENCH, ""),
        (PASSED, theirs("mismatch", unguarded=False), (), Reason.UNKNOWN, ""),
        (PASSED, theirs("mismatch", unguarded=False), known(Kind.RACE), Reason.RACE, "seen in a run"),
        (PASSED, theirs("timeout", unguarded=False), known(Kind.REFUSES_BENCH), Reason.REFUSES_BENCH, "seen in a run"),
        (PASSED, theirs("mismatch", unguarded=False), known(Kind.UNSATISFIABLE), Reason.UNSATISFIABLE, "seen in a run"),
        (PASSED, theirs("mismatch", unguarded=False), known(Kind.X_MASKING), Reason.UNKNOWN, ""),
        (PASSED, theirs("mismatch", unguarded=False), known(Kind.SOME_RACE), Reason.RACE, "seen in a run"),
        (PASSED, theirs("mismatch", unguarded=False), known(Kind.AMBIGUOUS), Reason.AMBIGUOUS, "seen in a run"),
        (PASSED, theirs("mismatch", unguarded=False), known(Kind.CONTRADICTS, ScoringMode.OURS), Reason.UNKNOWN, ""),
    ],
)
def test_the_class_of_a_disagreement(
    verdict: Verdict, bench: BenchVerdict, entries: tuple[KnownBad, ...], reason: Reason, detail: str
) -> None:
    assert explain_disagreement(verdict, bench, entries) == (reason, detail)


@pytest.mark.parametrize(
    ("verdict", "bench"),
    [
        (PASSED, HONEST),
        (FAILED, theirs("mismatch", unguarded=False)),
        (FAILED, theirs("mismatch", unguarded=None)),
        (PASSED, theirs("mismatch", unguarded=True)),
    ],
)
def test_where_they_agree_there_is_no_class(verdict: Verdict, bench: BenchVerdict) -> None:
    assert explain_disagreement(verdict, bench, known(Kind.RACE)) is None


def test_a_note_is_no_reason() -> None:
    left_out = Diagnostic(tool=Tool.SCREEN, severity=Severity.NOTE, message="left out: $finish (line 2)")
    bench = BenchVerdict(status=Status.MISMATCH, is_passed_unguarded=True, diagnostics=(left_out,))
    assert explain_disagreement(FAILED, bench, ()) == (Reason.FORGED_OUTPUT, "")


def test_a_port_called_delay_in_is_no_delay() -> None:
    bench = refused(FindingKind.DRIVEN_INPUT, "delay_in")
    evidence = "input delay_in is driven from inside the design"
    assert explain_disagreement(FAILED, bench, ()) == (Reason.FORGED_OUTPUT, evidence)


def test_the_class_is_read_from_the_evidence_that_is_shown() -> None:
    names = ("$fopen", "$fwrite")
    findings = [Finding(kind=FindingKind.TASK, name=name, line=2) for name in names]
    findings.append(Finding(kind=FindingKind.ENDING, name="$finish", line=3))
    bench = BenchVerdict(
        status=Status.REJECTED, is_passed_unguarded=True, diagnostics=tuple(map(Diagnostic.of, findings))
    )
    evidence = "system task $fopen; system task $fwrite"
    assert explain_disagreement(FAILED, bench, ()) == (Reason.FORGED_OUTPUT, evidence)
