"""What a description leaves open, read from ``problem.toml``, rows of references and the known-bad data."""

import json
from pathlib import Path

import pytest
from builders import problem

from pytest_rtlgen.errors import SuiteError
from pytest_rtlgen.known_bad import read_known_openings
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.loaders.known_openings import open_suite
from pytest_rtlgen.openings import Place, read_openings
from pytest_rtlgen.records import Assumption, Care, Hold, Latency, Openings, SourceFile, Suite

HEAD = 'title = "Counter"\ncategory = "sequential"\ndifficulty = "easy"\n'
REFERENCE = "module counter(input clk, input rst, output reg q);\n  always @(posedge clk) q <= ~q & ~rst;\nendmodule\n"
KNOWN = """\
format = 1
version = "1"

[[openings]]
suite = "s"
problem = "other"
evidence = "the text says nothing of it"
found = "read: description"
power_up = true

[[openings]]
suite = "s"
problem = "counter"
evidence = "the text asks for an asynchronous clear"
found = "read: description"
reset_kind = ["rst"]
variants = [{ edits = [{ old = "rst", new = "clr" }, { old = "clr,", new = "rst," }] }]
"""


def write_suite(folder: Path, openings: str) -> Path:
    (folder / "suite.toml").write_text('format = 1\nname = "mini"\ntitle = "Mini"\n')
    (folder / "counter").mkdir()
    (folder / "counter" / "problem.toml").write_text(HEAD + openings)
    (folder / "counter" / "prompt.md").write_text("Design it.\n")
    (folder / "counter" / "reference.sv").write_text(REFERENCE)
    return folder


def test_every_key_is_read_from_problem_toml(tmp_path: Path) -> None:
    text = """
[openings]
care = { q = "!rst" }
assume = ["!(rst && clk)", "$onehot(s)"]
hold = { a = 2 }
variants = ["late.sv", { text = "module counter; endmodule" }]
reset_kind = ["rst"]
power_up = true
parameters = true
[openings.latency]
valid = "ok"
data = ["q"]
bound = 4
"""
    folder = write_suite(tmp_path, text)
    (folder / "counter" / "late.sv").write_text("module counter(); endmodule\n")
    toml = f"{folder}/counter/problem.toml"
    found = load_suite(str(folder)).problems[0].openings
    assert found == Openings(
        care=(Care(output="q", condition="!rst", place=f"{toml}:6"),),
        assumptions=(
            Assumption(condition="!(rst && clk)", place=f"{toml}:7"),
            Assumption(condition="$onehot(s)", place=f"{toml}:7"),
        ),
        holds=(Hold(port="a", cycles=2, place=f"{toml}:8"),),
        variants=(
            SourceFile(name=f"{folder}/counter/late.sv", text="module counter(); endmodule\n"),
            SourceFile(name=f"{toml}:9: variant 2", text="module counter; endmodule"),
        ),
        latency=Latency(valid="ok", data=("q",), bound=4, place=f"{toml}:13"),
        reset_kind=("rst",),
        is_power_up_open=True,
        is_parameter_open=True,
        place=f"{toml}:5",
    )


def test_a_changed_variant_changes_the_digest_of_the_suite(tmp_path: Path) -> None:
    folder = write_suite(tmp_path, '[openings]\nvariants = ["late.sv"]\n')
    digests = set()
    for text in ("module counter(); endmodule\n", "module counter(input a); endmodule\n"):
        (folder / "counter" / "late.sv").write_text(text)
        digests.add(load_suite(str(folder)).digest)
    assert len(digests) == 2


@pytest.mark.parametrize(
    ("openings", "line", "what"),
    [
        ('[openings]\ncares = { q = "1" }\n', 5, "unknown key 'cares' in openings; known are care, assume"),
        ("[openings]\ncare = { q = 1 }\n", 5, "care must give each output a condition"),
        ('[openings]\nassume = "a"\n', 5, "assume must be a list of texts"),
        ("[openings]\nhold = { a = 1 }\n", 5, "hold must give each input a number of clock cycles"),
        ('[openings]\nreset_kind = ["a b"]\n', 5, "'a b' must be the name of a port"),
        ("[openings]\npower_up = false\n", 5, "power_up must be true"),
        ('[openings]\nlatency = { valid = "v", data = ["q"] }\n', 5, "latency must look like"),
        ('[openings]\nlatency = { valid = "v", data = [], bound = 2 }\n', 5, "data must name the outputs"),
        ('[openings]\nlatency = { valid = "v", data = ["v"], bound = 2 }\n', 5, "data must name the outputs"),
        ('[openings]\nlatency = { valid = "v", data = ["q"], bound = 0 }\n', 5, "bound must be a whole number"),
        ("[openings]\nvariants = [{ txt = 1 }]\n", 5, "variant 1 must be"),
        ('[openings]\nvariants = ["../x.sv"]\n', 5, "must be the name of a file beside the reference"),
        (
            '[openings]\nvariants = [{ edits = [{ old = "zz", new = "y" }] }]\n',
            5,
            "'zz' does not stand in the reference",
        ),
        ("openings = 3\n", 4, "openings must be a table"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, openings: str, line: int, what: str) -> None:
    with pytest.raises(SuiteError) as caught:
        load_suite(str(write_suite(tmp_path, openings)))
    message = str(caught.value)
    assert message.startswith(f"{tmp_path}/counter/problem.toml:{line}: ")
    assert what in message
    assert message.endswith("see: rtlgen help suite-format")


def test_a_missing_variant_is_named(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"counter/late\.sv: no such file; put the further reference there"):
        load_suite(str(write_suite(tmp_path, '[openings]\nvariants = ["late.sv"]\n')))


def test_rows_of_references_have_openings_too(tmp_path: Path) -> None:
    row = {"instruction": "Count.", "reference": REFERENCE, "openings": {"care": {"q": "!rst"}}}
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(row) + "\n")
    suite = load_suite(f"references:{path}")
    assert suite.problems[0].openings.care == (Care(output="q", condition="!rst", place=f"{path}:1"),)
    path.write_text(json.dumps({**row, "openings": {}}) + "\n")
    assert load_suite(f"references:{path}").digest != suite.digest
    path.write_text(json.dumps({**row, "openings": {"variants": ["x.sv"]}}) + "\n")
    with pytest.raises(SuiteError, match=rf"^{path}:1: variant 1 must be"):
        load_suite(f"references:{path}")


def test_known_openings_are_put_into_the_problems_and_the_digest() -> None:
    known = {entry.problem_id: entry for entry in read_known_openings(KNOWN, "s.toml")}
    one = problem(REFERENCE, "counter", suite="s")
    suite = Suite(name="s", title="S", path="p", digest="0", problems=(one, problem(REFERENCE, "last", suite="s")))
    opened = open_suite(suite, known)
    assert opened.problems[1] == suite.problems[1]
    assert opened.problems[0].openings == Openings(
        reset_kind=("rst",),
        variants=(
            SourceFile(name="s.toml:17: variant 1", text=REFERENCE.replace("rst", "clr").replace("clr,", "rst,")),
        ),
        place="s.toml:11",
    )
    assert opened.digest != suite.digest
    assert open_suite(suite, {}) is suite


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (KNOWN.replace('problem = "other"', 'problem = "counter"'), r"^s\.toml:13: counter has openings already"),
        (KNOWN.replace("power_up", "powerup"), r"^s\.toml:9: unknown key 'powerup'"),
        (KNOWN.replace('found = "read: description"', "", 1), r"^s\.toml:5: found must be one line of text"),
        ('format = 1\nversion = "1"\n[openings]\nsuite = "s"\n', r"^s\.toml: openings must be written as \[\[openings"),
    ],
)
def test_wrong_known_openings_are_told(text: str, what: str) -> None:
    with pytest.raises(SuiteError, match=what):
        read_known_openings(text, "s.toml")


def test_a_table_that_is_none_is_told() -> None:
    with pytest.raises(SuiteError, match=r"^here: openings must be a table"):
        read_openings([], Place(path="here"), problem=problem())
