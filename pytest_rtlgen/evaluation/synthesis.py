"""What the passing candidates of a run come to as gates, beside their references."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from statistics import mean

from pytest_rtlgen.check.checker import Checker
from pytest_rtlgen.config import Options
from pytest_rtlgen.errors import RecordError, RtlgenError, StorageError
from pytest_rtlgen.evaluation.settings import make_check_settings
from pytest_rtlgen.evaluation.watch import Watcher
from pytest_rtlgen.metrics import bootstrap_interval
from pytest_rtlgen.records import Estimate, Problem, ProblemKey, SampleKey, SampleResult
from pytest_rtlgen.storage import RunStore, decode, encode
from pytest_rtlgen.synthesis.rows import SynthesisRow, compare_sample
from pytest_rtlgen.synthesis.synthesizer import Synthesizer
from pytest_rtlgen.tools.pool import run_each
from pytest_rtlgen.tools.sandbox import choose_sandbox
from pytest_rtlgen.tools.whole_file import replacing
from pytest_rtlgen.version import SCHEMA_VERSION

FILE = "synthesis.json"
"""In a run's folder."""
_WORST = 2.0
"""A ratio to the reference from which on the estimate has nothing: TuRTLe clips its PPA there too."""


def synthesize_passes(store: RunStore, options: Options, watcher: Watcher) -> tuple[SynthesisRow, ...]:
    """Do ``synthesize_run`` with what ``options`` say of jobs and isolation; errors are its own."""
    settings = make_check_settings(options)
    with Checker(settings) as checker:
        synthesizer = Synthesizer(sandbox=choose_sandbox(settings.sandbox))
        return synthesize_run(store, checker, synthesizer, watcher)


def synthesize_at_end(store: RunStore, options: Options, watcher: Watcher) -> None:
    """Do ``synthesize_passes`` where ``options`` ask for it; an error is noted, as the run is judged without it."""
    if not options.synth:
        return
    try:
        synthesize_passes(store, options, watcher)
    except RtlgenError as error:
        watcher.note(f"{store.path}: not synthesized: {error}")


def keep_passes(rows: Sequence[SynthesisRow], samples: Iterable[SampleResult]) -> tuple[SynthesisRow, ...]:
    """Return ``rows`` without what does not pass among ``samples``: verdicts may have changed since."""
    passed = {sample.key for sample in samples if sample.verdict.is_passed}
    kept = []
    for row in rows:
        make_key = partial(SampleKey, suite=row.suite, problem_id=row.problem_id)
        left = tuple(sample for sample in row.samples if make_key(index=sample.index) in passed)
        if left:
            kept.append(replace(row, samples=left))
    return tuple(kept)


def read_rows(store: RunStore) -> tuple[SynthesisRow, ...]:
    """Return what ``synthesize_run`` wrote into the run; nothing where it did not.

    Raises:
        RecordError: the file cannot be read.
    """
    path = store.path / FILE
    if not path.exists():
        return ()
    try:
        document = json.loads(path.read_text(encoding="ascii"))
        problems = document["problems"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecordError(f"{path}: cannot be read; make it again with rtlgen synth {store.path}") from error
    return decode(tuple[SynthesisRow, ...], problems, str(path))


def estimate_ppa(store: RunStore, rows: Sequence[SynthesisRow]) -> Estimate | None:
    """Return a PPA-style estimate over the problems with a reference, of area and depth; there is no power in it.

    A sample that passes has, averaged over area and depth, 2 less its ratio to the reference: 1.0 as good as that, 2.0
    at no cost at all, 0.0 from twice the cost on. One that does not pass, or cannot be synthesized, has 0.0. Problems
    with a pass of which the reference cannot be synthesized are left out; of others nobody asks. ``None``: there is no
    problem.

    Source: the PPA score of TuRTLe (github.com/HPAI-BSC/TuRTLe), which takes its figures from a place-and-route flow.
    """
    counts = Counter(key.problem for key in store.read_results())
    known = {ProblemKey(suite=row.suite, problem_id=row.problem_id): row for row in rows}
    judged = [problem.key for problem in store.header.problems if problem.has_reference and problem.key in counts]
    kept = [key for key in judged if key not in known or known[key].reference.figures is not None]
    scores = [(_score(known[key]) if key in known else 0.0) / counts[key] for key in kept]
    return bootstrap_interval(scores, seed=0, span=(0.0, _WORST)) if scores else None


def _score(row: SynthesisRow) -> float:
    """Return what the passes of a problem, whose reference has figures, have together."""
    best = row.reference.figures
    found = [sample.synthesized.figures for sample in row.samples]
    return sum(
        mean((_compare(one.area, best.area), _compare(one.depth, best.depth)))
        for one in found
        if one is not None and best is not None
    )


def _compare(cost: float, reference: float) -> float:
    if not reference:
        return 0.0 if cost else 1.0
    return _WORST - min(cost / reference, _WORST)


def synthesize_run(
    store: RunStore, checker: Checker, synthesizer: Synthesizer, watcher: Watcher
) -> tuple[SynthesisRow, ...]:
    """Return a row for each problem of ``store`` that has a pass and a reference; they are on disk as well.

    Texts that are the same to every tool are synthesized once. Problems that only a bench judges are left out.

    Raises:
        BadReferenceError: a reference is no good any more.
        ToolError: the simulator or pyosys is missing.
        StorageError: the rows could not be written.
        RecordError: what is stored cannot be read.
    """
    passes: dict[ProblemKey, list[SampleResult]] = {}
    for key, result in sorted(store.read_results().items(), key=lambda item: item[0].index):
        if result.verdict.is_passed:
            passes.setdefault(key.problem, []).append(result)
    problems = [one for one in store.header.problems if one.key in passes and one.has_reference]
    work = [(problem, passes[problem.key]) for problem in problems]
    rows = []
    for row in run_each(partial(_synthesize, checker, synthesizer), work, jobs=checker.settings.jobs):
        rows.append(row)
        watcher.advance(len(rows), len(work), "problems synthesized")
    watcher.end_stage()
    _write(store, rows)
    return tuple(rows)


def _synthesize(
    checker: Checker, synthesizer: Synthesizer, work: tuple[Problem, Sequence[SampleResult]]
) -> SynthesisRow:
    problem, results = work
    prepared = checker.prepare(problem)
    known = {(prepared.source, prepared.top): synthesizer.synthesize(prepared.source, prepared.top)}
    reference = known[prepared.source, prepared.top]
    samples = []
    for result in results:
        asked = (checker.screen(result.candidate.text, problem).source, problem.top)
        if asked not in known:
            known[asked] = synthesizer.synthesize(*asked)
        samples.append(compare_sample(result.key.index, known[asked], reference))
    return SynthesisRow(suite=problem.suite, problem_id=problem.problem_id, reference=reference, samples=tuple(samples))


def _write(store: RunStore, rows: Sequence[SynthesisRow]) -> None:
    path = store.path / FILE
    document = {"schema_version": SCHEMA_VERSION, "problems": encode(tuple(rows))}
    try:
        with replacing(path) as temporary:
            temporary.write_text(json.dumps(document, indent=1) + "\n", encoding="ascii")
    except OSError as error:
        raise StorageError(
            f"{path}: cannot be written: {error.strerror}; free some space, or check permissions"
        ) from error
