"""``extract``: which Verilog, and what is said when there is none."""

import io
import sys
from types import SimpleNamespace

import pytest

from pytest_rtlgen.cli import main
from pytest_rtlgen.cli.extract import find_last_top

HALF = "module half(input a, input b, output s, output c);\n  assign {c, s} = a + b;\nendmodule"
FULL = "module full(input a, input b, input i, output s);\n  half h(a, b, s, );\nendmodule"


def feed(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))


def fence(*modules: str) -> str:
    return "```verilog\n" + "\n".join(modules) + "\n```\n"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (f"Here:\n{fence(HALF)}Good luck!", HALF),
        (fence(HALF, FULL), f"{HALF}\n{FULL}"),
        (fence(FULL, HALF), f"{FULL}\n{HALF}"),
        (f"First try:\n{fence(FULL)}Better:\n{fence(HALF)}", HALF),
        (f"<think>{fence(FULL)}</think>{fence(HALF)}", HALF),
        (HALF, HALF),
    ],
    ids=["fence", "helper first", "helper last", "the last fence counts", "reasoning does not", "bare"],
)
def test_the_verilog_is_printed(
    answer: str, expected: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    feed(monkeypatch, answer.encode())
    assert main(["extract"]) == 0
    out, err = capsys.readouterr()
    assert out == expected + "\n"
    assert err == ""


def test_top_takes_another_fence_than_the_last(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    feed(monkeypatch, (fence(HALF) + "A bench:\n" + fence("module tb;\nendmodule")).encode())
    assert main(["extract", "--top", "half"]) == 0
    assert capsys.readouterr().out == HALF + "\n"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "no Verilog: no module in the answer (rule none)\n"),
        (b"I cannot help.\xff", "no Verilog: no module in the answer (rule none)\n"),
        (HALF[:-9].encode(), "no Verilog: the answer ends inside the module\n"),
    ],
    ids=["empty", "prose", "truncated"],
)
@pytest.mark.parametrize("args", [[], ["--top", "half"]], ids=["no top", "top"])
def test_nothing_found_is_exit_1_with_the_reason(
    answer: bytes, reason: str, args: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    feed(monkeypatch, answer)
    assert main(["extract", *args]) == 1
    assert capsys.readouterr() == ("", reason)


def test_two_modules_side_by_side_mean_the_last() -> None:
    other = HALF.replace("half", "other")
    assert find_last_top(fence(HALF) + fence(other)).source.strip() == other


def test_code_that_does_not_parse_is_printed_too() -> None:
    bad = HALF.replace("assign", "asign")
    assert find_last_top(fence(bad)).source.strip() == bad
