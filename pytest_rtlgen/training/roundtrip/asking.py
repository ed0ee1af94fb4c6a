"""Answers and verdicts of a round trip: journaled as they arrive, and only what is missing is asked for or checked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from pytest_rtlgen.backends import Backend, GenerationRequest
from pytest_rtlgen.check.checker import Checker
from pytest_rtlgen.errors import BackendError, BadReferenceError
from pytest_rtlgen.evaluation.executors.local import check_completion
from pytest_rtlgen.records import Completion, Problem, Prompt, Proof, SampleKey, SampleResult, SamplingParams
from pytest_rtlgen.tools.pool import run_each
from pytest_rtlgen.training.roundtrip.records import Judgement, Usable
from pytest_rtlgen.training.roundtrip.store import RoundTripStore

Answers = Mapping[str, tuple[Completion, ...]]
"""By design, in order of the samples."""
Progress = Callable[[str], None]
"""Called with how far a stage is."""


class Judged(NamedTuple):
    """What came of checking answers."""

    verdicts: Mapping[SampleKey, Judgement]
    faults: tuple[Usable, ...]
    """Designs that turned out to be no good to compare with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Asks models and checks what they answer."""

    store: RoundTripStore
    checker: Checker
    progress: Progress

    def ask(
        self,
        stage: str,
        backend: Backend,
        problems: Mapping[str, Problem],
        make_prompt: Callable[[Problem], Prompt],
        sampling: SamplingParams,
    ) -> Answers:
        """Return ``sampling.n`` answers of ``backend`` to each of ``problems``, by design.

        Raises:
            BackendError: the model failed, or a limit is reached; what had arrived is stored.
        """
        have = dict(self.store.read_completions(stage))
        keys = {
            name: [SampleKey(suite=stage, problem_id=name, index=index) for index in range(sampling.n)]
            for name in problems
        }
        requests = []
        for name, problem in problems.items():
            missing = tuple(key.index for key in keys[name] if key not in have)
            asked = replace(problem, suite=stage)
            if missing:
                requests.append(GenerationRequest(problem=asked, prompt=make_prompt(asked), indices=missing))
        total = sampling.n * len(problems)
        arrived = total - sum(len(request.indices) for request in requests)
        journal = self.store.journal(stage)

        def deliver(*completions: Completion) -> None:
            nonlocal arrived
            journal.append(*completions)
            have.update({completion.key: completion for completion in completions})
            arrived += len(completions)
            self.progress(f"{stage}: {arrived}/{total} answers")

        if requests:
            backend.generate(requests, sampling, deliver)
        if arrived < total:
            raise BackendError(f"{backend.name}: {total - arrived} answers are missing; run the same again to go on")
        return {name: tuple(have[key] for key in found) for name, found in keys.items()}

    def judge(self, answers: Answers, problems: Mapping[str, Problem]) -> Judged:
        """Return the verdicts of ``answers``; ``problems``, by design, are what the checker knows them by.

        Raises:
            ToolError: the simulator is missing or broken.
        """
        known = dict(self.store.read_judgements())
        work = [(name, answer) for name, given in answers.items() for answer in given if answer.key not in known]
        faults: dict[str, Usable] = {}

        def check(item: tuple[str, Completion]) -> Judgement | Usable:
            name, answer = item
            try:
                return _conclude(check_completion(self.checker, problems[name], answer))
            except BadReferenceError as error:  # it fails the longer second stimulus
                return Usable(name=name, fault=str(error))

        for done, found in enumerate(run_each(check, work, jobs=self.checker.settings.jobs), start=1):
            if isinstance(found, Judgement):
                self.store.verdicts.append(found)
                known[found.key] = found
            elif faults.setdefault(found.name, found) is found:
                self.store.references.append(found)
            self.progress(f"{done}/{len(work)} answers checked")
        return Judged(known, tuple(faults.values()))


def _conclude(result: SampleResult) -> Judgement:
    equivalence = result.verdict.equivalence
    return Judgement(
        key=result.completion.key,
        status=result.verdict.status,
        is_proved=equivalence is not None and equivalence.result is Proof.EQUIVALENT,
    )
