"""A small saved run that has one of everything that the HTML page shows, foreign markup included."""

from dataclasses import replace
from pathlib import Path

from builders import COUNTER, COUNTER_INTERFACE, problem
from support.small_bench import small_problem

from pytest_rtlgen.evaluation.repair.history import Exchange, History
from pytest_rtlgen.evaluation.repair.messages import make_repair_prompt
from pytest_rtlgen.prompts import render_prompt
from pytest_rtlgen.records import (
    BenchVerdict,
    Candidate,
    Completion,
    Diagnostic,
    Difficulty,
    Environment,
    Equivalence,
    Feedback,
    FinishReason,
    Isolation,
    Method,
    OutputMismatches,
    Problem,
    Proof,
    RepairKind,
    RunSettings,
    SampleKey,
    SampleResult,
    SamplingParams,
    SandboxKind,
    Severity,
    SignalVerdict,
    Status,
    Stimulus,
    TokenUsage,
    Tool,
    Verdict,
    WaveWindow,
)
from pytest_rtlgen.storage import RunStore, open_turn

HOSTILE = (
    "</script><script>window.foreign = 1</script><!-- <script>\n"
    "<img src=x onerror='window.foreign = 2'> <svg onload='window.foreign = 3'> &lt; \ud800 \u2028 caf\u00e9\n"
)
"""What does something where a page takes a text for markup."""
ONLY_THERE = "// only the reference has this line\n"
COUNTER_TASK = problem(
    ONLY_THERE + COUNTER,
    category="sequential",
    difficulty=Difficulty.EASY,
    title="Counter that wraps",
    testbench=small_problem().testbench,
)
INVERTER_TASK = problem(
    "module inv (input a, output y); assign y = ~a; endmodule\n",
    top="inv",
    category="gates <b>",
    difficulty=Difficulty.HARD,
)
TASKS = (COUNTER_TASK, INVERTER_TASK)
WAVE = WaveWindow(
    first_step=4,
    mismatch_step=6,
    step_ns=10,
    inputs=(("clk", tuple("01010101")), ("en", tuple("00111111"))),
    outputs=(
        (
            "q",
            ("XXXX", "0000", "0001", "0001", "0010", "0010", "0011", "0011"),
            ("XXXX", "0000", "0000", "000X", *["ZZZZ"] * 4),
        ),
        ("wrap", tuple("00000000"), tuple("00000000")),
    ),
)
SIGNALS = (
    SignalVerdict(name="q", checked=90, mismatches=40, first_mismatch_ns=60.0, expected="0001", actual="0000"),
    SignalVerdict(name="wrap", checked=90, mismatches=0),
)
ISOLATION = Isolation(sandbox=SandboxKind.BUBBLEWRAP, is_network_cut=True, is_filesystem_private=True, has_limits=True)
COUNTEREXAMPLE = Stimulus(inputs=COUNTER_INTERFACE.inputs, rows=b"010" + b"001" + b"101" * 30, steps=32)
TOLD = Feedback(
    key=SampleKey(suite="test", problem_id="counter", index=2), kind=RepairKind.COMPILE, text="line 3: expected ';'"
)
"""What the model was told about the counter's third answer."""


def make_sample(
    task: Problem,
    index: int,
    verdict: Verdict,
    text: str,
    *,
    source: str | None = None,
    bench: BenchVerdict | None = None,
) -> SampleResult:
    """Return a sample whose candidate is the text between the fences of ``text``, unless another one is given."""
    found = text.partition("```verilog\n")[2].partition("```")[0]
    completion = Completion(
        key=SampleKey(suite=task.suite, problem_id=task.problem_id, index=index),
        text=text,
        model="m-1",
        reasoning="It may be <i>this</i>." if index == 1 else "",
        finish_reason=FinishReason.STOP,
        usage=TokenUsage(prompt=100, completion=len(text)),
        prompt_digest=render_prompt(task).digest if index else "",
        latency_s=0.5,
    )
    candidate = Candidate(source=found if source is None else source, rule="fence" if found else "none")
    return SampleResult(completion=completion, candidate=candidate, verdict=verdict, bench_verdict=bench)


def fence(code: str, before: str = "It is:") -> str:
    return f"{before}\n```verilog\n{code}```\nDone.\n"


def make_samples() -> tuple[SampleResult, ...]:
    """Return four samples of the counter, then two of the inverter."""
    wrong = COUNTER.replace("q + 4'd1", "q")
    error = Diagnostic(tool=Tool.PYSLANG, severity=Severity.ERROR, message=f"expected ';' {HOSTILE}", line=3)
    different = Equivalence(
        outputs=(("q", Proof.DIFFERENT), ("wrap", Proof.EQUIVALENT)), counterexamples=(("q", COUNTEREXAMPLE),)
    )
    mismatch = Verdict(
        status=Status.MISMATCH,
        method=Method.SIMULATE,
        signals=SIGNALS,
        wave=WAVE,
        isolation=ISOLATION,
        equivalence=different,
        simulator="Icarus 12",
        duration_s=0.25,
    )
    bench = BenchVerdict(
        status=Status.PASSED, code=".", samples=200, outputs=(OutputMismatches(name="q", mismatches=0),)
    )
    right = Verdict(
        status=Status.PASSED, method=Method.PROVE, signals=(SignalVerdict(name="q", checked=9, mismatches=0),)
    )
    broken = Verdict(status=Status.SYNTAX_ERROR, method=Method.SCREEN, diagnostics=(error,))
    return (
        make_sample(COUNTER_TASK, 0, right, fence(COUNTER)),
        make_sample(COUNTER_TASK, 1, mismatch, fence(wrong, before=HOSTILE), bench=bench),
        make_sample(COUNTER_TASK, 2, broken, fence(f"// {HOSTILE.splitlines()[0]}\nmodule counter (\n  input clk\n")),
        make_sample(COUNTER_TASK, 3, Verdict(status=Status.NO_CODE, method=Method.EXTRACT), HOSTILE),
        make_sample(INVERTER_TASK, 0, right, fence("module inv (input a, output y); assign y = ~a; endmodule\n")),
        make_sample(
            INVERTER_TASK,
            1,
            right,
            "assign y = ~a;\nendmodule\n",
            source="module inv (input a, output y);\nassign y = ~a;\nendmodule\n",
        ),
    )


def save_page_run(out: Path, *, copies: int = 1, repair: str = "") -> RunStore:
    """Return the run in a folder under ``out``; of several ``copies`` each problem's name ends with a number."""
    settings = RunSettings(
        model="replay:answers <b>",
        suites=(("test", "0"),),
        sampling=SamplingParams(n=2),
        prompt="chat",
        simulator="icarus",
        repair=repair,
    )
    environment = Environment(harness="0", python="3", platform="p", tools=(("simulator", "Icarus 12"),))
    names = [f"_{number}" if copies > 1 else "" for number in range(copies)]
    tasks = [replace(task, problem_id=task.problem_id + name) for task in TASKS for name in names]
    store = RunStore.create(out, settings, environment, tasks)
    for name in names:
        for sample in make_samples():
            key = replace(sample.key, problem_id=sample.key.problem_id + name)
            named = replace(sample, completion=replace(sample.completion, key=key))
            store.append_completion(named.completion)
            store.append_result(named)
    return store


def save_repaired_run(out: Path) -> RunStore:
    """Return the run in which the counter's third answer was repaired once, and is right then."""
    store, samples = save_page_run(out, repair="compile:1"), make_samples()
    broken = samples[2]
    asked = make_repair_prompt(
        render_prompt(COUNTER_TASK), History(problem=COUNTER_TASK, results=(broken,)), Exchange(feedback=TOLD)
    )
    completion = replace(broken.completion, text=fence(COUNTER), prompt_digest=asked.digest)
    turn = open_turn(store, 1)
    turn.append_feedback(TOLD)
    turn.append_completion(completion)
    turn.append_result(replace(samples[0], completion=completion))
    return store
