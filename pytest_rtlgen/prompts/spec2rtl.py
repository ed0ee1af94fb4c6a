"""spec2RTL's style.

Source: github.com/NoahSabb/spec2RTL, commit 06a74f4, ``scripts/run_cid003_eval.py``, ``USER_TEMPLATE``.
"""

from pytest_rtlgen.prompts.style import PromptStyle
from pytest_rtlgen.records import Message, Problem, Role


def list_spec2rtl_messages(problem: Problem, style: PromptStyle) -> tuple[Message, ...]:
    """Return one message; files that a problem gives are not shown, as in the original."""
    request = (
        "Generate synthesizable Verilog RTL for the following specification.\n\n"
        f"## Specification\n{problem.description}"
    )
    return (Message(role=Role.USER, content=request),)
