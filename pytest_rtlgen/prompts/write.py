"""Prompts to disk, for people and for other programs to send."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_rtlgen.errors import StorageError, UsageError
from pytest_rtlgen.prompts import PromptStyle, render_prompt
from pytest_rtlgen.records import Prompt, Suite


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenPrompts:
    """What was written and what was not."""

    folder: Path
    prompts: int
    suites: int
    skipped: int
    """Problems that cannot be judged here, and are not asked."""

    def __str__(self) -> str:
        left = f"; {self.skipped} problems that cannot be judged were left out" if self.skipped else ""
        files = "1 file" if self.suites == 1 else f"{self.suites} files"
        return f"{self.prompts} prompts in {files} in {self.folder}{left}"


def write_prompts(
    suites: Collection[Suite], style: PromptStyle, folder: Path, *, limit: int | None = None
) -> WrittenPrompts:
    """Write the prompts of each suite to ``folder/SUITE.jsonl``, one object a line in the suite's order.

    Each line is ``{"suite", "problem_id", "messages": [{"role", "content"}], "digest"}`` in ASCII. All prompts are made
    before the first file is written; files of the same names are replaced.

    Raises:
        UsageError: a style that cannot ask for a problem, or ``folder`` holds something else than prompts.
        StorageError: a file cannot be written.
    """
    _check_folder(folder)
    if not suites:
        raise UsageError("--rtlgen-prompt-only: no suite to make prompts for; name one with --rtlgen-suite")
    texts: dict[str, list[str]] = {}
    skipped = 0
    for suite in suites:
        judged = [problem for problem in suite.problems[:limit] if not problem.unjudged]
        skipped += len(suite.problems[:limit]) - len(judged)
        texts.setdefault(suite.name, []).extend(_render_line(render_prompt(problem, style)) for problem in judged)
    for name, lines in texts.items():
        _write(folder / f"{name}.jsonl", lines)
    return WrittenPrompts(folder=folder, prompts=sum(map(len, texts.values())), suites=len(texts), skipped=skipped)


def _render_line(prompt: Prompt) -> str:
    document = {
        "suite": prompt.suite,
        "problem_id": prompt.problem_id,
        "messages": [{"role": str(message.role), "content": message.content} for message in prompt.messages],
        "digest": prompt.digest,
    }
    return json.dumps(document) + "\n"


def _check_folder(folder: Path) -> None:
    """Refuse a folder with other things in it: an option's value may have been meant as pytest's argument."""
    if folder.exists() and (not folder.is_dir() or any(entry.suffix != ".jsonl" for entry in folder.iterdir())):
        raise UsageError(
            f"--rtlgen-prompt-only={folder}: holds something else than prompts; name a new folder, or end the option "
            "with '=' and a folder of its own when a path follows it"
        )


def _write(path: Path, lines: Sequence[str]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(lines), encoding="ascii", newline="\n")
    except OSError as error:
        raise StorageError(f"{path}: cannot be written: {error.strerror}; name another folder") from error
