"""What the repair loop adds to a run: a folder a turn, ``turn-1`` and on, with files as the run itself has them.

Besides them it holds ``feedback.jsonl``, what the model was told about the answer before, and ``reflections.jsonl``,
what a reflector answered to it. With the run's prompts these rebuild every chat that was sent.
"""

from collections.abc import Iterator
from itertools import count, takewhile
from pathlib import Path

from pytest_rtlgen.records import Completion, Feedback, RepairTurn, SampleKey
from pytest_rtlgen.storage.answers import AnswerFiles
from pytest_rtlgen.storage.journal import Journal, storage_error


class TurnStore(AnswerFiles):
    """One turn's folder. Any number of processes may have it open and append to it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._feedback = Journal(path / "feedback.jsonl")
        self._reflections = Journal(path / "reflections.jsonl")

    def append_feedback(self, *feedback: Feedback) -> None:
        """Add what models are told. Raises ``StorageError`` when it cannot be written."""
        self._feedback.append(*feedback)

    def append_reflection(self, *reflections: Completion) -> None:
        """Add a reflector's answers. Raises ``StorageError`` when they cannot be written."""
        self._reflections.append(*reflections)

    def read_feedback(self) -> dict[SampleKey, Feedback]:
        """Return what models were told, by key. Raises ``RecordError`` for a line that cannot be read."""
        found: dict[SampleKey, Feedback] = {}
        for feedback in self._feedback.read(Feedback):
            found.setdefault(feedback.key, feedback)
        return found

    def read_reflections(self) -> dict[SampleKey, Completion]:
        """Return a reflector's answers, by key. Raises ``RecordError`` for a line that cannot be read."""
        found: dict[SampleKey, Completion] = {}
        for reflection in self._reflections.read(Completion):
            found.setdefault(reflection.key, reflection)
        return found

    def count_feedback(self) -> int:
        """Return how many samples take part in the turn, without reading records."""
        return self._feedback.count()


def open_turn(run: AnswerFiles, number: int) -> TurnStore:
    """Return the folder of turn ``number``, from 1, and make it where there is none.

    Raises:
        StorageError: it cannot be made.
    """
    path = run.path / f"turn-{number}"
    try:
        path.mkdir(exist_ok=True)
    except OSError as error:
        raise storage_error(path, error) from error
    return TurnStore(path)


def list_turns(run: AnswerFiles) -> tuple[TurnStore, ...]:
    """Return the turns that a run has, in order."""
    paths = (run.path / f"turn-{number}" for number in count(1))
    return tuple(TurnStore(path) for path in takewhile(Path.is_dir, paths))


def list_repairs(run: AnswerFiles) -> tuple[RepairTurn, ...]:
    """Return every further answer that was checked, sorted by turn, then by key.

    Raises:
        RecordError: a line cannot be read.
    """
    return tuple(item for number, turn in enumerate(list_turns(run), start=1) for item in _list_turn(turn, number))


def _list_turn(turn: TurnStore, number: int) -> Iterator[RepairTurn]:
    feedback, reflections = turn.read_feedback(), turn.read_reflections()
    for key, result in sorted(turn.read_results().items()):
        if key in feedback:
            yield RepairTurn(
                key=key,
                turn=number,
                kind=feedback[key].kind,
                status=result.verdict.status,
                prompt_digest=result.completion.prompt_digest,
                usage=result.completion.usage,
                reflector_usage=reflections[key].usage if key in reflections else None,
            )
