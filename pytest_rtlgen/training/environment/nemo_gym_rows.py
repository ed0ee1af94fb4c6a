"""The rows of a data set as NeMo Gym's agents read them: a request of OpenAI's Responses API, and the problem's id."""

from typing import Any

from pytest_rtlgen.training.environment.problems import RtlEnvironment
from pytest_rtlgen.training.environment.prompt import DESCRIPTIONS, FIRST_STEP, VERILOG, list_messages
from pytest_rtlgen.training.environment.settings import ToolName


def list_gym_rows(environment: RtlEnvironment, *, style: str = "chat") -> list[dict[str, Any]]:
    """Return a row a problem, its chat in the prompt style ``style``; nothing in it is the reference's.

    Source: NeMo Gym 0.5.1, ``resources_servers/example_session_state_mgmt/data``.

    Raises:
        UsageError: there is no such style.
    """
    settings = environment.settings
    tools = [_describe(tool) for tool in settings.tools]
    return [
        {
            "responses_create_params": {
                "input": [
                    {"role": str(message.role), "content": message.content}
                    for message in list_messages(problem, style, settings)
                ],
                "tools": tools,
            },
            "problem_id": problem.problem_id,
        }
        for problem in environment.problems
    ]


def _describe(tool: ToolName) -> dict[str, Any]:
    is_wave = tool is ToolName.WAVE
    name, kind, text = ("first_step", "integer", FIRST_STEP) if is_wave else ("verilog", "string", VERILOG)
    parameters = {
        "type": "object",
        "properties": {name: {"type": kind, "description": text}},
        "required": [name],
        "additionalProperties": False,
    }
    head = {"type": "function", "name": str(tool), "description": DESCRIPTIONS[tool]}
    return {**head, "parameters": parameters, "strict": True}
