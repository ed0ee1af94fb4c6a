"""Candidates read in a process of their own: the same answers as here, and none where that process is lost."""

from collections.abc import Iterator

import builders
import pytest
from support.small_bench import RIGHT, small_problem

from pytest_rtlgen.check.reading.reader import Reader
from pytest_rtlgen.modes import SandboxMode
from pytest_rtlgen.records import Candidate, SourceFile, Status
from pytest_rtlgen.scoring.scorer import BenchScorer
from pytest_rtlgen.tools.sandbox import choose_sandbox
from pytest_rtlgen.tools.worker import WorkerLostError
from pytest_rtlgen.verilog.examine import examine_design
from pytest_rtlgen.verilog.interface import read_interface
from pytest_rtlgen.verilog.power_up import PowerUp, power_up
from pytest_rtlgen.verilog.screen import screen_candidate
from pytest_rtlgen.verilog.screen_files import screen_files
from pytest_rtlgen.verilog.slicing import slice_outputs

COUNTER = builders.COUNTER
INTERFACE = read_interface(SourceFile(name="counter.sv", text=COUNTER), "counter")
FILE = SourceFile(name="rtl/counter.sv", text=COUNTER)
HEADER = SourceFile(name="rtl/width.svh", text="// nothing\n")
DEEP = f"module m(output y); assign y = {'(' * 5000}1{')' * 5000}; endmodule"


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    found = Reader(sandbox=choose_sandbox(SandboxMode.AUTO), jobs=1)
    yield found
    found.close()


def test_it_answers_what_is_found_here(reader: Reader) -> None:
    assert reader.screen(COUNTER, INTERFACE) == screen_candidate(COUNTER, INTERFACE)
    assert reader.screen("module x;", INTERFACE, (HEADER,)) == screen_candidate("module x;", INTERFACE, (HEADER,))
    assert reader.screen_files([FILE], [HEADER], "counter", ()) == screen_files([FILE], [HEADER], "counter", ())
    assert reader.examine(COUNTER, "counter") == examine_design(COUNTER, "counter")
    assert reader.power_up(COUNTER, "counter", PowerUp.ONES) == power_up(COUNTER, "counter", PowerUp.ONES)
    assert reader.slice(COUNTER, "counter") == slice_outputs(COUNTER, "counter")


def test_text_that_is_too_deeply_nested_is_not_read(reader: Reader) -> None:
    assert reader.examine(DEEP, "m") is None
    assert reader.power_up(DEEP, "m", PowerUp.ZEROS) is None
    assert reader.slice(DEEP, "m") is None
    assert reader.examine(COUNTER, "counter") is not None


class Lost:
    """A pool whose processes are all lost."""

    def ask(self, question: object, timeout_s: float, slowness: float = 1) -> None:  # noqa: ARG002
        """Raise."""
        raise WorkerLostError


def test_where_the_process_is_lost_the_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader(sandbox=choose_sandbox(SandboxMode.OFF), jobs=1)
    monkeypatch.setattr(reader, "_pool", Lost())
    screening, files = reader.screen(COUNTER, INTERFACE), reader.screen_files([FILE], [HEADER], "counter", ())
    assert (screening.status, screening.source) == (Status.RESOURCE_LIMIT, COUNTER)
    assert [item.message for item in screening.diagnostics] == ["reading the text took more than 5 s or 2048 MiB"]
    assert (files.status, files.files) == (Status.RESOURCE_LIMIT, (FILE,))
    assert [item.message for item in files.diagnostics] == ["reading the text took more than 10 s or 2048 MiB"]
    assert reader.examine(COUNTER, "counter") is None
    assert reader.power_up(COUNTER, "counter", PowerUp.ZEROS) is None
    assert reader.slice(COUNTER, "counter") is None


@pytest.mark.simulator
def test_a_scorer_that_is_given_a_reader_starts_and_ends_none(reader: Reader) -> None:
    reader.examine(COUNTER, "counter")
    (worker,) = reader._pool._workers
    problem = small_problem()
    with BenchScorer(reader=reader) as scorer:
        verdict = scorer.score(Candidate(source=RIGHT, rule="test"), problem)
    assert verdict is not None
    assert verdict.is_passed
    reader.examine(COUNTER, "counter")
    assert reader._pool._workers == {worker}
