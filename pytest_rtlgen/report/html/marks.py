"""Where a candidate stands in the answer that it was extracted from."""

from typing import NamedTuple

from pytest_rtlgen.records import Candidate

_TRIES = 100
"""Lines at a candidate's beginning that may be from elsewhere."""


class MarkedAnswer(NamedTuple):
    """An answer in three parts, which together are its text."""

    before: str
    code: str
    """What was extracted; empty where that is nowhere in the answer as it stands."""
    after: str


def mark_span(text: str, candidate: Candidate) -> MarkedAnswer:
    r"""Return the answer ``text`` cut at the candidate's Verilog, of several places the last.

    A candidate that is put together, such as a body behind the header of its prompt, stands nowhere in one piece: then
    ``code`` is as many of its last lines as do.

    >>> mark_span("It is:\nmodule a; endmodule\nDone.", Candidate(source="module a; endmodule", rule="bare-module"))
    MarkedAnswer(before='It is:\n', code='module a; endmodule', after='\nDone.')
    """
    lines = candidate.source.strip("\n").split("\n")
    for skipped in range(min(len(lines), _TRIES)):
        piece = "\n".join(lines[skipped:])
        start = text.rfind(piece) if piece.strip() else -1
        if start >= 0:
            end = start + len(piece)
            return MarkedAnswer(text[:start], text[start:end], text[end:])
    return MarkedAnswer(text, "", "")
