"""The plain chat style: what is wanted, then the description, then the form of the answer."""

from pytest_rtlgen.records import Message, Problem, Role

_SYSTEM = (
    "You are an experienced digital designer. You write synthesizable Verilog that does exactly what the description says: "
    "the same module name, the same ports with the same directions and widths, and the behaviour it asks for in every cycle."
)
_REQUEST = (
    "Answer with one complete ```verilog code block that defines the module `{top}` and every module it instantiates. "
    "Do not write a testbench."
)


def render_chat(problem: Problem) -> tuple[Message, ...]:
    """Return a system message and a user message with the description, word for word, and the request for one fence."""
    request = _REQUEST.format(top=problem.top)
    return (
        Message(role=Role.SYSTEM, content=_SYSTEM),
        Message(role=Role.USER, content=f"{problem.description.rstrip()}\n\n{request}"),
    )
