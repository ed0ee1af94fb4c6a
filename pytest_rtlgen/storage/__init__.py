"""Runs on disk: the only room that knows the form.

A run is a folder: ``run.json`` (what was asked, written once), ``completions.jsonl`` and ``results.jsonl``
(append-only, one record a line), ``summary.json`` (written at the end; a run without it is unfinished).
"""

from pytest_rtlgen.storage.codec import decode, encode
from pytest_rtlgen.storage.journal import Journal
from pytest_rtlgen.storage.runs import RunHeader, RunStore, canonical_run, find_resumable

__all__ = ["Journal", "RunHeader", "RunStore", "canonical_run", "decode", "encode", "find_resumable"]
