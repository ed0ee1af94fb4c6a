"""Our own style for chat models: what is asked for in the system message, the description in the user's."""

from pytest_rtlgen.prompts.style import PromptStyle
from pytest_rtlgen.records import Message, Problem, Role

_SYSTEM = (
    "You write synthesizable Verilog. Think as long as you like, then give the complete code once, in a single "
    "```verilog fence, with every helper module that it needs and without a testbench."
)


def list_chat_messages(problem: Problem, style: PromptStyle) -> tuple[Message, ...]:
    """Return the messages for ``problem``; the requested module is named whether or not the description does."""
    request = (
        f"{problem.description.strip()}\n\nAnswer with the complete module `{problem.top}` in one ```verilog fence.\n"
    )
    return Message(role=Role.SYSTEM, content=_SYSTEM), Message(role=Role.USER, content=request)
