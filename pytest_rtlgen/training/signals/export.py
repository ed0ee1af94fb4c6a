"""Preference pairs from a saved run, and as JSON Lines: one pair a line, its spans as ``{"start", "stop"}``.

The form is that of ``PreferencePair``: ``prompt`` is a list of messages, ``chosen`` and ``rejected`` are whole answers,
and spans count characters (Unicode code points) of those.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.errors import RecordError, UsageError
from pytest_rtlgen.prompts import PromptStyle, render_prompt
from pytest_rtlgen.records import SampleResult
from pytest_rtlgen.storage import Journal, RunStore
from pytest_rtlgen.training.signals.preferences import (
    PairRules,
    PairSelection,
    PreferencePair,
    PreferenceReport,
    Slice,
    build_pairs,
    join_reports,
)
from pytest_rtlgen.training.signals.second_reading import SecondReading

Row = dict[str, Any]
"""One pair as TRL reads it, with columns of ours."""


def read_preferences(
    run: Path,
    slice_source: Slice,
    *,
    style: PromptStyle | None = None,
    rules: PairRules = PairRules(),  # noqa: B008  frozen
) -> PreferenceReport:
    """Return the pairs among the first answers of a run's problems, in the order of its problems.

    ``style`` is needed where the run asked with shots, rules or a template: the run holds no such texts.

    Raises:
        RecordError: the run cannot be read, or none of it was checked.
        UsageError: its prompts cannot be made again with that style.
    """
    store = RunStore.open(run)
    found: dict[tuple[str, str], list[SampleResult]] = {}
    for key, sample in store.read_first_results().items():
        found.setdefault((key.suite, key.problem_id), []).append(sample)
    if not found:
        raise RecordError(f"{run}: no sample of this run was checked yet; check it with rtlgen check RUN")
    asked = style or PromptStyle(name=store.header.settings.prompt.partition(" ")[0])
    reports = [
        build_pairs(problem, render_prompt(problem, asked), samples, slice_source, rules)
        for problem in store.header.problems
        if (samples := found.get((problem.suite, problem.problem_id)))
    ]
    return join_reports(reports)


def export_preferences(
    run: Path,
    out: Path,
    *,
    style: PromptStyle | None = None,
    check: CheckSettings = CheckSettings(),  # noqa: B008  frozen
    second: SecondReading | None = None,
    selection: PairSelection = PairSelection.BOTH,
) -> PreferenceReport:
    """Write the pairs of a run to a new file ``out``, and return them with what was dropped and why.

    What a wrong answer has right is proved, or simulated with a second stimulus, before it counts: by ``check``, with
    the run's simulator, seed and cycles. Pairs whose slices ``second`` puts in doubt are dropped.

    Raises:
        RecordError: the run cannot be read.
        BadReferenceError: a reference of it is no good.
        UsageError: ``out`` exists, or the prompts cannot be made again.
        ToolError: there is no sandbox, and it is required; or the simulator is missing or broken.
        StorageError: ``out`` cannot be written.
    """
    if out.exists():
        raise UsageError(f"{out}: exists; name a new file, or remove it")
    asked = RunStore.open(run).header.settings
    settings = replace(check, simulator=asked.simulator, stimulus_seed=asked.stimulus_seed, cycles=asked.cycles)
    with Checker(settings) as checker:
        rules = PairRules(
            selection=selection,
            confirm=checker.confirm_outputs,
            find_doubts=None if second is None else second.find_doubts,
        )
        report = read_preferences(run, checker.reader.slice, style=style, rules=rules)
    write_pairs(out, report.pairs)
    return report


def write_pairs(path: Path, pairs: tuple[PreferencePair, ...]) -> None:
    """Append ``pairs`` to a file of JSON Lines.

    Raises:
        StorageError: it cannot be written.
    """
    Journal(path).append(*pairs)


def read_pairs(path: Path) -> tuple[PreferencePair, ...]:
    """Return what ``write_pairs`` wrote.

    Raises:
        UsageError: there is no such file.
        RecordError: a line of it is no pair.
    """
    if not path.exists():
        raise UsageError(f"{path}: not found; make it with rtlgen preferences RUN --out {path}")
    return tuple(Journal(path).read(PreferencePair))


def make_row(pair: PreferencePair, *, is_chat: bool = True) -> Row:
    """Return ``pair`` as a row for TRL's ``Dataset.from_list``, with the columns that the signal-aware trainer reads.

    ``is_chat``: prompt and answers are messages, for a tokenizer with a chat template; else plain texts, the prompt's
    messages joined by empty lines and followed by one.
    """
    spans = {
        "chosen_spans": [[span.start, span.stop] for span in pair.chosen_spans],
        "rejected_spans": [[span.start, span.stop] for span in pair.rejected_spans],
        "is_whole": not pair.contrast,
    }
    if not is_chat:
        prompt = "".join(f"{message.content}\n\n" for message in pair.prompt)
        return {"prompt": prompt, "chosen": pair.chosen, "rejected": pair.rejected, **spans}
    return {
        "prompt": [{"role": str(message.role), "content": message.content} for message in pair.prompt],
        "chosen": [{"role": "assistant", "content": pair.chosen}],
        "rejected": [{"role": "assistant", "content": pair.rejected}],
        **spans,
    }
