"""Runs one command of a harness and writes what happened to its own standard output.

``python rtlgen_harness.py ROOT FOLDER (guarded | open) (MODULE | SCRIPT.py) ARGUMENT...`` runs it in ``FOLDER``, where
the container's folders are below ``ROOT``, or, to see whether the harness's own Python files can be loaded, ``python
rtlgen_harness.py ROOT FOLDER probe NAME...``. The record, one JSON object, goes to the standard output that this
process was given. Everything that it starts has the log in that place instead, so no simulated design can write there.
"""

# ruff: noqa: INP001  found on their own path, as inside_simulator's are

import importlib
import json
import os
import runpy
import sys
import traceback
from pathlib import Path
from typing import Any

_MOST_ITEMS = 500
rtlgen_record: Any = importlib.import_module("rtlgen_record")


def main(root: str, folder: str, mode: str, *command: str) -> int:
    """Run ``command`` in ``folder`` and return its exit status."""
    answer = os.dup(1)  # not inherited
    os.dup2(2, 1)
    os.chdir(folder)
    record: dict[str, Any] = {"exit_code": 1}
    try:
        if mode == "probe":
            record["broken"] = [fault for name in command if (fault := _load(name))]
            record["exit_code"] = 0
        else:
            rtlgen_record.watch_runner(_list_folders(Path(root)), is_guarded=mode == "guarded")
            record["exit_code"] = _run(*command)
    finally:
        record.setdefault("broken", rtlgen_record.broken)
        for name in ("tests", "builds", "simulations"):
            record[name] = getattr(rtlgen_record, name)[:_MOST_ITEMS]
        record["log_bytes"] = os.fstat(2).st_size
        with os.fdopen(answer, "w") as stream:
            json.dump(record, stream)
    return int(record["exit_code"])


def _list_folders(root: Path) -> list[Path]:
    """Return the folders that a simulation may write to, and the harness's own."""
    return [*(root / name for name in ("code", "rundir", "src")), Path(os.environ["TMPDIR"])]


def _run(name: str, *arguments: str) -> int:
    """Return the exit status of a module or script, run as Python itself would run it."""
    is_pytest = name == "pytest"
    sys.argv = [name, *(("-p", "rtlgen_record") if is_pytest else ()), *arguments]
    try:
        if name.endswith(".py"):
            sys.path[0] = os.path.dirname(name)  # noqa: PTH120
            runpy.run_path(name, run_name="__main__")
        else:
            runpy.run_module(name, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001  as Python itself ends: a trace and status 1
        traceback.print_exc()
        return 1
    return 0


def _load(name: str) -> dict[str, str] | None:
    """Return why module ``name`` cannot be loaded for what it imports; ``None``: it can, or fails in another way."""
    try:
        importlib.import_module(name)
    except ImportError as error:
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        return {"reason": f"{name}.py: {error}", "missing_module": missing or ""}
    except BaseException:  # noqa: BLE001  it may want a simulator around it
        return None
    return None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
