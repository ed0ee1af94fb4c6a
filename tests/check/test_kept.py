"""Reference work and verdicts kept on disk: whole, apart where they may differ, never what a busy machine decided."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from builders import COUNTER, given, problem

from pytest_rtlgen.check import checker as module
from pytest_rtlgen.check.acceptance import prepare_accepted
from pytest_rtlgen.check.checker import Checker, CheckSettings
from pytest_rtlgen.check.reference import PreparedReference
from pytest_rtlgen.check.stimulus.depth import Depth
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.modes import CheckDepth, FormalMode, SandboxMode
from pytest_rtlgen.records import Care, Openings, Problem, Proof, SourceFile, Status, Verdict
from pytest_rtlgen.simulators import Simulation, SimulationJob
from pytest_rtlgen.storage.codec import read_text, write_text
from pytest_rtlgen.tools.cut_short import note_cut_short
from pytest_rtlgen.tools.process import Limits

pytestmark = pytest.mark.simulator
SETTINGS = CheckSettings(cycles=60, formal=FormalMode.OFF)
WRONG = COUNTER.replace("4'd11;", "4'd10;")
RELAID = "// another layout\n\n" + COUNTER.replace(" ", "  ").replace("assign", "/* so */ assign\n")
UNSET = "module m (input clk, input d, output reg q);\n  always @(posedge clk) q <= q ^ d;\nendmodule\n"
MEMORY = """\
module m (input [1:0] a, output [3:0] y);
  reg [3:0] mem [0:3];
  initial $readmemh("table.hex", mem);
  assign y = mem[a];
endmodule
"""
DEEP = """\
module m (input clk, input rst, input en, output reg y);
  reg [11:0] n;
  always @(posedge clk) if (rst) begin n <= 0; y <= 0; end else if (en) begin n <= n + 1; if (n == 4000) y <= ~y; end
endmodule
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of what is kept, empty for each test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "pytest-rtlgen"


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> Callable[[Checker], Checker]:
    """Return what makes a checker unable to simulate, prove and prepare anything."""

    def forbid(*_: object, **__: object) -> None:
        raise AssertionError("made anew")

    def hold(checker: Checker) -> Checker:
        monkeypatch.setattr(module, "prepare_accepted", forbid)
        monkeypatch.setattr(module, "measure_depth", forbid)
        for simulator in (checker.simulator, checker._other):
            monkeypatch.setattr(simulator, "simulate", forbid)
        if checker._prover is not None:
            monkeypatch.setattr(checker._prover, "compare", forbid)
        return checker

    return hold


def check(text: str, task: Problem | None = None, settings: CheckSettings = SETTINGS) -> Verdict:
    with Checker(settings) as checker:
        return replace(checker.check(given(text), task or problem()), duration_s=0.0)


def count_files(folder: Path) -> int:
    return sum(path.is_file() for path in folder.rglob("*"))


def with_memory(content: str) -> Problem:
    return problem(MEMORY, "m", given=(SourceFile(name="table.hex", text=content),))


@pytest.mark.parametrize(
    "task",
    [
        problem(),
        problem(UNSET, "m"),
        problem(DEEP, "m"),
        with_memory("1 2 3 4"),
        problem(openings=Openings(care=(Care(output="wrap", condition="en", place="p:1"),))),
    ],
    ids=["plain", "powered up", "deep", "memory", "care"],
)
def test_reference_work_of_another_checker_is_taken_over(task: Problem, idle: Callable[[Checker], Checker]) -> None:
    with Checker(CheckSettings()) as first:
        made = first.prepare(task), first._seconds.get(task, 0), first.measure_depth(task)
    with Checker(CheckSettings()) as second:
        idle(second)
        assert (second.prepare(task), second._seconds.get(task, 0), second.measure_depth(task)) == made


def test_a_deep_run_is_taken_over_with_its_rows(idle: Callable[[Checker], Checker]) -> None:
    task = problem(DEEP, "m")
    with Checker(CheckSettings()) as first:
        made, reference = first.measure_depth(task), first.prepare(task)
    assert made.run is not None
    with Checker(CheckSettings()) as second:
        found = idle(second).measure_depth(task)
    assert found.run is not None
    assert found.run.unpack(reference) == made.run.unpack(reference)


def test_every_form_of_reference_survives_the_disk() -> None:
    core = load_suite(str(Path(__file__).parents[2] / "suites" / "core")).problems[::6]
    with Checker(SETTINGS) as checker:
        for task in (*core, problem(UNSET, "m")):
            made = checker.prepare(task)
            assert read_text(PreparedReference, write_text(made).encode(), "here") == made
        assert made.powered_up is not None
        assert made.powered_up.others


@pytest.mark.parametrize("text", [COUNTER, WRONG, "module m; endmodule", "module", COUNTER.replace("en)", "en &&)")])
def test_the_same_verdict_is_found_again(text: str, idle: Callable[[Checker], Checker]) -> None:
    settings = replace(SETTINGS, formal=FormalMode.CONFIRM)
    found = check(text, settings=settings)
    with Checker(settings) as second:
        again = idle(second).check(given(text), problem())
    assert again.duration_s > 0.0
    assert replace(again, duration_s=0.0) == found


@pytest.mark.parametrize("mode", list(FormalMode))
@pytest.mark.parametrize("wrong", [False, True])
def test_layout_and_comments_do_not_matter(mode: FormalMode, wrong: bool, idle: Callable[[Checker], Checker]) -> None:
    settings = replace(SETTINGS, formal=mode)
    text, relaid = (source.replace("4'd11;", "4'd10;") if wrong else source for source in (COUNTER, RELAID))
    found = check(text, settings=settings)
    with Checker(settings) as second:
        assert replace(idle(second).check(given(relaid), problem()), duration_s=0.0) == found
    assert found.status is (Status.MISMATCH if wrong else Status.PASSED)


def test_what_names_a_line_is_found_for_the_same_layout_only() -> None:
    text = COUNTER.replace("assign wrap = q == 4'd11;", "assign wrap = q == 4'd11;\n  assign wrap = q == 4'd11;")
    first, moved = check(text), check("\n\n\n" + text)
    lines = [[one.line for one in found.diagnostics if one.line] for found in (first, moved)]
    assert lines[0]
    assert lines[1] == [line + 3 for line in lines[0]]
    refused, again = (check(lead + COUNTER.replace("4'd11;", "nothing;")) for lead in ("", "\n"))
    assert (refused.status, again.status) == (Status.ELABORATION_ERROR, Status.ELABORATION_ERROR)
    assert again.diagnostics[0].line == (refused.diagnostics[0].line or 0) + 1


CHANGED: dict[str, dict[str, Any]] = {
    "reference": {"reference": SourceFile(name="counter.sv", text=WRONG)},
    "care": {"openings": Openings(care=(Care(output="wrap", condition="en", place="p:1"),))},
    "variants": {"openings": Openings(variants=(SourceFile(name="b.sv", text=WRONG),))},
    "power-up": {"openings": Openings(is_power_up_open=True)},
    "cycles": {"cycles": 61},
    "clocks": {"clocks": ()},
    "resets": {"resets": ()},
    "given": {"given": (SourceFile(name="a.hex", text="1"),)},
    "name of a file": {"given": (SourceFile(name="b.hex", text="1"),)},
    "top": {"reference_top": "other"},
}


def list_digests(settings: CheckSettings, task: Problem) -> tuple[str, ...]:
    """Return the digests of first and second stimulus, depth and verdicts."""
    with Checker(settings) as checker:
        shelves = (checker._references._shelf, checker._seconds._shelf, checker._depths._shelf, checker._verdicts)
        return tuple(shelf._digest(task, ()) for shelf in shelves)


def test_no_two_problems_and_stages_share_a_digest() -> None:
    tasks = [problem(), *(problem(**changes) for changes in CHANGED.values())]
    digests = [one for task in tasks for one in list_digests(SETTINGS, task)]
    assert len(set(digests)) == len(digests) == 4 * len(tasks)


@pytest.mark.parametrize(
    ("changes", "is_of_references"),
    [
        ({"stimulus_seed": 1}, True),
        ({"cycles": 61}, True),
        ({"cycles": None}, True),
        ({"simulator": "yosys"}, True),
        ({"simulator": "icarus-cold"}, True),
        ({"limits": Limits(cpu_s=3)}, True),
        ({"sandbox": SandboxMode.OFF}, True),
        ({"formal": FormalMode.CONFIRM}, False),
        ({"formal": FormalMode.FIRST}, False),
        ({"formal_budget_s": 3.0}, False),
        ({"cross_check": "yosys"}, False),
        ({"depth": CheckDepth.VERDICT}, False),
    ],
)
def test_no_two_settings_share_a_verdict(
    changes: dict[str, Any],
    is_of_references: bool,
) -> None:
    plain, changed = (list_digests(settings, problem()) for settings in (SETTINGS, replace(SETTINGS, **changes)))
    assert plain[-1] != changed[-1]
    assert {one != other for one, other in zip(plain[:-1], changed[:-1], strict=True)} == {is_of_references}


def test_no_two_seeds_share_a_verdict(folder: Path) -> None:
    with Checker(SETTINGS) as checker:
        verdicts = {seed: checker.check(given(COUNTER), problem(), seed=seed) for seed in (0, 1, 2)}
        kept = len([path for path in (folder / "verdicts").rglob("*") if path.is_file()])
        assert kept >= len(verdicts)
        for seed, verdict in verdicts.items():
            again = checker.check(given(COUNTER), problem(), seed=seed)
            assert replace(again, duration_s=0) == replace(verdict, duration_s=0)
    assert len([path for path in (folder / "verdicts").rglob("*") if path.is_file()]) == kept


def test_how_many_run_at_once_decides_nothing() -> None:
    assert list_digests(replace(SETTINGS, jobs=2), problem()) == list_digests(SETTINGS, problem())


def test_other_tools_and_other_code_share_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before = list_digests(SETTINGS, problem())
    for versions in ((("pyslang", "0"),), (("code", "0"),)):
        monkeypatch.setattr(module, "list_versions", lambda versions=versions: versions)
        assert not set(before) & set(list_digests(SETTINGS, problem()))


def test_another_memory_file_gives_another_verdict() -> None:
    text = MEMORY.replace('initial $readmemh("table.hex", mem);', "initial begin mem[0] = 1; mem[1] = 2; end").replace(
        "mem[a]", "a == 0 ? mem[0] : a == 1 ? mem[1] : a == 2 ? 3 : 4"
    )
    assert check(text, with_memory("1 2 3 4")).status is Status.PASSED
    assert check(text, with_memory("1 2 3 5")).status is Status.MISMATCH
    assert check(MEMORY, with_memory("1 2 3 5")).status is Status.PASSED


def test_another_accepted_design_gives_another_verdict() -> None:
    assert check(WRONG).status is Status.MISMATCH
    opened = problem(openings=Openings(place="p", variants=(SourceFile(name="b.sv", text=WRONG),)))
    assert [check(WRONG, opened).status for _ in range(2)] == [Status.PASSED, Status.PASSED]
    assert check(WRONG).status is Status.MISMATCH


def test_a_text_that_differs_in_one_token_has_its_own_verdict() -> None:
    for old, new in (
        ("4'd11", "4'd1 1"),
        ("4'd11;", "4'd11 - 1;"),
        ("q <= 4'd0", "q < = 4'd0"),
        ("== 4'd11", "== 4'd1?1:0"),
    ):
        assert check(COUNTER).is_passed
        assert not check(COUNTER.replace(old, new)).is_passed, new


@pytest.mark.parametrize("damage", [b"", b"x\x9c\x03\x00\x00\x00\x00\x01", b"{}"])
def test_damage_on_disk_is_repaired(folder: Path, damage: bytes) -> None:
    found = check(COUNTER)
    files = [path for path in folder.rglob("*") if path.is_file()]
    before = [path.read_bytes() for path in files]
    for path in files:
        path.write_bytes(damage)
    assert check(COUNTER) == found
    assert [path.read_bytes() for path in files] == before


@pytest.mark.parametrize("where", ["file", "nowhere"])
def test_a_check_needs_no_cache(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if where == "file":
        (tmp_path / "file").write_text("")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    else:
        monkeypatch.delenv("XDG_CACHE_HOME")
        monkeypatch.setattr(Path, "home", lambda: (_ for _ in ()).throw(RuntimeError("no home")))
    assert check(COUNTER).is_passed


def test_without_the_cache_no_file_is_made_and_none_is_read(folder: Path) -> None:
    settings = replace(SETTINGS, no_cache=True)
    assert check(COUNTER, settings=settings).is_passed
    assert not folder.exists()


def test_a_problem_that_has_no_form_on_disk_is_checked_all_the_same(folder: Path) -> None:
    odd: Any = PurePosixPath("description.md")
    assert check(COUNTER, problem(description=odd)).is_passed
    assert count_files(folder) == 0


def test_a_time_out_is_not_kept(folder: Path) -> None:
    hanging = COUNTER.replace("if (rst)", "if (q == 5) while (1);\n    else if (rst)")
    assert check(hanging, settings=replace(SETTINGS, limits=Limits(cpu_s=1, wall_s=10))).status is Status.TIMEOUT
    assert count_files(folder / "references") == 1
    assert not (folder / "verdicts").exists()


@pytest.mark.parametrize("text", [COUNTER, WRONG])
def test_a_verdict_in_whose_making_a_limit_decided_something_is_not_kept(
    text: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Checker(SETTINGS) as checker:
        checker.prepare(problem())
        simulate = checker.simulator.simulate

        def hurry(job: SimulationJob) -> Simulation:
            note_cut_short()
            return simulate(job)

        monkeypatch.setattr(checker.simulator, "simulate", hurry)
        checker.check(given(text), problem())
    assert not (folder / "verdicts").exists()


def test_a_refusal_that_names_no_line_is_not_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A compiler on a full disk refuses every text."""
    with Checker(SETTINGS) as checker:
        checker.prepare(problem())
        refusal = Simulation(trace=None, status=Status.ELABORATION_ERROR, is_compiled=False)
        for simulator in (checker.simulator, checker._other):
            monkeypatch.setattr(simulator, "simulate", lambda _: refusal)
        assert checker.check(given(COUNTER), problem()).status is Status.ELABORATION_ERROR
    assert not (folder / "verdicts").exists()


def test_what_rests_on_a_reference_that_a_limit_cut_short_is_not_kept(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hurry(*arguments: Any, **named: Any) -> PreparedReference:
        note_cut_short()
        return prepare_accepted(*arguments, **named)

    monkeypatch.setattr(module, "prepare_accepted", hurry)
    with Checker(SETTINGS) as checker:
        for text in (COUNTER, WRONG, RELAID):
            checker.check(given(text), problem())
        assert count_files(folder) == 0
    monkeypatch.undo()


def test_a_depth_that_rests_on_a_stimulus_cut_short_is_not_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hurry(*arguments: Any, **named: Any) -> PreparedReference:
        if named["seed"] < 0:
            note_cut_short()
        return prepare_accepted(*arguments, **named)

    monkeypatch.setattr(module, "prepare_accepted", hurry)
    with Checker(SETTINGS) as checker:
        assert isinstance(checker.measure_depth(problem(DEEP, "m")), Depth)
    assert count_files(folder) == 1, "the first stimulus alone"
    with Checker(SETTINGS) as checker:
        assert checker.check(given(DEEP.replace("n + 1", "1 + n")), problem(DEEP, "m")).is_passed
    assert not (folder / "verdicts").exists()


def test_an_unproved_pass_is_kept_with_its_budget(idle: Callable[[Checker], Checker]) -> None:
    settings = CheckSettings(cycles=20)
    header = "module m (input clk, input rst, output reg z);\n  reg [6999:0] a;\n  always @(posedge clk) "
    task = problem(header + "if (rst) z <= 1; else z <= 0;\nendmodule\n", "m")
    text = header + "begin z <= rst | a == 5; a <= rst ? 1 : {a[6998:0], a[6999]}; end\nendmodule\n"
    found = check(text, task, settings)
    assert found.is_passed
    assert found.equivalence is not None
    assert found.equivalence.result is Proof.UNKNOWN
    with Checker(settings) as second:
        assert replace(idle(second).check(given(text), task), duration_s=0.0) == found
