"""One problem and one sample with all that is known of them, for the page of the sample."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pytest_rtlgen.records import (
    Completion,
    Isolation,
    Problem,
    Prompt,
    RepairTurn,
    SampleKey,
    SampleResult,
    WaveWindow,
)
from pytest_rtlgen.report.disagreement import describe_bench_verdict
from pytest_rtlgen.report.failure_text import explain_status
from pytest_rtlgen.report.html.marks import mark_span
from pytest_rtlgen.report.side_by_side import Disagreement
from pytest_rtlgen.storage import encode
from pytest_rtlgen.synthesis.rows import SampleSynthesis

Json = dict[str, object]


def describe_task(problem: Problem, *, hides_reference: bool) -> Json:
    """Return the texts of a problem; without those of its references where ``hides_reference``."""
    references = [problem.reference, *problem.openings.variants] if problem.has_reference else []
    return {
        "description": problem.description,
        "references": []
        if hides_reference
        else [{"name": Path(file.name).name, "text": file.text} for file in references],
        "is_hidden": hides_reference and bool(references),
    }


def describe_chat(prompt: Prompt) -> list[list[str]]:
    """Return (role, text) of each message."""
    return [[str(message.role), message.content] for message in prompt.messages]


def describe_sample(
    sample: SampleResult,
    turns: Sequence[RepairTurn],
    disagreement: Disagreement | None,
    prompt: int | None,
    gates: SampleSynthesis | None = None,
) -> Json:
    """Return one sample: ``prompt`` is the place of its chat in the list of chats, ``gates`` what it came to."""
    completion, candidate, bench = sample.completion, sample.candidate, sample.bench_verdict
    answer = mark_span(completion.text, candidate)
    is_verbatim = answer.code == candidate.source.strip("\n")
    return {
        "answer": list(answer),
        "reasoning": completion.reasoning,
        "candidate": None if is_verbatim and answer.code else candidate.source,
        "skipped": len(candidate.source) - len(candidate.source.lstrip("\n")),
        "files": [encode(file) for file in candidate.files],
        "reason": explain_status(sample.verdict),
        "verdict": encode(replace(sample.verdict, wave=None)),
        "wave": _describe_wave(sample.verdict.wave),
        "bench": encode(bench),
        "bench_word": "" if bench is None else describe_bench_verdict(bench),
        "disagreement": None if disagreement is None else [str(disagreement.reason), disagreement.detail],
        "facts": [list(fact) for fact in (*_list_facts(sample), *list_gates(gates))],
        "turns": [[turn.turn, str(turn.kind), str(turn.status)] for turn in turns],
        "prompt": prompt,
        "is_prompt_sent": bool(completion.prompt_digest),
    }


def group_turns(turns: Sequence[RepairTurn]) -> Mapping[SampleKey, list[RepairTurn]]:
    """Return the repairs of each sample, in order."""
    found: dict[SampleKey, list[RepairTurn]] = {}
    for turn in turns:
        found.setdefault(turn.key, []).append(turn)
    return found


def _describe_wave(wave: WaveWindow | None) -> Json | None:
    """Return a wave with its tuples as they are, of which there are too many to be encoded one by one."""
    if wave is None:
        return None
    place = {"first_step": wave.first_step, "mismatch_step": wave.mismatch_step, "step_ns": wave.step_ns}
    return {**place, "inputs": wave.inputs, "outputs": wave.outputs}


def _list_facts(sample: SampleResult) -> Iterator[tuple[str, str]]:
    """Yield what stands in the list beside the status: (name, value)."""
    completion, verdict = sample.completion, sample.verdict
    yield "model", completion.model
    yield "answer ended", str(completion.finish_reason)
    tokens = _describe_tokens(completion)
    if tokens:
        yield "tokens", tokens
    if completion.seed is not None:
        yield "seed", str(completion.seed)
    yield "extracted by rule", sample.candidate.rule
    yield "last stage", str(verdict.method)
    if verdict.simulator:
        yield "simulator", verdict.simulator
    if verdict.isolation is not None:
        yield "isolation", _describe_isolation(verdict.isolation)
    yield "time", f"{completion.latency_s:.1f} s generation, {verdict.duration_s:.2f} s check"


def list_gates(gates: SampleSynthesis | None) -> Iterator[tuple[str, str]]:
    """Yield what a pass came to as gates: (name, value); nothing of what was not synthesized."""
    if gates is None:
        return
    figures = gates.synthesized.figures
    if figures is None:
        yield "as gates", f"not synthesized: {gates.synthesized.reason}"
        return
    yield "as gates", f"{figures.cells:,} cells, {figures.flip_flops:,} flip-flops, {figures.latches:,} latches"
    for name, value, ratio in (
        ("area, estimated", f"{figures.area:,g} gate equivalents", gates.area_ratio),
        ("depth", f"{figures.depth:,} gates", gates.depth_ratio),
    ):
        yield name, value if ratio is None else f"{value}, {ratio:.2f} times the reference's"


def _describe_tokens(completion: Completion) -> str:
    usage = completion.usage
    counts = (("prompt", usage.prompt), ("completion", usage.completion), ("of it reasoning", usage.reasoning))
    return ", ".join(f"{count:,} {word}" for word, count in counts if count is not None)


def _describe_isolation(isolation: Isolation) -> str:
    parts = (
        (isolation.is_network_cut, "no network"),
        (isolation.is_filesystem_private, "private files"),
        (isolation.has_limits, "limits"),
    )
    return ", ".join([str(isolation.sandbox), *(word for is_so, word in parts if is_so)])
