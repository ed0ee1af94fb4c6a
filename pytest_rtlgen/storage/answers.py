"""Answers and their verdicts in one folder: ``completions.jsonl``, ``results.jsonl`` and ``late.jsonl``."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pytest_rtlgen.records import BenchVerdict, Candidate, Completion, ProblemKey, SampleKey, SampleResult, Verdict
from pytest_rtlgen.storage.journal import Journal


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultLine:
    """One line of ``results.jsonl`` or ``late.jsonl``; the answer itself stands in ``completions.jsonl``."""

    key: SampleKey
    text_sha256: str
    """Of the completion's text: a verdict on another text under the same key is not this sample's."""
    candidate: Candidate
    verdict: Verdict
    published: BenchVerdict | None
    """``SampleResult.bench_verdict``."""


class AnswerFiles:
    """The files. Any number of processes may append to them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._completions = Journal(path / "completions.jsonl")
        self._results = Journal(path / "results.jsonl")
        self._late = Journal(path / "late.jsonl")

    def append_completion(self, *completions: Completion) -> None:
        """Add answers. Raises ``StorageError`` when they cannot be written."""
        self._completions.append(*completions)

    def append_result(self, result: SampleResult) -> None:
        """Add one verdict. Raises ``StorageError`` when it cannot be written."""
        self._results.append(_write_line(result))

    def append_late(self, result: SampleResult) -> None:
        """Add the verdict of a later, longer look. Raises ``StorageError`` when it cannot be written."""
        self._late.append(_write_line(result))

    def read_completions(self, only: ProblemKey | None = None) -> dict[SampleKey, Completion]:
        """Return the answers by key; of two with the same key the first counts.

        ``only``: the problem that is asked for; in a large run that takes a fraction of the time.

        Raises:
            RecordError: a line cannot be read.
        """
        completions: dict[SampleKey, Completion] = {}
        for completion in self._completions.read(Completion, holding=_mark(only)):
            if only in {None, completion.key.problem}:
                completions.setdefault(completion.key, completion)
        return completions

    def count_completions(self) -> int:
        """Return how many answers are on disk, without reading them as records."""
        return self._completions.count()

    def read_results(self, only: ProblemKey | None = None) -> dict[SampleKey, SampleResult]:
        """Return the verdicts by key, each with its answer; a late one counts before the first.

        A verdict whose answer is not there is left out, so a resumed run checks that sample again.

        Raises:
            RecordError: a line cannot be read.
        """
        completions = self.read_completions(only)
        results = _read_lines(self._results, completions, _mark(only))
        late = _read_lines(self._late, completions, _mark(only))
        return {key: late.get(key, result) for key, result in results.items()}

    def list_late(self, only: ProblemKey | None = None) -> frozenset[SampleKey]:
        """Return the samples that were looked at again. Raises ``RecordError`` for a line that cannot be read."""
        return frozenset(_read_lines(self._late, self.read_completions(only), _mark(only)))


def _write_line(result: SampleResult) -> ResultLine:
    return ResultLine(
        key=result.key,
        text_sha256=_digest(result.completion.text),
        candidate=result.candidate,
        verdict=result.verdict,
        published=result.bench_verdict,
    )


def _read_lines(
    journal: Journal, completions: Mapping[SampleKey, Completion], holding: bytes = b""
) -> dict[SampleKey, SampleResult]:
    """Return the results in ``journal`` on ``completions``; of two with the same key the first counts."""
    digests = {key: _digest(completion.text) for key, completion in completions.items()}
    results: dict[SampleKey, SampleResult] = {}
    for line in journal.read(ResultLine, holding=holding):
        if digests.get(line.key) == line.text_sha256:
            result = SampleResult(
                completion=completions[line.key],
                candidate=line.candidate,
                verdict=line.verdict,
                bench_verdict=line.published,
            )
            results.setdefault(line.key, result)
    return results


def _mark(only: ProblemKey | None) -> bytes:
    """Return what each line about a problem holds, and some others may."""
    return b"" if only is None else json.dumps(only.problem_id).encode("ascii")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
