"""Round-trip synthesis: code to a description to code again; a pair is kept when both do the same.

Source: CodeV-R1 (arXiv 2505.24183, section 3.2): the round trip, and the filter by what a base model can do already.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from pytest_rtlgen.backends import Backend, GenerationRequest
from pytest_rtlgen.check.checker import Checker
from pytest_rtlgen.check.single import make_problem
from pytest_rtlgen.errors import BackendError, BadReferenceError
from pytest_rtlgen.evaluation.accounts import Accounts
from pytest_rtlgen.evaluation.executors.local import check_completion
from pytest_rtlgen.prompts import render_prompt
from pytest_rtlgen.records import (
    Completion,
    FinishReason,
    Problem,
    Prompt,
    Proof,
    SampleKey,
    SampleResult,
    Status,
)
from pytest_rtlgen.tools.pool import run_each
from pytest_rtlgen.training.roundtrip.contamination import ContaminationIndex
from pytest_rtlgen.training.roundtrip.dedup import find_near_duplicates
from pytest_rtlgen.training.roundtrip.prompts import ask_for_description, finish_description, quotes_code
from pytest_rtlgen.training.roundtrip.records import (
    CorpusItem,
    Dropped,
    DropReason,
    Judgement,
    KeptPair,
    RoundTripReport,
    RoundTripSettings,
    Stage,
    Usable,
)
from pytest_rtlgen.training.roundtrip.spending import note_answers, sum_trip_spending
from pytest_rtlgen.training.roundtrip.store import RoundTripStore
from pytest_rtlgen.verilog.interface import read_interface

Progress = Callable[[str], None]
"""Called with how far a stage is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundTripModels:
    """Who is asked."""

    describer: Backend
    rewriter: Backend
    base: Backend | None = None
    """``None``: no filter by difficulty."""


def run_round_trip(  # noqa: PLR0913  what goes in, who works on it, and where it goes
    items: Sequence[CorpusItem],
    *,
    models: RoundTripModels,
    checker: Checker,
    store: RoundTripStore,
    settings: RoundTripSettings = RoundTripSettings(),  # noqa: B008  frozen
    benchmarks: Iterable[Problem] = (),
    accounts: Accounts | None = None,
    progress: Progress = lambda _: None,
) -> RoundTripReport:
    """Return what became of every design; ``store`` then holds it too.

    Answers and verdicts are journaled as they arrive, so the same call goes on where another one was interrupted.
    ``accounts``, which ``models`` were made with, also counts the answers that are stored already.

    Raises:
        BackendError: a model failed, or a limit is reached; what had arrived is stored.
        UsageError: the cost is limited, and a model that answered has no price.
        ToolError: the simulator is missing or broken.
        StorageError: something could not be written.
    """
    trip = _Trip(models, checker, store, settings, progress)
    index = ContaminationIndex(benchmarks)
    if accounts is not None:
        note_answers(store, accounts)
    trip.read(items)
    trip.drop_near_duplicates()
    trip.drop_contaminated(index)
    trip.drop_unusable()
    trip.describe(index)
    rewrites = trip.rewrite()
    rates = trip.rate()
    report = trip.report(len(items), rewrites, rates)
    if accounts is not None:
        report = replace(report, spending=sum_trip_spending(store, accounts))
    store.write_report(report)
    return report


class _Rewrite(NamedTuple):
    """The first equivalent answer to a description."""

    answer: Completion
    is_proved: bool
    """Whether its equivalence was proved."""


class _Trip:
    """The designs that are left, and why the others are not."""

    def __init__(
        self,
        models: RoundTripModels,
        checker: Checker,
        store: RoundTripStore,
        settings: RoundTripSettings,
        progress: Progress,
    ) -> None:
        self._models = models
        self._checker = checker
        self._store = store
        self._settings = settings
        self._progress = progress
        self._left: dict[str, Problem] = {}
        self._dropped: list[Dropped] = []
        self._bare: dict[str, Problem] = {}
        """Without descriptions: what the checker knows them by."""

    def read(self, items: Iterable[CorpusItem]) -> None:
        for item in items:
            try:
                problem = make_problem(reference=item.source, top=item.top or None, name=item.name)
            except BadReferenceError as error:
                self._dropped.append(Dropped(name=item.name, reason=DropReason.UNREADABLE, detail=str(error)))
                continue
            self._left[item.name] = replace(problem, problem_id=item.name, category="round-trip")
        self._bare = dict(self._left)

    def drop_near_duplicates(self) -> None:
        texts = {name: problem.reference.text for name, problem in self._left.items()}
        for name, (other, share) in find_near_duplicates(texts, threshold=self._settings.near).items():
            self._drop(name, DropReason.NEAR_DUPLICATE, f"of {other} ({share:.0%})")

    def drop_contaminated(self, index: ContaminationIndex) -> None:
        for name, problem in list(self._left.items()):
            match = index.match_code(problem.reference.text)
            if match is not None:
                self._drop(name, DropReason.CONTAMINATED, str(match))

    def drop_unusable(self) -> None:
        """Build and simulate each design once; several at a time."""
        known = dict(self._store.read_usable())

        def look(name: str) -> Usable:
            try:
                self._checker.prepare(self._left[name])
            except BadReferenceError as error:
                return Usable(name=name, fault=str(error))
            return Usable(name=name, fault="")

        missing = [name for name in self._left if name not in known]
        for done, found in enumerate(run_each(look, missing, jobs=self._checker.settings.jobs), start=1):
            self._store.references.append(found)
            known[found.name] = found.fault
            self._progress(f"{done}/{len(missing)} designs simulated")
        for name in [name for name in self._left if known[name]]:
            self._drop(name, DropReason.UNUSABLE, known[name])

    def describe(self, index: ContaminationIndex) -> None:
        answers = self._ask(Stage.DESCRIBE, self._models.describer, ask_for_description, 1)
        for name, problem in list(self._left.items()):
            answer = answers[name][0]
            text = answer.text.rpartition("</think>")[2].strip()
            match = index.match_description(text)
            if answer.finish_reason is not FinishReason.STOP or not text:
                self._drop(
                    name, DropReason.NO_DESCRIPTION, f"finish reason {answer.finish_reason}, {len(text)} characters"
                )
            elif quotes_code(text, problem.reference.text):
                self._drop(name, DropReason.QUOTES_CODE, "the description holds code")
            elif match is not None:
                self._drop(name, DropReason.CONTAMINATED_DESCRIPTION, str(match))
            else:
                interface = read_interface(problem.reference, problem.reference_top, may_miss_modules=True)
                self._left[name] = replace(problem, description=finish_description(text, interface))

    def rewrite(self) -> Mapping[str, _Rewrite]:
        """Return, by design, the first equivalent answer and whether that was proved."""
        answers = self._ask(Stage.REWRITE, self._models.rewriter, self._ask_for_code, self._settings.rewrites)
        judged = self._judge(answers)
        found: dict[str, _Rewrite] = {}
        for name in list(self._left):
            right = [answer for answer in answers[name] if judged[answer.key].status is Status.PASSED]
            if right:
                found[name] = _Rewrite(right[0], judged[right[0].key].is_proved)
            else:
                self._drop(
                    name,
                    DropReason.NOT_EQUIVALENT,
                    ", ".join(str(judged[answer.key].status) for answer in answers[name]),
                )
        return found

    def rate(self) -> Mapping[str, float]:
        """Return the base model's pass rate of each design; drop those outside the band."""
        if self._models.base is None:
            return {}
        answers = self._ask(Stage.BASE, self._models.base, self._ask_for_code, self._settings.base_samples)
        judged = self._judge(answers)
        low, high = self._settings.band
        rates = {
            name: sum(judged[answer.key].status is Status.PASSED for answer in answers[name]) / len(answers[name])
            for name in self._left
        }
        for name, rate in rates.items():
            if not low <= rate <= high:
                reason = DropReason.TOO_EASY if rate > high else DropReason.TOO_HARD
                self._drop(name, reason, f"the base model passes {rate:.0%}; kept are {low:.0%} to {high:.0%}")
        return rates

    def report(self, read: int, rewrites: Mapping[str, _Rewrite], rates: Mapping[str, float]) -> RoundTripReport:
        kept = tuple(
            KeptPair(
                problem=problem,
                rewrite=rewrites[name].answer,
                is_proved=rewrites[name].is_proved,
                base_pass_rate=rates.get(name),
            )
            for name, problem in self._left.items()
        )
        return RoundTripReport(read=read, kept=kept, dropped=tuple(self._dropped))

    def _drop(self, name: str, reason: DropReason, detail: str) -> None:
        del self._left[name]
        self._dropped.append(Dropped(name=name, reason=reason, detail=detail))

    def _ask_for_code(self, problem: Problem) -> Prompt:
        return render_prompt(problem, self._settings.style)

    def _ask(
        self, stage: Stage, backend: Backend, make_prompt: Callable[[Problem], Prompt], n: int
    ) -> Mapping[str, tuple[Completion, ...]]:
        """Return ``n`` answers for each design that is left; only those that are not in the journal are asked for."""
        have = dict(self._store.read_completions(stage))
        requests = []
        for name, problem in self._left.items():
            keys = [SampleKey(suite=stage.value, problem_id=name, index=index) for index in range(n)]
            missing = tuple(key.index for key in keys if key not in have)
            asked = replace(problem, suite=stage.value)
            if missing:
                requests.append(GenerationRequest(problem=asked, prompt=make_prompt(asked), indices=missing))
        total = n * len(self._left)
        arrived = total - sum(len(request.indices) for request in requests)
        journal = self._store.journal(stage)

        def deliver(*completions: Completion) -> None:
            nonlocal arrived
            journal.append(*completions)
            have.update({completion.key: completion for completion in completions})
            arrived += len(completions)
            self._progress(f"{stage.value}: {arrived}/{total} answers")

        if requests:
            backend.generate(requests, replace(self._settings.sampling, n=n), deliver)
        if arrived < total:
            raise BackendError(f"{backend.name}: {total - arrived} answers are missing; run the same again to go on")
        return {
            name: tuple(have[SampleKey(suite=stage.value, problem_id=name, index=index)] for index in range(n))
            for name in self._left
        }

    def _judge(self, answers: Mapping[str, tuple[Completion, ...]]) -> Mapping[SampleKey, Judgement]:
        """Return the verdicts of all answers to designs that can be compared with; the others are dropped."""
        known = dict(self._store.read_judgements())
        work = [(name, answer) for name, given in answers.items() for answer in given if answer.key not in known]
        for done, found in enumerate(run_each(self._check, work, jobs=self._checker.settings.jobs), start=1):
            if isinstance(found, Judgement):
                self._store.verdicts.append(found)
                known[found.key] = found
            elif found.name in self._left:
                self._store.references.append(found)
                self._drop(found.name, DropReason.UNUSABLE, found.fault)
            self._progress(f"{done}/{len(work)} answers checked")
        return known

    def _check(self, work: tuple[str, Completion]) -> Judgement | Usable:
        name, answer = work
        try:
            return _conclude(check_completion(self._checker, self._bare[name], answer))
        except BadReferenceError as error:  # it fails the longer second stimulus
            return Usable(name=name, fault=str(error))


def _conclude(result: SampleResult) -> Judgement:
    equivalence = result.verdict.equivalence
    return Judgement(
        key=result.completion.key,
        status=result.verdict.status,
        is_proved=equivalence is not None and equivalence.result is Proof.EQUIVALENT,
    )
