"""VerilogEval's styles, letter for letter.

Source: github.com/NVlabs/verilog-eval, commit c498220, ``scripts/sv-generate``. Version 1 has no script that asks; the
task ``code-complete-iccad2023`` of that script restates its prompt, and is applied to version 1's own fields.
"""

from pytest_rtlgen.errors import UsageError
from pytest_rtlgen.prompts.style import PromptStyle
from pytest_rtlgen.records import Message, Problem, Role

SPEC_TASK = "spec-to-rtl"
COMPLETE_TASK = "code-complete-iccad2023"

_SPEC_SYSTEM = "\nYou are a Verilog RTL designer that only writes code using correct Verilog syntax.\n"
_COMPLETE_SYSTEM = (
    "\nYou only complete chats with syntax correct Verilog code. End the Verilog module code completion with "
    "'endmodule'. Do not include module, input and output definitions.\n"
)
_COMPLETE_PREFIX = (
    "\n// Implement the Verilog module based on the following description. Assume that signals are positive clock/clk "
    "triggered unless otherwise stated.\n"
)
_RULES = """
Here are some additional rules and coding conventions.

 - Declare all ports and signals as logic; do not to use wire or reg.

 - For combinational logic with an always block do not explicitly specify
   the sensitivity list; instead use always @(*).

 - All sized numeric constants must have a size greater than zero
   (e.g, 0'b0 is not a valid expression).

 - An always block must read at least one signal otherwise it will never
   be executed; use an assign statement instead of an always block in
   situations where there is no need to read any signals.

 - if the module uses a synchronous reset signal, this means the reset
   signal is sampled with respect to the clock. When implementing a
   synchronous reset signal, do not include posedge reset in the
   sensitivity list of any sequential always block.
"""
MARKERS = """\
Enclose your code with [BEGIN] and [DONE]. Only output the code snippet
and do NOT output anything else.
"""


def list_spec_messages(problem: Problem, style: PromptStyle) -> tuple[Message, ...]:
    """Return what asks for the whole module of a specification."""
    return _chat(_SPEC_SYSTEM, _find_examples(style, SPEC_TASK) + ask_for_spec(problem, has_rules=style.has_rules))


def list_complete_messages(problem: Problem, style: PromptStyle) -> tuple[Message, ...]:
    """Return what asks to complete a module; the rules have no place in this task."""
    return _chat(_COMPLETE_SYSTEM, _find_examples(style, COMPLETE_TASK) + ask_to_complete(problem))


def list_v1_messages(problem: Problem, style: PromptStyle) -> tuple[Message, ...]:
    """Return what asks to complete a header of version 1.

    Raises:
        UsageError: the problem has no header.
    """
    return _chat(_COMPLETE_SYSTEM, f"{_COMPLETE_PREFIX}{comment_out(problem.description)}\n\n{get_header(problem)}")


def ask_for_spec(problem: Problem, *, has_rules: bool = False) -> str:
    """Return the question alone, from ``Question:`` to ``Answer:``."""
    question = f"\nQuestion:\n{problem.description.strip()}\n{_RULES if has_rules else ''}"
    return f"{question.rstrip()}\n\n{MARKERS}\nAnswer:\n"


def ask_to_complete(problem: Problem) -> str:
    """Return the description as comments, then the header from the line that names ``TopModule``."""
    lines = problem.description.splitlines()
    first = next((number for number, line in enumerate(lines) if "module TopModule" in line), None)
    if first is None:
        raise UsageError(
            f"{problem.suite}/{problem.problem_id}: its description has no line 'module TopModule'; "
            "--rtlgen-prompt=verilog-eval-v2-complete is for verilog-eval-v2-complete:PATH"
        )
    asked: list[str] = []
    for line in lines[first:]:
        # The original puts an empty line before every line that names the module, not only before the first.
        asked += ["", line] if "module TopModule" in line else [line]
    return _COMPLETE_PREFIX + "\n".join([*(f"// {line}" for line in lines[:first]), *asked])


def comment_out(text: str) -> str:
    """Return ``text`` with ``//`` before every line."""
    return "\n".join(f"// {line}" for line in text.splitlines())


def get_header(problem: Problem) -> str:
    """Return the header that is to be completed.

    Raises:
        UsageError: the problem has none.
    """
    if not problem.header:
        raise UsageError(
            f"{problem.suite}/{problem.problem_id}: has no header to complete, which this --rtlgen-prompt needs; "
            "use another style, such as chat"
        )
    return problem.header


def _find_examples(style: PromptStyle, task: str) -> str:
    found = next((item.text for item in style.examples if item.task == task), "")
    if style.shots and not found:
        raise UsageError(f"--rtlgen-shots={style.shots}: no examples for the task {task} were read; see read_style")
    return found


def _chat(system: str, user: str) -> tuple[Message, ...]:
    return Message(role=Role.SYSTEM, content=system), Message(role=Role.USER, content=user)
