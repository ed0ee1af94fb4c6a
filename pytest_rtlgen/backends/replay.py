"""Recorded answers in the place of a model."""

from collections.abc import Callable, Sequence
from pathlib import Path

from pytest_rtlgen.backends.base import BackendSettings, Deliver, GenerationRequest
from pytest_rtlgen.backends.recordings import Answers, read_folder, read_lines
from pytest_rtlgen.errors import BackendError, UsageError
from pytest_rtlgen.records import Completion, SamplingParams


class ReplayBackend:
    """Plays back a folder ``<problem>/<index>-<label>.md`` or a file of JSON Lines."""

    def __init__(self, path: Path) -> None:
        self.name = f"replay:{path}"
        self._path = path

    def generate(self, requests: Sequence[GenerationRequest], sampling: SamplingParams, deliver: Deliver) -> None:  # noqa: ARG002  recordings were sampled already
        """Deliver every recording that is asked for, and only then complain about those that are not there.

        Raises:
            RecordError: the recording cannot be read.
            BackendError: it lacks a problem or a sample.
        """
        find = self._open()
        lacks: list[str] = []
        for request in requests:
            answers = find(request)
            self._play(request, answers, deliver)
            missing = [index for index in request.indices if index not in answers]
            if missing:
                lacks.append(self._describe_lack(request.problem.problem_id, missing[0], answers))
        if lacks:
            more = f" ({len(lacks) - 1} more problems lack recordings)" if len(lacks) > 1 else ""
            raise BackendError(lacks[0] + more)

    def _open(self) -> Callable[[GenerationRequest], Answers]:
        if self._path.is_dir():
            return lambda request: read_folder(self._path / request.problem.problem_id)
        lines = read_lines(self._path)
        return lambda request: lines.find(request.problem.suite, request.problem.problem_id)

    def _play(self, request: GenerationRequest, answers: Answers, deliver: Deliver) -> None:
        for index in request.indices:
            if index in answers:
                found = answers[index]
                deliver(
                    Completion(
                        key=request.key(index),
                        text=found.text,
                        reasoning=found.reasoning,
                        finish_reason=found.finish_reason,
                        model=found.model or "replay",
                    )
                )

    def _describe_lack(self, problem_id: str, index: int, answers: Answers) -> str:
        if not answers:
            form = f"{self._path / problem_id}/<index>-<label>.md" if self._path.is_dir() else "a line that names it"
            return f"{self.name}: problem {problem_id!r} has no recording; expected {form}, or leave the problem out"
        have = ", ".join(map(str, sorted(answers)))
        remedy = f"lower --rtlgen-n to {index}, or record more" if index else "record it"
        return (
            f"{self.name}: problem {problem_id!r} has {len(answers)} recordings (samples {have}), "
            f"but sample {index} is wanted; {remedy}"
        )


def make_replay(argument: str, settings: BackendSettings) -> ReplayBackend:  # noqa: ARG001  nobody is asked
    """Return the backend for ``replay:PATH``.

    Raises:
        UsageError: nothing is at the path.
    """
    if not argument or not Path(argument).exists():
        raise UsageError(
            f"replay:{argument}: no such file or folder; name a folder or a .jsonl file of recorded answers"
        )
    return ReplayBackend(Path(argument))
