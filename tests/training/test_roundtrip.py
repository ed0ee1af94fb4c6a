"""The round trip with programs as models: what is kept, what is dropped and why, and that nothing is asked twice."""

import contextlib
import json
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from builders import COUNTER
from support.checkers import SharedChecker

from pytest_rtlgen.backends import BackendSettings, make_backend
from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.check.single import make_problem
from pytest_rtlgen.errors import BackendError, SuiteError, UsageError
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.records import Status
from pytest_rtlgen.training.roundtrip.corpus import read_corpus
from pytest_rtlgen.training.roundtrip.records import DropReason, RoundTripSettings, Rule, Stage, TrainingSet
from pytest_rtlgen.training.roundtrip.report import RoundTripReport
from pytest_rtlgen.training.roundtrip.run import RoundTripModels, run_round_trip
from pytest_rtlgen.training.roundtrip.store import RoundTripHeader, RoundTripStore

LFSR = """\
module lfsr (input clk, input rst, output reg [7:0] s);
  always @(posedge clk) if (rst) s <= 8'd1; else s <= {s[6:0], s[7] ^ s[5] ^ s[4] ^ s[3]};
endmodule
"""
LFSR_DESCRIPTION = "An eight bit Fibonacci shift register with taps at bits seven, five, four and three, set to one."
DESIGNS = {
    "counter.v": COUNTER,
    "copy/of_counter.v": "// another name for the same\n" + COUNTER,
    "quoted.v": "module quoted (input a, input b, input s, output y);\n  assign y = s ? a : b;\nendmodule\n",
    "wrong.v": "module wrong (input [3:0] a, output y);\n  assign y = ^a;\nendmodule\n",
    "silent.v": "module silent (input [5:0] a, output y);\n  assign y = &a;\nendmodule\n",
    "easy.v": "module easy (input [2:0] a, input c, output [2:0] y);\n  assign y = c ? ~a : a;\nendmodule\n",
    "told.v": "module told (input [3:0] left, output [3:0] g);\n  assign g = left ^ (left >> 1);\nendmodule\n",
    "hard.v": "module hard (input [3:0] a, input [3:0] b, output [7:0] p);\n  assign p = a * b;\nendmodule\n",
    "broken.v": "module broken (input a, output y);\n  assign y = ;\nendmodule\n",
    "loaded.v": "module loaded (input a, output y);\n  reg m [0:1];\n"
    '  initial $readmemb("m.hex", m);\n  assign y = m[a];\nendmodule\n',
    "stolen.v": LFSR.replace("lfsr", "prng"),
    "notes.txt": "not a design",
}
MODEL = """\
import os, pathlib, sys
suite, name, index = (os.environ["RTLGEN_" + key] for key in ("SUITE", "PROBLEM", "INDEX"))
with open("asked.log", "a") as log:
    log.write(f"{suite} {name} {index}\\n")
design = name.rpartition("-")[0]
if os.path.exists("fail") and suite == "roundtrip-rewrite" and design == "hard":
    sys.exit("out of tokens")
source = pathlib.Path("corpus", design.replace("copy-", "copy/") + ".v").read_text()
said = f"The {design} module computes what its name says; see the ports."
if suite == "roundtrip-describe":
    odd = {"quoted": f"Write it so:\\n```verilog\\n{source}```", "silent": "<think>hm</think>", "told": DESCRIPTION}
    print(odd.get(design, said))
    sys.exit()
assert said in sys.stdin.read()
is_wrong = design == "wrong" or (suite == "roundtrip-rewrite" and index == "0" and design == "hard")
if suite == "roundtrip-base":
    is_wrong = {"easy": False, "hard": True}.get(design, index == "0")
if is_wrong:
    source = source.replace(" = ", " = ~", 1)
print(f"<think>\\nlet me see: {design}\\n</think>\\n<answer>\\n```verilog\\n{source}```\\n</answer>")
""".replace("DESCRIPTION", repr(LFSR_DESCRIPTION))
SETTINGS = RoundTripSettings(rewrites=2, base_samples=2, band=(0.25, 0.75))
HEADER = RoundTripHeader(describer="d", model="m", base_models=("b",), sampling="", style="codev-r1", check="")


@pytest.fixture(scope="module")
def checker(shared_checker: SharedChecker) -> Checker:
    return shared_checker(CheckSettings(cycles=60))


def prepare(folder: Path) -> Path:
    """Write the corpus and the model into ``folder``."""
    for name, text in DESIGNS.items():
        path = folder / "corpus" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "model.py").write_text(MODEL)
    return folder


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return prepare(tmp_path)


@pytest.fixture(scope="module")
def travelled(tmp_path_factory: pytest.TempPathFactory, checker: Checker) -> tuple[Path, RoundTripReport]:
    """Return where a whole trip was made, and its report."""
    folder = prepare(tmp_path_factory.mktemp("travelled"))
    return folder, travel(folder, checker)


def travel(
    place: Path, checker: Checker, settings: RoundTripSettings = SETTINGS, *, has_base: bool = True
) -> RoundTripReport:
    model = make_backend(f"command:{sys.executable} model.py", BackendSettings(concurrency=2))
    benchmark = replace(make_problem(reference=LFSR), suite="bench", problem_id="lfsr", description=LFSR_DESCRIPTION)
    with contextlib.chdir(place):
        return run_round_trip(
            read_corpus(place / "corpus"),
            models=RoundTripModels(describer=model, rewriter=model, bases=(model,) if has_base else ()),
            checker=checker,
            store=RoundTripStore(place / "trip", HEADER),
            settings=settings,
            benchmarks=[benchmark],
        )


def strip(name: str) -> str:
    return name.rpartition("-")[0]


def read_asked(place: Path) -> list[str]:
    return sorted((place / "asked.log").read_text().splitlines())


@pytest.mark.simulator
def test_each_design_is_kept_or_dropped_for_its_reason(travelled: tuple[Path, RoundTripReport]) -> None:
    report = travelled[1]
    assert {strip(item.name): item.reason for item in report.dropped} == {
        "broken": DropReason.UNREADABLE,
        "counter": DropReason.NEAR_DUPLICATE,
        "stolen": DropReason.CONTAMINATED,
        "loaded": DropReason.UNUSABLE,
        "silent": DropReason.NO_DESCRIPTION,
        "quoted": DropReason.QUOTES_CODE,
        "told": DropReason.CONTAMINATED_DESCRIPTION,
        "wrong": DropReason.NOT_EQUIVALENT,
        "easy": DropReason.TOO_EASY,
    }
    details = {strip(item.name): item.detail for item in report.dropped}
    assert details["stolen"] == "structure of bench/lfsr (100%)"
    assert details["counter"].startswith("of copy-of_counter-")
    assert details["wrong"] == "no answer; base models pass 50%; distil: up to 0%, rl: 25% to 75%"
    assert details["easy"] == "base models pass 100%; distil: up to 0%, rl: 25% to 75%"
    assert "'m.hex', which is not given" in details["loaded"]
    (rl,), (distil,) = report.select(TrainingSet.RL), report.select(TrainingSet.DISTIL)
    assert (strip(rl.problem.problem_id), rl.base_pass_rates, rl.is_proved, rl.rule) == (
        "copy-of_counter", (0.5,), True, Rule.IN_BAND,
    )  # fmt: skip
    assert (strip(distil.problem.problem_id), distil.base_pass_rates, distil.rule) == ("hard", (0.0,), Rule.OUT_OF_BAND)
    assert str(report).splitlines()[:3] == [
        "11 designs: 1 for distillation, 1 for reinforcement learning, 9 dropped",
        "  distil: 1 out-of-band",
        "  rl: 1 in-band; 1 proved",
    ]
    assert "  dropped at base models: 1 too-easy" in str(report)


@pytest.mark.simulator
def test_what_is_written_can_be_trained_on_and_loaded_again(travelled: tuple[Path, RoundTripReport]) -> None:
    trip, report = travelled[0] / "trip", travelled[1]
    suite = load_suite(f"references:{trip / 'kept.jsonl'}")
    assert [problem.unjudged for problem in suite.problems] == [""]
    assert suite.problems[0].reference.text.strip() == DESIGNS["copy/of_counter.v"].strip()
    assert suite.problems[0].description.endswith(
        "Module name: counter\nPorts:\n  input clk (1 bit)\n  input rst (1 bit)\n  input en (1 bit)\n"
        "  output q (4 bits)\n  output wrap (1 bit)\n"
    )
    (row,) = [json.loads(line) for line in (trip / "sft.jsonl").read_text().splitlines()]
    assert [message["role"] for message in row["messages"]] == ["system", "user", "assistant"]
    answer = row["messages"][2]["content"]
    assert answer.startswith("<think>\nlet me see: hard\n</think>\n<answer>\n```verilog\n")
    assert json.loads((trip / "dataset_info.json").read_text())["rtlgen_sft"]["file_name"] == "sft.jsonl"
    assert len((trip / "dropped.jsonl").read_text().splitlines()) == 9
    assert (trip / "report.txt").read_text() == f"{report}\n"


@pytest.mark.simulator
def test_an_interrupted_trip_goes_on_and_asks_nothing_twice(place: Path, checker: Checker) -> None:
    (place / "fail").touch()
    with pytest.raises(BackendError, match="out of tokens"):
        travel(place, checker)
    assert not (place / "trip" / "report.txt").exists()
    store = RoundTripStore(place / "trip", HEADER)
    stored = [key for stage in Stage for key in store.read_completions(stage)]
    before = Counter(read_asked(place))
    (place / "fail").unlink()
    interrupted = travel(place, checker)
    asked = Counter(read_asked(place)) - before
    assert any("rewrite hard" in line for line in asked)
    assert stored
    assert {f"{key.suite} {key.problem_id} {key.index}" for key in stored}.isdisjoint(asked)
    assert interrupted.read == 11


@pytest.mark.simulator
def test_thresholds_can_change_and_a_base_model_can_come_later(place: Path, checker: Checker) -> None:
    without = travel(place, checker, has_base=False)
    assert {strip(pair.problem.problem_id) for pair in without.kept} == {"copy-of_counter", "easy", "hard", "wrong"}
    assert {pair.base_pass_rates for pair in without.kept} == {()}
    before = read_asked(place)
    wide = travel(place, checker, replace(SETTINGS, band=(0.0, 1.0), distil_most=1.0))
    rates = {strip(pair.problem.problem_id): pair.base_pass_rates for pair in wide.kept}
    assert rates == {"copy-of_counter": (0.5,), "easy": (1.0,), "hard": (0.0,), "wrong": (0.5,)}
    assert {line.split()[0] for line in set(read_asked(place)) - set(before)} == {"roundtrip-base"}
    after = read_asked(place)
    assert len(travel(place, checker, replace(SETTINGS, distil_most=0.5)).kept) == 3
    assert read_asked(place) == after


@pytest.mark.simulator
def test_a_first_rewrite_that_is_wrong_does_not_hide_a_right_one(travelled: tuple[Path, RoundTripReport]) -> None:
    store = RoundTripStore(travelled[0] / "trip", HEADER)
    judged = store.read_judgements().items()
    found = {(key.suite, strip(key.problem_id), key.index): verdict.status for key, verdict in judged}
    assert found[Stage.REWRITE, "hard", 0] is Status.MISMATCH
    assert found[Stage.REWRITE, "hard", 1] is Status.PASSED
    (pair,) = travelled[1].select(TrainingSet.DISTIL)
    assert (pair.is_equivalent, pair.answer.key.index) == (True, 1)


def test_a_folder_of_another_trip_is_refused(tmp_path: Path) -> None:
    RoundTripStore(tmp_path / "trip", HEADER)
    with pytest.raises(UsageError, match="was made with model 'm', not 'other'; name a new folder"):
        RoundTripStore(tmp_path / "trip", replace(HEADER, model="other"))
    for bases in ((), ("b", "c"), ("b",), ()):
        store = RoundTripStore(tmp_path / "trip", replace(HEADER, base_models=bases))
    assert store.header.base_models == ("b", "c")
    with pytest.raises(UsageError, match=r"base_models \('b',\), not \('c',\)"):
        RoundTripStore(tmp_path / "trip", replace(HEADER, base_models=("c",)))
    RoundTripStore(tmp_path / "trip", replace(HEADER, start_model="s", start_sampling="0.6"))
    RoundTripStore(tmp_path / "trip", replace(HEADER, start_sampling="0.6"))
    with pytest.raises(UsageError, match=r"was made with start_sampling '0.6', not ''"):
        RoundTripStore(tmp_path / "trip", replace(HEADER, start_model="s"))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").touch()
    with pytest.raises(UsageError, match="holds something else than a round trip"):
        RoundTripStore(tmp_path / "full", HEADER)


def test_a_folder_of_before_adapters_and_several_base_models_is_gone_on_with(tmp_path: Path) -> None:
    RoundTripStore(tmp_path, HEADER)
    path = tmp_path / "roundtrip.json"
    written = json.loads(path.read_text())
    for name in ("lora", "engine", "base_models", "start_model", "describe_sampling", "base_sampling"):
        del written[name]
    path.write_text(json.dumps({**written, "base_model": "b"}))
    assert RoundTripStore(tmp_path, replace(HEADER, base_models=())).header == HEADER
    with pytest.raises(UsageError, match="was made with lora '', not 'tuned'"):
        RoundTripStore(tmp_path, replace(HEADER, lora="tuned"))


def test_corpora(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="holds no design"):
        read_corpus(tmp_path)
    rows = tmp_path / "rows.jsonl"
    rows.write_text(
        json.dumps({"problem_id": "../a b", "gold_code": COUNTER, "top": "counter"})
        + "\n"
        + json.dumps({"response": f"So:\n```verilog\n{COUNTER}```\n"})
        + "\n"
    )
    first, second = read_corpus(rows)
    assert strip(first.name) == "a-b"
    assert (first.top, second.top) == ("counter", "")
    assert first.source == second.source == COUNTER
    assert strip(second.name) == "row000002"
    rows.write_text('{"reference": 3}\n')
    with pytest.raises(SuiteError, match=r"rows.jsonl:1: no design"):
        read_corpus(rows)


@pytest.mark.parametrize("band", [(0.5, 0.4), (-0.1, 0.5), (0.0, 1.1)])
def test_bad_bands(band: tuple[float, float]) -> None:
    with pytest.raises(UsageError, match="must be two pass rates from 0 to 1"):
        RoundTripSettings(band=band)
