"""CodeV-R1's released rows for reinforcement learning, as its own reward reads them, without unpickling."""

import json
import os
import pickle
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from pytest_rtlgen.errors import SuiteError
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.records import Suite

CODE = "module top_module(input clk, input [3:0] a, output reg y);\n  always @(posedge clk) y <= ^a;\nendmodule\n"
OTHER = "module parity(input clk, input [3:0] a, output reg y);\n  always @(posedge clk) y <= ~^a;\nendmodule\n"
PORTS = {
    "input_port_width": {("clk", 1), ("a", 4)},
    "output_port_width": {("y", 1)},
    "clock_port_polarity": {("clk", 1)},
    "reset_port_polarity_sync": set(),
}
ANSWER = {"answer": {"code": CODE, **PORTS}}
CHAT = [{"role": "system", "content": "You think."}, {"role": "user", "content": "Write the parity of a."}]


def make_row(truth: object = ANSWER, *, chat: str = "prompt", **more: Any) -> dict[str, Any]:
    """Return a row in the form of ``codev_r1_rl_train.parquet``."""
    pickled = truth if isinstance(truth, bytes | str) else pickle.dumps(truth)
    return {
        "data_source": "codev",
        chat: CHAT,
        "ability": "verilog",
        "reward_model": {"style": "rule", "ground_truth": pickled},
        "extra_info": {"index": 7},
        **more,
    }


def load(folder: Path, *rows: dict[str, Any]) -> Suite:
    path = folder / "codev_r1_rl_train.parquet"
    parquet.write_table(pa.Table.from_pylist(list(rows)), path)
    return load_suite(f"references:{path}")


def test_a_released_row_is_a_problem_with_its_prompt(tmp_path: Path) -> None:
    (problem,) = load(tmp_path, make_row()).problems
    assert (problem.problem_id, problem.unjudged, problem.top) == ("ref000001", "", "top_module")
    assert problem.description == "Write the parity of a."
    assert problem.reference.text == CODE
    assert problem.openings.variants == ()


def test_all_designs_of_a_row_are_right_under_one_name(tmp_path: Path) -> None:
    truth = {**ANSWER, "again": {"code": CODE}, "other": {"code": OTHER, **PORTS}}
    (problem,) = load(tmp_path, make_row(truth)).problems
    assert problem.unjudged == ""
    assert [variant.text for variant in problem.openings.variants] == [OTHER.replace("parity", "top_module")]
    assert problem.openings.variants[0].name.endswith("codev_r1_rl_train.parquet#ref000001 (reference 3)")


def test_the_first_column_name_and_text_in_place_of_the_pickle_are_read(tmp_path: Path) -> None:
    plain = {"code": CODE, "input_port_width": [["clk", 1], ["a", 4]], "output_port_width": [["y", 1]]}
    for truth in (json.dumps({"answer": plain}), json.dumps(plain)):
        (problem,) = load(tmp_path, make_row(truth, chat="question", problem_id="parity")).problems
        assert (problem.problem_id, problem.reference.text, problem.unjudged) == ("parity", CODE, "")


def test_json_lines_in_the_same_form_are_read(tmp_path: Path) -> None:
    path = tmp_path / "rl.jsonl"
    path.write_text(json.dumps(make_row(json.dumps({"answer": {"code": CODE}}))) + "\n")
    assert load_suite(f"references:{path}").problems[0].reference.text == CODE


@pytest.mark.parametrize(
    ("truth", "reason"),
    [
        ({"answer": {"code": CODE, **PORTS, "output_port_width": {("z", 1)}}}, "it has no z; it has besides y"),
        ({"answer": {"code": "assign y = a;"}}, "the reference defines no module"),
        ({**ANSWER, "other": {"code": OTHER.replace("[3:0] a", "[4:0] a")}}, "the ports of a variant must be"),
        ({**ANSWER, "other": {"code": "module m(;"}}, "(reference 2):1:"),
    ],
)
def test_a_row_that_cannot_be_judged_stays_with_its_reason(tmp_path: Path, truth: object, reason: str) -> None:
    (problem,) = load(tmp_path, make_row(truth)).problems
    assert reason in problem.unjudged
    assert "\n" not in problem.unjudged


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (make_row({"answer": CODE}), r"parquet: row 1: ground_truth holds no designs; it must hold designs by name"),
        (make_row({}), "ground_truth holds no designs"),
        (make_row("yes"), "ground_truth is neither a pickle nor JSON"),
        (make_row({"answer": {"code": CODE, "input_port_width": "clk"}}), "input_port_width must hold pairs of a port"),
        ({**make_row(), "prompt": CHAT[:1]}, "the prompt has no question; it must be a chat"),
    ],
)
def test_a_row_of_another_form_is_one_line(tmp_path: Path, row: dict[str, Any], message: str) -> None:
    with pytest.raises(SuiteError, match=message) as refused:
        load(tmp_path, row)
    assert "\n" not in str(refused.value)


class Attack:
    def __init__(self, command: str) -> None:
        self.command = command

    def __reduce__(self) -> tuple[object, ...]:
        return os.system, (self.command,)


def test_a_row_that_would_run_a_command_is_refused_and_runs_nothing(tmp_path: Path) -> None:
    made = tmp_path / "made"
    attack = make_row({"answer": {"code": CODE, "also": Attack(f"touch {made}")}})
    with pytest.raises(SuiteError, match=r"parquet: row 2: the pickle is not read: STACK_GLOBAL at byte [0-9]+"):
        load(tmp_path, make_row(), attack)
    assert not made.exists()
