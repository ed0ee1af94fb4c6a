"""The chats that a run's answers came from, made again from what the run keeps."""

from collections.abc import Mapping
from functools import cached_property

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.evaluation.repair.history import History, read_histories
from pytest_rtlgen.evaluation.repair.messages import make_repair_prompt
from pytest_rtlgen.prompts import PromptStyle, render_prompt
from pytest_rtlgen.prompts.read import read_style
from pytest_rtlgen.records import Completion, Problem, ProblemKey, Prompt, SampleKey, SampleResult
from pytest_rtlgen.storage import RunStore

_RULES = "rules"


class SentPrompts:
    """Finds the chat of an answer. A chat that was sent counts only if it is known to be that one, by its digest."""

    def __init__(self, store: RunStore) -> None:
        self._store = store
        self._problems = {problem.key: problem for problem in store.header.problems}
        self._style = _find_style(store.header.settings.prompt)
        self._bases: dict[ProblemKey, Prompt | None] = {}

    def find(self, sample: SampleResult) -> Prompt | None:
        """Return the chat that ``sample``, with the last answer of its history, answers: ``find_turn``."""
        history = self._histories.get(sample.key)
        return self.find_turn(sample.completion, history, len(history.exchanges) if history is not None else 0)

    def find_turn(self, completion: Completion, history: History | None, turn: int) -> Prompt | None:
        """Return the chat that ``completion`` answers, of a recording the one that its run would send.

        It is the answer of ``turn`` in ``history``, from 0, or a first one that was not checked yet. ``None``: the run
        keeps too little of the chat, as with examples, or with a template that is no longer there.
        """
        prompt = self._find_base(completion.key.problem)
        if prompt is not None and history is not None and turn:
            before = History(
                problem=history.problem, results=history.results[:turn], exchanges=history.exchanges[: turn - 1]
            )
            prompt = make_repair_prompt(prompt, before, history.exchanges[turn - 1])
        sent = completion.prompt_digest
        return prompt if prompt is not None and sent in {"", prompt.digest} else None

    @cached_property
    def _histories(self) -> Mapping[SampleKey, History]:
        if not self._store.header.settings.repair:
            return {}
        return read_histories(self._store, self._store.header.problems)

    def _find_base(self, key: ProblemKey) -> Prompt | None:
        if key not in self._bases:
            self._bases[key] = _render(self._problems[key], self._style)
        return self._bases[key]


def _render(problem: Problem, style: PromptStyle | None) -> Prompt | None:
    try:
        return None if style is None else render_prompt(problem, style)
    except UsageError:
        return None


def _find_style(recorded: str) -> PromptStyle | None:
    """Return the style that a run records as ``recorded``; ``None``: it needs what is not there."""
    name, *words = recorded.split(" ")
    try:
        style = read_style(name, has_rules=_RULES in words)
    except UsageError:
        return None
    return style if str(style) == recorded else None
