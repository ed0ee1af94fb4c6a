"""Round-trip synthesis: code to a description to code again, and from that a set to distil and one to reinforce.

Source: CodeV-R1 (arXiv 2505.24183, section 3.2): the round trip, and the filter by what base models can do already.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from pytest_rtlgen.backends import Backend
from pytest_rtlgen.check.checker import Checker
from pytest_rtlgen.check.single import make_problem
from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.evaluation.accounts import Accounts
from pytest_rtlgen.prompts import render_prompt
from pytest_rtlgen.records import Completion, FinishReason, Problem, Prompt, SampleKey, Status
from pytest_rtlgen.storage import Journal
from pytest_rtlgen.synthesis.synthesizer import Synthesizer
from pytest_rtlgen.tools.pool import run_each
from pytest_rtlgen.tools.sandbox import choose_sandbox
from pytest_rtlgen.training.roundtrip.asking import Answers, Asker, Progress
from pytest_rtlgen.training.roundtrip.code_tokens import digest_structure, list_words
from pytest_rtlgen.training.roundtrip.contamination import ContaminationIndex
from pytest_rtlgen.training.roundtrip.dedup import find_near_duplicates
from pytest_rtlgen.training.roundtrip.prompts import ask_for_description, finish_description, quotes_code
from pytest_rtlgen.training.roundtrip.records import (
    Assigned,
    CorpusItem,
    Dropped,
    DropReason,
    Judgement,
    KeptPair,
    RoundTripSettings,
    Stage,
    TrainingSet,
    Usable,
    name_stage,
)
from pytest_rtlgen.training.roundtrip.report import RoundTripReport
from pytest_rtlgen.training.roundtrip.sets import Refused, Standing, choose_set, explain, list_allowed
from pytest_rtlgen.training.roundtrip.spending import note_answers, sum_trip_spending
from pytest_rtlgen.training.roundtrip.store import RoundTripStore
from pytest_rtlgen.verilog.interface import read_interface

_CUT_SHORT = {Status.NO_CODE, Status.TRUNCATED}


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundTripModels:
    """Who is asked."""

    describer: Backend
    rewriter: Backend
    bases: tuple[Backend, ...] = ()
    """Models that should not solve a problem yet; none: no filter by difficulty."""
    start: Backend | None = None
    """What reinforcement learning starts from; ``None``: no filter by what it can do."""


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
        ToolError: the simulator or pyosys is missing or broken.
        StorageError: something could not be written.
    """
    trip = _Trip(models, checker, store, settings, progress)
    index = ContaminationIndex(benchmarks, rouge=settings.rouge)
    if accounts is not None:
        note_answers(store, accounts)
    trip.read(items)
    trip.drop_near_duplicates()
    trip.drop_contaminated(index)
    trip.drop_unusable()
    trip.drop_unsynthesizable()
    trip.describe(index)
    trip.drop_same_descriptions()
    rates = trip.rate_bases()
    kept = trip.rate_start(trip.choose_sets(rates))
    report = RoundTripReport(read=len(items), kept=kept, dropped=trip.dropped)
    if accounts is not None:
        report = replace(report, spending=sum_trip_spending(store, accounts))
    store.write_report(report, settings)
    return report


class _Written(NamedTuple):
    """What is used of the answers to a description."""

    answer: Completion
    """The first equivalent one; where there is none, the first whole one."""
    judgement: Judgement

    @property
    def is_equivalent(self) -> bool:
        return self.judgement.status is Status.PASSED


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
        self._asker = Asker(store=store, checker=checker, progress=progress)
        self._earlier = store.read_assigned()
        self._seen = {record.name for record in store.references.read(Usable)}
        self._left: dict[str, Problem] = {}
        self._dropped: list[Dropped] = []
        self._bare: dict[str, Problem] = {}
        """Without descriptions: what the checker knows them by."""
        self._structures: dict[str, str] = {}

    @property
    def dropped(self) -> tuple[Dropped, ...]:
        return tuple(self._dropped)

    def read(self, items: Iterable[CorpusItem]) -> None:
        for item in items:
            try:
                problem = make_problem(reference=item.source, top=item.top or None, name=item.name)
            except BadReferenceError as error:
                self._dropped.append(Dropped(name=item.name, reason=DropReason.UNREADABLE, detail=str(error)))
                continue
            self._left[item.name] = replace(problem, problem_id=item.name, category="round-trip")
        self._bare = dict(self._left)
        self._structures = {name: digest_structure(problem.reference.text) for name, problem in self._left.items()}

    def drop_near_duplicates(self) -> None:
        """Keep one design of a family: one that has its set already, so that its likes do not come into the other."""
        names = self._list_assigned_first()
        first: dict[str, str] = {}
        for name in names:
            same = first.setdefault(self._structures[name], name)
            if same != name:
                self._drop(name, DropReason.NEAR_DUPLICATE, f"of {same} (the same but for names)")
        texts = {name: self._left[name].reference.text for name in names if name in self._left}
        for name, (other, share) in find_near_duplicates(texts, threshold=self._settings.near).items():
            self._drop(name, DropReason.NEAR_DUPLICATE, f"of {other} ({share:.0%})")

    def drop_contaminated(self, index: ContaminationIndex) -> None:
        for name, problem in list(self._left.items()):
            match = index.match_code(problem.reference.text)
            if match is not None:
                reason = DropReason.ROUGE_L if match.is_rouge else DropReason.CONTAMINATED
                self._drop(name, reason, str(match))

    def drop_unusable(self) -> None:
        """Build and simulate each design once; several at a time."""

        def look(name: str) -> str:
            try:
                self._checker.prepare(self._left[name])
            except BadReferenceError as error:
                return str(error)
            return ""

        known = self._look_at_each(look, self._store.references, "designs simulated")
        for name in [name for name in self._left if known[name]]:
            self._drop(name, DropReason.UNUSABLE, known[name])

    def drop_unsynthesizable(self) -> None:
        """Have Yosys make gates of each design, as it was read for simulation."""
        synthesizer = Synthesizer(sandbox=choose_sandbox(self._checker.settings.sandbox))

        def look(name: str) -> str:
            try:
                prepared = self._checker.prepare(self._left[name])
            except BadReferenceError as error:  # it was good when it was looked at first
                return str(error)
            return synthesizer.synthesize(prepared.source, prepared.top).reason

        known = self._look_at_each(look, self._store.syntheses, "designs synthesized")
        for name in [name for name in self._left if known[name]]:
            self._drop(name, DropReason.UNSYNTHESIZABLE, known[name])

    def describe(self, index: ContaminationIndex) -> None:
        answers = self._ask(Stage.DESCRIBE, self._models.describer, ask_for_description)
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
                reason = DropReason.ROUGE_L_DESCRIPTION if match.is_rouge else DropReason.CONTAMINATED_DESCRIPTION
                self._drop(name, reason, str(match))
            else:
                interface = read_interface(problem.reference, problem.reference_top, may_miss_modules=True)
                self._left[name] = replace(problem, description=finish_description(text, interface))

    def drop_same_descriptions(self) -> None:
        """Keep one design for each description: designs may differ in their texts and do the same."""
        first: dict[tuple[str, ...], str] = {}
        for name in self._list_assigned_first():
            same = first.setdefault(list_words(self._left[name].description), name)
            if same != name:
                self._drop(name, DropReason.SAME_DESCRIPTION, f"that of {same}")

    def rate_bases(self) -> Mapping[str, tuple[float, ...]]:
        """Return the pass rate of each base model for each design; drop those that neither set allows.

        What is too easy for one model is not asked of the next.
        """
        rates: dict[str, tuple[float, ...]] = dict.fromkeys(self._left, ())
        for number, backend in enumerate(self._models.bases, start=1):
            for name, rate in self._rate(Stage.BASE, backend, self._left, number).items():
                rates[name] = (*rates[name], rate)
                if max(rates[name]) >= self._settings.band[0]:
                    self._require_allowed(name, rates[name], DropReason.TOO_EASY)
        for name in list(self._left):
            self._require_allowed(name, rates[name], DropReason.TOO_HARD)
        return rates

    def _require_allowed(self, name: str, rates: tuple[float, ...], reason: DropReason) -> None:
        if not list_allowed(rates, self._settings):
            self._drop(name, reason, explain(rates, self._settings))

    def choose_sets(self, rates: Mapping[str, tuple[float, ...]]) -> list[KeptPair]:
        """Return what the writer's answers and the base models make of each design that is left."""
        kept: list[KeptPair] = []
        for name, found in self._write().items():
            choice = choose_set(
                Standing(
                    structure=self._structures[name],
                    base_pass_rates=rates[name],
                    has_equivalent=found.is_equivalent,
                    earlier=self._earlier.get(self._structures[name]),
                ),
                self._settings,
            )
            if isinstance(choice, Refused):
                self._drop(name, choice.reason, choice.detail)
                continue
            kept.append(
                KeptPair(
                    problem=self._left[name],
                    answer=found.answer,
                    is_equivalent=found.is_equivalent,
                    is_proved=found.is_equivalent and found.judgement.is_proved,
                    base_pass_rates=rates[name],
                    chosen=choice.chosen,
                    rule=choice.rule,
                )
            )
        chosen = {self._structures[pair.problem.problem_id]: pair.chosen for pair in kept}
        new = (Assigned(structure=one, chosen=chosen[one]) for one in chosen if one not in self._earlier)
        self._store.assigned.append(*new)
        return kept

    def rate_start(self, pairs: Iterable[KeptPair]) -> tuple[KeptPair, ...]:
        """Return ``pairs`` with the start model's pass rates; drop those outside its band, of the set for RL only."""
        pairs = tuple(pairs)
        if self._models.start is None:
            return pairs
        asked = {pair.problem.problem_id: pair.problem for pair in pairs if pair.chosen is TrainingSet.RL}
        rates = self._rate(Stage.START, self._models.start, asked)
        low, high = self._settings.start_band
        kept = []
        for pair in pairs:
            name = pair.problem.problem_id
            rate = rates.get(name)
            if name not in self._left:  # no good to compare with, as it turned out
                continue
            if rate is None or low <= rate <= high:
                kept.append(replace(pair, start_pass_rate=rate))
            else:
                reason = DropReason.START_TOO_EASY if rate > high else DropReason.START_TOO_HARD
                self._drop(name, reason, f"the start model passes {rate:.0%}; kept are {low:.0%} to {high:.0%}")
        return tuple(kept)

    def _write(self) -> Mapping[str, _Written]:
        """Return what is used of the writer's answers, by design; drop those without a whole answer."""
        answers = self._ask(Stage.REWRITE, self._models.rewriter, self._ask_for_code)
        judged = self._judge(answers)
        found = {}
        for name in list(self._left):
            verdicts = [(answer, judged[answer.key]) for answer in answers[name]]
            whole = [pair for pair in verdicts if pair[1].status not in _CUT_SHORT]
            right = [pair for pair in whole if pair[1].status is Status.PASSED]
            if whole:
                found[name] = _Written(*(right or whole)[0])
            else:
                self._drop(name, DropReason.NO_ANSWER, ", ".join(str(verdict.status) for _, verdict in verdicts))
        return found

    def _rate(
        self, stage: Stage, backend: Backend, problems: Mapping[str, Problem], number: int = 1
    ) -> Mapping[str, float]:
        """Return the share of answers that pass, by design."""
        answers = self._ask(stage, backend, self._ask_for_code, problems, number)
        judged = self._judge(answers)
        return {
            name: sum(judged[answer.key].status is Status.PASSED for answer in given) / len(given)
            for name, given in answers.items()
            if name in self._left
        }

    def _list_assigned_first(self) -> list[str]:
        """Return the designs that are left, those first that have their set already, under the name they had then."""
        return sorted(
            self._left, key=lambda name: (self._structures[name] not in self._earlier, name not in self._seen)
        )

    def _drop(self, name: str, reason: DropReason, detail: str) -> None:
        del self._left[name]
        self._dropped.append(Dropped(name=name, reason=reason, detail=detail))

    def _look_at_each(self, look: Callable[[str], str], journal: Journal, what: str) -> Mapping[str, str]:
        """Return the fault of each design, several looked at at a time; those journaled are not looked at again."""
        known = {record.name: record.fault for record in journal.read(Usable)}
        missing = [name for name in self._left if name not in known]

        def note(name: str) -> Usable:
            return Usable(name=name, fault=look(name))

        for done, found in enumerate(run_each(note, missing, jobs=self._checker.settings.jobs), start=1):
            journal.append(found)
            known[found.name] = found.fault
            self._progress(f"{done}/{len(missing)} {what}")
        return known

    def _ask_for_code(self, problem: Problem) -> Prompt:
        return render_prompt(problem, self._settings.style)

    def _ask(
        self,
        stage: Stage,
        backend: Backend,
        make_prompt: Callable[[Problem], Prompt],
        problems: Mapping[str, Problem] | None = None,
        number: int = 1,
    ) -> Answers:
        asked = self._left if problems is None else problems
        return self._asker.ask(
            name_stage(stage, number), backend, asked, make_prompt, self._settings.find_sampling(stage)
        )

    def _judge(self, answers: Answers) -> Mapping[SampleKey, Judgement]:
        """Return the verdicts of all answers to designs that can be compared with; the others are dropped."""
        verdicts, faults = self._asker.judge(answers, self._bare)
        for found in faults:
            if found.name in self._left:
                self._drop(found.name, DropReason.UNUSABLE, found.fault)
        return verdicts
