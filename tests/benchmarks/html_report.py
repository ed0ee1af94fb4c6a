"""A run of 20,000 samples as an HTML page: its size, seconds to write it, and seconds to open and to filter it.

``PYTHONPATH=tests .venv-report/bin/python tests/benchmarks/html_report.py``; without playwright it opens nothing.
"""

import argparse
import random
import re
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from support.chromium import Watched, open_chromium
from support.recorded_answers import RECORDINGS

from pytest_rtlgen.config.resolve import resolve_options
from pytest_rtlgen.evaluation.results import report_run, write_html
from pytest_rtlgen.extract import extract_candidate
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.prompts import render_prompt
from pytest_rtlgen.records import (
    Completion,
    Diagnostic,
    Environment,
    Method,
    Problem,
    RunSettings,
    SampleKey,
    SampleResult,
    SamplingParams,
    Severity,
    SignalVerdict,
    Status,
    TokenUsage,
    Tool,
    Verdict,
    WaveWindow,
)
from pytest_rtlgen.storage import RunStore

STATUSES = (*[Status.PASSED] * 4, *[Status.MISMATCH] * 4, Status.SYNTAX_ERROR, Status.TRUNCATED)
STEPS = 10
INPUTS = 6
SHOWN = "performance.getEntriesByName('shown')[0].startTime"
READ = "performance.getEntriesByType('navigation')[0].loadEventStart"


def make_problems(count: int) -> list[Problem]:
    """Return the core suite again and again, each problem under a name of its own."""
    core = load_suite("suites/core").problems
    return [
        replace(core[place % len(core)], problem_id=f"{core[place % len(core)].problem_id}_{place}")
        for place in range(count)
    ]


def make_samples(problems: list[Problem], n: int) -> Iterator[SampleResult]:
    """Yield recorded answers with other names and words in each, so that no two are the same text."""
    draw = random.Random(0)
    words = sorted({word for problem in problems[:74] for word in re.findall(r"[a-z]{3,}", problem.description)})
    for problem in problems:
        name = problem.problem_id.rpartition("_")[0]
        texts = [
            path.read_text(encoding="utf-8", errors="replace") for path in sorted((RECORDINGS / name).glob("*.md"))
        ]
        digest = render_prompt(problem).digest
        for index in range(n):
            yield make_sample(problem, index, draw.choice(texts), " ".join(draw.choices(words, k=120)), digest, draw)


def make_sample(problem: Problem, index: int, text: str, prose: str, digest: str, draw: random.Random) -> SampleResult:
    names = sorted(set(re.findall(r"\b(?:reg|wire|logic)\s+(?:\[[^]]*\]\s*)?(\w+)", text)))
    for name in names:
        text = re.sub(rf"\b{name}\b", f"{name}_{draw.randrange(10**6):x}", text)
    answer = f"{prose}\n\n{text}"
    completion = Completion(
        key=SampleKey(suite=problem.suite, problem_id=problem.problem_id, index=index),
        text=answer,
        model="m",
        usage=TokenUsage(prompt=400, completion=len(answer) // 4),
        prompt_digest=digest,
        latency_s=3.0,
    )
    candidate = extract_candidate(answer, top=problem.top)
    return SampleResult(completion=completion, candidate=candidate, verdict=make_verdict(draw))


def make_verdict(draw: random.Random) -> Verdict:
    status = draw.choice(STATUSES)
    if status in {Status.SYNTAX_ERROR, Status.TRUNCATED}:
        message = f"expected ';' near name_{draw.randrange(10**6)}"
        found = Diagnostic(tool=Tool.PYSLANG, severity=Severity.ERROR, message=message, line=draw.randrange(1, 20))
        return Verdict(status=status, method=Method.SCREEN, diagnostics=(found,))

    def values(width: int) -> tuple[str, ...]:
        return tuple("".join(draw.choices("01", k=width)) for _ in range(STEPS))

    is_wrong = status is Status.MISMATCH
    signals = tuple(
        SignalVerdict(
            name=name,
            checked=2000,
            mismatches=draw.randrange(1, 2000) if is_wrong else 0,
            first_mismatch_ns=60.0 if is_wrong else None,
        )
        for name in ("q", "valid", "count")
    )
    wave = WaveWindow(
        first_step=0,
        mismatch_step=6,
        step_ns=10,
        inputs=tuple((f"in{number}", values(8)) for number in range(INPUTS)),
        outputs=tuple((signal.name, values(16), values(16)) for signal in signals),
    )
    return Verdict(
        status=status, method=Method.SIMULATE, signals=signals, wave=wave if is_wrong else None, duration_s=0.2
    )


def save_run(out: Path, samples: int, n: int) -> RunStore:
    problems = make_problems(samples // n)
    settings = RunSettings(
        model="m", suites=(("core", "0"),), sampling=SamplingParams(n=n), prompt="chat", simulator="icarus"
    )
    store = RunStore.create(out, settings, Environment(harness="0", python="3", platform="p", tools=()), problems)
    made = list(make_samples(problems, n))
    store.append_completion(*(sample.completion for sample in made))
    for sample in made:
        store.append_result(sample)
    return store


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=20_000)
    parser.add_argument("--n", type=int, default=20, help="samples a problem")
    parser.add_argument("--keep", type=Path, help="write the page here")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        page = args.keep or Path(folder) / "page.html"
        store = save_run(Path(folder), args.samples, args.n)
        options = resolve_options({"rtlgen_html": str(page), "rtlgen_n": str(args.n)}, {}, {})
        start = time.perf_counter()
        report = report_run(store, options)
        read, cpu = time.perf_counter(), time.process_time()
        write_html(store, report, options)
        end, cpu = time.perf_counter(), time.process_time() - cpu
        texts = sum(len(sample.completion.text) for sample in report.run.samples)
        print(f"{len(report.run.samples):,} samples, {texts / 1e6:.1f} MB of answers")
        print(f"page: {page.stat().st_size / 1e6:.1f} MB, written in {end - read:.1f} s ({cpu:.1f} s of CPU)")
        print(f"the run read and summed up: {read - start:.1f} s")
        if find_spec("playwright"):
            for line in time_page(page):
                print(line)


def time_page(path: Path) -> Iterator[str]:
    """Yield how long Chromium takes for what a reader does."""
    with open_chromium() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        watched = Watched(page, path)

        def seconds(what: str, act: str, done: str = "true") -> str:
            took = page.evaluate(
                f"""() => new Promise((resolve) => {{
                  const start = performance.now();
                  const end = () => requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - start)));
                  const look = () => ({done} ? end() : setTimeout(look, 1));
                  {act};
                  look();
                }})"""
            )
            return f"{what}: {took / 1000:.3f} s"

        watched.open()
        page.wait_for_load_state("load")
        yield f"opened, first view: {page.evaluate(SHOWN) / 1000:.2f} s"
        yield f"opened, all of it read: {page.evaluate(READ) / 1000:.2f} s"
        rows = "document.querySelectorAll('.samples tbody tr').length"
        yield seconds("table shown", "location.hash = '#/samples'", f"{rows} === 100")
        yield seconds("searched", _set_field("search", "fifo mismatch", "input"))
        yield seconds("search cleared", _set_field("search", "", "input"))
        yield seconds("filtered by status", _set_field("filter-status", "mismatch", "change"))
        yield seconds("sorted", "document.querySelector('.samples thead th:nth-child(3) button').click()")
        shown = "document.querySelector('main').dataset.view === 'sample' && document.querySelector('.wave svg')"
        yield seconds("sample opened", "document.querySelector('.samples tbody a').click()", shown)


def _set_field(name: str, value: str, event: str) -> str:
    field = f"document.getElementById('{name}')"
    return f"{field}.value = '{value}'; {field}.dispatchEvent(new Event('{event}'))"


if __name__ == "__main__":
    main()
