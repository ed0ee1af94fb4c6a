"""Runs on disk: what is written is what is read, also after a crash, a full disk or another process."""

import fcntl
import hashlib
import json
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.canonical_runs import canonical_run

from pytest_rtlgen.errors import RecordError, StorageError, UsageError
from pytest_rtlgen.metrics import summarize
from pytest_rtlgen.modes import ScoringMode
from pytest_rtlgen.records import (
    BenchVerdict,
    Candidate,
    Clock,
    Completion,
    Diagnostic,
    Difficulty,
    Environment,
    FinishReason,
    Isolation,
    Method,
    Polarity,
    Problem,
    Reset,
    ResetKind,
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
    WaveWindow,
)
from pytest_rtlgen.storage import Journal, RunStore, decode, encode, find_resumable
from pytest_rtlgen.storage.codec import Json

SETTINGS = RunSettings(
    model="replay:answers",
    suites=(("core", "ab12"),),
    sampling=SamplingParams(n=2, temperature=0.2),
    prompt="chat",
    simulator="icarus",
)
ENVIRONMENT = Environment(harness="0.1.0", python="3.11.7", platform="linux", tools=(("iverilog", "11.0"),))
PROBLEM = Problem(
    suite="core",
    problem_id="fifo",
    title="FIFO",
    category="memory",
    difficulty=Difficulty.HARD,
    tags=("fifo", "pointer"),
    description="Design a FIFO.\n",
    top="fifo",
    reference=SourceFile(name="fifo/reference.sv", text="module fifo; endmodule\n"),
    reference_top="fifo",
    clocks=(Clock(port="clk"),),
    resets=(Reset(port="rst_n", active=Polarity.LOW, kind=ResetKind.ASYNCHRONOUS),),
)
VERDICT = Verdict(
    status=Status.MISMATCH,
    method=Method.SIMULATE,
    signals=(SignalVerdict(name="full", checked=90, mismatches=4, first_mismatch_ns=120.0, expected="1", actual="x"),),
    diagnostics=(Diagnostic(tool=Tool.IVERILOG, severity=Severity.WARNING, message="tab\there", line=3),),
    wave=WaveWindow(
        first_step=10,
        mismatch_step=12,
        step_ns=10.0,
        inputs=(("clk", ("0", "1", "0")),),
        outputs=(("full", ("0", "0", "1"), ("0", "0", "x")),),
    ),
    isolation=Isolation(
        sandbox=SandboxKind.BUBBLEWRAP, is_network_cut=True, is_filesystem_private=True, has_limits=True
    ),
    simulator="icarus 11.0",
    duration_s=0.02,
)


def a_completion(index: int = 0, text: str = "```verilog\nmodule fifo; endmodule\n```") -> Completion:
    return Completion(
        key=SampleKey(suite="core", problem_id="fifo", index=index),
        text=text,
        finish_reason=FinishReason.LENGTH,
        usage=TokenUsage(prompt=10, completion=20),
        model="m-1",
        seed=7,
        latency_s=1.5,
    )


def a_result(index: int = 0, verdict: Verdict = VERDICT, completion: Completion | None = None) -> SampleResult:
    candidate = Candidate(source="module fifo; endmodule", rule="fence")
    return SampleResult(completion=completion or a_completion(index), candidate=candidate, verdict=verdict)


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore.create(tmp_path / "runs", SETTINGS, ENVIRONMENT, [PROBLEM])


@dataclass(frozen=True, slots=True, kw_only=True)
class Nested:
    pair: tuple[int, str]
    rows: tuple[tuple[str, tuple[float, ...]], ...]
    maybe: Clock | None
    flag: bool


# --- the codec


@pytest.mark.parametrize(
    "record",
    [
        PROBLEM,
        replace(PROBLEM, clocks=None, resets=None, cycles=12),
        SETTINGS,
        ENVIRONMENT,
        a_completion(),
        VERDICT,
        Verdict(status=Status.NO_CODE, method=Method.EXTRACT),
        Nested(pair=(1, "a"), rows=(("x", (1.0, 2.5)), ("y", ())), maybe=Clock(port="c"), flag=True),
        Nested(pair=(-(2**70), ""), rows=(), maybe=None, flag=False),
    ],
    ids=lambda record: type(record).__name__,
)
def test_a_record_survives_json(record: object) -> None:
    assert decode(type(record), json.loads(json.dumps(encode(record))), "x:1") == record


def test_the_json_of_a_completion_is_this() -> None:
    assert encode(a_completion(text="hi")) == {
        "key": {"suite": "core", "problem_id": "fifo", "index": 0},
        "text": "hi",
        "reasoning": "",
        "finish_reason": "length",
        "usage": {"prompt": 10, "completion": 20, "reasoning": None},
        "model": "m-1",
        "prompt_digest": "",
        "seed": 7,
        "latency_s": 1.5,
    }


def test_a_whole_number_is_read_where_a_float_is_expected() -> None:
    clock = decode(Nested, {"pair": [1, "a"], "rows": [["x", [3]]], "maybe": None, "flag": True}, "x:1")
    assert clock.rows == (("x", (3.0,)),)
    assert type(clock.rows[0][1][0]) is float


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([], r"r.jsonl:4: record must be an object \(Nested\), got \[\]"),
        ({"pair": [1, "a"], "rows": [], "maybe": None}, "r.jsonl:4: not a Nested: missing flag; was it written by"),
        (
            {"pair": [1, "a"], "rows": [], "maybe": None, "flag": True, "flog": 1},
            "r.jsonl:4: not a Nested: unknown 'flog'",
        ),
        ({"pair": [1], "rows": [], "maybe": None, "flag": True}, r"pair must be a list of 2, got \[1\]"),
        ({"pair": [True, "a"], "rows": [], "maybe": None, "flag": True}, r"pair\[0\] must be a whole number, got True"),
        ({"pair": [1, None], "rows": [], "maybe": None, "flag": True}, r"pair\[1\] must be text, got None"),
        ({"pair": [1, "a"], "rows": {}, "maybe": None, "flag": True}, r"rows must be a list, got \{\}"),
        (
            {"pair": [1, "a"], "rows": [["x", ["1"]]], "maybe": None, "flag": True},
            r"rows\[0\]\[1\]\[0\] must be a finite number, got '1'",
        ),
        (
            {"pair": [1, "a"], "rows": [["x", [10**400]]], "maybe": None, "flag": True},
            r"rows\[0\]\[1\]\[0\] must be a finite number, got 1000.*\.\.\.;",
        ),
        (
            {"pair": [1, "a"], "rows": [], "maybe": {"port": "c", "edge": "up"}, "flag": True},
            "maybe.edge must be one of rising, falling, both, got 'up'",
        ),
        ({"pair": [1, "a"], "rows": [], "maybe": None, "flag": 1}, "flag must be true or false, got 1"),
    ],
)
def test_what_is_not_the_record_is_refused_with_its_place(value: Json, message: str) -> None:
    with pytest.raises(RecordError, match=message):
        decode(Nested, value, "r.jsonl:4")


def test_a_bench_verdict_keeps_the_key_that_saved_runs_have() -> None:
    verdict = BenchVerdict(status=Status.MISMATCH, is_passed_unguarded=True, code=".")
    written = encode(verdict)
    assert isinstance(written, dict)
    assert (written["published"], "is_passed_unguarded" in written) == (True, False)
    assert decode(BenchVerdict, written, "x") == verdict
    with pytest.raises(RecordError, match=r"x: published must be true or false, got 1"):
        decode(BenchVerdict, {**written, "published": 1}, "x")
    with pytest.raises(RecordError, match=r"unknown 'is_passed_unguarded'"):
        decode(BenchVerdict, {"status": "passed", "is_passed_unguarded": True}, "x")


def test_a_run_of_before_there_were_files_and_benches_is_read(store: RunStore) -> None:
    line: dict[str, object] = {
        "key": encode(a_completion().key),
        "text_sha256": hashlib.sha256(a_completion().text.encode()).hexdigest(),
        "candidate": {"source": "// rtlgen-file: a.v\nmodule a; endmodule\n", "rule": "files"},
        "verdict": {"status": "mismatch", "method": "testbench"},
        "published": {"status": "mismatch", "published": True, "code": "."},
    }
    store.append_completion(a_completion())
    (store.path / "results.jsonl").write_text(json.dumps(line) + "\n")
    (result,) = store.read_results().values()
    assert (result.candidate.files, result.candidate.text) == ((), "// rtlgen-file: a.v\nmodule a; endmodule\n")
    assert result.bench_verdict == BenchVerdict(status=Status.MISMATCH, is_passed_unguarded=True, code=".")


def test_a_field_that_came_later_has_its_default() -> None:
    old = encode(SETTINGS)
    assert isinstance(old, dict)
    del old["scoring"]
    assert decode(RunSettings, old, "run.json:1") == replace(SETTINGS, scoring=ScoringMode.OURS)


def test_a_diagnostic_of_before_there_were_kinds_is_read() -> None:
    old: dict[str, Json] = {"tool": "screen", "severity": "error", "message": "system task $finish", "line": 2}
    read = decode(Diagnostic, old, "samples.jsonl:1")
    assert (read.message, read.kind, read.file) == ("system task $finish", None, "")


def test_a_type_that_records_do_not_use_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot hold a set"):
        encode((1, {2}))


# --- the journal


@given(st.lists(st.text(), max_size=8))
def test_any_text_survives_the_journal(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    journal = Journal(tmp_path_factory.mktemp("j") / "c.jsonl")
    for text in texts:
        journal.append(a_completion(text=text))
    assert [completion.text for completion in journal.read(Completion)] == texts


def test_lone_surrogates_and_line_separators_survive(tmp_path: Path) -> None:
    text = "\ud800 \u2028 \x85 \r \x00 \U0001f600"
    journal = Journal(tmp_path / "c.jsonl")
    journal.append(a_completion(text=text))
    assert [completion.text for completion in journal.read(Completion)] == [text]
    assert journal.path.read_bytes().count(b"\n") == 1


def test_a_missing_journal_is_empty(tmp_path: Path) -> None:
    assert list(Journal(tmp_path / "none.jsonl").read(Completion)) == []


@pytest.mark.parametrize("cut", [1, 2, 30, 10_000])
def test_a_torn_last_line_is_ignored_and_cut_off_by_the_next_append(tmp_path: Path, cut: int) -> None:
    journal = Journal(tmp_path / "c.jsonl")
    journal.append(a_completion(0))
    whole = journal.path.read_bytes()
    journal.append(a_completion(1, text="x" * 200_000))
    with journal.path.open("r+b") as file:
        file.truncate(journal.path.stat().st_size - cut)
    assert [completion.key.index for completion in journal.read(Completion)] == [0]
    journal.append(a_completion(2, text="after"))
    assert [completion.key.index for completion in journal.read(Completion)] == [0, 2]
    assert journal.path.read_bytes().startswith(whole)


def test_a_file_that_is_nothing_but_a_torn_line_is_empty(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "c.jsonl")
    journal.path.write_bytes(b'{"key"')
    assert list(journal.read(Completion)) == []
    journal.append(a_completion(3))
    assert [completion.key.index for completion in journal.read(Completion)] == [3]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b'{"key"\n', r"c\.jsonl:2: not JSON: .*; restore the file, or remove that line"),
        (b"\n", r"c\.jsonl:2: not JSON"),
        (b"\xff\xfe\n", r"c\.jsonl:2: not JSON"),
        (b"\x00" * 50 + b"\n", r"c\.jsonl:2: not JSON"),
        (b"[" * 100_000 + b"\n", r"c\.jsonl:2: not JSON"),
        (b"1" * 5000 + b"\n", r"c\.jsonl:2: not JSON"),
        (b"NaN\n", r"c\.jsonl:2: not JSON: NaN is no JSON number"),
        (b'{"a":1,"a":2}\n', r"c\.jsonl:2: not JSON: an object has the same key twice"),
        (b"{}\n", r"c\.jsonl:2: not a Completion: missing key, model, text"),
    ],
)
def test_a_bad_line_inside_is_named(tmp_path: Path, line: bytes, message: str) -> None:
    journal = Journal(tmp_path / "c.jsonl")
    journal.append(a_completion(0))
    with journal.path.open("ab") as file:
        file.write(line)
    journal.append(a_completion(1))
    with pytest.raises(RecordError, match=message):
        list(journal.read(Completion))


_WRITER = """
import sys
from pathlib import Path
from pytest_rtlgen.records import Completion, SampleKey
from pytest_rtlgen.storage import Journal
journal = Journal(Path(sys.argv[1]))
for index in range(int(sys.argv[3])):
    key = SampleKey(suite="core", problem_id=sys.argv[2], index=index)
    journal.append(Completion(key=key, text=sys.argv[2] * 9000, model="m"))
"""


def start_writer(path: Path, name: str, count: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", _WRITER, str(path), name, str(count)])


def test_several_processes_append_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    writers = [start_writer(path, name, 60) for name in "abcd"]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0, 0]
    completions = list(Journal(path).read(Completion))
    assert len({completion.key for completion in completions}) == len(completions) == 240
    assert all(completion.text == completion.key.problem_id * 9000 for completion in completions)


def test_an_append_waits_while_another_writer_is_inside_its_line(tmp_path: Path) -> None:
    # else it would take the other's half line for a dead writer's and cut it off
    path = tmp_path / "c.jsonl"
    with path.open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        other.write(b'{"half')
        other.flush()
        thread = threading.Thread(target=Journal(path).append, args=(a_completion(),))
        thread.start()
        thread.join(0.3)
        assert thread.is_alive()
        assert path.read_bytes() == b'{"half'
    thread.join(30)
    assert list(Journal(path).read(Completion)) == [a_completion()]


def test_what_was_written_before_a_kill_stays_readable(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    writer = start_writer(path, "a", 1_000_000)
    while not path.exists() or path.stat().st_size < 500_000:
        assert writer.poll() is None
    writer.send_signal(signal.SIGKILL)
    writer.wait(60)
    before = list(Journal(path).read(Completion))
    assert [completion.key.index for completion in before] == list(range(len(before)))
    assert len(before) > 10
    Journal(path).append(a_completion(5))
    assert len(list(Journal(path).read(Completion))) == len(before) + 1


_FULL_DISK = """
import resource, sys
from pathlib import Path
from pytest_rtlgen.errors import StorageError
from pytest_rtlgen.records import Completion, SampleKey
from pytest_rtlgen.storage import Journal
journal = Journal(Path(sys.argv[1]))
key = SampleKey(suite="core", problem_id="fifo", index=0)
journal.append(Completion(key=key, text="kept", model="m"))
size = journal.path.stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, size + 100))
try:
    journal.append(Completion(key=key, text="lost" * 1000, model="m"))
except StorageError as error:
    sys.stdout.write(str(error))
assert journal.path.stat().st_size == size
"""


def test_a_full_disk_is_one_clear_line_and_leaves_no_half_line(tmp_path: Path) -> None:
    # a file-size limit makes write(2) fall short just as a full disk does
    path = tmp_path / "c.jsonl"
    done = subprocess.run(
        [sys.executable, "-c", _FULL_DISK, str(path)], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.startswith(f"{path}: cannot be written: File too large; free some space")
    assert "--rtlgen-out" in done.stdout
    assert [completion.text for completion in Journal(path).read(Completion)] == ["kept"]


def test_a_device_without_space_is_a_storage_error() -> None:
    with pytest.raises(StorageError, match=r"/dev/full: cannot be written: No space left on device"):
        Journal(Path("/dev/full")).append(a_completion())


def test_a_folder_that_cannot_be_made_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("in the way")
    with pytest.raises(StorageError, match=r"runs/.*: cannot be written: Not a directory"):
        RunStore.create(tmp_path / "runs", SETTINGS, ENVIRONMENT, [PROBLEM])


@pytest.fixture
def unwritable(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    yield folder
    folder.chmod(stat.S_IRWXU)


def test_a_folder_without_permission_is_a_storage_error(unwritable: Path) -> None:
    with pytest.raises(StorageError, match="cannot be written: Permission denied; free some space or fix its perm"):
        RunStore.create(unwritable, SETTINGS, ENVIRONMENT, [PROBLEM])


# --- runs


def test_a_run_is_read_back_sorted_by_key(store: RunStore) -> None:
    for index in (1, 0):
        store.append_completion(a_completion(index))
        store.append_result(a_result(index))
    run = RunStore.open(store.path, SETTINGS).read_run()
    assert [sample.key.index for sample in run.samples] == [0, 1]
    assert run.samples[0] == a_result(0)
    assert (run.settings, run.environment) == (SETTINGS, ENVIRONMENT)
    assert RunStore.open(store.path).header.problems == (PROBLEM,)


def test_a_run_is_named_by_its_start(tmp_path: Path) -> None:
    start = datetime(2026, 11, 21, 4, 30, 5, tzinfo=UTC)
    store = RunStore.create(tmp_path, SETTINGS, ENVIRONMENT, [], started_at=start)
    assert store.path.name.startswith("20261121T043005Z-")
    assert store.header.run_id == store.path.name
    assert store.header.started_at == "2026-11-21T04:30:05.000000+00:00"


def test_results_do_not_repeat_the_answer(store: RunStore) -> None:
    completion = a_completion(text="once and only once")
    store.append_completion(completion)
    store.append_result(a_result(completion=completion))
    assert "once and only once" not in (store.path / "results.jsonl").read_text()
    assert store.read_results()[completion.key].completion == completion


def test_what_is_about_one_problem_can_be_read_alone(store: RunStore) -> None:
    names = ("fifo", "fif", 'fi\u00e9"fo', "other")
    found = [a_completion(text=f"answers {' '.join(names)} in its text") for _ in names]
    keys = [SampleKey(suite=suite, problem_id=name, index=0) for suite in ("core", "more") for name in names]
    completions = [replace(one, key=key) for one, key in zip([*found, *found], keys, strict=True)]
    for completion in completions:
        store.append_completion(completion)
        store.append_result(a_result(completion=completion))
    for completion in completions:
        only = completion.key.problem
        assert store.read_completions(only) == {completion.key: completion}
        assert store.read_results(only) == {completion.key: a_result(completion=completion)}


def test_the_first_of_two_records_with_one_key_counts(store: RunStore) -> None:
    store.append_completion(a_completion(text="first"))
    store.append_completion(a_completion(text="second"))
    store.append_result(a_result(completion=a_completion(text="first")))
    passed = Verdict(status=Status.PASSED, method=Method.SIMULATE)
    store.append_result(a_result(completion=a_completion(text="first"), verdict=passed))
    assert [completion.text for completion in store.read_completions().values()] == ["first"]
    assert store.read_results()[a_completion().key].verdict.status is Status.MISMATCH


def test_a_verdict_on_another_answer_under_the_same_key_is_left_out(store: RunStore) -> None:
    store.append_completion(a_completion(text="kept"))
    store.append_result(a_result(completion=a_completion(text="of a rival process")))
    assert store.read_results() == {}
    store.append_result(a_result(completion=a_completion(text="kept")))
    assert len(store.read_results()) == 1


def test_a_verdict_without_its_answer_is_left_out(store: RunStore) -> None:
    store.append_result(a_result())
    assert store.read_run().samples == ()


def test_the_summary_is_read_back_and_finishes_the_run(store: RunStore) -> None:
    assert not store.is_finished
    with pytest.raises(RecordError, match=r"summary.json: not found; the run is unfinished: resume it"):
        store.read_summary()
    summary = summarize([PROBLEM], [a_result(0), a_result(1)], (1, 2))
    store.write_summary(summary)
    assert store.is_finished
    assert store.read_summary() == summary
    assert sorted(path.name for path in store.path.iterdir()) == ["run.json", "summary.json"]


def test_other_settings_are_refused_with_their_difference(store: RunStore) -> None:
    other = replace(SETTINGS, model="m2", sampling=SamplingParams(n=2, temperature=0.8))
    with pytest.raises(UsageError) as caught:
        RunStore.open(store.path, other)
    assert str(caught.value) == (
        f"{store.path}: this run was made with other settings: model was 'replay:answers', now 'm2'; "
        "sampling.temperature was 0.2, now 0.8; start a new run (--rtlgen-resume=never) or give the same settings"
    )


def test_a_folder_that_is_no_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"run.json: not found; give the folder of a run"):
        RunStore.open(tmp_path)


def test_a_run_of_another_format_is_refused(store: RunStore) -> None:
    path = store.path / "run.json"
    path.write_text(path.read_text().replace('"format":2', '"format":3', 1))
    with pytest.raises(RecordError, match=r"run.json:1: format 3, but this version reads 2; use pytest-rtlgen 0\.1\.0"):
        RunStore.open(store.path)


def test_the_newest_unfinished_run_with_the_same_settings_is_resumed(tmp_path: Path) -> None:
    assert find_resumable(tmp_path / "none", SETTINGS) is None
    days = [datetime(2026, 11, day, tzinfo=UTC) for day in (1, 2, 3, 4)]
    old, latest, finished, other = (
        RunStore.create(tmp_path, settings, ENVIRONMENT, [PROBLEM], started_at=day)
        for day, settings in zip(days, (SETTINGS, SETTINGS, SETTINGS, replace(SETTINGS, model="m2")), strict=True)
    )
    finished.write_summary(summarize([PROBLEM], [a_result()], (1,)))
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "run.json").write_text("{")
    assert find_resumable(tmp_path, SETTINGS) == latest.path
    assert find_resumable(tmp_path, other.header.settings) == other.path
    assert old.path != latest.path


def test_two_runs_of_the_same_thing_are_equal_in_canonical_form(tmp_path: Path) -> None:
    stores = [RunStore.create(tmp_path, SETTINGS, ENVIRONMENT, [PROBLEM]) for _ in range(2)]
    for number, store in enumerate(stores):
        completion = replace(a_completion(), latency_s=float(number))
        store.append_completion(completion)
        verdict = replace(VERDICT, duration_s=number / 10)
        store.append_result(a_result(completion=completion, verdict=verdict))
    first, second = (store.read_run() for store in stores)
    assert first != second
    assert canonical_run(first) == canonical_run(second)
    changed = replace(second, samples=(a_result(verdict=replace(VERDICT, status=Status.TIMEOUT)),))
    assert canonical_run(changed) != canonical_run(first)
