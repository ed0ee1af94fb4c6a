"""What a model is asked at the start of an episode."""

from collections.abc import Mapping

from pytest_rtlgen.prompts import render_prompt
from pytest_rtlgen.records import Message, Problem, Role
from pytest_rtlgen.training.environment.settings import EnvironmentSettings, ToolName

DESCRIPTIONS: Mapping[ToolName, str] = {
    ToolName.COMPILE: "Compile a design and return the compiler's messages.",
    ToolName.SIMULATE: "Simulate a design and return which outputs differ from what is expected, and where first.",
    ToolName.WAVE: "Return inputs and outputs of the design that was simulated last, step by step.",
    ToolName.SYNTHESIZE: "Synthesize a design to gates and return its cells, depth and area.",
    ToolName.SUBMIT: "Submit the final design, which ends the episode.",
}
VERILOG = "The Verilog text of the whole design, with every module that it needs."
FIRST_STEP = "The first step to return, from 0; a step lasts 10 ns."


def list_messages(problem: Problem, style: str, settings: EnvironmentSettings) -> tuple[Message, ...]:
    """Return the chat that poses ``problem`` in the prompt style ``style``, with what the tools are for.

    Raises:
        UsageError: there is no such style.
    """
    *before, last = render_prompt(problem, style).messages
    note = _write_note(settings)
    if last.role is not Role.USER:
        return (*before, last, Message(role=Role.USER, content=note))
    return (*before, Message(role=Role.USER, content=f"{last.content.rstrip()}\n\n{note}"))


def _write_note(settings: EnvironmentSettings) -> str:
    others = [tool for tool in settings.tools if tool is not ToolName.SUBMIT]
    calls = "1 call" if settings.max_turns == 1 else f"at most {settings.max_turns} calls"
    helped = f" Before that, {', '.join(others)} help you to find mistakes." if others else ""
    return (
        f"Call the tool submit with your whole design as the argument verilog; only that counts.{helped} "
        f"You have {calls} in all. The submitted design is judged under inputs that no tool shows, and by a proof."
    )
