"""Ask for the completions that a run does not have yet."""

from collections.abc import Collection, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial

from filelock import FileLock

from pytest_rtlgen.backends import Backend, Deliver, GenerationRequest
from pytest_rtlgen.backends.spending.accounted import AccountedBackend
from pytest_rtlgen.config import Options
from pytest_rtlgen.evaluation.ahead import judge_ahead
from pytest_rtlgen.evaluation.judge import Judge, judge_run
from pytest_rtlgen.evaluation.models import Models
from pytest_rtlgen.evaluation.repair import RepairLoop
from pytest_rtlgen.evaluation.reuse import Lender
from pytest_rtlgen.evaluation.sequential import list_counts, measure_gates
from pytest_rtlgen.evaluation.watch import AskedProgress, Watcher
from pytest_rtlgen.prompts import PromptStyle, render_prompt
from pytest_rtlgen.records import Completion, Problem, ProblemKey, SampleKey, SamplingParams
from pytest_rtlgen.report.gate import SequentialGate
from pytest_rtlgen.storage import RunStore

LOCK = "generation.lock"
"""Who holds it generates; other processes with the same run wait."""


def list_missing(
    problems: Sequence[Problem], *, n: int, have: Iterable[SampleKey], style: str | PromptStyle
) -> tuple[GenerationRequest, ...]:
    """Return what a backend still has to answer so that every problem that can be judged has samples 0 … n-1."""
    known = set(have)
    requests = []
    for problem in problems:
        keys = [SampleKey(suite=problem.suite, problem_id=problem.problem_id, index=index) for index in range(n)]
        indices = tuple(key.index for key in keys if key not in known)
        if indices and not problem.unjudged:
            requests.append(GenerationRequest(problem=problem, prompt=render_prompt(problem, style), indices=indices))
    return tuple(requests)


def generate_completions(  # noqa: PLR0913  each is a part of its own, named by the caller
    problems: Sequence[Problem],
    *,
    backend: Backend,
    sampling: SamplingParams,
    store: RunStore,
    style: str | PromptStyle,
    n: int | None = None,
    watcher: Watcher | None = None,
    take: Deliver | None = None,
) -> bool:
    """Ask for every completion that ``store`` does not have; each is on disk before the next is counted.

    Of each problem the first ``n`` are asked for; ``None``: all of ``sampling``. ``take`` is given what is on disk.
    Return whether any was missing.

    Raises:
        BackendError: the model failed; what had arrived is stored.
        StorageError: a completion could not be written.
    """
    have = store.read_completions()
    n = sampling.n if n is None else n
    requests = list_missing(problems, n=n, have=have, style=style)
    missing = sum(len(request.indices) for request in requests)
    total = sum(not problem.unjudged for problem in problems) * n
    progress = AskedProgress(watcher or Watcher(), backend, "completions", done=total - missing, total=total)

    def deliver(*completions: Completion) -> None:
        store.append_completion(*completions)
        progress.add(len(completions))
        if take is not None:
            take(*completions)

    if isinstance(backend, AccountedBackend):
        backend.note(have.values())
    if requests:
        with progress:
            backend.generate(requests, sampling, deliver)
    return bool(requests)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What a run was answered."""

    samples: int
    """Of each problem."""
    repair: RepairLoop | None
    """Knows what could not be checked; ``None``: nothing was to be repaired."""


def answer_problems(
    problems: Sequence[Problem],
    models: Models,
    *,
    store: RunStore,
    judge: Judge | None,
    watcher: Watcher,
    options: Options,
) -> Answered:
    """Have every problem answered, and what is wrong repaired where ``models`` are to, which takes a ``judge``.

    Where ``options`` say so, answers that a finished run of the same settings had get its verdicts. Where the run has
    gates to stop at, which takes a ``judge`` too, answers are asked for until those are known. Where nothing is to be
    repaired, ``judge`` checks the first answers while others are still awaited (``ahead.py``).

    Raises:
        BackendError: a model failed; what had arrived is stored.
        ToolError: the simulator is missing or broken.
        StorageError: something could not be written.
    """
    loop = RepairLoop(models.repair, store=store, judge=judge, watcher=watcher) if models.repair and judge else None
    settings = store.header.settings
    has_gates = bool(settings.gates) and judge is not None
    lender = Lender(store) if options.reuses_verdicts and loop is None and not has_gates else None
    asker = _Asker(problems, models, store, watcher)
    samples = 0
    try:
        with FileLock(store.path / LOCK):
            store.select(problems)
            for n in list_counts(settings, options) if has_gates else (models.sampling.n,):
                samples = n
                is_new = asker.ask(n, judge if loop is None else None, lender)
                failed: Collection[ProblemKey] = ()
                if loop is not None:
                    loop.run(problems)
                    failed = {key.problem for key in loop.errors}
                elif lender is not None and is_new:
                    lender.lend(watcher)
                elif has_gates and judge is not None:
                    failed = judge_run(store, judge, watcher).failed
                gates = _measure(store, failed, watcher if is_new else Watcher()) if has_gates else []
                if gates and all(gate.is_decided or gate.measured is None for gate in gates):
                    samples = max(n, gates[0].samples)  # those of an earlier session count too
                    break
    finally:
        watcher.end_stage()
    return Answered(samples=samples, repair=loop)


class _Asker:
    """Asks the model of a run for the first answers to its problems."""

    def __init__(self, problems: Sequence[Problem], models: Models, store: RunStore, watcher: Watcher) -> None:
        self._problems = problems
        self._models = models
        self._store = store
        self._watcher = watcher

    def ask(self, n: int, judge: Judge | None, lender: Lender | None) -> bool:
        """Ask for ``n`` answers to each problem, which ``judge`` checks as they come; whether any was missing."""
        ahead = nullcontext() if judge is None else judge_ahead(judge, self._problems, self._store, self._watcher)
        with ahead as take:
            return generate_completions(
                self._problems,
                backend=self._models.generator,
                sampling=self._models.sampling,
                store=self._store,
                style=self._models.style,
                n=n,
                watcher=self._watcher,
                take=take if lender is None else partial(_take_unknown, take, lender),
            )


def _measure(store: RunStore, failed: Collection[ProblemKey], watcher: Watcher) -> Sequence[SequentialGate]:
    """Return what is known of the run's gates, and say it; problems that ``failed`` are left out.

    Where nothing can be measured after a whole round, no problem can be judged, and no further round changes that.
    """
    samples = store.read_results().values()
    gates = measure_gates(store.header.settings, (sample for sample in samples if sample.key.problem not in failed))
    known = "; ".join(f"{gate.requirement}: {gate.measured or 'nothing'}" for gate in gates)
    watcher.note(f"after {gates[0].samples} of {gates[0].most} samples: {known}")
    return gates


def _take_unknown(take: Deliver | None, lender: Lender, *completions: Completion) -> None:
    """Give ``take`` the answers on which no verdict can be lent."""
    if take is not None:
        take(*(completion for completion in completions if lender.find(completion) is None))
