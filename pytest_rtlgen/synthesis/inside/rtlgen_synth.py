"""Run the Yosys commands of ``job.json`` in the current folder, each without a word but for what it writes to files.

An error in Yosys ends this process with its message on standard error, which is why it runs on its own.
"""

# ruff: noqa: INP001  a script that is started by its path

import json
from pathlib import Path


def main() -> None:
    """Run them all on one design."""
    from pyosys import libyosys

    design = libyosys.Design()
    for command in json.loads(Path("job.json").read_text(encoding="ascii")):
        design.run_pass(command if command.startswith("tee ") else f"tee -q -o last.log {command}")


main()
