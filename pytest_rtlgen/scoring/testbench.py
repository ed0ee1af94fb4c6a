"""Score a candidate with a benchmark's own testbench, so that nothing but the testbench decides.

Bench and candidate share one simulator, as the benchmark has it. But the candidate is screened and must compile on its
own; bench modules and instances carry names drawn for this run; a candidate that drives its own inputs is refused; and
of the output only what stands between this run's marks counts, which are in the bench's text and nowhere else.
"""

import re
import time
from contextlib import closing
from dataclasses import dataclass, replace

from pytest_rtlgen.check.checker import CheckSettings
from pytest_rtlgen.check.reading.reader import Reader
from pytest_rtlgen.errors import BadReferenceError, RenameError
from pytest_rtlgen.records import (
    BenchVerdict,
    Candidate,
    Diagnostic,
    Finding,
    FindingKind,
    Interface,
    Status,
    Testbench,
    Tool,
)
from pytest_rtlgen.scoring.base import NO_CODE, PreparedBenches, conclude
from pytest_rtlgen.scoring.printed import BenchScore
from pytest_rtlgen.scoring.rules import find_testbench_rule
from pytest_rtlgen.scoring.workplace import Workplace, explain_end, open_workplace
from pytest_rtlgen.simulators.base import new_nonce
from pytest_rtlgen.simulators.icarus import read_log
from pytest_rtlgen.tools.process import ProcessResult
from pytest_rtlgen.tools.sandbox import choose_sandbox
from pytest_rtlgen.verilog.bench_text import HardenedBench, harden_bench, list_marked
from pytest_rtlgen.verilog.interface import read_interface
from pytest_rtlgen.verilog.rename import rename_module

_DRIVEN_INPUT = re.compile(r"^(?:.*/)?bench\.sv:\d+: warning: input port (\S+) is coerced to", re.MULTILINE)
"""Listed for an instance in the bench when the candidate drives a net that bench and reference share."""
_SWITCHES = re.compile(rb"^\S+ \.island ", re.MULTILINE)
"""They drive without counting as drivers; a compiled design lists them so."""
_UNREADABLE = "nothing passes this testbench, whose own reference cannot be read: the candidate is not at fault"
_CANDIDATE, _BENCH, _OPTIONS, _DESIGN = "candidate.sv", "bench.sv", "options.f", "design.vvp"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """What every candidate of a bench needs, made from the bench and its reference alone."""

    interface: Interface
    hardened: HardenedBench
    reference: str
    """The reference's text as a candidate would give it."""
    samples: int = 0
    """Samples of the reference's own run."""
    fault: str = ""
    """Why the bench does not pass its own reference; empty: it does."""


class TestbenchScorer:
    """Scores candidates with testbenches (``Scorer``)."""

    __test__ = False

    def __init__(self, settings: CheckSettings = CheckSettings(), reader: Reader | None = None) -> None:  # noqa: B008  it is frozen
        """``reader`` is that of a checker with the same settings, which closes it; ``None``: start one."""
        self._settings = settings
        self._sandbox = choose_sandbox(settings.sandbox)
        self._reader = reader or Reader(sandbox=self._sandbox, jobs=settings.jobs)
        self._is_sharing = reader is not None
        self._prepared = PreparedBenches(self._calibrate)

    def close(self) -> None:
        """End every process."""
        if not self._is_sharing:
            self._reader.close()

    def score(self, candidate: Candidate, bench: Testbench, *, with_unguarded: bool = False) -> BenchVerdict:
        """As ``Scorer``; what the authors would report takes a run of its own, for which there must be a sandbox."""
        started = time.monotonic()
        prepared = self._prepared.find(bench)
        if prepared.fault:
            raise BadReferenceError(prepared.fault)
        verdict = self._score(candidate.source, bench, prepared)
        if with_unguarded:
            verdict = self._add_outcome(verdict, candidate.source, bench)
        return replace(verdict, duration_s=time.monotonic() - started)

    def score_unguarded(self, candidate: Candidate, bench: Testbench) -> BenchVerdict:
        """As ``Scorer``, but the status is that of the guarded run still.

        Where no guarded run is possible it is ``ELABORATION_ERROR``, or ``NO_CODE`` for an empty text.
        """
        started = time.monotonic()
        try:
            prepared = self._prepared.find(bench)
        except BadReferenceError:
            has_code = bool(candidate.source.strip())
            found = (Status.ELABORATION_ERROR, _UNREADABLE) if has_code else (Status.NO_CODE, NO_CODE)
            verdict = _conclude(*found)
        else:
            verdict = self._score(candidate.source, bench, prepared)
        verdict = self._add_outcome(verdict, candidate.source, bench)
        return replace(verdict, duration_s=time.monotonic() - started)

    def _add_outcome(self, verdict: BenchVerdict, source: str, bench: Testbench) -> BenchVerdict:
        """Return ``verdict`` with what the authors would report; without a sandbox nothing unguarded is run."""
        if not self._sandbox.is_active:
            return verdict
        with open_workplace(self._sandbox, self._settings.limits, bench.timeout_s) as place:
            place.write({file.name: file.text for file in bench.data})
            outcome = find_testbench_rule(bench.rule).run_unguarded(source, bench, place)
        return replace(
            verdict,
            is_passed_unguarded=outcome.is_passed,
            code=outcome.code,
            is_syntax_right=outcome.is_syntax_right,
        )

    def _calibrate(self, bench: Testbench) -> _Prepared:
        interface = read_interface(bench.reference, bench.reference_top)
        reference = _rename_reference(bench)
        hardened = harden_bench(bench.bench, bench.companions, bench_top=bench.bench_top, top=bench.top)
        prepared = _Prepared(interface=replace(interface, module=bench.top), hardened=hardened, reference=reference)
        verdict = self._run(reference, bench, prepared)
        messages = "; ".join(item.message for item in verdict.diagnostics[:3])
        fault = (
            f"{bench.bench.name}: the testbench does not pass its own reference {bench.reference.name} "
            f"({verdict.status}): {messages}"
        )
        return replace(prepared, samples=verdict.samples, fault="" if verdict.is_passed else fault)

    def _score(self, source: str, bench: Testbench, prepared: _Prepared) -> BenchVerdict:
        if not source.strip():
            return _conclude(Status.NO_CODE, NO_CODE)
        screening = self._reader.screen(source, prepared.interface)
        if screening.status is not None:
            return BenchVerdict(status=screening.status, diagnostics=screening.diagnostics)
        verdict = self._run(screening.source, bench, prepared)
        return replace(verdict, diagnostics=(*verdict.diagnostics, *screening.diagnostics))

    def _run(self, source: str, bench: Testbench, prepared: _Prepared) -> BenchVerdict:
        suffix, mark = new_nonce(), new_nonce()
        with open_workplace(self._sandbox, self._settings.limits, bench.timeout_s) as place:
            place.write({_CANDIDATE: source, _OPTIONS: _render_options(bench, [_CANDIDATE])})
            alone = place.compile("-g2012", "-s", bench.top, "-o", "alone.vvp", "-c", _OPTIONS)
            if not place.has("alone.vvp"):
                return _fail(place, alone, is_compiled=False)
            if _SWITCHES.search(place.read("alone.vvp")):
                return _reject(FindingKind.SWITCHES)
            place.write({file.name: file.text for file in bench.data})
            text = f"`timescale {bench.timescale}\n{prepared.hardened.render(suffix=suffix, mark=mark)}"
            place.write({_BENCH: text, _OPTIONS: _render_options(bench, [_BENCH, _CANDIDATE])})
            top = prepared.hardened.name_top(suffix)
            # -u: the bench's directives do not reach the candidate, nor its net types the bench
            built = place.compile("-u", "-g2012", "-s", top, "-o", _DESIGN, "-c", _OPTIONS)
            if not place.has(_DESIGN):
                return _fail(place, built, is_compiled=False)
            driven = _DRIVEN_INPUT.search(built.output)
            if driven is not None:
                return _reject(FindingKind.DRIVEN_INPUT, driven[1])
            ran = place.simulate(_DESIGN)
            prints = list(list_marked(ran.stdout.decode("utf-8", "replace"), mark))
            score = find_testbench_rule(bench.rule).read_score(prints)
            if ran.is_timeout or ran.exit_code or score.status is None:
                return _fail(place, ran, is_compiled=True)
        return _judge(score, expected=prepared.samples)


def score_with_testbench(
    source: str,
    bench: Testbench,
    *,
    settings: CheckSettings = CheckSettings(),  # noqa: B008
) -> BenchVerdict:
    """Return what ``bench`` finds out about the candidate ``source``, and whether its authors would pass it.

    Raises:
        BadReferenceError: the bench does not build, or does not pass its own reference.
        ToolError: the simulator is missing or broken.
    """
    with closing(TestbenchScorer(settings)) as scorer:
        return scorer.score(Candidate(source=source, rule="given"), bench, with_unguarded=True)


def _judge(score: BenchScore, *, expected: int) -> BenchVerdict:
    if score.status is not Status.TIMEOUT and score.samples < expected:
        return _conclude(
            Status.EARLY_FINISH, f"the testbench compared {score.samples} samples; with its reference, {expected}"
        )
    message = f"the testbench counts {score.mismatches} mismatches in {score.samples} samples"
    if not score.samples:
        message = "the testbench did not say that the design passed"
    if score.status is Status.TIMEOUT:
        message = "the testbench gave up waiting (TIMEOUT)"
    verdict = _conclude(score.status or Status.EARLY_FINISH, message)
    return replace(
        verdict,
        samples=score.samples,
        mismatches=score.mismatches,
        outputs=score.outputs,
        diagnostics=() if verdict.is_passed else verdict.diagnostics,
    )


def _fail(place: Workplace, done: ProcessResult, *, is_compiled: bool) -> BenchVerdict:
    status, reason = explain_end(done, place.limits, is_compiled=is_compiled)
    verdict = _conclude(status, reason)
    return verdict if is_compiled else replace(verdict, diagnostics=(*read_log(done.output), *verdict.diagnostics))


def _reject(kind: FindingKind, name: str = "") -> BenchVerdict:
    diagnostic = Diagnostic.of(Finding(kind=kind, name=name), tool=Tool.TESTBENCH)
    return BenchVerdict(status=Status.REJECTED, diagnostics=(diagnostic,))


def _conclude(status: Status, message: str) -> BenchVerdict:
    return conclude(Tool.TESTBENCH, status, message)


def _render_options(bench: Testbench, files: list[str]) -> str:
    return "\n".join([f"+timescale+{bench.timescale}", *files, ""])


def _rename_reference(bench: Testbench) -> str:
    if bench.reference_top == bench.top:
        return bench.reference.text
    try:
        return rename_module(bench.reference.text, bench.reference_top, bench.top)
    except RenameError as error:
        raise BadReferenceError(f"{bench.reference.name}: {error}") from error
