"""Recorded answers in the place of a model."""

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path

from pytest_rtlgen.backends.base import BackendSettings, Deliver, GenerationRequest
from pytest_rtlgen.backends.replay.forms import open_recordings
from pytest_rtlgen.backends.replay.recordings import Answers, Recordings
from pytest_rtlgen.errors import BackendError, RecordError, UsageError
from pytest_rtlgen.package_data import CORE, find_core_recordings
from pytest_rtlgen.records import Completion, SamplingParams
from pytest_rtlgen.spelling import suggest


class ReplayBackend:
    """Plays back what is at a path, in any of the forms that ``recordings_forms`` tells apart."""

    def __init__(self, path: Path, name: str | None = None) -> None:
        """Take what is at ``path``; ``name`` is how the user spelt the path, where that is different."""
        self.name = f"replay:{name or path}"
        self._path = path

    def generate(self, requests: Sequence[GenerationRequest], sampling: SamplingParams, deliver: Deliver) -> None:  # noqa: ARG002  recordings were sampled already
        """Deliver every recording that is asked for, and only then complain about those that are not there.

        Raises:
            RecordError: the recording cannot be read, or is of other problems.
            BackendError: a problem or a sample is missing.
        """
        requested = {request.problem.problem_id: None for request in requests}
        recordings = open_recordings(self._path, requested.keys())
        unknown = {name: where for name, where in recordings.list_named().items() if name not in requested}
        if unknown and len(unknown) == len(recordings.list_named()):
            name, where = next(iter(unknown.items()))
            raise RecordError(
                f"{where}: {name!r} is not requested, nor is any other problem recorded there; requested are "
                f"{_shorten(requested)}; choose the suite that has the recorded ones, or record these"
            )
        notes: list[str] = []
        for request in requests:
            problem = request.problem
            answers = recordings.find(problem.suite, problem.problem_id)
            self._play(request, answers, deliver)
            missing = [index for index in request.indices if index not in answers]
            if missing and answers:
                notes.append(self._describe_few(problem.problem_id, missing[0], answers))
            elif missing:
                notes.append(self._describe_none(problem.problem_id, recordings, unknown))
        if notes:
            more = f" ({len(notes) - 1} more problems have no recordings)" if len(notes) > 1 else ""
            raise BackendError(notes[0] + more)

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

    def _describe_none(self, problem_id: str, recordings: Recordings, unknown: Mapping[str, str]) -> str:
        expected = recordings.describe_expected(problem_id)
        message = f"{self.name}: problem {problem_id!r} has no recording; expected {expected}, or leave the problem out"
        near = difflib.get_close_matches(problem_id, unknown, n=1)
        return f"{message}; {unknown[near[0]]}: {near[0]!r} is no requested problem" if near else message

    def _describe_few(self, problem_id: str, index: int, answers: Answers) -> str:
        have = ", ".join(map(str, sorted(answers)))
        remedy = f"lower --rtlgen-n to {index}, or record more" if index else "record it"
        return (
            f"{self.name}: problem {problem_id!r} has {len(answers)} recordings (samples {have}), "
            f"but sample {index} is requested; {remedy}"
        )


_SHOWN = 3


def _shorten(names: Mapping[str, None]) -> str:
    return ", ".join([*list(names)[:_SHOWN], *(["…"] if len(names) > _SHOWN else [])])


def make_replay(argument: str, settings: BackendSettings) -> ReplayBackend:  # noqa: ARG001  nobody is asked
    """Return the backend for ``replay:PATH``; ``replay:core`` is what comes with the package, unless ``core`` exists.

    Raises:
        UsageError: nothing is at the path.
    """
    if argument == CORE and not Path(argument).exists():
        return ReplayBackend(find_core_recordings(), argument)
    if not argument or not Path(argument).exists():
        raise UsageError(
            f"replay:{argument}: no such file or folder; name a folder or a .jsonl file of recorded answers"
            f"{suggest(argument, ['core'])}"
        )
    return ReplayBackend(Path(argument))
