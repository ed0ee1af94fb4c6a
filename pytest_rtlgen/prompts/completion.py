"""For base models: a text that ends in the header, which the model goes on with."""

from pytest_rtlgen.prompts.style import PromptStyle
from pytest_rtlgen.prompts.verilog_eval import comment_out, get_header
from pytest_rtlgen.records import Message, Problem, Role

_SYSTEM = (
    "Go on with the Verilog text where it ends. Write only what follows the module's header, up to and with its "
    "endmodule, and no explanation."
)


def list_completion_messages(problem: Problem, style: PromptStyle) -> tuple[Message, ...]:
    """Return one message: the description as comments, then the header.

    Raises:
        UsageError: the problem has no header.
    """
    # VerilogEval v2's description holds the header itself; it must not come twice.
    description = problem.description.replace(problem.header.strip(), "") if problem.header.strip() else ""
    header = get_header(problem)
    text = f"{comment_out(description.strip())}\n\n{header.strip()}\n"
    return (Message(role=Role.USER, content=text),)


def list_completion_chat_messages(problem: Problem, style: PromptStyle) -> tuple[Message, ...]:
    """Return the same for a backend that only chats: a system message says what to do with the text.

    Raises:
        UsageError: the problem has no header.
    """
    return Message(role=Role.SYSTEM, content=_SYSTEM), *list_completion_messages(problem, style)
