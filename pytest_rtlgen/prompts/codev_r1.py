"""CodeV-R1's style: reasoning between think tags, the code in a fence between answer tags.

Source: github.com/IPRC-DIP/CodeV-R1, commit 277ac46, ``test/llmkit_data/cli/prep_verilogeval.py`` (``codev_rl``) and
``prep_rtllm.py``, for evaluation; the paper, and the card of the model, for training: there is no ``;`` after
``top_module(in, out, ...)``, which the script that evaluates has.
"""

from pytest_rtlgen.prompts.style import PromptStyle
from pytest_rtlgen.prompts.verilog_eval import MARKERS, ask_for_spec, ask_to_complete
from pytest_rtlgen.records import Message, Problem, Role

_SYSTEM = (
    "You are a helpful assistant. The assistant first thinks about the reasoning process in the mind and then provides "
    "the user with the answer. The reasoning process and answer are enclosed within <think> </think> and<answer> "
    "</answer> tags, respectively, i.e., <think> reasoning process here </think><answer> answer here </answer>.  Now "
    "the user asks you to write verilog code. After thinking, when you finally reach a conclusion, enclose the final "
    "verilog code in ```verilog ``` within <answer> </answer> tags. i.e., <answer> ```verilog\n module top_module(in, "
    "out, ...); ... ``` </answer>.\n"
)
_TRAINING_SYSTEM = _SYSTEM.replace("out, ...);", "out, ...)")
_HEAD = "The module head should be:"
_FEWEST_COMMENTS = 2


def list_codev_r1_messages(problem: Problem, style: PromptStyle) -> tuple[Message, ...]:
    """Return the messages: the benchmark's own question with what speaks of markers and comments taken out."""
    return _list_messages(problem, _SYSTEM)


def list_codev_r1_training_messages(problem: Problem, style: PromptStyle) -> tuple[Message, ...]:
    """Return the messages with the system message of the training: the paper's, without the script's ``;``."""
    return _list_messages(problem, _TRAINING_SYSTEM)


def _list_messages(problem: Problem, system: str) -> tuple[Message, ...]:
    question = _ask(problem).replace(MARKERS + "\n", "")
    return Message(role=Role.SYSTEM, content=system), Message(role=Role.USER, content=question.strip() + "\n")


def _ask(problem: Problem) -> str:
    if problem.suite.startswith("verilog-eval-v1"):
        return f"{problem.description}{_HEAD}\n{problem.header}"
    if problem.suite == "verilog-eval-v2":
        return _drop_comments(ask_for_spec(problem))
    if problem.suite == "verilog-eval-v2-complete":
        return _drop_comments(ask_to_complete(problem))
    return problem.description


def _drop_comments(question: str) -> str:
    """Return ``question`` with every ``//`` taken out and the last one's place named as the header's."""
    if question.count("//") < _FEWEST_COMMENTS or "module TopModule" not in question:
        return question
    *text, header = question.split("//")
    return "".join([*text, _HEAD + header])
