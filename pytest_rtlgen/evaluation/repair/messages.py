"""The chats of the repair loop: what the reflector is asked, and how the first chat goes on."""

from collections.abc import Sequence

from pytest_rtlgen.evaluation.repair.history import Exchange, History
from pytest_rtlgen.extract.reasoning import drop_reasoning
from pytest_rtlgen.prompts import make_prompt
from pytest_rtlgen.records import Completion, Message, Prompt, Role, Status

MOST_ANSWER = 16_000
"""Characters of an answer that are shown again."""
MOST_REFLECTION = 4000
MOST_HISTORY = 48_000
"""Characters of earlier answers in one chat; the last one and what was found in it always stay."""
_AGAIN = "Correct it, and write the whole answer again, in the same form as before."
_ANEW = (
    "Several answers to this failed a check, each after it was corrected. Do not correct them: begin anew, and take "
    "another approach. This was found in the last of them:"
)
_NO_CODE = "Write the whole module, in one ```verilog block."
_REVIEWED = "A reviewer read your answer and what a check of it found:"
_REFLECTOR = (
    "You review Verilog that another model wrote and that failed a check. Find out why. Answer with a diagnosis and a "
    "short plan: what is wrong, where, and what to change. Do not write the module yourself."
)


def make_repair_prompt(base: Prompt, history: History, exchange: Exchange, *, start: int = 0) -> Prompt:
    """Return the chat that asks for the next answer; ``base`` asked for the first, ``exchange`` is about the last.

    It holds the answers from number ``start`` on; where that is the next one, ``make_fresh_prompt`` asks instead.
    """
    if start == len(history.results):
        return make_fresh_prompt(base, history, exchange)
    pairs = [
        (_show_answer(result.completion), _tell(told, result.verdict.status))
        for result, told in zip(history.results[start:], (*history.exchanges, exchange)[start:], strict=True)
    ]
    messages = [
        Message(role=role, content=text)
        for pair in _keep_recent(pairs)
        for role, text in zip((Role.ASSISTANT, Role.USER), pair, strict=True)
    ]
    return make_prompt(history.problem, (*base.messages, *messages))


def make_fresh_prompt(base: Prompt, history: History, exchange: Exchange) -> Prompt:
    """Return the chat that asks for an answer from scratch: ``base``, and what was found in the last answer.

    Source: spec2RTL 06a74f4, ``agents/agentic_loop_v1.py``, ``run_single_process``: the task, lessons and the last
    error, and no earlier text.
    """
    *before, last = base.messages
    found = _find(exchange)
    text = f"{last.content}\n\n{_ANEW}\n\n{found}"
    return make_prompt(history.problem, (*before, Message(role=last.role, content=text)))


def make_reflector_prompt(base: Prompt, history: History, feedback: str) -> Prompt:
    """Return the chat that asks another model what to change in the last answer."""
    task = "\n\n".join(message.content for message in base.messages)
    answer = _show_answer(history.last.completion)
    text = f"{_REFLECTOR}\n\n# Task\n\n{task}\n\n# Answer\n\n{answer}\n\n# What the check found\n\n{feedback}"
    # one message: some models' chat templates refuse a system message
    return make_prompt(history.problem, (Message(role=Role.USER, content=text),))


def _show_answer(completion: Completion) -> str:
    text = drop_reasoning(completion.text).strip()
    return _clip(text, MOST_ANSWER) or "(no answer)"  # endpoints refuse an empty message


def _tell(exchange: Exchange, status: Status) -> str:
    return f"{_find(exchange)}\n\n{_NO_CODE if status is Status.NO_CODE else _AGAIN}"


def _find(exchange: Exchange) -> str:
    """Return what a model is told was found: the reflector's words, where there are any."""
    reflection = "" if exchange.reflection is None else drop_reasoning(exchange.reflection.text).strip()
    return f"{_REVIEWED}\n\n{_clip(reflection, MOST_REFLECTION)}" if reflection else exchange.feedback.text


def _keep_recent(pairs: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    room = MOST_HISTORY
    for place in range(len(pairs) - 1, -1, -1):
        room -= sum(map(len, pairs[place]))
        if room < 0:
            return pairs[min(place + 1, len(pairs) - 1) :]
    return pairs


def _clip(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}\n... (cut)"
