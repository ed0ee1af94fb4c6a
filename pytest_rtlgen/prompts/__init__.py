"""Prompt styles: a Problem in, the chat that asks for it out. One file a style."""

import hashlib
import json
from collections.abc import Callable, Mapping

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.prompts.chat import list_chat_messages
from pytest_rtlgen.prompts.codev_r1 import list_codev_r1_messages, list_codev_r1_training_messages
from pytest_rtlgen.prompts.completion import list_completion_chat_messages, list_completion_messages
from pytest_rtlgen.prompts.cvdp import list_cvdp_messages
from pytest_rtlgen.prompts.rtllm import list_rtllm_messages
from pytest_rtlgen.prompts.salv import list_salv_messages
from pytest_rtlgen.prompts.spec2rtl import list_spec2rtl_messages
from pytest_rtlgen.prompts.style import PromptStyle, ShotsFile
from pytest_rtlgen.prompts.template import list_template_messages
from pytest_rtlgen.prompts.verilog_eval import list_complete_messages, list_spec_messages, list_v1_messages
from pytest_rtlgen.records import Message, Problem, Prompt

Renderer = Callable[[Problem, PromptStyle], tuple[Message, ...]]

_PUBLISHED: Mapping[str, Renderer] = {
    "verilog-eval-v2": list_spec_messages,
    "verilog-eval-v2-complete": list_complete_messages,
    "verilog-eval-v1-machine": list_v1_messages,
    "verilog-eval-v1-human": list_v1_messages,
    "rtllm-v1.1": list_rtllm_messages,
    "rtllm-v2": list_rtllm_messages,
    "rtllm-v2.1": list_rtllm_messages,
    "cvdp": list_cvdp_messages,
}
"""What each benchmark's own authors send, by suite."""


def _list_published_messages(problem: Problem, style: PromptStyle) -> tuple[Message, ...]:
    """Return what the authors of the problem's benchmark send."""
    if problem.suite not in _PUBLISHED:
        raise UsageError(
            f"--rtlgen-prompt=published: {problem.suite} has no published prompt; known are those of "
            f"{', '.join(_PUBLISHED)}"
        )
    return _PUBLISHED[problem.suite](problem, style)


STYLES: Mapping[str, Renderer] = {
    "chat": list_chat_messages,
    "completion": list_completion_messages,
    "completion-chat": list_completion_chat_messages,
    "published": _list_published_messages,
    "verilog-eval-v2-spec": list_spec_messages,
    "verilog-eval-v2-complete": list_complete_messages,
    "verilog-eval-v1": list_v1_messages,
    "rtllm": list_rtllm_messages,
    "cvdp": list_cvdp_messages,
    "codev-r1": list_codev_r1_messages,
    "codev-r1-training": list_codev_r1_training_messages,
    "salv": list_salv_messages,
    "spec2rtl": list_spec2rtl_messages,
}

__all__ = ["STYLES", "PromptStyle", "Renderer", "ShotsFile", "make_prompt", "render_prompt"]


def render_prompt(problem: Problem, style: str | PromptStyle = "chat") -> Prompt:
    """Return the chat that asks for ``problem`` in one of the ``STYLES`` or after the user's template.

    Raises:
        UsageError: there is no such style, or it cannot ask for this problem.
    """
    chosen = PromptStyle(name=style) if isinstance(style, str) else style
    return make_prompt(problem, _find_renderer(chosen)(problem, chosen))


def make_prompt(problem: Problem, messages: tuple[Message, ...]) -> Prompt:
    """Return the prompt of a chat about ``problem``."""
    plain = json.dumps([[message.role, message.content] for message in messages], separators=(",", ":"))
    digest = hashlib.sha256(plain.encode("ascii")).hexdigest()
    return Prompt(suite=problem.suite, problem_id=problem.problem_id, messages=messages, digest=digest)


def _find_renderer(style: PromptStyle) -> Renderer:
    if style.template is not None:
        return list_template_messages
    if style.name not in STYLES:
        raise UsageError(
            f"--rtlgen-prompt={style.name}: unknown style; choose one of {', '.join(STYLES)}, or name a template file"
        )
    return STYLES[style.name]
