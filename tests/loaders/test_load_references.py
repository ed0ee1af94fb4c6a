"""Training references: the field names of others, what is wrong in a row, and rows that cannot be judged."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from pytest_rtlgen.errors import SuiteError, ToolError
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.loaders.references import take_design
from pytest_rtlgen.records import BoxOutputs, Problem, SourceFile, Suite

ROOT = Path(__file__).parents[2]
FIXTURE = ROOT / "fixtures" / "benchmarks" / "references"
INV = "module inv(input a, output y); assign y = ~a; endmodule"


def load(path: Path, *rows: Any) -> Suite:
    """Write ``rows`` as JSON Lines (texts as they are) and load them."""
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("".join(f"{line}\n" for line in lines))
    return load_suite(f"references:{path}")


def row(reference: str = INV, **more: Any) -> dict[str, Any]:
    return {"instruction": "Invert a.", "reference": reference, **more}


def test_rows_of_our_file() -> None:
    suite = load_suite(f"references:{FIXTURE / 'own.jsonl'}")
    assert (suite.name, suite.path) == ("own", f"references:{FIXTURE / 'own.jsonl'}")
    assert [(problem.problem_id, problem.top) for problem in suite.problems] == [
        ("inv", "inv"), ("pair", "twice"), ("ref000003", "keep"),
    ]  # fmt: skip
    assert suite.problems[0] == Problem(
        suite="own",
        problem_id="inv",
        title="inv",
        category="references",
        description="Write a module inv with input a and output y that is the inverse of a.",
        top="inv",
        reference=SourceFile(
            name=f"{FIXTURE / 'own.jsonl'}#inv",
            text="module inv (input a, output y);\n  assign y = ~a;\nendmodule\n",
        ),
        reference_top="inv",
    )


def test_codev_rows_hold_the_design_in_the_last_fence() -> None:
    problems = load_suite(f"references:{FIXTURE / 'codev.jsonl'}").problems
    assert [problem.top for problem in problems] == ["ander", "count4", ""]
    assert problems[0].reference.text.startswith("module ander (input a, input b")
    assert problems[0].reference.text.endswith("endmodule\n")
    assert problems[2].unjudged.startswith(f"{FIXTURE / 'codev.jsonl'}#ref000003:1: ")


def test_salv_rows_are_checked_against_their_ports() -> None:
    problems = load_suite(f"references:{FIXTURE / 'salv.json'}").problems
    assert [(problem.problem_id, problem.unjudged) for problem in problems] == [
        ("17", ""),
        ("18", "the reference differs from port_names: it has no b; it has besides z; it turns round a (input)"),
    ]


@pytest.mark.parametrize(
    ("values", "top"),
    [
        ({"question": "Q", "answer": INV}, "inv"),
        ({"problem": "Q", "code": f"```systemverilog\n{INV}\n```"}, "inv"),
        ({"prompt": "Q", "output": f"So:\n  ```\n{INV}\n  ```"}, "inv"),
        ({"instruction": None, "question": "Q", "reference": None, "gold_code": INV}, "inv"),
        ({"instruction": "Q", "code": INV, "response": "```verilog\nmodule other; endmodule\n```"}, "inv"),
        ({"instruction": "Q", "reference": INV, "license": "x", "scores": [1, 2]}, "inv"),
        ({"instruction": "Q", "reference": f"// module ghost;\n{INV}"}, "inv"),
        ({"instruction": "Q", "reference": f"module m #(parameter W = 1) ();\n inv u();\nendmodule\n{INV}"}, "m"),
    ],
)  # fmt: skip
def test_field_names_that_are_recognised(tmp_path: Path, values: dict[str, Any], top: str) -> None:
    problem = load(tmp_path / "a.jsonl", values).problems[0]
    assert (problem.description, problem.top, problem.reference_top, problem.unjudged) == ("Q", top, top, "")


@pytest.mark.parametrize(
    ("text", "design"),
    [
        ("module a; endmodule", "module a; endmodule"),
        ("```verilog\nmodule a; endmodule\n```", "module a; endmodule\n"),
        ("```verilog\nmodule a; endmodule\n```\n```verilog\nmodule b; endmodule\n```", "module b; endmodule\n"),
        ("```verilog\nmodule a; endmodule\n```\nRun it:\n```sh\nmake\n```\n", "module a; endmodule\n"),
        ("```verilog\nmodule a; endmodule", "```verilog\nmodule a; endmodule"),
        ("<answer> ```verilog\n module a; endmodule ``` </answer>", " module a; endmodule "),
        ("<think>\n```verilog\nmodule a;\n</think>\n```verilog\nmodule b; endmodule\n```", "module b; endmodule\n"),
        ("<think>Easy.</think>module a; endmodule", "module a; endmodule"),
    ],
)
def test_the_design_in_an_answer(text: str, design: str) -> None:
    assert take_design(text) == design


def test_files_and_black_boxes_of_a_row(tmp_path: Path) -> None:
    boxes = [{"module": "IBUF", "outputs": ["O"]}]
    first, second = load(tmp_path / "a.jsonl", row(given={"rom.hex": "1f"}, blackbox=json.dumps(boxes)), row()).problems
    assert first.given == (SourceFile(name="rom.hex", text="1f"),)
    assert first.box_outputs == (BoxOutputs(module="IBUF", outputs=("O",)),)
    assert (second.given, second.box_outputs) == ((), ())


@pytest.mark.parametrize(
    ("reference", "more", "reason"),
    [
        ("", {}, "the reference is empty"),
        (" \n", {}, "the reference is empty"),
        ("// later", {}, "the reference defines no module"),
        ("module inv(input a) endmodule", {}, "#ref000001:1: expected ';'; the reference must be valid"),
        ('`include "x.v"\n' + INV, {}, "#ref000001:1: 'x.v': No such file"),
        (INV + " module b; endmodule", {}, "#ref000001: cannot tell which module is the top (found b, inv)"),
        (INV, {"top": "top_module"}, "the reference defines inv, and not the stated 'top_module'"),
        (INV, {"port_names": [{"name": "a", "type": "input"}]}, "differs from port_names: it has besides y"),
        (INV, {"port_names": '[{"name": "a", "type": "inout"}, {"name": "[3:0] y", "type": "output reg"}]'},
         "the reference differs from port_names: it turns round a (input)"),
        ("interface i; endinterface module m(i p); endmodule", {"port_names": [{"name": "p", "type": "input"}]},
         "the reference cannot be elaborated, or has an interface port"),
    ],
)  # fmt: skip
def test_what_cannot_be_judged_is_kept_with_its_reason(
    tmp_path: Path, reference: str, more: dict[str, Any], reason: str
) -> None:
    problems = load(tmp_path / "a.jsonl", row(reference, **more), row()).problems
    assert reason in problems[0].unjudged
    assert "\n" not in problems[0].unjudged
    assert problems[0].reference.text == reference
    assert problems[1].unjudged == ""


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"instruction": "Q", "refe', r"a\.jsonl:3: not JSON: Unterminated string starting at column 22; write one"),
        ("[1, 2]", r"a\.jsonl:3: not an object; a row looks like \{\"instruction\""),
        ("[" * 100_000, r"a\.jsonl:3: not JSON that can be read"),
        ({"task": "Q", "body": "B"}, r":3: no instruction; found the fields task, body; known are instruction, quest"),
        ({"instruction": "Q", "body": "B"}, r":3: no reference; found the fields instruction, body; known are ref"),
        ({"instruction": ["Q"], "code": INV}, r"a\.jsonl:3: instruction must be text, not a list"),
        ({"instruction": "Q", "code": {"a": INV}}, r"a\.jsonl:3: code must be text, not an object"),
        ({"instruction": " ", "code": INV}, r"a\.jsonl:3: the instruction is empty"),
        (row(problem_id="first"), r"a\.jsonl:3: id 'first' stands in .*a\.jsonl:1 too; make ids unique"),
        (row(problem_id=1.5), r"a\.jsonl:3: problem_id must be text or a whole number, not a number"),
        (row(problem_id="../b"), r"a\.jsonl:3: problem_id '\.\./b' cannot be a name; use 1 to 199 characters"),
        (row(problem_id=".."), r"a\.jsonl:3: problem_id '\.\.' cannot be a name"),
        (row(problem_id=""), r"a\.jsonl:3: problem_id '' cannot be a name"),
        (row(top=3), r"a\.jsonl:3: top must be the name of a module, not a number"),
        (row(blackbox=["IBUF"]), r"a\.jsonl:3: blackbox must look like \[\{\"module\""),
        (row(blackbox=[{"module": "B", "outputs": [1]}]), r"a\.jsonl:3: blackbox must hold names of modules and pins"),
        (row(given=["rom.hex"]), r"a\.jsonl:3: given must look like \{\"rom\.hex\""),
        (row(given={"rom.hex": 1}), r"a\.jsonl:3: each of given must be text"),
        (row(port_names=["a"]), r"a\.jsonl:3: port_names must look like \[\{\"name\""),
        (row(port_names="a, b"), r"a\.jsonl:3: port_names must look like \[\{\"name\""),
    ],
)  # fmt: skip
def test_a_wrong_row_is_named(tmp_path: Path, line: Any, message: str) -> None:
    with pytest.raises(SuiteError, match=message) as caught:
        load(tmp_path / "a.jsonl", row(problem_id="first"), "", line)
    assert "\n" not in str(caught.value)


def test_a_file_that_ends_in_the_middle_of_a_row_asks_whether_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(row()) + "\n" + json.dumps(row())[:-20])
    with pytest.raises(SuiteError, match=r"a\.jsonl:2: not JSON: .*; the last line has no end: is the file whole\?$"):
        load_suite(f"references:{path}")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", b"", r"a\.jsonl: holds no row"),
        ("a.json", b"[]", r"a\.json: holds no row"),
        ("a.json", b"{}", r"a\.json: not a list"),
        ("a.json", b'[\n{"a": 1},\n]', r"a\.json: not JSON: .* at line 3"),
        ("a.csv", b"a,b", r"a\.csv: cannot tell the format; name a file that ends in \.jsonl, \.json, \.parquet"),
        ("a.jsonl", b'{"instruction": "\xff"}\n', r"a\.jsonl:1: not UTF-8 at byte 18"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SuiteError, match=message):
        load_suite(f"references:{path}")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"gone\.jsonl: cannot be read: No such file or directory; check the path"):
        load_suite(f"references:{tmp_path / 'gone.jsonl'}")


def test_the_digest_is_of_what_is_asked_and_not_of_its_form(tmp_path: Path) -> None:
    plain = load(tmp_path / "a.jsonl", row(INV + "\n"))
    (tmp_path / "b.json").write_text(json.dumps([{"question": "Invert a.", "response": f"```\n{INV}\n```"}]))
    assert load_suite(f"references:{tmp_path / 'b.json'}").digest == plain.digest
    assert load(tmp_path / "c.jsonl", {**row(INV + "\n"), "note": 1}).digest == plain.digest
    assert load(tmp_path / "c.jsonl", row(INV.replace("~", ""))).digest != plain.digest
    assert load(tmp_path / "c.jsonl", {**row(INV + "\n"), "instruction": "Invert."}).digest != plain.digest


def test_the_suite_is_named_after_the_file(tmp_path: Path) -> None:
    suite = load(tmp_path / "my data (v1).jsonl", row())
    assert (suite.name, suite.problems[0].suite) == ("my-data-v1", "my-data-v1")


def test_a_byte_order_mark_is_no_part_of_the_first_row(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(row()).encode() + b"\r\n")
    assert load_suite(f"references:{path}").problems[0].top == "inv"


def test_without_pyarrow_parquet_names_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(
        ToolError, match=r"a\.parquet: reading Parquet needs pyarrow; pip install pytest-rtlgen\[parquet\]"
    ):
        load_suite(f"references:{tmp_path / 'a.parquet'}")


def test_parquet_rows_are_those_of_json(tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    rows = json.loads((FIXTURE / "salv.json").read_text())
    path = tmp_path / "salv.parquet"
    parquet.write_table(pa.Table.from_pylist(rows), path)
    suite, json_suite = load_suite(f"references:{path}"), load_suite(f"references:{FIXTURE / 'salv.json'}")
    assert [(problem.problem_id, problem.unjudged) for problem in suite.problems] == [
        (problem.problem_id, problem.unjudged) for problem in json_suite.problems
    ]
    assert suite.digest == json_suite.digest
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(SuiteError, match=r"salv\.parquet: not Parquet, or cut off after row 0: .*; download it again$"):
        load_suite(f"references:{path}")
    parquet.write_table(pa.Table.from_pylist([{"task": "Q", "code": INV}]), path)
    with pytest.raises(SuiteError, match=r"salv\.parquet: row 1: no instruction; found the fields task, code"):
        load_suite(f"references:{path}")


def test_many_rows_load_fast(tmp_path: Path) -> None:
    rows = [
        row(f"module m{number}(input [7:0] a, output [7:0] y); assign y = a + {number}; endmodule")
        for number in range(3000)
    ]
    start = time.process_time()
    suite = load(tmp_path / "a.jsonl", *rows)
    assert time.process_time() - start < 6  # about 0.6 on a quiet machine
    assert suite.problems[2999].top == "m2999"


def test_other_formats_load_without_the_parser() -> None:
    code = "import sys, pytest_rtlgen.loaders; sys.exit(bool({'pyslang', 'pyarrow'} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, timeout=60)


def benchls(**more: Any) -> dict[str, Any]:
    """Return a row with the fields of RTL-BenchLS."""
    files = {"inv.v": INV, "lib.v": "// no submodules\n", "sec_inv.tcl": "set TOP inv\n"}
    return {"task_id": "inv_7", "top_module": "inv", "n_modules": 1, "files": files, **more}


def test_rows_of_rtl_benchls(tmp_path: Path) -> None:
    whole = f"{INV}\nmodule part; endmodule\n"
    files = {**benchls()["files"], "inv_combined.v": whole}
    suite = load(tmp_path / "slice.jsonl", benchls(), benchls(task_id="inv_8", files=files))
    assert [(one.problem_id, one.top, one.reference.text, one.unjudged) for one in suite.problems] == [
        ("inv_7", "inv", INV, ""),
        ("inv_8", "inv", whole, ""),
    ]
    assert suite.problems[0].description == "Write the Verilog module inv."


def test_masked_rows_of_rtl_benchls(tmp_path: Path) -> None:
    keys = {"golden_rtl_key": "inv.v", "masked_rtl_key": "inv_masked.v"}
    part = INV.replace("~a", "[MASKED]")
    rows = [
        benchls(task_id=name, files={**benchls()["files"], "inv_masked.v": text}, **keys)
        for name, text in (("part", part), ("all", "[MASKED]\n"))
    ]
    first, second = load(tmp_path / "masked.jsonl", *rows).problems
    assert [first.reference.text, second.reference.text] == [INV, INV]
    assert first.description == f"Complete the Verilog module inv: [MASKED] stands for what is left out.\n\n{part}"
    assert second.description == "Write the Verilog module inv."


def test_a_row_that_only_looks_like_rtl_benchls_is_read_as_ours(tmp_path: Path) -> None:
    suite = load(tmp_path / "data.jsonl", row(task_id="x", files=["a.v"]), row(task_id="y", top_module="y", files={}))
    assert [one.problem_id for one in suite.problems] == ["ref000001", "ref000002"]
