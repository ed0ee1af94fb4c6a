"""The reward that a trainer calls: completions in, numbers out, by the very checker that scores a release."""

import asyncio
import logging
import os
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager
from dataclasses import dataclass, replace

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.errors import RtlgenError, UsageError
from pytest_rtlgen.modes import CheckDepth, FormalMode
from pytest_rtlgen.records import Candidate, Problem, Status, Verdict
from pytest_rtlgen.tools.pool import count_cores
from pytest_rtlgen.training.reward.guards import (
    GUARD_PARTS,
    Guards,
    digest_code,
    digest_references,
    find_duplicates,
)
from pytest_rtlgen.training.reward.overlong import OVERLONG_PART, Overlong
from pytest_rtlgen.training.reward.parts import LONE_PARTS, PARTS, Checked, RewardResult
from pytest_rtlgen.training.reward.presets import Preset, find_preset
from pytest_rtlgen.training.reward.slots import Slots
from pytest_rtlgen.training.reward.spec2rtl import Tier, compile_alone
from pytest_rtlgen.training.reward.steps import DEFAULT_SEEDS, StepCounter, choose_seed, require_seeds
from pytest_rtlgen.training.reward.tasks import Tasks, check_best
from pytest_rtlgen.training.reward.threads import Threads

REWARD_CHECK = CheckSettings(formal=FormalMode.OFF, depth=CheckDepth.VERDICT, jobs=count_cores())
"""One stimulus and no proof: what one step misses, another meets. One design a core of this machine."""
_SCREENED_OUT = frozenset({Status.REJECTED, Status.NO_CODE})
_CLOSED = "the reward was closed before this was checked"
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardSettings:
    """Everything that a reward depends on besides problems; plain data, so that it can be sent anywhere."""

    preset: Preset = find_preset("equivalence")  # noqa: RUF009  frozen
    guards: Guards = Guards()  # noqa: RUF009  frozen
    check: CheckSettings = REWARD_CHECK
    seeds: int = DEFAULT_SEEDS
    """Stimulus seeds that steps use in turn, from ``check.stimulus_seed`` on; 1: the same at every step."""
    max_parallel: int | None = None
    """Most checks at once on this machine, over all processes of this user; ``None``: one a core."""
    prefill: str = ""
    """What the chat template writes at the beginning of every answer, such as ``<think>``; completions lack it."""
    overlong: Overlong | None = None
    """A penalty for long answers, added to the value alone; ``None``: there is none."""

    def __post_init__(self) -> None:
        require_seeds(self.seeds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One candidate of a completion on its way; plain data, so that its check can be done anywhere."""

    completion: str
    """With what the chat template wrote of it."""
    problem: Problem | None = None
    """``None``: it is not checked; ``reason`` says why."""
    candidate: Candidate = Candidate(source="", rule="none")  # noqa: RUF009  frozen
    digest: bytes | None = None
    """Of the code; ``None``: there is none."""
    seed: int = 0
    """Of the stimulus."""
    compiles_alone: bool = False
    """Whether Icarus compiles the candidate's text alone too."""
    reason: str = ""

    @property
    def likeness(self) -> tuple[Problem, bytes] | None:
        """What is equal in answers whose code for the same problem differs in layout at most."""
        return None if self.problem is None or self.digest is None else (self.problem, self.digest)

    @property
    def work(self) -> tuple[Problem | None, str, bool, bool, str]:
        """What is equal in answers that have the same verdict: code to the letter, as layout can mean something."""
        candidate = self.candidate
        return (self.problem, candidate.source, candidate.is_truncated, self.compiles_alone, self.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """One call: what is checked once, and what each completion is to it."""

    answers: tuple[tuple[Answer, ...], ...]
    """Of each completion what each preset of the mix judges; one candidate mostly, several times."""
    duplicates: tuple[bool, ...]
    lengths: tuple[int, ...] | None
    """Tokens of each completion; ``None``: nobody needs them."""
    work: tuple[Answer, ...]
    """Answers that differ, one of each problem first: no two of those wait for one reference."""
    seed: int


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
        self._slots = Slots(settings.max_parallel or count_cores())
        self._threads = Threads(settings.check.jobs)
        self._steps = StepCounter()
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
        preset = self.settings.preset
        lone = LONE_PARTS if preset.compiles_alone else ()
        return (*PARTS, *lone, *(name for name, _ in preset.terms), *GUARD_PARTS, OVERLONG_PART, "failed")

    def __call__(
        self,
        completions: Sequence[str],
        tasks: Sequence[str],
        *,
        step: int | None = None,
        seed: int | None = None,
        lengths: Sequence[int | None] | None = None,
    ) -> list[float | None]:
        """Return the values of ``judge``: one a completion, in order, ``None`` where there is nothing to learn from."""
        return [result.value for result in self.judge(completions, tasks, step=step, seed=seed, lengths=lengths)]

    def judge(
        self,
        completions: Sequence[str],
        tasks: Sequence[str],
        *,
        step: int | None = None,
        seed: int | None = None,
        lengths: Sequence[int | None] | None = None,
    ) -> list[RewardResult]:
        """Return the reward of each completion, in order. What a completion holds never raises.

        ``tasks``: for each completion the ``problem_id`` of one of the problems, or the Verilog text of a reference, or
        a JSON list of such texts. Where a problem has several references, the reward is the largest over them.
        ``step``: of the training, by which the stimulus changes; without it calls are counted. ``seed``, as a result
        has it, repeats a call. ``lengths``: tokens of each completion, which only the overlong buffer asks for; it
        counts those that are ``None`` by its tokenizer. A harness that fails (a broken reference, a missing tool, an
        unknown problem) gives the value ``None``; why is in the result and logged as a warning.

        Raises:
            UsageError: the sequences differ in length, both ``step`` and ``seed`` are given, or the overlong buffer
                has neither a length nor a tokenizer.
            ToolError: transformers is missing, whose tokenizer the overlong buffer names.
        """
        batch = self._read_batch(completions, tasks, lengths, self._choose_seed(len(completions), step, seed))
        futures = self._begin(batch)
        try:
            return self._finish_batch(batch, [_take(future) for future in futures])
        finally:
            for future in futures:
                future.cancel()

    async def judge_async(
        self,
        completions: Sequence[str],
        tasks: Sequence[str],
        *,
        step: int | None = None,
        seed: int | None = None,
        lengths: Sequence[int | None] | None = None,
    ) -> list[RewardResult]:
        """Return what ``judge`` does; the event loop goes on meanwhile.

        Where the caller is cancelled, what is not begun is dropped; what is begun ends within the limits of a check.

        Raises:
            UsageError: as for ``judge``.
            ToolError: likewise.
        """
        chosen = self._choose_seed(len(completions), step, seed)
        batch = await asyncio.to_thread(self._read_batch, completions, tasks, lengths, chosen)
        waiting = [asyncio.wrap_future(future) for future in self._begin(batch)]
        found = await asyncio.gather(*waiting, return_exceptions=True)
        return self._finish_batch(batch, [_CLOSED if isinstance(item, BaseException) else item for item in found])

    def close(self) -> None:
        """End every process, and drop what is not begun; the next call starts afresh."""
        self._threads.close()
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

    def prepare(self, tasks: Iterable[str], *, step: int = 0) -> None:
        """Simulate the references of ``tasks`` now, as ``step`` needs them, not with their first completion.

        Raises:
            SuiteError: a task is unknown, or its reference is no good.
            ToolError: the simulator is missing or broken.
        """
        seed = self._choose_seed(0, step, None)
        problems = [self._tasks.find(task) for task in tasks]
        futures = self._threads.submit(lambda problem: self._prepare(problem, seed), problems)
        try:
            for future in futures:
                future.result()
        finally:
            for future in futures:
                future.cancel()

    def _prepare(self, problem: Problem, seed: int) -> None:
        with self._slots.take():
            self._find_checker().prepare(problem, seed=seed)

    def _choose_seed(self, completions: int, step: int | None, seed: int | None) -> int:
        if seed is not None:
            if step is not None:
                raise UsageError("reward: a step and a seed are given; leave out the step where a seed repeats a call")
            return seed
        step = self._steps.count(completions) if step is None else step
        return choose_seed(step, first=self.settings.check.stimulus_seed, seeds=self.settings.seeds)

    def _read_batch(
        self, completions: Sequence[str], tasks: Sequence[str], lengths: Sequence[int | None] | None, seed: int
    ) -> _Batch:
        if len(completions) != len(tasks):
            raise UsageError(
                f"reward: {len(completions)} completions but {len(tasks)} problems; give each completion one"
            )
        answers = tuple(self._read(*pair, seed) for pair in zip(completions, tasks, strict=True))
        once = {answer.work: answer for of_terms in answers for answer in of_terms}
        return _Batch(
            answers=answers,
            duplicates=tuple(find_duplicates([of_terms[0].likeness for of_terms in answers])),
            lengths=self._measure(completions, lengths),
            work=_take_turns(once.values()),
            seed=seed,
        )

    def _measure(self, completions: Sequence[str], lengths: Sequence[int | None] | None) -> tuple[int, ...] | None:
        if lengths is not None and len(lengths) != len(completions):
            raise UsageError(f"reward: {len(completions)} completions but {len(lengths)} lengths; give each its own")
        if self.settings.overlong is None:
            return None
        return tuple(self.settings.overlong.measure(completions, lengths or [None] * len(completions)))

    def _begin(self, batch: _Batch) -> list["Future[Checked | str]"]:
        return self._threads.submit(self._check, batch.work)

    def _finish_batch(self, batch: _Batch, checked: Iterable[Checked | str]) -> list[RewardResult]:
        found = {answer.work: item for answer, item in zip(batch.work, checked, strict=True)}
        results = [
            self._finish(of_terms, [found[answer.work] for answer in of_terms], is_duplicate=is_duplicate)
            for of_terms, is_duplicate in zip(batch.answers, batch.duplicates, strict=True)
        ]
        overlong = self.settings.overlong
        if overlong is None or batch.lengths is None:
            return results
        return [overlong.apply(result, length) for result, length in zip(results, batch.lengths, strict=True)]

    def _read(self, completion: str, task: str, seed: int) -> tuple[Answer, ...]:
        """Return what each preset judges of ``completion``, in order."""
        preset, text = self.settings.preset, self.settings.prefill + completion
        blank = Answer(completion=text, seed=seed)
        try:
            problem = self._tasks.find(task)
        except RtlgenError as error:
            return (replace(blank, reason=str(error)),) * len(preset.terms)
        if self.settings.guards.is_too_long(text):
            return (blank,) * len(preset.terms)
        return tuple(
            replace(
                blank,
                problem=problem,
                candidate=reading.candidate,
                digest=digest_code(reading.candidate.source) if reading.candidate.source.strip() else None,
                compiles_alone=reading.compiles_alone,
            )
            for reading in preset.read(text, problem)
        )

    def _check(self, answer: Answer) -> Checked | str:
        """Return what was found, or why there is nothing: the harness failed."""
        if answer.problem is None:
            return answer.reason
        try:
            with self._slots.take():
                verdict = check_best(self._find_checker(), answer.candidate, answer.problem, seed=answer.seed)
                return Checked(verdict=verdict, tier=self._find_tier(answer, verdict))
        except RtlgenError as error:
            return f"{answer.problem.problem_id}: the harness failed: {error}"
        except Exception as error:  # noqa: BLE001  one sample must not end a training run
            _LOG.exception("reward: %s: a defect of the harness", answer.problem.problem_id)
            return f"{answer.problem.problem_id}: a defect of the harness: {type(error).__name__}: {error}"

    def _find_tier(self, answer: Answer, verdict: Verdict) -> Tier | None:
        """Return what Icarus says of the text alone, if a preset asks; ``None`` too for what the screen refuses."""
        if not answer.compiles_alone or verdict.status in _SCREENED_OUT:
            return None
        return compile_alone(
            answer.candidate.source, sandbox=self._find_checker().sandbox, limits=self.settings.check.limits
        )

    def _finish(self, answers: Sequence[Answer], found: Sequence[Checked | str], *, is_duplicate: bool) -> RewardResult:
        guards = self.settings.guards
        checked = [item for item in found if isinstance(item, Checked)]
        failure = next((item for item in found if isinstance(item, str)), "")
        if len(checked) == len(found):
            result = self.settings.preset.combine(checked, answers[0].completion)
            is_memorised = answers[0].digest in self._references
            result = guards.apply(result, is_duplicate=is_duplicate, is_memorised=is_memorised)
        elif failure:
            _LOG.warning("reward: no reward: %s", failure)
            result = RewardResult(value=None, parts={"failed": 1.0}, reason=failure)
        else:
            result = guards.refuse_long(answers[0].completion)
        parts = {name: result.parts.get(name, 0.0) for name in self.part_names}
        return replace(result, parts=parts, seed=answers[0].seed)

    def _find_checker(self) -> Checker:
        with self._lock:
            if self._checker is None or self._checker[0] != os.getpid():  # a fork must not talk to its parent's tools
                self._checker = (os.getpid(), Checker(self.settings.check))
            return self._checker[1]


def _take(future: "Future[Checked | str]") -> Checked | str:
    try:
        return future.result()
    except CancelledError:
        return _CLOSED


def _take_turns(answers: Iterable[Answer]) -> tuple[Answer, ...]:
    """Return ``answers``: the first of each problem, then the second of each, and so on."""
    seen = Counter[Problem | None]()
    placed = []
    for answer in answers:
        placed.append((seen[answer.problem], answer))
        seen[answer.problem] += 1
    return tuple(answer for _, answer in sorted(placed, key=lambda item: item[0]))


@contextmanager
def open_reward(problems: Iterable[Problem], settings: RewardSettings) -> Iterator[Reward]:
    """Yield a reward and end its processes afterwards."""
    reward = Reward(problems=problems, settings=settings)
    try:
        yield reward
    finally:
        reward.close()
