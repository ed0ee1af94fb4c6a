"""CodeV-R1's released reinforcement-learning rows, a chat and pickled designs each, as rows that we know.

Source: CodeV-R1 (github.com/IPRC-DIP/CodeV-R1, 277ac46), ``verl/utils/reward_score/codev.py``: the ground truth is a
pickle of designs by name, and the reward is the largest over them; ``codev_eval_toolkit/eval_codev.py``: the keys of
a design. The column of the chat is ``prompt`` in verl's form and ``question`` in the data set's first version.
Converted sets hold the same as JSON text.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace

from pytest_rtlgen.errors import SuiteError
from pytest_rtlgen.loaders.plain_pickle import read_plain_pickle
from pytest_rtlgen.loaders.rows import Row

_CHATS = ("prompt", "question")
_PORTS = {"input_port_width": "input", "output_port_width": "output"}
_SHAPE = 'designs by name, such as {"answer": {"code": "module ..."}}'


def expand_codev_r1(row: Row) -> Row:
    """Return ``row`` with our names for its fields where it is one of CodeV-R1's for verl, else ``row`` itself.

    Its pickle is read without unpickling (``plain_pickle``).

    Raises:
        SuiteError: the pickle is refused, or holds no designs.
    """
    model = row.values.get("reward_model")
    chat = next((row.values[name] for name in _CHATS if isinstance(row.values.get(name), list)), None)
    if not isinstance(model, Mapping) or chat is None:
        return row
    designs = _read_designs(model.get("ground_truth"), row.place)
    first = designs[0]
    ports = [
        {"name": name, "type": kind} for key, kind in _PORTS.items() for name in _list_names(first.get(key), key, row)
    ]
    values: dict[str, object] = {
        "instruction": _read_question(chat, row.place),
        "references": [design["code"] for design in designs],
    }
    if row.values.get("problem_id") is not None:
        values["problem_id"] = row.values["problem_id"]
    return replace(row, values={**values, "port_names": ports} if ports else values)


def _read_designs(truth: object, place: str) -> list[Mapping[str, object]]:
    """Return the designs of a ground truth, each with its text under ``code``; one or more."""
    if isinstance(truth, bytes):
        found: object = read_plain_pickle(truth, place)
    else:
        try:
            found = json.loads(truth) if isinstance(truth, str) else truth
        except (ValueError, RecursionError) as error:
            raise SuiteError(
                f"{place}: ground_truth is neither a pickle nor JSON: {error}; it holds {_SHAPE}"
            ) from error
    if isinstance(found, Mapping) and "code" in found:
        found = {"answer": found}
    designs = list(found.values()) if isinstance(found, Mapping) else []
    if not designs or not all(isinstance(one, Mapping) and isinstance(one.get("code"), str) for one in designs):
        raise SuiteError(f"{place}: ground_truth holds no designs; it must hold {_SHAPE}")
    return designs


def _read_question(chat: object, place: str) -> str:
    """Return what the user asks last; the system message is that of a prompt style."""
    turns = [turn for turn in chat if isinstance(turn, Mapping)] if isinstance(chat, Iterable) else []
    asked = [turn.get("content") for turn in turns if turn.get("role") == "user"]
    if not asked or not isinstance(asked[-1], str):
        raise SuiteError(
            f'{place}: the prompt has no question; it must be a chat, [{{"role": "user", "content": ...}}]'
        )
    return asked[-1]


def _list_names(ports: object, key: str, row: Row) -> list[str]:
    """Return the names of (name, width) pairs, in order of their names, as sets have none."""
    if ports is None:
        return []
    pairs = list(ports) if isinstance(ports, Iterable) and not isinstance(ports, str | bytes) else [None]
    if not all(isinstance(pair, tuple | list) and pair and isinstance(pair[0], str) for pair in pairs):
        raise SuiteError(f"{row.place}: {key} must hold pairs of a port and its width")
    return sorted(pair[0] for pair in pairs if isinstance(pair, tuple | list))
