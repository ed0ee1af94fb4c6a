"""One sample from prompt to wave, as text for a terminal."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from pytest_rtlgen.records import Candidate, Completion, Diagnostic, Problem, Prompt, SampleResult, SourceFile
from pytest_rtlgen.report.answer_marks import list_extracted
from pytest_rtlgen.report.disagreement import describe_bench_verdict
from pytest_rtlgen.report.failure_text import WIDTH, render_diagnostics, render_verdict
from pytest_rtlgen.report.plain_text import escape_controls

_TAB = 4
_MARK, _FAULT = "|", ">"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSample:
    """All that a run has of one sample, at one turn of the repair loop."""

    problem: Problem
    prompt: Prompt | None
    """``None``: the run does not hold what it was made from."""
    completion: Completion
    result: SampleResult | None
    """``None``: it was not checked yet."""
    turn: int = 0
    """0: the first answer."""
    last_turn: int = 0


def render_sample(sample: ShownSample, *, width: int = WIDTH) -> str:
    """Return prompt, answer, candidate, verdict and waves as text, without a newline at the end.

    What comes from a model or a benchmark is shown whole; no character of it can move a terminal's cursor.
    """
    sections = [
        (_name_sample(sample), ""),
        ("prompt", _render_prompt(sample)),
        (_name_answer(sample.completion), _render_answer(sample)),
    ]
    if sample.result is not None:
        verdict = sample.result.verdict
        sections += [
            (f"candidate: rule {sample.result.candidate.rule}", _render_candidate(sample.result)),
            ("verdict", render_verdict(verdict, width=width)),
        ]
    return "\n\n".join(_render_section(head, text) for head, text in sections)


def _render_section(head: str, text: str) -> str:
    title = f"--- {escape_controls(head)} ---"
    return f"{title}\n{text}" if text else title


def _name_sample(sample: ShownSample) -> str:
    name = f"{sample.completion.key.problem} sample {sample.completion.key.index}"
    turn = f", turn {sample.turn} of {sample.last_turn}" if sample.last_turn else ""
    if sample.result is None:
        return f"{name}{turn}: not checked yet"
    bench = sample.result.bench_verdict
    published = f"; as published: {describe_bench_verdict(bench)}" if bench is not None else ""
    return f"{name}{turn}: {sample.result.verdict.status}{published}"


def _render_prompt(sample: ShownSample) -> str:
    if sample.prompt is None:
        note = "(the run does not hold the texts of its prompt style; this is the problem's description)"
        return f"{note}\n{_render_lines(sample.problem.description)}"
    messages = [f"[{message.role}]\n{_render_lines(message.content)}" for message in sample.prompt.messages]
    is_recorded = not sample.completion.prompt_digest
    return "\n".join(
        [*(["(the answer is recorded; this is what the run would ask)"] if is_recorded else []), *messages]
    )


def _name_answer(completion: Completion) -> str:
    tokens = completion.usage.completion
    counted = "" if tokens is None else f" {tokens} tokens,"
    return f"answer:{counted} finished by {completion.finish_reason}"


def _render_answer(sample: ShownSample) -> str:
    notes = []
    if sample.completion.reasoning:
        notes.append(f"({len(sample.completion.reasoning)} characters of reasoning, which came apart, are not shown)")
    marked: frozenset[int] = frozenset()
    if sample.result is not None and sample.result.candidate.text.strip():
        marked = list_extracted(sample.completion.text, sample.result.candidate)
        words = f"{_MARK} marks what was extracted" if marked else "what was extracted was changed in every line"
        notes.append(f"({words})")
    lines = _split(sample.completion.text)
    shown = [f"{_MARK if place in marked else ' '} {_show(line)}".rstrip() for place, line in enumerate(lines)]
    return "\n".join([*notes, *shown])


def _render_candidate(result: SampleResult) -> str:
    candidate = result.candidate
    if not candidate.text.strip():
        return "(none)"
    diagnostics = result.verdict.diagnostics
    if not candidate.files:
        return "\n".join(_number_lines(candidate.source, _group(diagnostics)))
    return "\n\n".join(_render_file(file, candidate, diagnostics) for file in candidate.files)


def _render_file(file: SourceFile, candidate: Candidate, diagnostics: Sequence[Diagnostic]) -> str:
    is_only = len(candidate.files) == 1
    own = [item for item in diagnostics if _is_of(item, file.name) or (is_only and not item.file)]
    return "\n".join([f"// {escape_controls(file.name)}", *_number_lines(file.text, _group(own))])


def _is_of(diagnostic: Diagnostic, name: str) -> bool:
    return bool(diagnostic.file) and PurePath(diagnostic.file).name == PurePath(name).name


def _group(diagnostics: Sequence[Diagnostic]) -> Mapping[int, list[Diagnostic]]:
    by_line: dict[int, list[Diagnostic]] = defaultdict(list)
    for item in diagnostics:
        if item.line is not None:
            by_line[item.line].append(item)
    return by_line


def _number_lines(text: str, messages: Mapping[int, Sequence[Diagnostic]]) -> Iterator[str]:
    """Yield each line behind its number; those that ``messages`` name are marked, and followed by what they say."""
    lines = _split(text)
    digits = len(str(len(lines)))
    for number, line in enumerate(lines, start=1):
        found = messages.get(number, ())
        yield f"{_FAULT if found else ' '} {number:>{digits}}  {_show(line)}".rstrip()
        for said in render_diagnostics([replace(item, line=None) for item in found]).splitlines():
            yield f"  {'':>{digits}}  ^ {said}"


def _render_lines(text: str) -> str:
    return "\n".join(f"  {_show(line)}".rstrip() for line in _split(text))


def _split(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n")


def _show(line: str) -> str:
    return escape_controls(line.removesuffix("\r").expandtabs(_TAB))
