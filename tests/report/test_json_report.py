"""The JSON document: its keys are a promise, so they stand here literally."""

import json

import pytest

from pytest_rtlgen.metrics import summarize
from pytest_rtlgen.records import (
    Candidate,
    Completion,
    Diagnostic,
    Difficulty,
    Environment,
    Isolation,
    Method,
    Problem,
    Run,
    RunSettings,
    SampleKey,
    SampleResult,
    SamplingParams,
    SandboxKind,
    Severity,
    SignalVerdict,
    SourceFile,
    Status,
    TokenUsage,
    Tool,
    Verdict,
)
from pytest_rtlgen.report.json_report import render_run_json

PROBLEM = Problem(
    suite="core",
    problem_id="fifo",
    title="FIFO",
    category="memory",
    difficulty=Difficulty.HARD,
    description="secret prompt",
    top="fifo",
    reference=SourceFile(name="fifo/reference.sv", text="module fifo; endmodule\n"),
    reference_top="fifo",
)
RESULTS = tuple(
    SampleResult(
        completion=Completion(
            key=SampleKey(suite="core", problem_id="fifo", index=index),
            text="the whole answer \ud800",
            model="m-1",
            usage=TokenUsage(prompt=10, completion=20),
            seed=7,
            latency_s=0.5,
        ),
        candidate=Candidate(source="module fifo; endmodule", rule="fence"),
        verdict=verdict,
    )
    for index, verdict in (
        (1, Verdict(status=Status.PASSED, method=Method.SIMULATE)),
        (
            0,
            Verdict(
                status=Status.MISMATCH,
                method=Method.SIMULATE,
                signals=(
                    SignalVerdict(name="a", checked=5, mismatches=0),
                    SignalVerdict(name="b", checked=5, mismatches=1, first_mismatch_ns=10.0, expected="1", actual="X"),
                ),
                diagnostics=(Diagnostic(tool=Tool.IVERILOG, severity=Severity.WARNING, message="w\x1b", line=2),),
                isolation=Isolation(
                    sandbox=SandboxKind.BUBBLEWRAP, is_network_cut=True, is_filesystem_private=True, has_limits=True
                ),
                simulator="icarus 11.0",
                duration_s=0.25,
            ),
        ),
    )
)
RUN = Run(
    run_id="20261121T043005Z-ab12cd",
    started_at="2026-11-21T04:30:05+00:00",
    settings=RunSettings(
        model="replay:answers",
        suites=(("core", "ab12"),),
        sampling=SamplingParams(n=2),
        prompt="chat",
        simulator="icarus",
    ),
    environment=Environment(harness="0.1.0", python="3.11.7", platform="linux", tools=(("iverilog", "11.0"),)),
    samples=RESULTS,
)


def test_the_document_is_this() -> None:
    document = json.loads(render_run_json(RUN, summarize([PROBLEM], RESULTS, (1, 2))))
    half, whole, credit = (
        {"value": value, "low": pytest.approx(low, abs=0.01), "high": pytest.approx(high, abs=0.01)}
        for value, low, high in ((0.5, 0.10, 0.92), (1.0, 0.15, 1.0), (0.75, 0.13, 0.95))
    )
    row = {
        "problems": 1,
        "syntax": {"1": whole, "2": whole},
        "function": {"1": half, "2": whole},
        "credit": credit,
    }
    assert document["schema_version"] == 2
    assert list(document) == [
        *("schema_version", "run", "summary", "comparison", "gates", "spending", "scorings", "samples", "repairs")
    ]
    assert (document["comparison"], document["gates"]) == (None, [])
    assert document["scorings"] == []
    assert document["run"] == {
        "run_id": "20261121T043005Z-ab12cd",
        "started_at": "2026-11-21T04:30:05+00:00",
        "settings": {
            "model": "replay:answers",
            "suites": [["core", "ab12"]],
            "sampling": {"n": 2, "temperature": None, "top_p": None, "max_tokens": None, "seed": 0},
            "prompt": "chat",
            "simulator": "icarus",
            "stimulus_seed": 0,
            "cycles": None,
            "formal": "off",
            "formal_budget_s": 0.0,
            "cross_check": None,
            "scoring": "ours",
            "repair": "",
            "reflector": "",
            "is_testbench_shown": False,
            "base_url": "",
            "limit": None,
            "selection": "",
            "gates": [],
            "gate_error": 0.0,
            "others": [],
        },
        "environment": {
            "harness": "0.1.0",
            "python": "3.11.7",
            "platform": "linux",
            "tools": [["iverilog", "11.0"]],
        },
    }
    assert document["summary"] == {
        "total": {"label": "all", **row},
        "without": [],
        "by_category": [{"label": "memory", **row}],
        "by_difficulty": [{"label": "hard", **row}],
        "statuses": {"passed": 1, "mismatch": 1},
        "samples": 2,
        "passed": 1,
        "proved": None,
        "proved_share": None,
        "prompt_tokens": 20,
        "completion_tokens": 40,
        "generation_s": 1.0,
        "check_s": 0.25,
        "problems": [
            {
                "suite": "core",
                "problem_id": "fifo",
                "category": "memory",
                "difficulty": "hard",
                "n": 2,
                "compiled": 2,
                "passed": 1,
                "credit": 0.75,
            }
        ],
        "excluded": [],
        "turns": [],
    }
    assert document["repairs"] == []
    assert [sample["index"] for sample in document["samples"]] == [0, 1]
    assert document["samples"][0] == {
        "suite": "core",
        "problem_id": "fifo",
        "index": 0,
        "status": "mismatch",
        "credit": 0.5,
        "method": "simulate",
        "rule": "fence",
        "finish_reason": "stop",
        "model": "m-1",
        "seed": 7,
        "usage": {"prompt": 10, "completion": 20, "reasoning": None},
        "latency_s": 0.5,
        "duration_s": 0.25,
        "simulator": "icarus 11.0",
        "isolation": {
            "sandbox": "bubblewrap",
            "is_network_cut": True,
            "is_filesystem_private": True,
            "has_limits": True,
        },
        "signals": [
            {
                "name": "a",
                "checked": 5,
                "mismatches": 0,
                "first_mismatch_ns": None,
                "expected": None,
                "actual": None,
                "is_right": True,
            },
            {
                "name": "b",
                "checked": 5,
                "mismatches": 1,
                "first_mismatch_ns": 10.0,
                "expected": "1",
                "actual": "X",
                "is_right": False,
            },
        ],
        "diagnostics": [
            {"tool": "iverilog", "severity": "warning", "message": "w\x1b", "line": 2, "file": "", "kind": None}
        ],
        "published": None,
    }


def test_excluded_problems_have_their_reason() -> None:
    other = [("core/cam", "iverilog: not found")]
    cam = Problem(
        suite="core",
        problem_id="cam",
        title="CAM",
        category="memory",
        description="d",
        top="cam",
        reference=SourceFile(name="r", text=""),
        reference_top="cam",
    )
    document = json.loads(render_run_json(RUN, summarize([PROBLEM, cam], RESULTS, (1,), excluded=other)))
    assert document["summary"]["excluded"] == [{"problem": "core/cam", "reason": "iverilog: not found"}]


def test_the_text_is_plain_ascii_without_answers_and_the_same_each_time() -> None:
    text = render_run_json(RUN, summarize([PROBLEM], RESULTS, (1,)))
    assert text.isascii()
    assert "\x1b" not in text
    assert "the whole answer" not in text
    assert text.endswith("}\n")
    assert text == render_run_json(RUN, summarize([PROBLEM], RESULTS, (1,)))
