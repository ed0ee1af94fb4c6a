"""What the passing candidates of a saved run come to as gates, beside their references."""

import json
from collections.abc import Sequence
from functools import partial

from pytest_rtlgen.check.checker import Checker
from pytest_rtlgen.errors import StorageError
from pytest_rtlgen.evaluation.watch import Watcher
from pytest_rtlgen.records import Problem, ProblemKey, SampleResult
from pytest_rtlgen.storage import RunStore, encode
from pytest_rtlgen.synthesis.rows import SynthesisRow, compare_sample
from pytest_rtlgen.synthesis.synthesizer import Synthesizer
from pytest_rtlgen.tools.pool import run_each
from pytest_rtlgen.tools.whole_file import replacing
from pytest_rtlgen.version import SCHEMA_VERSION

FILE = "synthesis.json"
"""In a run's folder."""


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
