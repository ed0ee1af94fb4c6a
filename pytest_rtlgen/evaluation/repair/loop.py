"""The rounds: check every answer, tell the models what was found, ask again.

A round asks for one further answer of every sample that has a repair left, all of them in one call of the backend.
Whatever a model is told or says is on disk before anyone is asked next, so a run that was killed goes on where it was.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from pytest_rtlgen.backends import Backend, GenerationRequest, find_traits
from pytest_rtlgen.backends.spending.accounted import AccountedBackend
from pytest_rtlgen.config.parsed import RepairBudget
from pytest_rtlgen.errors import BackendError, RtlgenError, UsageError
from pytest_rtlgen.evaluation.judge import Judge, Work
from pytest_rtlgen.evaluation.repair.feedback import write_feedback
from pytest_rtlgen.evaluation.repair.history import Exchange, History, extend, read_histories
from pytest_rtlgen.evaluation.repair.messages import make_reflector_prompt, make_repair_prompt
from pytest_rtlgen.evaluation.watch import AskedProgress, Watcher
from pytest_rtlgen.prompts import PromptStyle, render_prompt
from pytest_rtlgen.records import Completion, Feedback, Problem, Prompt, SampleKey, SampleResult, SamplingParams
from pytest_rtlgen.storage import RunStore, TurnStore, list_turns, open_turn
from pytest_rtlgen.storage.answers import AnswerFiles


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairPlan:
    """Who is asked, and how often."""

    budget: RepairBudget
    generator: Backend
    """The model that gave the first answers."""
    reflector: Backend | None = None
    """``None``: the generator is told what was found as it is."""
    shows_testbench: bool = False
    sampling: SamplingParams
    """Of both models."""
    style: str | PromptStyle

    def __post_init__(self) -> None:
        traits, why = find_traits(self.generator), ""
        if traits.is_recorded:
            why = "cannot answer again, recordings hold one answer a sample"
        elif not traits.is_chat:
            why = "only goes on with a text, and repairs are a chat"
        if why:
            raise UsageError(
                f"--rtlgen-repair: {self.generator.name} {why}; leave --rtlgen-repair out, or name a model that chats"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    """One sample that is asked again."""

    history: History
    base: Prompt
    exchange: Exchange


class RepairLoop:
    """Checks the first answers of a run and has those repaired that are wrong."""

    def __init__(
        self,
        plan: RepairPlan,
        *,
        store: RunStore,
        judge: Judge,
        watcher: Watcher | None = None,
    ) -> None:
        """``watcher`` sees each sample's last result when this process has checked it."""
        self._plan = plan
        self._store = store
        self._judge = judge
        self._watcher = watcher or Watcher()
        self._histories: dict[SampleKey, History] = {}
        self.errors: dict[SampleKey, RtlgenError] = {}
        """Why samples could not be checked; they are not finished."""

    @property
    def finished(self) -> frozenset[SampleKey]:
        """The samples that are right or have no repair left."""
        return frozenset(key for key, item in self._histories.items() if not item.next_kind(self._plan.budget))

    def run(self, problems: Sequence[Problem]) -> None:
        """Repair the stored answers to ``problems``; what cannot be checked is passed over.

        Raises:
            BackendError: a model failed; what had arrived is stored.
            ToolError: the simulator is missing or broken.
            StorageError: something could not be written.
        """
        self.errors.clear()  # what could not be checked before is tried again
        self._note_spent()
        self._check_first(problems)
        self._histories = read_histories(self._store, problems)
        for number in range(1, self._plan.budget.compile + self._plan.budget.simulate + 1):
            due = self._find_due(number)
            if due:
                self._take_turn(number, due)

    def _note_spent(self) -> None:
        """Count what the turns of an earlier session took, so that limits hold for the whole run."""
        for turn in list_turns(self._store):
            for backend, completions in (
                (self._plan.generator, turn.read_completions()),
                (self._plan.reflector, turn.read_reflections()),
            ):
                if isinstance(backend, AccountedBackend):
                    backend.note(completions.values())

    def _find_due(self, number: int) -> dict[SampleKey, History]:
        """Return the samples that turn ``number`` asks."""
        return {
            key: history
            for key, history in self._histories.items()
            if len(history.results) == number and history.next_kind(self._plan.budget)
        }

    def _check_first(self, problems: Sequence[Problem]) -> None:
        by_name = {(problem.suite, problem.problem_id): problem for problem in problems}
        known = self._store.read_first_results()
        work = [
            (by_name[key.suite, key.problem_id], completion)
            for key, completion in sorted(self._store.read_completions().items())
            if key not in known and (key.suite, key.problem_id) in by_name
        ]
        for result in self._check(self._store, work, "first answers checked"):
            history = History(problem=by_name[result.key.suite, result.key.problem_id], results=(result,))
            self._report(history)

    def _take_turn(self, number: int, histories: dict[SampleKey, History]) -> None:
        """Have one further answer of each sample, and check it."""
        turn = open_turn(self._store, number)
        feedback = self._tell(turn, histories)
        bases = {history.problem: render_prompt(history.problem, self._plan.style) for history in histories.values()}
        due = [
            _Due(history=history, base=bases[history.problem], exchange=Exchange(feedback=feedback[key]))
            for key, history in histories.items()
        ]
        due = self._reflect(turn, due, number)
        self._answer(turn, due, number)
        completions, done = turn.read_completions(), turn.read_results()
        work = [
            (item.history.problem, completions[item.history.key])
            for item in due
            if item.history.key in completions and item.history.key not in done
        ]
        new = {result.key: result for result in self._check(turn, work, f"answers of turn {number} checked")}
        for item in due:
            key = item.history.key
            if key in new or key in done:
                history = extend(item.history, item.exchange, new.get(key) or done[key])
                self._histories[key] = history
                self._report(history)

    def _tell(self, turn: TurnStore, histories: dict[SampleKey, History]) -> dict[SampleKey, Feedback]:
        """Return what is told about each last answer; the same as before where the turn was begun before."""
        known = turn.read_feedback()
        fresh = [self._write_feedback(history) for key, history in histories.items() if key not in known]
        if fresh:
            turn.append_feedback(*fresh)
        return known | {feedback.key: feedback for feedback in fresh}

    def _write_feedback(self, history: History) -> Feedback:
        kind = history.next_kind(self._plan.budget)
        if kind is None:  # only those that are due are told anything
            raise ValueError(f"{history.key} needs no repair")
        shows = self._plan.shows_testbench
        text = write_feedback(history.problem, history.last, kind, shows_testbench=shows)
        return Feedback(key=history.key, kind=kind, text=text)

    def _reflect(self, turn: TurnStore, due: Sequence[_Due], number: int) -> list[_Due]:
        """Return ``due`` with the reflector's answers, where there is one."""
        if self._plan.reflector is None:
            return list(due)
        requests = [(item, make_reflector_prompt(item.base, item.history, item.exchange.feedback.text)) for item in due]
        what = f"reflections of turn {number}"
        self._ask(self._plan.reflector, requests, turn.read_reflections(), turn.append_reflection, what)
        reflections = turn.read_reflections()
        return [
            _Due(
                history=item.history,
                base=item.base,
                exchange=Exchange(feedback=item.exchange.feedback, reflection=reflections[item.history.key]),
            )
            for item in due
        ]

    def _answer(self, turn: TurnStore, due: Sequence[_Due], number: int) -> None:
        start = self._plan.budget.find_start(number)
        requests = [(item, make_repair_prompt(item.base, item.history, item.exchange, start=start)) for item in due]
        what = f"answers of turn {number}"
        self._ask(self._plan.generator, requests, turn.read_completions(), turn.append_completion, what)

    def _ask(
        self,
        backend: Backend,
        asked: Sequence[tuple[_Due, Prompt]],
        known: Iterable[SampleKey],
        append: Callable[..., None],
        what: str,
    ) -> None:
        """Ask for each answer that is not ``known``; each is on disk before the next is counted."""
        there = set(known)
        requests = [
            GenerationRequest(problem=item.history.problem, prompt=prompt, indices=(item.history.key.index,))
            for item, prompt in asked
            if item.history.key not in there
        ]
        progress = AskedProgress(self._watcher, backend, what, done=len(asked) - len(requests), total=len(asked))

        def deliver(*completions: Completion) -> None:
            append(*completions)
            progress.add(len(completions))

        if requests:
            with progress:
                backend.generate(requests, self._plan.sampling, deliver)
        if progress.done < len(asked):
            raise BackendError(
                f"{backend.name}: {len(asked) - progress.done} of {len(asked)} {what} did not come; run the same again"
            )

    def _check(self, files: AnswerFiles, work: Sequence[Work], what: str) -> Iterator[SampleResult]:
        """Yield the results of ``work``, each stored, without those that the harness fails on."""
        for done, outcome in enumerate(self._judge.judge(work, files), start=1):
            self._watcher.advance(done, len(work), what)
            if outcome.result is not None:
                yield outcome.result
            elif outcome.error is not None:
                self.errors[outcome.completion.key] = outcome.error

    def _report(self, history: History) -> None:
        if history.next_kind(self._plan.budget) is None:
            self._watcher.see(history.last)
