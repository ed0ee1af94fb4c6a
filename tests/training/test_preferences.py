"""Verdicts per output to pairs with spans into the answers: what pairs, what does not, and where the spans stand."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import builders
import pytest

from pytest_rtlgen.check.reading.reader import Reader
from pytest_rtlgen.cli import main
from pytest_rtlgen.errors import RecordError, UsageError
from pytest_rtlgen.extract import extract_candidate
from pytest_rtlgen.modes import SandboxMode
from pytest_rtlgen.prompts import render_prompt
from pytest_rtlgen.records import (
    Candidate,
    Completion,
    Environment,
    Method,
    Problem,
    RunSettings,
    SampleKey,
    SampleResult,
    SamplingParams,
    SignalVerdict,
    Status,
    Verdict,
)
from pytest_rtlgen.storage import RunStore
from pytest_rtlgen.tools.sandbox import choose_sandbox
from pytest_rtlgen.training.signals.export import (
    export_preferences,
    make_row,
    read_pairs,
    read_preferences,
    write_pairs,
)
from pytest_rtlgen.training.signals.preferences import (
    UNCONFIRMED,
    PairRules,
    PairSelection,
    PreferencePair,
    PreferenceReport,
    build_pairs,
    place_source,
)
from pytest_rtlgen.verilog.slicing import Span, slice_outputs

HEADER = "module two(input a, input b, output x, output y);"
RIGHT = f"{HEADER}\n  assign x = a & b;\n  assign y = a | b;\nendmodule\n"
X_WRONG = f"{HEADER}\n  assign x = a ^ b;\n  assign y = a | b;\nendmodule\n"
BOTH_WRONG = f"{HEADER}\n  assign x = a ^ b;\n  assign y = a ~^ b;\nendmodule\n"
TWO = builders.problem(RIGHT, "two")


def verdict(**signals: int) -> Verdict:
    """Return a verdict from mismatches by output; -1: never compared."""
    found = tuple(
        SignalVerdict(name=name, checked=0 if count < 0 else 100, mismatches=max(0, count))
        for name, count in signals.items()
    )
    status = Status.MISMATCH if any(count > 0 for count in signals.values()) else Status.PASSED
    return Verdict(status=status, method=Method.SIMULATE, signals=found)


def sample(index: int, text: str, found: Verdict, problem: Problem = TWO, *, digest: str = "") -> SampleResult:
    key = SampleKey(suite=problem.suite, problem_id=problem.problem_id, index=index)
    return SampleResult(
        completion=Completion(key=key, text=text, model="test", prompt_digest=digest),
        candidate=extract_candidate(text, top=problem.top, header=problem.header or None),
        verdict=found,
    )


def fence(source: str) -> str:
    return f"Sure — naïve, 真: here.\n```verilog\n{source}```\nDone."


def pairs_of(*samples: SampleResult, problem: Problem = TWO) -> PreferenceReport:
    return build_pairs(problem, render_prompt(problem), samples, slice_outputs)


def spanned(text: str, spans: tuple[Span, ...]) -> list[str]:
    return [text[span.start : span.stop] for span in spans]


def test_the_contrast_is_what_one_does_right_and_the_other_wrong() -> None:
    report = pairs_of(sample(0, fence(RIGHT), verdict(x=0, y=0)), sample(1, fence(X_WRONG), verdict(x=7, y=0)))
    (pair,) = report.pairs
    assert not report.dropped
    assert (pair.chosen_index, pair.rejected_index, pair.contrast) == (0, 1, ("x",))
    assert spanned(pair.chosen, pair.chosen_spans) == ["input a", "input b", "output x", "assign x = a & b;"]
    assert spanned(pair.rejected, pair.rejected_spans) == ["input a", "input b", "output x", "assign x = a ^ b;"]
    assert pair.prompt == render_prompt(TWO).messages


def test_partly_wrong_answers_pair_in_both_directions() -> None:
    y_wrong = RIGHT.replace("a | b", "a ~^ b")
    report = pairs_of(sample(0, fence(X_WRONG), verdict(x=7, y=0)), sample(1, fence(y_wrong), verdict(x=0, y=3)))
    assert [(pair.chosen_index, pair.contrast) for pair in report.pairs] == [(0, ("y",)), (1, ("x",))]


def test_several_contrast_signals_share_their_spans() -> None:
    report = pairs_of(
        sample(0, fence(RIGHT), verdict(x=0, y=0)),
        sample(1, fence(X_WRONG), verdict(x=7, y=0)),
        sample(2, fence(BOTH_WRONG), verdict(x=7, y=9)),
    )
    assert [(pair.chosen_index, pair.rejected_index, pair.contrast) for pair in report.pairs] == [
        (0, 1, ("x",)),
        (0, 2, ("x", "y")),
        (1, 2, ("y",)),
    ]
    both = report.pairs[1]
    assert spanned(both.chosen, both.chosen_spans)[-2:] == ["assign x = a & b;", "assign y = a | b;"]


SEVERAL = (
    sample(0, fence(RIGHT), verdict(x=0, y=0)),
    sample(1, fence(X_WRONG), verdict(x=7, y=0)),
    sample(2, fence(BOTH_WRONG), verdict(x=7, y=9)),
)


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (PairSelection.BOTH, [(0, 1, True), (0, 2, True), (1, 2, False)]),
        (PairSelection.COMPLETE, [(0, 1, True), (0, 2, True)]),
        (PairSelection.PARTIAL, [(1, 2, False)]),
    ],
)
def test_pairs_are_selected_by_whether_the_chosen_answer_passes_as_a_whole(
    selection: PairSelection, expected: list[tuple[int, int, bool]]
) -> None:
    report = build_pairs(TWO, render_prompt(TWO), SEVERAL, slice_outputs, PairRules(selection=selection))
    assert [(pair.chosen_index, pair.rejected_index, pair.is_complete) for pair in report.pairs] == expected


def test_what_a_wrong_answer_has_right_by_chance_makes_no_pair() -> None:
    asked: list[str] = []

    def confirm_nothing(candidate: Candidate, _: Problem) -> frozenset[str]:
        asked.append(candidate.text)
        return frozenset()

    report = build_pairs(TWO, render_prompt(TWO), SEVERAL, slice_outputs, PairRules(confirm=confirm_nothing))
    assert [(pair.chosen_index, pair.rejected_index) for pair in report.pairs] == [(0, 1), (0, 2)]
    assert [(pair.chosen_index, pair.rejected_index, pair.reason) for pair in report.dropped] == [(1, 2, UNCONFIRMED)]
    assert (report.unconfirmed, report.narrowed) == (1, 0)
    assert asked == [extract_candidate(fence(X_WRONG), top="two").text]


def test_a_pair_keeps_the_outputs_that_are_confirmed() -> None:
    three = TWO.reference.text.replace("output y);", "output y, output z);").replace(
        "endmodule", "  assign z = a;\nendmodule"
    )
    problem = builders.problem(three, "two")
    wrong = three.replace("a & b", "a ^ b").replace("a | b", "a ~^ b").replace("z = a", "z = b")
    samples = [
        sample(0, fence(three.replace("a & b", "a ^ b")), verdict(x=7, y=0, z=0), problem),
        sample(1, fence(wrong), verdict(x=7, y=3, z=4), problem),
    ]
    rules = PairRules(confirm=lambda *_: {"z"})
    report = build_pairs(problem, render_prompt(problem), samples, slice_outputs, rules)
    assert [pair.contrast for pair in report.pairs] == [("z",)]
    assert (report.unconfirmed, report.narrowed) == (0, 1)


BAD = Verdict(status=Status.SYNTAX_ERROR, method=Method.SCREEN)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (verdict(x=0, y=0), verdict(x=0, y=0)),
        (verdict(x=3, y=0), verdict(x=5, y=0)),
        (verdict(x=0, y=0), BAD),
        (verdict(x=-1, y=0), verdict(x=5, y=0)),
        (verdict(x=0, y=0), replace(verdict(x=5, y=0), status=Status.TIMEOUT)),
        (verdict(x=0, y=1), Verdict(status=Status.NO_CODE, method=Method.EXTRACT)),
    ],
    ids=["both right", "same fault", "does not compile", "never compared", "never finished", "no code, partly wrong"],
)
def test_what_is_no_pair(first: Verdict, second: Verdict) -> None:
    assert pairs_of(sample(0, fence(RIGHT), first), sample(1, fence(X_WRONG), second)) == PreferenceReport()


def test_a_right_answer_beside_one_without_code_is_a_pair_of_whole_answers() -> None:
    nothing = sample(1, "I cannot.", Verdict(status=Status.NO_CODE, method=Method.EXTRACT))
    (pair,) = pairs_of(sample(0, fence(RIGHT), verdict(x=0, y=0)), nothing).pairs
    assert pair.contrast == ()
    assert spanned(pair.chosen, pair.chosen_spans) == [fence(RIGHT)]
    assert spanned(pair.rejected, pair.rejected_spans) == ["I cannot."]


def test_equal_texts_are_one_pair() -> None:
    right = [sample(index, fence(RIGHT), verdict(x=0, y=0)) for index in (0, 1)]
    wrong = [sample(index, fence(X_WRONG), verdict(x=7, y=0)) for index in (2, 3)]
    assert len(pairs_of(*right, *wrong).pairs) == 1


def test_spans_stand_in_the_code_that_was_judged_not_in_a_draft_of_it() -> None:
    text = f"<think>\n{RIGHT}\n</think>\n{fence(RIGHT)}"
    (pair,) = pairs_of(sample(0, text, verdict(x=0, y=0)), sample(1, fence(X_WRONG), verdict(x=7, y=0))).pairs
    assert all(span.start > text.index("</think>") for span in pair.chosen_spans)
    assert spanned(text, pair.chosen_spans)[-1] == "assign x = a & b;"


def test_a_header_that_the_prompt_gave_is_no_part_of_the_answer() -> None:
    problem = replace(TWO, header=HEADER)
    body, other = "  assign x = a & b;\n  assign y = a;\nendmodule", "  assign x = a;\n  assign y = a;\nendmodule"
    (pair,) = pairs_of(
        sample(0, body, verdict(x=0, y=1), problem), sample(1, other, verdict(x=4, y=1), problem), problem=problem
    ).pairs
    assert spanned(body, pair.chosen_spans) == ["assign x = a & b;"]
    assert spanned(other, pair.rejected_spans) == ["assign x = a;"]


HELPER = "module inner(input i, output o);\n  assign o = i;\nendmodule\n"
USER = f"{HEADER}\n  inner u(.i(a), .o(x));\n  assign y = a | b;\nendmodule\n"


def test_code_in_several_fences_is_dropped_with_the_reason() -> None:
    parts = f"```verilog\n{HELPER}```\nand\n```verilog\n{USER}```\n"
    report = pairs_of(sample(0, parts, verdict(x=0, y=0)), sample(1, fence(X_WRONG), verdict(x=7, y=0)))
    assert not report.pairs
    assert [item.reason for item in report.dropped] == [
        "the chosen answer does not hold its code in one piece (rule fence)"
    ]


def test_what_cannot_be_sliced_is_dropped_with_the_reason() -> None:
    def refuse(source: str, _top: str) -> Mapping[str, tuple[Span, ...]] | None:
        return None if "^" in source else slice_outputs(source, "two")

    samples = [sample(0, fence(RIGHT), verdict(x=0, y=0)), sample(1, fence(X_WRONG), verdict(x=7, y=0))]
    report = build_pairs(TWO, render_prompt(TWO), samples, refuse)
    assert [item.reason for item in report.dropped] == ["the rejected answer cannot be sliced"]


def test_an_answer_without_text_for_the_output_is_dropped_with_the_reason() -> None:
    problem = replace(TWO, header=HEADER)
    nothing = sample(1, "  assign y = a | b;\nendmodule", verdict(x=4, y=0), problem)
    right = sample(0, fence(RIGHT), verdict(x=0, y=0), problem)
    report = pairs_of(right, nothing, problem=problem)
    assert [item.reason for item in report.dropped] == ["the rejected answer has no text that drives x"]


def test_an_answer_to_another_prompt_is_refused() -> None:
    other = sample(3, fence(RIGHT), verdict(x=0, y=0), digest="0" * 64)
    with pytest.raises(UsageError, match="test/two: sample 3 answers another prompt"):
        pairs_of(other)


@pytest.mark.parametrize(
    ("answer", "source", "header", "expected"),
    [
        ("ab", "ab", "", (Span(0, 2), 0)),
        ("é ab ab", "ab\n", "", (Span(0, 2), 5)),
        ("- cd", "head\ncd\n", "head", (Span(5, 7), -3)),
        ("- cd", "head\ncd\n", "other", None),
        ("- cd", "\n", "", None),
        ('{"code": "a\\nb"}', "a\nb", "", None),
    ],
)
def test_where_the_source_stands(answer: str, source: str, header: str, expected: object) -> None:
    assert place_source(answer, source, header) == expected


def make_run(folder: Path, style: str = "chat") -> Path:
    settings = RunSettings(
        model="test", suites=(("test", "0"),), sampling=SamplingParams(n=2), prompt=style, simulator="icarus"
    )
    environment = Environment(harness="0", python="3", platform="test", tools=())
    store = RunStore.create(folder, settings, environment, [TWO])
    digest = render_prompt(TWO, style).digest
    for item in (
        sample(0, fence(RIGHT), verdict(x=0, y=0), digest=digest),
        sample(1, fence(X_WRONG), verdict(x=7, y=0), digest=digest),
    ):
        store.append_completion(item.completion)
        store.append_result(item)
    return store.path


@pytest.mark.parametrize("style", ["chat", "salv"])
def test_a_run_gives_pairs_with_its_own_prompts(tmp_path: Path, style: str) -> None:
    (pair,) = read_preferences(make_run(tmp_path, style), slice_outputs).pairs
    assert pair.prompt == render_prompt(TWO, style).messages
    assert pair.contrast == ("x",)


def test_an_export_reads_back_as_it_was(tmp_path: Path) -> None:
    out = tmp_path / "pairs.jsonl"
    report = export_preferences(make_run(tmp_path / "runs"), out)
    assert len(report.pairs) == 1
    assert read_pairs(out) == report.pairs
    with pytest.raises(UsageError, match=r"pairs\.jsonl: exists; name a new file"):
        export_preferences(make_run(tmp_path / "runs"), out)


def test_the_command_says_how_many_there_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, out = make_run(tmp_path / "runs"), tmp_path / "pairs.jsonl"
    assert main(["preferences", str(run), "--out", str(out), "--jobs", "1"]) == 0
    assert capsys.readouterr().out == (
        "1 pairs of 1 problems, 0 dropped\n  chosen answers: 1 pass as a whole, 0 are right in part\n"
    )
    assert [pair.contrast for pair in read_pairs(out)] == [("x",)]


@pytest.mark.simulator
def test_the_command_drops_what_only_the_first_stimulus_shows_to_be_right(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, out = make_run(tmp_path / "runs"), tmp_path / "pairs.jsonl"
    store, digest = RunStore.open(run), render_prompt(TWO, "chat").digest
    lucky = BOTH_WRONG.replace("a ~^ b", "a")  # as if the first stimulus had not shown it
    for item in (
        sample(2, fence(lucky), verdict(x=7, y=0), digest=digest),
        sample(3, fence(BOTH_WRONG), verdict(x=7, y=9), digest=digest),
    ):
        store.append_completion(item.completion)
        store.append_result(item)
    assert main(["preferences", str(run), "--out", str(out), "--select", "partial"]) == 0
    assert capsys.readouterr().out == (
        "1 pairs of 1 problems, 1 dropped\n"
        "  chosen answers: 0 pass as a whole, 1 are right in part\n"
        f"  1 {UNCONFIRMED}\n"
    )
    assert [(pair.chosen_index, pair.rejected_index, pair.contrast) for pair in read_pairs(out)] == [(1, 3, ("y",))]


def test_the_command_refuses_another_prompt_than_the_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, out = make_run(tmp_path / "runs"), tmp_path / "pairs.jsonl"
    assert main(["preferences", str(run), "--out", str(out), "--prompt", "salv"]) == 2
    assert "prompt" in capsys.readouterr().err
    assert not out.exists()


def test_the_command_names_samples_that_are_no_pair(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, out = make_run(tmp_path / "runs"), tmp_path / "pairs.jsonl"
    store = RunStore.open(run)
    unsliceable = sample(
        2, fence("module two(); nonsense endmodule"), verdict(x=9, y=0), digest=render_prompt(TWO, "chat").digest
    )
    store.append_completion(unsliceable.completion)
    store.append_result(unsliceable)
    assert main(["preferences", str(run), "--out", str(out)]) == 0
    first, _, *reasons = capsys.readouterr().out.splitlines()
    assert first == "1 pairs of 1 problems, 1 dropped"
    assert len(reasons) == 1
    assert reasons[0].startswith("  1 ")


def test_a_run_that_was_not_checked_is_refused(tmp_path: Path) -> None:
    settings = RunSettings(
        model="test", suites=(("test", "0"),), sampling=SamplingParams(n=2), prompt="chat", simulator="icarus"
    )
    environment = Environment(harness="0", python="3", platform="test", tools=())
    store = RunStore.create(tmp_path, settings, environment, [TWO])
    with pytest.raises(RecordError, match="no sample of this run was checked yet"):
        read_preferences(store.path, slice_outputs)


def test_a_sandboxed_reader_says_the_same() -> None:
    reader = Reader(sandbox=choose_sandbox(SandboxMode.AUTO), jobs=1)
    try:
        assert reader.slice(RIGHT, "two") == slice_outputs(RIGHT, "two")
    finally:
        reader.close()


def test_what_is_no_pair_is_refused_with_its_line(tmp_path: Path) -> None:
    out = tmp_path / "pairs.jsonl"
    out.write_text('{"suite": "test"}\n')
    with pytest.raises(RecordError, match=r"pairs\.jsonl:1: not a PreferencePair: missing"):
        read_pairs(out)
    with pytest.raises(UsageError, match=r"none\.jsonl: not found"):
        read_pairs(tmp_path / "none.jsonl")


def a_pair() -> PreferencePair:
    (pair,) = pairs_of(sample(0, fence(RIGHT), verdict(x=0, y=0)), sample(1, fence(X_WRONG), verdict(x=7, y=0))).pairs
    return pair


def test_a_row_holds_what_trl_reads() -> None:
    chat, plain = make_row(a_pair()), make_row(a_pair(), is_chat=False)
    assert [message["role"] for message in chat["prompt"]][-1] == "user"
    assert chat["chosen"] == [{"role": "assistant", "content": fence(RIGHT)}]
    assert plain["chosen"] == fence(RIGHT)
    assert plain["prompt"].endswith("\n\n")
    assert chat["rejected_spans"] == plain["rejected_spans"]
    assert chat["is_whole"] is False
    start, stop = chat["rejected_spans"][-1]
    assert fence(X_WRONG)[start:stop] == "assign x = a ^ b;"


def test_lone_surrogates_survive_on_disk(tmp_path: Path) -> None:
    pair = replace(a_pair(), chosen="\ud800 x")
    write_pairs(tmp_path / "pairs.jsonl", (pair,))
    assert read_pairs(tmp_path / "pairs.jsonl") == (pair,)
