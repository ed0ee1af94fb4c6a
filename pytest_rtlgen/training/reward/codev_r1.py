"""What CodeV-R1's released reward reads in an answer: its tags, and its code.

Source: github.com/IPRC-DIP/CodeV-R1, commit 277ac46, ``verl/verl/utils/reward_score``: ``codev.py``, ``compute_score``
with its ``check_format``, and ``codev_eval_toolkit/eval_codev.py``, ``extract_verilog``. Every function here returns
what those do, in time linear in the length of the answer (``tests/benchmarks/released_rules.py`` compares them).
"""

from pytest_rtlgen.records import Candidate

_TAGS = ("<think>", "</think>", "<answer>", "</answer>")
_TURN = "<|im_start|>assistant"
_OPEN, _CLOSE = "```verilog", "```"


def cut_turn(answer: str) -> str:
    """Return ``answer`` from the first sign on that begins the assistant's turn; all of it where there is none."""
    return answer[max(answer.find(_TURN), 0) :]


def has_format(answer: str) -> bool:
    """Return whether each of the four tags is there exactly once and in order: a thought, then an answer.

    >>> has_format("Well. <think>Flip it.</think><answer>Done.</answer>")
    True
    """
    turn = cut_turn(answer)
    places = [turn.find(tag) for tag in _TAGS]
    return all(turn.count(tag) == 1 for tag in _TAGS) and places == sorted(places)


def read_code(answer: str) -> str | None:
    r"""Return the text in the last fence that is opened with the word ``verilog`` and closed; ``None``: there is none.

    It may stand anywhere, also within the thought. No other fence counts, nor code without a fence.

    >>> read_code("<answer>```verilog\nmodule m; endmodule\n```</answer>")
    'module m; endmodule'
    """
    turn = cut_turn(answer)
    found, position = None, 0
    while (start := turn.find(_OPEN, position)) >= 0:
        end = turn.find(_CLOSE, start + len(_OPEN))
        if end < 0:
            break
        found, position = turn[start + len(_OPEN) : end].strip(), end + len(_CLOSE)
    return found


def read_candidate(answer: str) -> Candidate:
    """Return the code of ``answer`` as a candidate; without any it has an empty source and the rule ``none``."""
    code = read_code(answer)
    return Candidate(source=code, rule="codev-r1") if code else Candidate(source="", rule="none")
