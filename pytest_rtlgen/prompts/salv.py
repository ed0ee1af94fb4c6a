"""QiMeng-SALV's style.

Source: github.com/QiMeng-IPRC/QiMeng-SALV, commit 5e2b06c, ``Utils/rollout.py``: the system message of its rollouts.
No script of its evaluation is published; the user's message is the benchmark's text, with its header if it has one.
"""

from pytest_rtlgen.prompts.style import PromptStyle
from pytest_rtlgen.records import Message, Problem, Role

_SYSTEM = "You are a professional verilog designer. Give the complete verilog code"


def list_salv_messages(problem: Problem, style: PromptStyle) -> tuple[Message, ...]:
    """Return the messages; a header that the description does not hold follows it."""
    is_apart = problem.header.strip() and problem.header.strip() not in problem.description
    request = f"{problem.description}\n{problem.header}" if is_apart else problem.description
    return Message(role=Role.SYSTEM, content=_SYSTEM), Message(role=Role.USER, content=request)
