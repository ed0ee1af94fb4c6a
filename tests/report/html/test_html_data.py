"""What the page carries: chunks, marked answers, rows, figures."""

import base64
import json
import zlib
from typing import Any

import pytest
from builders import problem
from support.page_runs import HOSTILE, TASKS, make_samples

from pytest_rtlgen.metrics import summarize
from pytest_rtlgen.records import Candidate, Diagnostic, Method, Severity, SignalVerdict, Status, Tool, Verdict
from pytest_rtlgen.report.html.details import list_gates
from pytest_rtlgen.report.html.embed import Chunk, pack, render_json
from pytest_rtlgen.report.html.figures import describe_curves, describe_lengths, describe_outputs, describe_summary
from pytest_rtlgen.report.html.marks import MarkedAnswer, mark_span
from pytest_rtlgen.report.html.rows import describe_failure, describe_rows
from pytest_rtlgen.synthesis.rows import SampleSynthesis
from pytest_rtlgen.synthesis.synthesizer import GateFigures, Synthesized

PLACES = {task.key: place for place, task in enumerate(TASKS)}


def unpack(chunk: Chunk) -> list[Any]:
    found: list[Any] = json.loads(zlib.decompress(base64.b64decode(chunk.text)))
    return found


def test_json_cannot_end_a_script_element_and_is_read_back_as_it_was() -> None:
    text = render_json({"answer": HOSTILE})
    assert not set(text) & set("<>&")
    assert text.isascii()
    assert json.loads(text) == {"answer": HOSTILE}


def test_records_come_back_from_chunks_in_order() -> None:
    records = [f"{number} {HOSTILE}" * 400 for number in range(40)]
    chunks = list(pack(records))
    assert len(chunks) > 2
    assert [record for chunk in chunks for record in unpack(chunk)] == records
    firsts = [chunk.first for chunk in chunks]
    assert firsts[0] == 0
    assert firsts[1:] == [first + len(unpack(chunk)) for first, chunk in zip(firsts, chunks[:-1], strict=False)]


def test_no_records_are_no_chunk() -> None:
    assert list(pack([])) == []


@pytest.mark.parametrize(
    ("text", "source", "expected"),
    [
        ("say\nmodule a;\nendmodule\nend", "module a;\nendmodule\n", ("say\n", "module a;\nendmodule", "\nend")),
        ("m m", "m", ("m ", "m", "")),
        (
            "assign y = a;\nendmodule\n",
            "module a(\n);\nassign y = a;\nendmodule",
            ("", "assign y = a;\nendmodule", "\n"),
        ),
        ("nothing", "module a;\n", ("nothing", "", "")),
        ("prose", "", ("prose", "", "")),
        ("prose\n\n", "\n\n", ("prose\n\n", "", "")),
    ],
)
def test_the_code_is_found_in_the_answer(text: str, source: str, expected: tuple[str, str, str]) -> None:
    found = mark_span(text, Candidate(source=source, rule="fence"))
    assert found == MarkedAnswer(*expected)
    assert "".join(found) == text


def test_what_is_wrong_is_said_in_a_few_words() -> None:
    passed, mismatch, broken, none, *_ = make_samples()
    assert describe_failure(passed) == ""
    assert describe_failure(mismatch) == "q"
    assert describe_failure(broken).startswith("line 3: expected ';' </script>")
    assert "\n" not in describe_failure(broken)
    assert describe_failure(none) == ""


def test_many_wrong_outputs_are_counted() -> None:
    (_, mismatch, *_) = make_samples()
    signals = tuple(SignalVerdict(name=f"y{number}", checked=1, mismatches=1) for number in range(9))
    verdict = Verdict(status=Status.MISMATCH, method=Method.SIMULATE, signals=signals)
    changed = type(mismatch)(completion=mismatch.completion, candidate=mismatch.candidate, verdict=verdict)
    assert describe_failure(changed) == "y0, y1, y2, y3, y4, y5 and 3 more"


def test_a_warning_is_no_reason() -> None:
    (_, _, broken, *_) = make_samples()
    warning = Diagnostic(tool=Tool.PYSLANG, severity=Severity.WARNING, message="odd", line=1)
    verdict = Verdict(status=Status.TIMEOUT, method=Method.SIMULATE, diagnostics=(warning,))
    changed = type(broken)(completion=broken.completion, candidate=broken.candidate, verdict=verdict)
    assert describe_failure(changed) == ""


def test_the_table_has_a_column_each_and_every_note_once() -> None:
    samples = make_samples()
    rows = describe_rows(samples, PLACES)
    assert rows["problem"] == [0, 0, 0, 0, 1, 1]
    assert rows["index"] == [0, 1, 2, 3, 0, 1]
    statuses = [list(Status)[place] for place in rows["status"]]  # type: ignore[attr-defined]
    assert statuses == [sample.verdict.status for sample in samples]
    assert rows["credit"] == [1.0, 0.5, 0.0, 0.0, 1.0, 1.0]
    assert rows["note"] == [0, 1, 2, 0, 0, 0]


def test_cards_are_the_figures_of_the_terminal() -> None:
    summary = summarize(TASKS, make_samples(), [1, 2])
    cards: Any = describe_summary(summary)["cards"]
    assert [card["name"] for card in cards] == ["syntax@1", "syntax@2", "pass@1", "pass@2", "outputs right"]
    (pass_1,) = (card for card in cards if card["name"] == "pass@1")
    assert pass_1["value"] == pytest.approx((1 / 4 + 2 / 2) / 2)
    assert pass_1["low"] <= pass_1["value"] <= pass_1["high"]


def test_the_curve_ends_at_what_every_problem_allows() -> None:
    curves: Any = describe_curves(summarize(TASKS, make_samples(), [1]))
    assert [(series["name"], [point[0] for point in series["points"]]) for series in curves["curve"]] == [
        ("pass@k", [1, 2]),
        ("syntax@k", [1, 2]),
    ]
    assert curves["turns"] == []


def test_lengths_are_in_bands_of_equal_count() -> None:
    samples = make_samples()
    lengths: Any = describe_lengths(samples)
    assert lengths["unit"] == "completion tokens"
    assert sum(count for _, _, count, _ in lengths["bands"]) == len(samples)
    assert sum(passed for *_, passed in lengths["bands"]) == 3
    budgets = lengths["budgets"]
    assert budgets[-1][1] == pytest.approx(0.625), "no answer is longer than the largest budget"
    assert budgets[0][1] < budgets[-1][1]


def test_outputs_are_counted_over_the_samples_that_were_compared() -> None:
    assert describe_outputs(make_samples(), PLACES) == [{"problem": 0, "outputs": [["q", 1, 2], ["wrap", 0, 1]]}]


def test_a_problem_whose_outputs_are_right_is_left_out() -> None:
    right = [sample for sample in make_samples() if sample.verdict.is_passed]
    assert describe_outputs(right, {**PLACES, problem(problem_id="other").key: 2}) == []


def test_what_was_synthesized_is_in_the_rows_and_facts() -> None:
    samples = make_samples()
    key = samples[0].key
    figures = GateFigures(cells=34, flip_flops=5, latches=0, depth=7, area=61.5)
    gates = SampleSynthesis(
        index=key.index, synthesized=Synthesized(figures=figures), area_ratio=1.0256, depth_ratio=None
    )
    rows: dict[str, Any] = describe_rows(samples, PLACES, {key: gates})
    assert rows["area"] == [1.026, *[None] * (len(samples) - 1)]
    assert rows["depth"] == [None] * len(samples)
    assert describe_rows(samples, PLACES)["area"] is None
    assert list(list_gates(gates)) == [
        ("as gates", "34 cells, 5 flip-flops, 0 latches"),
        ("area, estimated", "61.5 gate equivalents, 1.03 times the reference's"),
        ("depth", "7 gates"),
    ]
    failed = SampleSynthesis(index=0, synthesized=Synthesized(reason="a loop"))
    assert list(list_gates(failed)) == [("as gates", "not synthesized: a loop")]
    assert list(list_gates(None)) == []
