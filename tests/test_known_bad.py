"""The known-bad list: what applies where, and that a few entries still show."""

import re
from contextlib import closing

import pytest
from benchmarks.published_scoring import SHARED, find_bench, show_reference
from builders import given

from pytest_rtlgen.errors import BadReferenceError, SuiteError
from pytest_rtlgen.known_bad import Kind, KnownBad, load_known_bad, read_known_bad
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.modes import ScoringMode
from pytest_rtlgen.scoring.testbench import TestbenchScorer

ICARUS_11 = load_known_bad(ours=("icarus", "11.0"), bench=("icarus", "11.0"))
ICARUS_12 = load_known_bad(ours=("icarus", "12.0"), bench=("icarus", "12.0"))
SPEC = "verilog-eval-v2"
ENTRY = """\
format = 1
version = "1"
[[problem]]
suite = "s"
problem = "p"
scoring = "published"
kind = "race"
evidence = "seen"
found = "run"
"""


def impossible(simulator: str, version: str, scoring: ScoringMode) -> dict[str, int]:
    known = load_known_bad(ours=(simulator, version), bench=(simulator, version))
    counts: dict[str, int] = {}
    for suite, problem_id in known.by_problem:
        counts[suite] = counts.get(suite, 0) + known.is_impossible(suite, problem_id, scoring)
    return counts


def test_the_list_leaves_the_known_ceilings_on_icarus_11() -> None:
    assert impossible("icarus", "11.0", ScoringMode.BENCH) == {
        SPEC: 156 - 151,
        "verilog-eval-v2-complete": 156 - 152,
        "verilog-eval-v1-human": 156 - 154,
        "verilog-eval-v1-machine": 143 - 143,
        "rtllm-v1.1": 29 - 26,
        "rtllm-v2": 50 - 46,
        "rtllm-v2.1": 0,
        "cvdp": 0,
    }
    ours = impossible("icarus", "11.0", ScoringMode.OURS)
    assert (ours[SPEC], ours["verilog-eval-v1-human"], ours["rtllm-v2"]) == (0, 0, 1)


@pytest.mark.parametrize(
    ("simulator", "version", "problem_id", "kinds"),
    [
        ("icarus", "11.0", "Prob156_review2015_fancytimer", [Kind.REFUSES_REFERENCE]),
        ("icarus", "12.0", "Prob156_review2015_fancytimer", [Kind.WATCHDOG]),
        ("icarus", "12.0", "Prob151_review2015_fsm", []),
        ("icarus", "11.0", "Prob005_notgate", []),
        ("icarus", "13.0", "Prob005_notgate", [Kind.REFUSES_BENCH]),
        ("verilator", "5.006", "Prob151_review2015_fsm", []),
        ("verilator", "5.006", "Prob082_lfsr32", [Kind.WATCHDOG]),
    ],
)
def test_an_entry_applies_to_its_simulators_and_versions(
    simulator: str, version: str, problem_id: str, kinds: list[Kind]
) -> None:
    known = load_known_bad(ours=(simulator, version), bench=(simulator, version))
    assert [entry.kind for entry in known.of(SPEC, problem_id)] == kinds


def test_a_reference_that_the_first_simulator_refuses_is_judged_all_the_same() -> None:
    known = load_known_bad(ours=("icarus", "11.0"), bench=("icarus", "11.0"))
    (entry,) = known.of(SPEC, "Prob151_review2015_fsm")
    assert entry.scoring is ScoringMode.BENCH
    assert known.is_impossible(SPEC, "Prob151_review2015_fsm", ScoringMode.BENCH)
    assert not known.is_impossible(SPEC, "Prob151_review2015_fsm", ScoringMode.OURS)


def test_why_right_answers_fail() -> None:
    assert ICARUS_11.explain_failure("rtllm-v2", "freq_divbyeven", ScoringMode.OURS) == (
        "known bad (unsatisfiable-specification): "
        "the description asks for module freq_diveven, the bench instantiates freq_divbyeven"
    )
    assert ICARUS_11.explain_failure(SPEC, "Prob082_lfsr32", ScoringMode.BENCH).startswith("known bad (watchdog): ")
    assert ICARUS_11.explain_failure(SPEC, "Prob082_lfsr32", ScoringMode.OURS) == ""
    assert ICARUS_11.explain_failure("rtllm-v2", "comparator_3bit", ScoringMode.BENCH) == ""


def test_every_entry_says_what_was_seen_and_how() -> None:
    entries = [entry for found in ICARUS_11.by_problem.values() for entry in found]
    assert len(entries) > 50
    for entry in entries:
        assert re.match(r"(run|read|issue): \S", entry.found), entry
        assert len(entry.evidence) > 10, entry


REVIEWED = {
    "rtllm-v1.1": "synchronizer accu multi_16bit alu counter_12 RAM adder_pipe_64bit edge_detect",
    "rtllm-v2": "synchronizer accu up_down_counter multi_16bit LFSR alu counter_12 ring_counter RAM adder_pipe_64bit"
    " edge_detect freq_divbyeven freq_divbyfrac serial2parallel barrel_shifter",
    "verilog-eval-v1-human": "dff8 m2014_q4d mt2015_muxdff bugs_mux2 edgecapture edgedetect2 m2014_q6 rule110"
    " ece241_2014_q4 fsm3onehot fsm_onehot review2015_fsmseq review2015_fsmonehot 2013_q2afsm lfsr32",
    "verilog-eval-v1-machine": "2013_q2afsm 2014_q4a edgecapture lfsr32 m2014_q4d mt2015_q4b xnorgate"
    " review2015_fsmonehot rotate100",
    SPEC: "Prob034_dff8 Prob053_m2014_q4d Prob104_mt2015_muxdff Prob062_bugs_mux2 Prob066_edgecapture Prob136_m2014_q6"
    " Prob148_2013_q2afsm Prob116_m2014_q3",
}
"""Problems whose text does not settle what the reference does, as reviews of real answers found them."""


@pytest.mark.parametrize("suite", REVIEWED)
def test_a_text_that_does_not_settle_the_reference_is_listed(suite: str) -> None:
    for problem_id in REVIEWED[suite].split():
        assert ICARUS_11.is_open(suite, problem_id, ScoringMode.OURS), problem_id


@pytest.mark.parametrize(
    ("suite", "problem_id"),
    [
        ("verilog-eval-v1-human", "always_case2"),  # its example settles the direction
        ("verilog-eval-v1-human", "kmap4"),  # its map is symmetric in all inputs
        ("verilog-eval-v1-human", "lfsr5"),  # shifted the other way it would not be of maximal length
        ("verilog-eval-v1-machine", "dff8"),  # the value at power-up is told
        ("rtllm-v2", "parallel2serial"),  # "otherwise ... sets valid to 0"
        ("verilog-eval-v2-complete", "Prob034_dff8"),  # its reference starts unknown
        (SPEC, "Prob124_rule110"),  # v2 tells which side is left
        (SPEC, "Prob074_ece241_2014_q4"),  # v2 says NOR
    ],
)
def test_a_text_that_settles_it_is_not_listed(suite: str, problem_id: str) -> None:
    assert not ICARUS_11.is_open(suite, problem_id, ScoringMode.OURS)
    assert not ICARUS_11.is_open(suite, problem_id, ScoringMode.BENCH)


def test_who_passes_what_the_text_leaves_open() -> None:
    assert not ICARUS_11.is_open("rtllm-v2", "synchronizer", ScoringMode.BENCH), "its bench never holds brstn alone"
    assert ICARUS_11.is_open("cvdp", "cvdp_copilot_digital_stopwatch_0001", ScoringMode.BENCH)
    assert ICARUS_11.explain_failure("rtllm-v2", "synchronizer", ScoringMode.OURS) == "", "an answer can be right"
    assert ICARUS_11.is_doubtful(SPEC, "Prob082_lfsr32", ScoringMode.BENCH)
    assert not ICARUS_11.is_open(SPEC, "Prob082_lfsr32", ScoringMode.BENCH)
    assert not ICARUS_11.is_doubtful(SPEC, "Prob001_zero", ScoringMode.OURS), "a constant output is judged rightly"


def test_an_entry_stands_for_each_suite_that_it_names() -> None:
    text = ENTRY.replace('suite = "s"', 'suite = ["s", "t"]')
    assert [entry.suite for entry in read_known_bad(text, "x.toml")] == ["s", "t"]


def test_one_entry_is_read() -> None:
    assert read_known_bad(ENTRY, "x.toml") == (
        KnownBad(suite="s", problem_id="p", scoring=ScoringMode.BENCH, kind=Kind.RACE, evidence="seen", found="run"),
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("format = 1", "format = 2", r"x\.toml: needs format = 1 and a version"),
        ('kind = "race"', 'kind = "raze"', r"x\.toml: problem 1: kind = 'raze' is unknown; use watchdog, race"),
        ('evidence = "seen"', "", r"x\.toml: problem 1: evidence must be one line of text"),
        ('found = "run"', 'found = "run"\nversions = "11+"', r"versions = '11\+' must be \"any\", a major version"),
        ('found = "run"', 'found = "run"\nsimulator = "vcs"', r"simulator = 'vcs' is unknown; use any, icarus"),
        ('suite = "s"', "suite = []", r"x\.toml: problem 1: suite must be one line of text"),
        ('suite = "s"', 'suite = ["s", 3]', r"x\.toml: problem 1: suite must be one line of text"),
        ('found = "run"', 'found = "run"\nwhen = "now"', r"unknown key 'when'; known are evidence"),
        ("[[problem]]", "[[problem]", r"x\.toml: not TOML: "),
    ],
)
def test_a_broken_list_says_where(old: str, new: str, message: str) -> None:
    with pytest.raises(SuiteError, match=message):
        read_known_bad(ENTRY.replace(old, new), "x.toml")


RERUN = [
    (SPEC, "Prob099_m2014_q6c"),
    (SPEC, "Prob151_review2015_fsm"),
    ("rtllm-v2", "asyn_fifo"),
    ("rtllm-v2", "radix2_div"),
]


@pytest.mark.simulator
@pytest.mark.skipif(not SHARED.exists(), reason="needs the benchmarks in ../shared")
@pytest.mark.parametrize(("suite", "problem"), RERUN)
def test_a_reference_still_fails_its_own_bench(suite: str, problem: str) -> None:
    bench = find_bench(suite, problem)
    assert ICARUS_11.is_impossible(suite, problem, ScoringMode.BENCH)
    with closing(TestbenchScorer()) as scorer:
        assert scorer.score_unguarded(given(show_reference(bench)), bench).is_passed_unguarded is not True
        with pytest.raises(BadReferenceError):
            scorer.score(given(show_reference(bench)), bench)


@pytest.mark.simulator
@pytest.mark.skipif(not SHARED.exists(), reason="needs the benchmarks in ../shared")
def test_a_bench_still_accepts_a_stub() -> None:
    bench = find_bench("rtllm-v2", "comparator_3bit")
    stub = "module comparator_3bit(input [2:0] A, B, output A_greater, A_equal, A_less); endmodule\n"
    with closing(TestbenchScorer()) as scorer:
        assert scorer.score(given(stub), bench).is_passed
    assert ICARUS_11.of("rtllm-v2", "comparator_3bit")[0].kind is Kind.ACCEPTS_ANYTHING


@pytest.mark.skipif(not SHARED.exists(), reason="needs the benchmarks in ../shared")
def test_every_entry_names_a_problem_of_its_benchmark() -> None:
    folders = {name: name for name in ("rtllm-v1.1", "rtllm-v2", SPEC)} | {
        "verilog-eval-v2-complete": SPEC,
        "cvdp": "cvdp-example",
    }
    folders |= {f"verilog-eval-v1-{name}": "verilog-eval-v1" for name in ("human", "machine")}
    suites = {name: load_suite(f"{name}:{SHARED / folder}") for name, folder in folders.items()}
    ids = {name: {item.problem_id for item in suite.problems} for name, suite in suites.items()}
    ids["rtllm-v2.1"] = ids["rtllm-v2"]  # corrected texts of the same designs
    named = {key for version in (ICARUS_11, ICARUS_12) for key in version.by_problem}
    assert {suite for suite, _ in named} == ids.keys()
    unknown = {(suite, name) for suite, name in named if name not in ids[suite]}
    assert {suite for suite, _ in unknown} == {"cvdp"}, "CVDP's examples hold five problems of hundreds"
