"""CVDP's style for the records that are answered in one turn.

Source: github.com/NVlabs/cvdp_benchmark, commit d54edc9, ``src/dataset_processor.py`` and ``src/model_helpers.py``.
Agentic records, which the original hands to an agent in a container, are asked like the others.
"""

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.prompts.style import PromptStyle
from pytest_rtlgen.records import Message, Problem, Role

_SYSTEM = """\
You are a helpful assistance.
Consider that you have a folder structure like the following:

    - rtl/*   : Contains files which are RTL code.
    - verif/* : Contains files which are used to verify the correctness of the RTL code.
    - docs/*  : Contains files used to document the project, like Block Guides, RTL Plans and Verification Plans.

When generating files, return the file name in the correct place at the folder structure.
"""
_GUIDANCE = {
    "cid002": "You are solving an 'RTL Code Completion' problem. To solve this problem correctly, you should only "
    "respond with the RTL code generated according to the requirements.",
    "cid003": "You are solving a 'Specification to RTL Translation' problem. To solve this problem correctly, you "
    "should only respond with the RTL code translated from the specification.",
    "cid004": "You are solving an 'RTL Code Modification' problem. To solve this problem correctly, you should only "
    "respond with the modified RTL code according to the requirements.",
    "cid005": "You are solving a 'Specification to RTL Translation: Module Instantiation and Component Reuse' problem. "
    "To solve this problem correctly, you should only respond with the RTL code translated from the specification and "
    "with proper module instantiation and component reuse.",
    "cid007": "You are solving an 'RTL Lint Improvement or Power-Performance Optimization' problem. To solve this "
    "problem correctly, you should only respond with improved RTL code to address lint issues or optimize for "
    "power/performance.",
    "cid016": "You are solving an 'RTL Debugging and Bug Fixing' problem. To solve this problem correctly, you should "
    "only respond with the RTL code that is debugged and fixed to address the bug.",
}
_SCHEMA = (
    "\nProvide the response in one of the following JSON schemas: \n"
    '{ "code": [{ "<name>" : "<code>"}] }\nor\n{ "response": "<response>" }'
    "\nThe response should be in JSON format, including double-quotes around keys and values, and proper escaping of "
    "quotes within values, and escaping of newlines."
)


def list_cvdp_messages(problem: Problem, style: PromptStyle) -> tuple[Message, ...]:
    """Return the messages; several files are asked for as JSON, one as plain text.

    Raises:
        UsageError: the problem is of another benchmark, or of a category whose answer is no design.
    """
    if problem.category not in _GUIDANCE:
        raise UsageError(
            f"{problem.suite}/{problem.problem_id}: CVDP has no prompt for {problem.category!r}; "
            f"--rtlgen-prompt=cvdp is for {', '.join(_GUIDANCE)}"
        )
    files = problem.harness.targets if problem.harness is not None else ()
    system = f"{_SYSTEM}\n{_GUIDANCE[problem.category]}\n{'' if len(files) == 1 else _SCHEMA}"
    return Message(role=Role.SYSTEM, content=system), Message(role=Role.USER, content=_ask(problem, files))


def _ask(problem: Problem, files: tuple[str, ...]) -> str:
    shown = "".join(
        f"\nConsider the following content for the file {file.name}:\n```\n{file.text}\n```" for file in problem.given
    )
    request = f"{shown}\nProvide me one answer for this request: {problem.description}\n"
    if len(files) == 1:
        return (
            f"{request}Please provide your response as plain text without any JSON formatting. Your response will be "
            f"saved directly to: {files[0]}.\n"
        )
    return f"{request}Name the files as: {list(files)}.\n" if files else f"{request}Provide your response below.\n"
