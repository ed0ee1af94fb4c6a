"""Runs on disk: the only room that knows the form.

A run is a folder: ``run.json`` (what was asked, written once), ``completions.jsonl`` and ``results.jsonl``
(append-only, one record a line), ``summary.json`` (written at the end; a run without it is unfinished).
A run that repairs answers has a folder for each further turn, ``turn-1`` and on (``turns.py``).
"""

from pytest_rtlgen.storage.codec import decode, encode
from pytest_rtlgen.storage.journal import Journal
from pytest_rtlgen.storage.runs import RunHeader, RunStore, find_resumable
from pytest_rtlgen.storage.turns import TurnStore, list_turns, open_turn

__all__ = [
    "Journal",
    "RunHeader",
    "RunStore",
    "TurnStore",
    "decode",
    "encode",
    "find_resumable",
    "list_turns",
    "open_turn",
]
