"""Rows for supervised training: the chat that asks, and an answer in CodeV-R1's form, thought first.

Source: the form is that of CodeV-R1's system prompt (``prompts.codev_r1``); the rows are TRL's conversational form, and
``DATASET_INFO`` describes them to LLaMA-Factory (its ``data/README.md``, ``sharegpt`` with OpenAI's names).
"""

import re
from typing import Any

from pytest_rtlgen.extract import extract_candidate
from pytest_rtlgen.prompts import render_prompt
from pytest_rtlgen.records import Completion, Problem

_THOUGHT = re.compile(r"<think>(.*?)</think>", re.DOTALL)
_TAGS = re.compile(r"</?(?:think|answer)>")
DATASET_INFO: dict[str, Any] = {
    "rtlgen_sft": {
        "file_name": "sft.jsonl",
        "formatting": "sharegpt",
        "columns": {"messages": "messages"},
        "tags": {
            "role_tag": "role",
            "content_tag": "content",
            "user_tag": "user",
            "assistant_tag": "assistant",
            "system_tag": "system",
        },
    }
}
"""For LLaMA-Factory's ``dataset_info.json``."""


def make_sft_row(problem: Problem, completion: Completion) -> dict[str, list[dict[str, str]]]:
    """Return ``{"messages": [system, user, assistant]}``; each of the four tags stands once in the answer, in order.

    The thought is what the model thought, apart from the answer or between think tags; empty where it did not say.
    """
    prompt = render_prompt(problem, "codev-r1")
    messages = [{"role": str(message.role), "content": message.content} for message in prompt.messages]
    return {"messages": [*messages, {"role": "assistant", "content": render_answer(problem, completion)}]}


def render_answer(problem: Problem, completion: Completion) -> str:
    """Return the thought and the code of ``completion`` between their tags."""
    code = extract_candidate(completion.text, top=problem.top).source.strip()
    thought = _TAGS.sub("", completion.reasoning or _find_thought(completion.text)).strip()
    return f"<think>\n{thought}\n</think>\n<answer>\n```verilog\n{code}\n```\n</answer>"


def _find_thought(text: str) -> str:
    """Return what stands between think tags; the opening one may be part of the prompt."""
    match = _THOUGHT.search(text)
    if match is not None:
        return match[1]
    head, mark, _ = text.partition("</think>")
    return head if mark else ""
