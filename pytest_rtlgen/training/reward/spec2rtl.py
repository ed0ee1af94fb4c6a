"""spec2RTL's released reward: what it reads in an answer, and its tiers of what Icarus reports.

Source: github.com/NoahSabb/spec2RTL, commit 06a74f4, ``scripts/train_grpo.py`` and ``scripts/train_grpo_v3.py``:
``extract_verilog``, ``compute_reward`` and the lists of messages above them. Every function here returns what those do,
in time linear in the length of the answer (``tests/benchmarks/released_rules.py`` compares them).

The published rule decides by the wording of Icarus' messages, in which a candidate can place words of its own. Nothing
but the presets of this name reads them, and no verdict.
"""

import re
from enum import StrEnum

from pytest_rtlgen.records import Candidate
from pytest_rtlgen.scoring.workplace import open_workplace
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.tools.sandbox import Sandbox

_REFUSALS = (
    "i give up",
    "i cannot",
    "i'm sorry",
    "as an ai",
    "i apologize",
    "unable to generate",
    "not able to",
)
"""An answer that holds one of these anywhere, in any case, earns nothing."""
_HARD = ("unknown module type", "no such file or directory")
_SOFT = (
    "is not a net",
    "non-continuous assignment",
    "explicit cast required",
    "is not a constant",
    "out of range",
    "unknown port",
    "port mismatch",
    "wrong number of ports",
    "unable to bind",
    "implicit definition",
)
"""Of type, binding, ports and constants: the structure of the text is right."""
_FENCE = re.compile(r"```(?:verilog|systemverilog|sv)\n", re.IGNORECASE)
_PLAIN_FENCE = "```\n"
_MODULE = re.compile("module", re.IGNORECASE)
_HEAD = re.compile(r"(?:^|\n)(?:`timescale\s+(\S+)|module\s+(\w+))")
_END = "endmodule"
_SOURCE, _DESIGN = "design.sv", "design.vvp"


class Tier(StrEnum):
    """What Icarus says of a text that it compiles alone, as the released rule counts it."""

    CLEAN = "clean"
    """It compiles."""
    MALFORMED = "malformed"
    """It does not, and a message speaks of type, binding, ports or constants."""
    FAILED = "failed"
    """Every other error: of syntax, an unknown module, a missing file, a time-out."""


def read_code(answer: str) -> str:
    r"""Return the first fence of Verilog, else the first fence with a module, else the first module, else all of it.

    >>> read_code("So:\n```sv\nmodule m; endmodule\n```")
    'module m; endmodule'
    """
    for found in (_read_fence(answer), _read_plain_fence(answer), _read_bare_module(answer)):
        if found is not None:
            return found.strip()
    return answer.strip()


def _read_fence(answer: str) -> str | None:
    """Return what the first fence of Verilog holds: without a sign behind the first one none of them is closed."""
    fence = _FENCE.search(answer)
    end = -1 if fence is None else answer.find("```", fence.end())
    return None if fence is None or end < 0 else answer[fence.end() : end]


def _read_plain_fence(answer: str) -> str | None:
    """Return what stands from the first nameless fence to the first sign behind the word ``module``."""
    start = answer.find(_PLAIN_FENCE)
    module = None if start < 0 else _MODULE.search(answer, start + len(_PLAIN_FENCE))
    end = -1 if module is None else answer.find("```", module.end())
    return None if end < 0 else answer[start + len(_PLAIN_FENCE) : end]


def _read_bare_module(answer: str) -> str | None:
    """Return what stands from the first line that begins a module, or sets a time scale, to an end of a module.

    The end may be glued to the name or the time scale, of which one character is left at least.
    """
    head = _HEAD.search(answer)
    if head is None:
        return None
    end = answer.find(_END, head.end())
    if end < 0 and head.lastindex is not None:
        end = answer.rfind(_END, head.start(head.lastindex) + 1, head.end())
    return None if end < 0 else answer[head.start() : end + len(_END)]


def read_candidate(answer: str) -> Candidate:
    """Return the code of ``answer`` as a candidate; a refusal, or a text without a module, has an empty source."""
    lowered = answer.lower()
    code = "" if any(words in lowered for words in _REFUSALS) else read_code(answer)
    has_module = "module" in code and _END in code
    return Candidate(source=code, rule="spec2rtl") if has_module else Candidate(source="", rule="none")


def read_tier(message: str) -> Tier:
    """Return the tier of a text that Icarus refuses with ``message``: all that it printed.

    >>> read_tier("design.sv:3: error: Unable to bind wire/reg/memory `b' in `m'").value
    'malformed'
    """
    lowered = message.lower()
    is_malformed = any(words in lowered for words in _SOFT) and not any(words in lowered for words in _HARD)
    return Tier.MALFORMED if is_malformed else Tier.FAILED


def compile_alone(source: str, *, sandbox: Sandbox, limits: Limits) -> Tier:
    """Return what Icarus says of ``source`` alone, without a reference and whatever its modules are called.

    Raises:
        ToolError: Icarus is missing or broken.
    """
    with open_workplace(sandbox, limits, limits.cpu_s) as workplace:
        workplace.write({_SOURCE: source})
        done = workplace.compile("-g2012", "-o", _DESIGN, _SOURCE)
        if done.exit_code == 0 and workplace.has(_DESIGN):
            return Tier.CLEAN
        return Tier.FAILED if done.is_timeout else read_tier(done.output)
