"""The reward that a trainer calls: completions in, numbers out, by the very checker that scores a release."""

import logging
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.errors import RtlgenError, UsageError
from pytest_rtlgen.extract import extract_candidate
from pytest_rtlgen.records import Candidate, Problem, Verdict
from pytest_rtlgen.tools.pool import run_each
from pytest_rtlgen.training.reward.guards import (
    GUARD_PARTS,
    Guards,
    digest_code,
    digest_references,
    find_duplicates,
)
from pytest_rtlgen.training.reward.parts import PARTS, RewardResult
from pytest_rtlgen.training.reward.presets import Preset, find_preset
from pytest_rtlgen.training.reward.slots import Slots
from pytest_rtlgen.training.reward.tasks import Tasks

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardSettings:
    """Everything that a reward depends on besides problems; plain data, so that it can be sent anywhere."""

    preset: Preset = find_preset("equivalence")  # noqa: RUF009  frozen
    guards: Guards = Guards()  # noqa: RUF009  frozen
    check: CheckSettings = CheckSettings()  # noqa: RUF009  frozen
    max_parallel: int | None = None
    """Most checks at once on this machine, over all processes of this user; ``None``: one a core."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One completion on its way; plain data, so that its check can be done anywhere."""

    completion: str
    problem: Problem | None = None
    """``None``: it is not checked; ``reason`` says why."""
    candidate: Candidate = Candidate(source="", rule="none")  # noqa: RUF009  frozen
    digest: bytes | None = None
    """Of the code; ``None``: there is none."""
    reason: str = ""

    @property
    def likeness(self) -> tuple[Problem, bytes] | None:
        """What is equal in answers whose code for the same problem differs in layout at most."""
        return None if self.problem is None or self.digest is None else (self.problem, self.digest)

    @property
    def work(self) -> tuple[Problem | None, str, bool, str]:
        """What is equal in answers that have the same verdict: code to the letter, as layout can mean something."""
        return (self.problem, self.candidate.source, self.candidate.is_truncated, self.reason)


class Reward:
    """Completions to rewards. Can be pickled; each process starts a checker of its own on first use. Thread-safe.

    >>> reference = "module inverter(input a, output y); assign y = ~a; endmodule"
    >>> reward = Reward()
    >>> reward([reference, reference.replace("~", "")], [reference, reference])
    [1.0, 0.0]
    >>> reward.close()
    """

    def __init__(self, *, problems: Iterable[Problem] = (), settings: RewardSettings = RewardSettings()) -> None:
        self.settings = settings
        self._tasks = Tasks(problems)
        self._slots = Slots(settings.max_parallel or os.cpu_count() or 1)
        self._references = digest_references(self._tasks.problems, min_tokens=settings.guards.memorised_tokens)
        self._lock = threading.Lock()
        self._checker: tuple[int, Checker] | None = None

    def __getstate__(self) -> tuple[tuple[Problem, ...], RewardSettings]:
        return self._tasks.problems, self.settings

    def __setstate__(self, state: tuple[tuple[Problem, ...], RewardSettings]) -> None:
        Reward.__init__(self, problems=state[0], settings=state[1])

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems that are known by id and can be judged."""
        return tuple(item for item in self._tasks.problems if item.has_reference and not item.unjudged)

    @property
    def part_names(self) -> tuple[str, ...]:
        """Names of the parts of every result, in order."""
        return (*PARTS, *(name for name, _ in self.settings.preset.terms), *GUARD_PARTS, "failed")

    def __call__(self, completions: Sequence[str], tasks: Sequence[str]) -> list[float | None]:
        """Return the values of ``judge``: one a completion, in order, ``None`` where there is nothing to learn from."""
        return [result.value for result in self.judge(completions, tasks)]

    def judge(self, completions: Sequence[str], tasks: Sequence[str]) -> list[RewardResult]:
        """Return the reward of each completion, in order. What a completion holds never raises.

        ``tasks``: for each completion the ``problem_id`` of one of the problems, or the Verilog text of a reference.
        A harness that fails (a broken reference, a missing tool, an unknown problem) gives the value ``None``; why is
        in the result and logged as a warning.

        Raises:
            UsageError: the two sequences differ in length.
        """
        if len(completions) != len(tasks):
            raise UsageError(
                f"reward: {len(completions)} completions but {len(tasks)} problems; give each completion one"
            )
        answers = [self._read(completion, task) for completion, task in zip(completions, tasks, strict=True)]
        duplicates = find_duplicates([answer.likeness for answer in answers])
        once = {answer.work: answer for answer in answers}
        found = dict(zip(once, run_each(self._check, once.values(), jobs=self.settings.check.jobs), strict=True))
        return [
            self._finish(answer, found[answer.work], is_duplicate=is_duplicate)
            for answer, is_duplicate in zip(answers, duplicates, strict=True)
        ]

    def close(self) -> None:
        """End every process; the next call starts afresh."""
        with self._lock:
            found, self._checker = self._checker, None
        if found is not None and found[0] == os.getpid():
            found[1].close()

    def start(self) -> None:
        """Start what is needed for checks now, not with the first completion.

        Raises:
            ToolError: the simulator is missing or broken.
        """
        self._find_checker().start()

    def prepare(self, tasks: Iterable[str]) -> None:
        """Simulate the references of ``tasks`` now, not with their first completion.

        Raises:
            SuiteError: a task is unknown, or its reference is no good.
            ToolError: the simulator is missing or broken.
        """
        for task in tasks:
            with self._slots.take():
                self._find_checker().prepare(self._tasks.find(task))

    def _read(self, completion: str, task: str) -> Answer:
        try:
            problem = self._tasks.find(task)
        except RtlgenError as error:
            return Answer(completion=completion, reason=str(error))
        if self.settings.guards.is_too_long(completion):
            return Answer(completion=completion)
        candidate = extract_candidate(completion, top=problem.top, header=problem.header or None)
        digest = digest_code(candidate.source) if candidate.source.strip() else None
        return Answer(completion=completion, problem=problem, candidate=candidate, digest=digest)

    def _check(self, answer: Answer) -> Verdict | str:
        """Return the verdict, or why there is none: the harness failed."""
        if answer.problem is None:
            return answer.reason
        try:
            with self._slots.take():
                return self._find_checker().check(answer.candidate, answer.problem)
        except RtlgenError as error:
            return f"{answer.problem.problem_id}: the harness failed: {error}"
        except Exception as error:  # noqa: BLE001  one sample must not end a training run
            _LOG.exception("reward: %s: a defect of the harness", answer.problem.problem_id)
            return f"{answer.problem.problem_id}: a defect of the harness: {type(error).__name__}: {error}"

    def _finish(self, answer: Answer, found: Verdict | str, *, is_duplicate: bool) -> RewardResult:
        guards = self.settings.guards
        if isinstance(found, Verdict):
            result = self.settings.preset.reward_of(found, answer.completion)
            is_memorised = answer.digest in self._references
            result = guards.apply(result, is_duplicate=is_duplicate, is_memorised=is_memorised)
        elif found:
            _LOG.warning("reward: no reward: %s", found)
            result = RewardResult(value=None, parts={"failed": 1.0}, reason=found)
        else:
            result = guards.refuse_long(answer.completion)
        return replace(result, parts={name: result.parts.get(name, 0.0) for name in self.part_names})

    def _find_checker(self) -> Checker:
        with self._lock:
            if self._checker is None or self._checker[0] != os.getpid():  # a fork must not talk to its parent's tools
                self._checker = (os.getpid(), Checker(self.settings.check))
            return self._checker[1]


@contextmanager
def open_reward(problems: Iterable[Problem], settings: RewardSettings) -> Iterator[Reward]:
    """Yield a reward and end its processes afterwards."""
    reward = Reward(problems=problems, settings=settings)
    try:
        yield reward
    finally:
        reward.close()
