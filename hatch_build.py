"""Build step of the wheel: the recorded answers to the core suite become one file.

pytest reads the list of files of every installed package that has a plugin, in each session: 444 files fewer.
"""

import json
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class RecordingsHook(BuildHookInterface[Any]):
    """Puts ``fixtures/completions/core`` into the wheel as JSON Lines, which ``replay:`` reads as well."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the file, unless the package stays where it is."""
        if version == "editable":
            return
        self._made = tempfile.TemporaryDirectory()
        path = Path(self._made.name) / "completions.jsonl"
        lines = [json.dumps(answer) + "\n" for answer in list_answers(Path(self.root) / "fixtures/completions/core")]
        path.write_text("".join(lines), encoding="utf-8")
        build_data["force_include"][str(path)] = "pytest_rtlgen/data/completions/core/completions.jsonl"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002  a hook
        """Remove the file."""
        if version != "editable":
            self._made.cleanup()


def list_answers(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield each answer of ``folder`` as a line of JSON Lines has it."""
    for problem in sorted(path for path in folder.iterdir() if path.is_dir()):
        expected = tomllib.loads((problem / "expected.toml").read_text(encoding="utf-8"))
        reasons = {row["file"]: row.get("finish_reason") for row in expected["completion"]}
        for path in sorted(problem.glob("*.md")):
            yield {
                "problem_id": problem.name,
                "index": int(path.name.partition("-")[0]),
                "text": path.read_bytes().decode("utf-8", "replace"),
                "finish_reason": reasons.get(path.name),
            }
