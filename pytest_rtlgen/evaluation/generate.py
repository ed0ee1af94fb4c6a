"""Ask for the completions that a run does not have yet."""

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from functools import partial

from filelock import FileLock

from pytest_rtlgen.backends import Backend, Deliver, GenerationRequest
from pytest_rtlgen.backends.spending.accounted import AccountedBackend
from pytest_rtlgen.evaluation.ahead import judge_ahead
from pytest_rtlgen.evaluation.judge import Judge
from pytest_rtlgen.evaluation.models import Models
from pytest_rtlgen.evaluation.repair import RepairLoop
from pytest_rtlgen.evaluation.reuse import Lender
from pytest_rtlgen.evaluation.watch import Watcher
from pytest_rtlgen.prompts import PromptStyle, render_prompt
from pytest_rtlgen.records import Completion, Problem, SampleKey, SamplingParams
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
    watcher: Watcher | None = None,
    take: Deliver | None = None,
) -> bool:
    """Ask for every completion that ``store`` does not have; each is on disk before the next is counted.

    ``take`` is given what is on disk. Return whether any was missing.

    Raises:
        BackendError: the model failed; what had arrived is stored.
        StorageError: a completion could not be written.
    """
    have = store.read_completions()
    requests = list_missing(problems, n=sampling.n, have=have, style=style)
    missing = sum(len(request.indices) for request in requests)
    total = sum(not problem.unjudged for problem in problems) * sampling.n
    arrived = total - missing

    def deliver(*completions: Completion) -> None:
        nonlocal arrived
        store.append_completion(*completions)
        arrived += len(completions)
        if watcher is not None:
            watcher.advance(arrived, total, "completions")
        if take is not None:
            take(*completions)

    if isinstance(backend, AccountedBackend):
        backend.note(have.values())
    if requests:
        backend.generate(requests, sampling, deliver)
    return bool(requests)


def answer_problems(
    problems: Sequence[Problem],
    models: Models,
    *,
    store: RunStore,
    judge: Judge | None,
    watcher: Watcher,
    reuses_verdicts: bool,
) -> RepairLoop | None:
    """Have every problem answered, and what is wrong repaired where ``models`` are to, which takes a ``judge``.

    With ``reuses_verdicts``, answers that a finished run of the same settings had get its verdicts. Where nothing is to
    be repaired, ``judge`` checks the first answers while others are still awaited (``ahead.py``).

    Return the repair loop, which knows what could not be checked; ``None``: nothing was to be repaired.

    Raises:
        BackendError: a model failed; what had arrived is stored.
        ToolError: the simulator is missing or broken.
        StorageError: something could not be written.
    """
    loop = RepairLoop(models.repair, store=store, judge=judge, watcher=watcher) if models.repair and judge else None
    lender = Lender(store) if reuses_verdicts and loop is None else None
    ahead = nullcontext() if judge is None or loop is not None else judge_ahead(judge, problems, store, watcher)
    try:
        with FileLock(store.path / LOCK), ahead as take:
            store.select(problems)
            is_new = generate_completions(
                problems,
                backend=models.generator,
                sampling=models.sampling,
                store=store,
                style=models.style,
                watcher=watcher,
                take=take if lender is None else partial(_take_unknown, take, lender),
            )
            if loop is not None:
                loop.run(problems)
            elif lender is not None and is_new:
                lender.lend(watcher)
    finally:
        watcher.end_stage()
    return loop


def _take_unknown(take: Deliver | None, lender: Lender, *completions: Completion) -> None:
    """Give ``take`` the answers on which no verdict can be lent."""
    if take is not None:
        take(*(completion for completion in completions if lender.find(completion) is None))
