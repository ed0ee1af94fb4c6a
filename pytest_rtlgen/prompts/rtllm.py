"""RTLLM's style: the design's description is the whole prompt.

Source: github.com/hkust-zhiyao/RTLLM, ``README.md``: ``design_description.txt`` is given to the model as it is.
"""

from pytest_rtlgen.prompts.style import PromptStyle
from pytest_rtlgen.records import Message, Problem, Role


def list_rtllm_messages(problem: Problem, style: PromptStyle) -> tuple[Message, ...]:
    """Return one message, the description byte for byte."""
    return (Message(role=Role.USER, content=problem.description),)
