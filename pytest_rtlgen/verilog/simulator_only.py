"""What a design means to a simulator only: no proof about its gates can tell what it does."""

import re
from collections.abc import Iterator

from pytest_rtlgen.verilog.syntax import Node, ParsedText, parse_text

_NODES = {
    "DelayControl": "a delay",
    "Delay3": "a delay",
    "DelaySyntax": "a delay",
    "OneStepDelay": "a delay",
    "CycleDelay": "a delay",
    "WaitStatement": "a wait",
    "WaitForkStatement": "a wait",
    "WaitOrderStatement": "a wait",
    "RepeatedEventControl": "a repeated event",
    "BlockingEventTriggerStatement": "an event",
    "NonblockingEventTriggerStatement": "an event",
    "ParallelBlockStatement": "a fork",
    "UdpDeclaration": "a user-defined primitive",
    "RealLiteralExpression": "a real number",
}
_WORDS = frozenset(
    {
        *("wand", "wor", "tri0", "tri1", "triand", "trior", "trireg", "supply0", "supply1", "pullup", "pulldown"),
        *("tran", "tranif0", "tranif1", "rtran", "rtranif0", "rtranif1", "nmos", "pmos", "cmos", "rnmos", "rpmos"),
        *("rcmos", "bufif0", "bufif1", "notif0", "notif1", "real", "realtime", "shortreal", "event", "deassign"),
        *("strong0", "strong1", "pull0", "pull1", "weak0", "weak1", "highz0", "highz1", "event"),
    }
)
_SYSTEM = frozenset(
    {
        *("$signed", "$unsigned", "$clog2", "$bits", "$size", "$left", "$right", "$low", "$high", "$increment"),
        *("$dimensions", "$unpacked_dimensions", "$countones", "$onehot", "$onehot0", "$display", "$write", "$info"),
        *("$warning", "$error", "$strobe", "$monitor", "$unit"),
    }
)
_HINTS = re.compile(
    rf"[`#$]|->|[0-9]\s*\.\s*[0-9]|[0-9][eE][+-]?[0-9]|\b(?:wait|fork|primitive|repeat|{'|'.join(sorted(_WORDS))})"
)
"""Matches wherever one of them may stand."""


def find_simulator_only(text: str) -> str:
    """Return the first construct that only a simulator gives a meaning, with its line; empty: there is none."""
    return next((f"line {line}: {what}" for what, line in list_simulator_only(text, parse_text(text))), "")


def list_simulator_only(text: str, parsed: ParsedText) -> Iterator[tuple[str, int]]:
    """Yield (what, line) of every such construct in ``text``, which was ``parsed``, in source order."""
    import pyslang

    if not _HINTS.search(text):  # to look at each token takes longer than the rest of the analysis
        return
    stack: list[Node] = [parsed.tree.root]
    while stack:
        item = stack.pop()
        if isinstance(item, pyslang.parsing.Token):
            word = item.rawText
            if word in _WORDS or (word.startswith("$") and word not in _SYSTEM):
                yield str(word), parsed.line(item.location)
        elif item is not None:
            found = _NODES.get(item.kind.name, "")
            if found:
                yield found, parsed.line(item.sourceRange.start)
            stack.extend(reversed(list(item)))
