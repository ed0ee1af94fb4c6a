"""What a model is asked on the way from code to a description, and what a description must not be."""

import re

from pytest_rtlgen.prompts import make_prompt
from pytest_rtlgen.records import Interface, Message, Problem, Prompt, Role
from pytest_rtlgen.training.roundtrip.code_tokens import cut_shingles, list_tokens

_SYSTEM = (
    "You write specifications of digital circuits. From a design you write what another engineer needs to build a "
    "circuit with the same outputs in every cycle, without having seen the code: what it does, every port, resets with "
    "polarity and whether they wait for the clock, clock edges, latencies, priorities, corner cases, and values after "
    "reset. Describe behaviour, not the text: quote no code and name no internal signal."
)
_CODE = re.compile(r"\bendmodule\b|\balways(_ff|_comb)?\s*(@|begin)|```\s*(verilog|systemverilog|sv)\b", re.IGNORECASE)
_SHINGLE = 8
_QUOTED = 0.25
_FEWEST = 12


def ask_for_description(problem: Problem) -> Prompt:
    """Return the chat that asks what the reference of ``problem`` does."""
    request = f"Describe module `{problem.top}`:\n\n```verilog\n{problem.reference.text.strip()}\n```\n"
    return make_prompt(problem, (Message(role=Role.SYSTEM, content=_SYSTEM), Message(role=Role.USER, content=request)))


def finish_description(text: str, interface: Interface) -> str:
    """Return a description with the module's name and ports after it, which nobody can guess."""
    lines = [f"Module name: {interface.module}", "Ports:"]
    for port in interface.ports:
        signed = ", signed" if port.is_signed else ""
        bits = "1 bit" if port.width == 1 else f"{port.width} bits"
        lines.append(f"  {port.direction} {port.name} ({bits}{signed})")
    return f"{text.strip()}\n\n" + "\n".join(lines) + "\n"


def quotes_code(text: str, source: str) -> bool:
    """Return whether ``text`` holds Verilog, or a good part of ``source`` token by token."""
    if _CODE.search(text):
        return True
    shingles = cut_shingles(list_tokens(source), _SHINGLE)
    quoted = shingles & cut_shingles(list_tokens(text), _SHINGLE)
    return len(shingles) >= _FEWEST and len(quoted) >= _QUOTED * len(shingles)
