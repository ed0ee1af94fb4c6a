"""Answers in the files that CVDP itself writes.

Source: github.com/NVlabs/cvdp_benchmark. ``src/dataset_processor.py`` writes ``prompt_response.jsonl``, a line a
problem: ``{"<id>": {"input": {path: text}, "output": {path: text}, "obj": bool}}``. ``run_samples.py`` makes such a
run in each of the folders ``sample_1`` … ``sample_N``. The file that ``--model local_import`` reads holds
``{"id": …, "completion": …}`` and needs nothing of its own.
"""

import re
from collections.abc import Mapping

from pytest_rtlgen.errors import RecordError

RUN_FILE = "prompt_response.jsonl"
_SHORTEST_FENCE = 3


def read_run_line(value: Mapping[str, object], where: str) -> tuple[str, str] | None:
    """Return (problem id, answer) of one line of ``prompt_response.jsonl``; ``None``: it is no such line.

    One file is the answer as it is; several stand in fences, each under its path.

    Raises:
        RecordError: the run failed there, or the file does not hold what the model wrote.
    """
    if len(value) != 1:
        return None
    ((problem_id, run),) = value.items()
    if not isinstance(run, dict) or not {"input", "output"} <= run.keys():
        return None
    files, asked = _read_files(run["output"], f"{where}: output"), _read_files(run["input"], f"{where}: input")
    if not files and not run.get("obj"):
        raise RecordError(f"{where}: CVDP's own run failed for {problem_id!r}; run it again, or remove that line")
    for path, text in files.items():
        if asked.get(path) == text:  # upstream keeps either text of a changed file, as the hash of the day has it
            raise RecordError(
                f"{where}: {path} of {problem_id!r} is the text that was asked about, not the answer, which CVDP lost; "
                "record with --model local_import, or remove that line"
            )
    return problem_id, next(iter(files.values())) if len(files) == 1 else _join(files)


def _read_files(value: object, where: str) -> Mapping[str, str]:
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise RecordError(f"{where} must map paths to texts; fix or remove that line")
    return value


def _join(files: Mapping[str, str]) -> str:
    runs = [len(run) for text in files.values() for run in re.findall("`+", text)]
    fence = "`" * max([_SHORTEST_FENCE, *(length + 1 for length in runs)])
    return "\n".join(f"{path}\n{fence}verilog\n{text.rstrip()}\n{fence}\n" for path, text in files.items())
