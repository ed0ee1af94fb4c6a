"""``check --jsonl``: a stream of work."""

import io
import json
import re
import resource
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest
from support.cli_designs import BROKEN, GOLDEN, WRONG, Cli

from pytest_rtlgen.check.checker import Checker
from pytest_rtlgen.cli import check_many as module
from pytest_rtlgen.cli import main
from pytest_rtlgen.cli.check_lines import Done, read_done, read_work
from pytest_rtlgen.errors import ToolError
from pytest_rtlgen.records import Candidate, Method, Problem, Status, Verdict
from pytest_rtlgen.storage import Journal


def write_lines(path: Path, *items: object) -> None:
    path.write_text("".join((item if isinstance(item, str) else json.dumps(item)) + "\n" for item in items))


def read_results(path: Path) -> dict[object, str]:
    """Return status or error by id, of a file whose every line is whole; the order of the lines is left open."""
    values = [json.loads(line) for line in path.read_text().splitlines()]
    assert all(set(value) in ({"id", "verdict"}, {"id", "error"}) for value in values)
    return {value["id"]: value["verdict"]["status"] if "verdict" in value else value["error"] for value in values}


def stream(*extra: str) -> list[str]:
    return ["check", "--jsonl", "in.jsonl", "--out", "out.jsonl", "--sandbox=off", *extra]


@pytest.mark.simulator
def test_verdicts_whatever_they_are_exit_0(cli: Cli, designs: Path) -> None:
    write_lines(
        designs / "in.jsonl",
        {"id": "right", "reference": GOLDEN, "candidate": GOLDEN, "split": "train"},
        {"id": 7, "reference": GOLDEN, "response": f"Sure.\n```verilog\n{WRONG}```\n"},
        {"id": "none", "reference": GOLDEN, "response": "I cannot help with that."},
        {
            "id": "named",
            "reference": GOLDEN + BROKEN.replace("inv", "x").replace("= ;", "= a;"),
            "candidate": GOLDEN,
            "top": "inv",
        },
        {"id": "surrogate", "reference": GOLDEN, "candidate": "\ud800"},
    )
    done = cli("check", "--jsonl", "in.jsonl", "--out", "out.jsonl", "--jobs", "2")
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    results = read_results(designs / "out.jsonl")
    assert results.pop("surrogate") in {"no-code", "syntax-error"}
    assert results == {"right": "passed", 7: "mismatch", "none": "no-code", "named": "passed"}
    assert done.stderr == "out.jsonl: 5 checked (2 passed), 0 there before, 0 bad lines\n"


@pytest.mark.simulator
def test_bad_lines_are_reported_and_the_rest_goes_on(designs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = {"id": "good", "reference": GOLDEN, "candidate": GOLDEN}
    write_lines(
        designs / "in.jsonl",
        "{",
        {"reference": GOLDEN, "candidate": GOLDEN},
        {"id": "no reference", "candidate": GOLDEN},
        {"id": "both", "reference": GOLDEN, "candidate": GOLDEN, "response": ""},
        {"id": "broken", "reference": BROKEN, "candidate": GOLDEN},
        "",
        good,
        good,
    )
    assert main(stream()) == 2
    results = json.loads((designs / "out.jsonl").read_text().splitlines()[-1]), read_results(designs / "out.jsonl")
    assert results[1].keys() == {"no reference", "both", "broken", "good"}
    err = capsys.readouterr().err.splitlines()
    assert [line.split(" ")[0] for line in sorted(err)[:6]] == [f"in.jsonl:{number}:" for number in (1, 2, 3, 4, 5, 8)]
    assert 'in.jsonl:2: "id" is missing' in err
    assert 'in.jsonl:3: "reference" is missing' in err
    assert any(line.startswith("in.jsonl:5: reference:2: ") for line in err)
    assert "in.jsonl:8: id 'good' has an earlier line, and only that is checked" in err
    lines = [json.loads(line) for line in (designs / "out.jsonl").read_text().splitlines()]
    assert sum(line["id"] == "good" and line.get("verdict", {}).get("status") == "passed" for line in lines) == 1
    assert sum(line["id"] == "good" and "error" in line for line in lines) == 1


@pytest.mark.simulator
def test_a_second_run_checks_only_what_is_missing(designs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    work = [{"id": number, "reference": GOLDEN, "candidate": GOLDEN} for number in range(4)]
    write_lines(designs / "in.jsonl", *work[:3])
    assert main(stream()) == 0
    out = designs / "out.jsonl"
    out.write_bytes(out.read_bytes()[:-20])
    write_lines(designs / "in.jsonl", *work)
    capsys.readouterr()
    assert main(stream()) == 0
    assert capsys.readouterr().err == "out.jsonl: 2 checked (2 passed), 2 there before, 0 bad lines\n"
    assert read_results(out) == dict.fromkeys(range(4), "passed")


@pytest.mark.simulator
def test_an_error_of_an_earlier_run_is_skipped_but_not_forgotten(
    designs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_lines(designs / "in.jsonl", {"id": 1, "reference": BROKEN, "candidate": GOLDEN})
    assert main(stream()) == 2
    before = (designs / "out.jsonl").read_text()
    capsys.readouterr()
    assert main(stream()) == 2
    assert (designs / "out.jsonl").read_text() == before
    assert "out.jsonl: 1 lines hold errors of an earlier run; remove them to try again" in capsys.readouterr().err


def test_an_output_that_is_something_else_is_left_alone(designs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_lines(designs / "in.jsonl", {"id": 1, "reference": GOLDEN, "candidate": GOLDEN})
    (designs / "out.jsonl").write_text('{"id": 1}\n')
    assert main(stream()) == 2
    assert (
        "error: out.jsonl:1: not a line that check --jsonl wrote; give another file with --out"
        in capsys.readouterr().err
    )
    assert (designs / "out.jsonl").read_text() == '{"id": 1}\n'


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--jsonl=none.jsonl", "--out=out.jsonl"], "error: none.jsonl: cannot be read: No such file"),
        (["--jsonl=in.jsonl", "--out=/dev/null"], "error: /dev/null: not an ordinary file, which --out must be"),
    ],
)
def test_files_that_cannot_be_used(
    args: list[str], message: str, designs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_lines(designs / "in.jsonl", {"id": 1, "reference": GOLDEN, "candidate": GOLDEN})
    assert main(["check", *args]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"[1]", "not a JSON object"),
        (b"\xff", "not JSON: "),
        (b"[" * 100_000, "not JSON: "),
        (b'{"id": true}', '"id" must be text or a whole number'),
        (b'{"id": 1.5}', '"id" must be text or a whole number'),
        (b'{"id": 1, "reference": 2}', '"reference" must be text'),
        (b'{"id": 1, "reference": "x", "candidate": "y", "top": 3}', '"top" must be text'),
    ],
)
def test_lines_that_hold_no_work(line: bytes, message: str) -> None:
    with pytest.raises(Exception, match=message):
        read_work(line)


def test_an_absent_output_holds_nothing(tmp_path: Path) -> None:
    assert read_done(tmp_path / "none.jsonl") == Done(ids=frozenset(), failed=0)


@pytest.mark.simulator
def test_a_full_disk_ends_it_in_one_line_and_keeps_what_was_written(designs: Path) -> None:
    work = [{"id": number, "reference": GOLDEN, "candidate": GOLDEN} for number in range(60)]
    write_lines(designs / "in.jsonl", *work)
    limit = 20_000
    done = subprocess.run(
        [sys.executable, "-m", "pytest_rtlgen", *stream("--jobs=2", "--formal=off")],
        cwd=designs,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    printed = re.sub(r"^\d+ checked .*\n", "", done.stderr, flags=re.MULTILINE)  # a slow machine shows how far it is
    assert done.returncode == 2
    assert printed.startswith("error: out.jsonl: cannot be written: File too large")
    assert printed.count("\n") == 1
    assert set(read_results(designs / "out.jsonl").values()) == {"passed"}


class ConstantChecker:
    """Stands where the simulator would cost the test minutes."""

    def __init__(self, real: Checker, error: ToolError | None = None) -> None:
        self.settings = real.settings
        self.simulator = real.simulator
        self.error = error

    def check(self, candidate: Candidate, problem: Problem) -> Verdict:
        del candidate, problem
        if self.error is not None:
            raise self.error
        return Verdict(status=Status.PASSED, method=Method.SIMULATE)


def make_stream(tmp_path: Path, error: ToolError | None = None) -> module._Stream:
    checker = ConstantChecker(Checker(), error)
    done = Done(ids=frozenset(), failed=0)
    return module._Stream(checker, "in", Journal(tmp_path / "out.jsonl"), done, "inv")  # type: ignore[arg-type]


class Endless(io.RawIOBase):
    """``count`` lines of work that exist only while they are read."""

    def __init__(self, count: int) -> None:
        self._lines = (json.dumps({"id": n, "reference": "r" * 2000, "candidate": "c" * 2000}) for n in range(count))

    def __next__(self) -> bytes:
        return next(self._lines).encode() + b"\n"


def test_memory_does_not_grow_with_the_stream(tmp_path: Path) -> None:
    peaks = []
    for count in (200, 4000):
        (tmp_path / str(count)).mkdir()
        work = make_stream(tmp_path / str(count))
        tracemalloc.start()
        work.run(Endless(count))  # type: ignore[arg-type]
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 4000 * 400, "4,000 lines hold 16 MB of text; only their ids may stay"


def test_a_simulator_that_keeps_failing_ends_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    work = make_stream(tmp_path, ToolError("the warm simulator died twice"))
    with pytest.raises(ToolError, match="died twice"):
        work.run(Endless(500))  # type: ignore[arg-type]
    assert not (tmp_path / "out.jsonl").exists()
    assert 3 <= capsys.readouterr().err.count("the warm simulator died twice") < 30
