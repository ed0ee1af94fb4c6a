"""Two sets out of one round trip with two base models and a start model: what goes where and why, and never to both."""

import json
import re
import sys
from collections import Counter
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from pytest_rtlgen.cli import main
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.training.roundtrip.records import DropReason, RoundTripSettings, Rule, TrainingSet
from pytest_rtlgen.training.roundtrip.sets import Choice, Refused, Standing, choose_set, draw, list_allowed

SETTINGS = RoundTripSettings(band=(0.25, 0.75))
DISTIL, RL = TrainingSet.DISTIL, TrainingSet.RL

LFSR = """\
module lfsr (input clk, input rst, output reg [7:0] s);
  always @(posedge clk) if (rst) s <= 8'd1; else s <= {s[6:0], s[7] ^ s[5] ^ s[4] ^ s[3]};
endmodule
"""
LFSR_LIKE = """\
module crc (input clk, input rst, input d, output reg [7:0] s);
  always @(posedge clk) if (rst) s <= 8'd0; else s <= {s[5:0], d ^ s[7], s[4] ^ s[1]} + 8'd3;
endmodule
"""
"""Half of its words are those of ``LFSR``, in order; of its shingles fewer are."""
LFSR_TOLD = (
    "An eight bit Fibonacci shift register with taps at bits seven, five, four and three, set to one by a reset."
)
RETOLD = "An eight bit shift register with its taps at bits seven, six, four and three, which a reset sets to one."
EXPRESSIONS = {
    "unsolved": "a + (b << 1)",
    "sometimes": "a - (b & 3)",
    "luck": "a ^ (b >> 1)",
    "small-solves": "(a < b) ? a + 1 : b - 1",
    "large-solves": "{a[0], b[3:1]} ^ 4'd9",
    "known": "(a | b) + (a & ~b)",
    "silent": "~(a * b)",
    "drawn0": "(a == b) ? 4'd5 : a",
    "drawn1": "a * a + b",
    "drawn2": "(a & b) - (a | b)",
    "drawn3": "b << a[1:0]",
    "drawn4": "{b[1:0], a[1:0]} + 7",
    "drawn5": "(b > 4'd9) ? ~a : a - b",
}
MODULE = "module {name} (input [3:0] a, input [3:0] b, output [3:0] y);\n  assign y = {body};\nendmodule\n"
LOOP = """\
module endless (input [7:0] a, output reg [3:0] y);
  reg [7:0] t;
  always @* begin
    y = 0;
    t = a;
    while (t != 0) begin y = y + t[0]; t = t >> 1; end
  end
endmodule
"""
"""Simulates; Yosys cannot unroll it."""
MODEL = """\
import json, os, pathlib, sys
role = sys.argv[1]
suite, name, index = (os.environ["RTLGEN_" + key] for key in ("SUITE", "PROBLEM", "INDEX"))
sampled = {key: os.environ.get("RTLGEN_" + key) for key in ("TEMPERATURE", "MAX_TOKENS")}
with open("asked.jsonl", "a") as log:
    log.write(json.dumps({"role": role, "suite": suite, "name": name, "index": index, **sampled}) + "\\n")
design = name.rpartition("-")[0]
if role == "describer":
    told = sys.stdin.read().partition("Describe module `")[2].partition("`")[0].replace("_", "-")
    print(RETOLD if design == "retold" else f"Circuit {told} does what it does.")
    sys.exit()
source = pathlib.Path("corpus", design + ".v").read_text()
wrong = {
    "teacher": design in ("unsolved", "luck"),
    "small": design not in ("small-solves", "sometimes", "luck", "known") or index == "0",
    "large": design != "large-solves",
    "start": design != "known",
}[role]
if role == "small" and design == "small-solves":
    wrong = False
if role == "teacher" and design == "silent":
    print("I cannot.")
    sys.exit()
if wrong:
    source = source.replace("y = ", "y = ~", 1)
print(f"<think>\\nI am the {role}\\n</think>\\n<answer>\\n```verilog\\n{source}```\\n</answer>")
""".replace("RETOLD", repr(RETOLD))


@pytest.mark.parametrize(
    ("rates", "equivalent", "earlier", "share", "expected"),
    [
        ((0.0, 0.0), False, None, 1.0, (DISTIL, Rule.UNSOLVED)),
        ((0.0, 0.0), True, None, 1.0, (DISTIL, Rule.OUT_OF_BAND)),
        ((0.0, 0.5), True, None, 0.0, (RL, Rule.IN_BAND)),
        ((0.0, 0.5), False, None, 1.0, DropReason.NOT_EQUIVALENT),
        ((), True, None, 0.0, (DISTIL, Rule.DRAWN)),
        ((), True, None, 1.0, (RL, Rule.DRAWN)),
        ((), False, None, 1.0, (DISTIL, Rule.UNSOLVED)),
        ((), True, RL, 0.0, (RL, Rule.EARLIER)),
        ((), True, DISTIL, 1.0, (DISTIL, Rule.EARLIER)),
        ((), False, RL, 0.0, DropReason.SET_CHANGED),
        ((0.0, 0.5), True, DISTIL, 0.0, DropReason.SET_CHANGED),
        ((0.5, 0.0), True, RL, 0.0, (RL, Rule.IN_BAND)),
    ],
)
def test_the_rules(
    rates: tuple[float, ...],
    equivalent: bool,
    earlier: TrainingSet | None,
    share: float,
    expected: object,
) -> None:
    standing = Standing(structure="x", base_pass_rates=rates, has_equivalent=equivalent, earlier=earlier)
    found = choose_set(standing, RoundTripSettings(band=(0.25, 0.75), rl_share=share))
    assert (found.reason if isinstance(found, Refused) else (found.chosen, found.rule)) == expected


def test_the_best_base_model_counts() -> None:
    allowed = {rates: list_allowed(rates, SETTINGS) for rates in product((0.0, 0.25, 1.0), repeat=2)}
    assert [rates for rates, found in allowed.items() if DISTIL in found] == [(0.0, 0.0)]
    assert [rates for rates, found in allowed.items() if RL in found] == [(0.0, 0.25), (0.25, 0.0), (0.25, 0.25)]


def test_the_share_is_kept_over_many_names_and_a_larger_one_takes_none_back() -> None:
    settings = RoundTripSettings(rl_share=0.1)
    names = [f"design-{number}" for number in range(5000)]
    found = {
        name: choose_set(Standing(structure=name, base_pass_rates=(), has_equivalent=True), settings) for name in names
    }
    drawn = {name for name, choice in found.items() if isinstance(choice, Choice) and choice.chosen is RL}
    assert 400 < len(drawn) < 600
    assert drawn == {name for name in names if draw(name) < 0.1} < {name for name in names if draw(name) < 0.2}


def travel(place: Path, *more: str) -> dict[str, Any]:
    """Run the command in ``place``; return its report."""
    python = f"command:{sys.executable} model.py"
    models = (
        "--model",
        f"{python} teacher",
        "--describer",
        f"{python} describer",
        "--describe-sampling",
        "temperature=0.3",
    )
    status = main(
        [
            *("roundtrip", "--corpus", "corpus", "--out", "trip", *models, "--n", "1", "--temperature", "0.6"),
            *("--base-model", f"{python} small", "--base-model", f"{python} large", "--base-n", "2"),
            *("--base-sampling", "temperature=1,max_tokens=512", "--suite", "references:bench.jsonl"),
            *("--rl-share", "0.5", "--cycles", "40", "--formal", "off", "--jobs", "2", "--concurrency", "2", *more),
        ]
    )
    assert status == 0
    report: dict[str, Any] = json.loads((place / "trip" / "report.json").read_text())
    return report


def read_rows(place: Path, name: str) -> dict[str, dict[str, Any]]:
    """Return the rows of a file of the trip, by design."""
    rows = [json.loads(line) for line in (place / "trip" / name).read_text().splitlines()]
    return {strip(row.get("problem_id") or row["name"]): row for row in rows}


def strip(name: str) -> str:
    return name.rpartition("-")[0]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write corpus, benchmark and model into a folder, and make it the current one."""
    monkeypatch.chdir(tmp_path)
    designs = {name: MODULE.format(name=name.replace("-", "_"), body=body) for name, body in EXPRESSIONS.items()}
    designs |= {"endless": LOOP, "crc": LFSR_LIKE, "retold": MODULE.format(name="retold", body="a & (b + 1)")}
    (tmp_path / "corpus").mkdir()
    for name, text in designs.items():
        (tmp_path / "corpus" / f"{name}.v").write_text(text)
    (tmp_path / "model.py").write_text(MODEL)
    row = {"problem_id": "lfsr", "instruction": LFSR_TOLD, "reference": LFSR}
    (tmp_path / "bench.jsonl").write_text(json.dumps(row) + "\n")
    return tmp_path


@pytest.mark.simulator
def test_two_sets_with_two_base_models_what_was_dropped_and_why(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = travel(place, "--start-model", f"command:{sys.executable} model.py start", "--start-n", "1")
    distil, rl, dropped = (read_rows(place, f"{name}.jsonl") for name in ("distil", "kept", "dropped"))

    assert {name: (row["step"], row["reason"]) for name, row in dropped.items()} == {
        "crc": ("benchmarks", "rouge-l"),
        "endless": ("synthesize", "unsynthesizable"),
        "retold": ("describe", "rouge-l-description"),
        "small-solves": ("base models", "too-easy"),
        "large-solves": ("base models", "too-easy"),
        "silent": ("write and check", "no-answer"),
        "luck": ("write and check", "not-equivalent"),
        "known": ("start model", "too-easy-to-start"),
    }
    assert dropped["small-solves"]["detail"] == "base models pass 100%; distil: up to 0%, rl: 0% to 75%"
    assert dropped["large-solves"]["detail"] == "base models pass 0%, 100%; distil: up to 0%, rl: 0% to 75%"
    assert dropped["known"]["detail"] == "the start model passes 100%; kept are 0% to 75%"
    assert dropped["crc"]["detail"].startswith("rouge-l of bench/lfsr (")

    drawn = {name for name in EXPRESSIONS if name.startswith("drawn")}
    assert {name: row["rule"] for name, row in distil.items()} == {
        "unsolved": "unsolved",
        **dict.fromkeys(drawn - rl.keys(), "drawn"),
    }
    assert {name: row["rule"] for name, row in rl.items()} == {
        "sometimes": "in-band",
        **dict.fromkeys(drawn - distil.keys(), "drawn"),
    }
    assert drawn & distil.keys()
    assert drawn & rl.keys()
    assert distil.keys() & rl.keys() == set()
    assert {*distil, *rl, *dropped} == {*EXPRESSIONS, "endless", "crc", "retold"}

    small, large = (f"command:{sys.executable} model.py {name}" for name in ("small", "large"))
    assert rl["sometimes"]["base_pass_rates"] == [[small, 0.5], [large, 0.0]]
    assert {row["start_pass_rate"] for row in rl.values()} == {0.0}
    assert not distil["unsolved"]["is_equivalent"]
    assert all(row["is_equivalent"] for row in rl.values())
    check_files(place, set(distil), set(rl))
    check_report(report, capsys.readouterr().out, len(distil), len(rl))
    check_sampling(place, rl.keys() | {"known"})


def check_files(place: Path, distil: set[str], rl: set[str]) -> None:
    """Both sets load as problems that can be judged; the answers for distillation are the teacher's, one a problem."""
    for file, names in (("distil", distil), ("kept", rl)):
        problems = load_suite(f"references:{place / 'trip' / file}.jsonl").problems
        assert {strip(problem.problem_id) for problem in problems} == names
        assert [problem.unjudged for problem in problems if problem.unjudged] == []
    chats = [json.loads(line)["messages"] for line in (place / "trip" / "sft.jsonl").read_text().splitlines()]
    told = {chat[1]["content"].partition("Circuit ")[2].split()[0] for chat in chats}
    assert told == distil
    assert all(chat[2]["content"].startswith("<think>\nI am the teacher\n</think>") for chat in chats)


def check_report(report: dict[str, Any], text: str, distil: int, rl: int) -> None:
    """The report and its JSON tell the same, and every design is accounted for at every step."""
    assert [(step["step"], step["designs"], step["dropped"]) for step in report["steps"]] == [
        ("read", 16, {}),
        ("duplicates", 16, {}),
        ("benchmarks", 16, {"rouge-l": 1}),
        ("simulate", 15, {}),
        ("synthesize", 15, {"unsynthesizable": 1}),
        ("describe", 14, {"rouge-l-description": 1}),
        ("base models", 13, {"too-easy": 2}),
        ("write and check", 11, {"no-answer": 1, "not-equivalent": 1}),
        ("start model", 9, {"too-easy-to-start": 1}),
    ]
    assert (report["sets"]["distil"]["problems"], report["sets"]["rl"]["problems"]) == (distil, rl)
    assert sum(report["sets"]["rl"]["rules"].values()) == rl == report["sets"]["rl"]["equivalent"]
    assert len(report["models"]["base_models"]) == 2
    assert report["settings"]["rl_share"] == 0.5
    assert text.splitlines()[0] == (
        f"16 designs: {distil} for distillation, {rl} for reinforcement learning, 8 dropped"
    )
    assert "  dropped at write and check: 1 no-answer, 1 not-equivalent" in text.splitlines()


def check_sampling(place: Path, asked_of_start: set[str]) -> None:
    """Each model is asked with the sampling of its stage; the start model only for the set that it is to train on."""
    asked = [json.loads(line) for line in (place / "asked.jsonl").read_text().splitlines()]
    assert {(one["role"], one["suite"], one["TEMPERATURE"], one["MAX_TOKENS"]) for one in asked} == {
        ("describer", "roundtrip-describe", "0.3", None),
        ("teacher", "roundtrip-rewrite", "0.6", None),
        ("small", "roundtrip-base", "1.0", "512"),
        ("large", "roundtrip-base-2", "1.0", "512"),
        ("start", "roundtrip-start", "0.6", None),
    }
    names = {role: {strip(one["name"]) for one in asked if one["role"] == role} for role in ("start", "small", "large")}
    assert names["start"] == asked_of_start
    assert names["small"] - names["large"] == {"small-solves"}  # too easy for one is not asked of the next
    assert max(Counter(json.dumps(one) for one in asked).values()) == 1


@pytest.mark.simulator
def test_a_design_never_changes_its_set_whatever_changes(place: Path) -> None:
    """The first model is trained on one set before the start model, which is made by that, rates the other."""
    travel(place)
    first = {file: set(read_rows(place, f"{file}.jsonl")) for file in ("distil", "kept")}
    before = (place / "asked.jsonl").read_text()
    start = ("--start-model", f"command:{sys.executable} model.py start", "--start-n", "1")
    for more in (("--rl-share", "0"), ("--rl-share", "1"), ("--distil-most", "1", "--band", "0:1"), start):
        travel(place, *more)
        later = {file: set(read_rows(place, f"{file}.jsonl")) for file in ("distil", "kept")}
        assert later["distil"] & first["kept"] == later["kept"] & first["distil"] == set()
        assert later["distil"] >= first["distil"]
        assert first["kept"] - later["kept"] == ({"known"} if more is start else set())
    add_likes(place, first["distil"], first["kept"])
    report = travel(place)
    assert report["steps"][1]["dropped"] == {"near-duplicate": 2}
    assert report["steps"][5]["dropped"]["same-description"] == 1
    for file in ("distil", "kept"):
        assert set(read_rows(place, f"{file}.jsonl")) == first[file]
    asked = (place / "asked.jsonl").read_text().removeprefix(before).splitlines()
    assert {json.loads(line)["role"] for line in asked} == {"start", "teacher", "describer", "large"}


@pytest.mark.simulator
def test_another_file_and_other_names_do_not_change_the_set_of_a_design(place: Path) -> None:
    travel(place, "--rl-share", "1")
    moved = place / "corpus" / "drawn-again.v"
    text = (place / "corpus" / "drawn0.v").read_text()
    moved.write_text("// moved\n" + re.sub(r"\bb\b", "other", text.replace("drawn0", "drawn_again")))
    (place / "corpus" / "drawn0.v").unlink()
    assert "drawn0" in read_rows(place, "kept.jsonl")
    travel(place, "--rl-share", "0")
    assert read_rows(place, "kept.jsonl")["drawn-again"]["rule"] == "earlier"


def add_likes(place: Path, *sets: set[str]) -> None:
    """Add designs, first in the corpus, that are one of each set again: renamed, with a comment, told alike."""
    corpus = place / "corpus"
    old, other = (min(name for name in names if name.startswith("drawn")) for names in sets)
    text = (corpus / f"{old}.v").read_text()
    (corpus / "0-renamed.v").write_text(re.sub(r"\ba\b", "left", text.replace(old, "again")))
    (corpus / "1-copied.v").write_text("// copied\n" + (corpus / f"{other}.v").read_text())
    (corpus / "2-told.v").write_text(
        f"module {other} (input [3:0] a, input [3:0] b, output [3:0] y);\n  assign y = 3;\nendmodule\n"
    )
