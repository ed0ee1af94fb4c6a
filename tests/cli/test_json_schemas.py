"""``docs/reference/schemas.json``: what is saved and printed is what it says, and what is otherwise is not."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from builders import problem
from jsonschema import Draft202012Validator, ValidationError
from support.cli_designs import BROKEN, GOLDEN, WRONG, Cli
from support.page_runs import make_samples, save_page_run, save_repaired_run
from support.small_bench import small_problem

from pytest_rtlgen.errors import RecordError
from pytest_rtlgen.loaders import load_suite
from pytest_rtlgen.metrics import summarize
from pytest_rtlgen.records import Completion, Feedback, Problem
from pytest_rtlgen.storage import RunStore, decode, encode, open_turn
from pytest_rtlgen.storage.answers import ResultLine

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "json.md").read_text()
WHOLE: Mapping[str, Any] = json.loads((ROOT / "docs" / "reference" / "schemas.json").read_text())
DOCUMENTS = {name for name in WHOLE["$defs"] if name[0].islower()}
OF_SAVED_RUNS = {"curve", "compare", "best-of"}
Found = Iterator[tuple[str, Any]]
"""(name of a document, one that was printed or saved)."""


def close(schema: Any) -> Any:
    """Return ``schema`` without room for keys that it does not name: it must name all that there are."""
    if isinstance(schema, list):
        return [close(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: close(item) for key, item in schema.items()}
    return {"additionalProperties": False, **closed} if isinstance(closed.get("properties"), dict) else closed


CLOSED = close(WHOLE)


def validate(name: str, whole: Mapping[str, Any] = CLOSED) -> Any:
    return Draft202012Validator({**whole, "$ref": f"#/$defs/{name}"})


def list_errors(name: str, document: Any, whole: Mapping[str, Any] = CLOSED) -> list[str]:
    return [f"{error.json_path}: {error.message}"[:200] for error in validate(name, whole).iter_errors(document)]


def read_run(run: Path) -> Found:
    for path in sorted(run.rglob("*.json*")):
        text = path.read_text()
        for line in text.splitlines() if path.suffix == ".jsonl" else [text]:
            yield path.name, json.loads(line)


@pytest.fixture
def saved(tmp_path: Path) -> RunStore:
    """Return a run that has every file: with a repair, a reflector's answer and a late verdict."""
    store, samples = save_repaired_run(tmp_path), make_samples()
    store.select(store.header.problems)
    store.append_late(samples[1])
    open_turn(store, 1).append_reflection(samples[2].completion)
    return store


def test_it_is_a_schema_and_every_name_in_it_is_there() -> None:
    Draft202012Validator.check_schema(WHOLE)
    names = set(re.findall(r'"#/\$defs/([^"]+)"', json.dumps(WHOLE)))
    assert names <= set(WHOLE["$defs"])
    assert set(WHOLE["$defs"]) - names == DOCUMENTS


def test_the_page_names_every_document() -> None:
    assert set(re.findall(r"^\| `([^`]+)`", PAGE, re.MULTILINE)) == DOCUMENTS


def test_the_example_of_the_page_validates_a_report(
    saved: RunStore, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (example,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    text = cli("report", str(saved.path), "--json").stdout
    Path("report.json").write_text(text)
    exec(example, {})  # noqa: S102  the page's own
    Path("report.json").write_text(text.replace('"samples"', '"simples"'))
    with pytest.raises(ValidationError, match="'samples' is a required property"):
        exec(example, {})  # noqa: S102


def test_the_files_of_a_saved_run_validate(saved: RunStore) -> None:
    run = saved.read_run()
    saved.write_summary(summarize(saved.header.problems, run.samples, (1, 2)))
    found = list(read_run(saved.path))
    assert {name for name, _ in found} == {name for name in DOCUMENTS if "." in name}
    assert [error for name, document in found for error in list_errors(name, document)] == []


def change_leaves(value: Any) -> Iterator[Any]:
    """Yield ``value`` with one value in it replaced by another, for each in it and many others."""
    if isinstance(value, list | dict):
        for key, item in list(value.items() if isinstance(value, dict) else enumerate(value)):
            for changed in change_leaves(item):
                value[key] = changed
                yield value
            value[key] = item
    yield from (None, True, 1, 1.5, "1", "passed", [], ["1"], {}, {"k": 1})


@pytest.mark.parametrize(
    ("name", "kind"), [("results.jsonl", ResultLine), ("completions.jsonl", Completion), ("feedback.jsonl", Feedback)]
)
def test_what_cannot_be_read_back_does_not_validate_and_the_rest_does(name: str, kind: type, saved: RunStore) -> None:
    line = next(
        document for found, document in read_run(saved.path) if found == name and document["key"]["index"] in {1, 2}
    )
    validator, refused, read = validate(name), 0, 0
    for changed in change_leaves(line):
        try:
            whole = encode(decode(kind, changed, "line"))  # what may be left out is there again
        except RecordError:
            assert not validator.is_valid(changed), changed
            refused += 1
        else:
            assert validator.is_valid(whole), changed
            read += 1
    assert refused > read > 0


def test_the_report_of_a_run_with_repairs_and_both_scorings_validates(saved: RunStore, cli: Cli) -> None:
    document = json.loads(cli("report", str(saved.path), "--json", "--require", "pass@1>=0.1").stdout)
    assert document["gates"]
    assert document["repairs"]
    assert document["scorings"]
    assert document["summary"]["turns"]
    assert list_errors("report", document) == []


def test_every_problem_of_a_suite_validates() -> None:
    problems = (*load_suite(str(ROOT / "suites" / "core")).problems, small_problem(), problem())
    assert all(isinstance(one, Problem) for one in problems)
    assert [error for one in problems for error in list_errors("Problem", encode(one))] == []


def print_all(cli: Cli, mini: Path) -> Found:
    """Yield what each command prints about a real run and a real suite, and the files that it writes."""

    def read(name: str, *args: str) -> Found:
        done = cli(*args, "--json")
        assert done.stdout, done.stderr
        yield name, json.loads(done.stdout)

    answers = mini.parent / "answers" / "inv"
    answers.mkdir(parents=True)
    for index, text in enumerate((GOLDEN, WRONG)):
        (answers / f"{index}-answer.md").write_text(f"```verilog\n{text}```\n")
    model, options = f"replay:{answers.parent}", ("--n", "2", "--limit", "1", "--out", "runs")
    run = cli("generate", "--suite", str(mini), "--model", model, *options).stdout.strip()
    yield from read("report", "check", run)
    yield from read_run(mini.parent / run)
    yield from read("report", "report", run, "--k", "1,2")
    yield from read("synth", "synth", run)
    yield from read("history", "history", "runs")
    yield from read("rescore", "rescore", run, "--stimulus-seed", "9")
    yield from read("selfcheck", "selfcheck", str(mini), "--sandbox=off", "--mutants", "2")
    (mini.parent / "corpus").mkdir()
    (mini.parent / "corpus" / "inv.sv").write_text(GOLDEN)
    cli(
        "roundtrip",
        "--corpus",
        "corpus",
        "--out",
        "pairs",
        "--model",
        "command:cat golden.sv",
        "--base-model",
        "command:cat",
    )
    yield "roundtrip", json.loads((mini.parent / "pairs" / "report.json").read_text())
    yield from read("doctor", "doctor")
    yield from read("suites", "suites")
    yield from read("cache-list", "cache", "list")
    for name, text in (("right", GOLDEN), ("wrong", WRONG), ("broken", BROKEN)):
        (mini.parent / f"{name}.sv").write_text(text)
        yield from read(
            "check", "check", "--reference", "golden.sv", "--candidate", f"{name}.sv", "--formal", "confirm"
        )
    work = [{"id": 1, "reference": GOLDEN, "candidate": WRONG}, {"id": "x", "reference": BROKEN, "candidate": WRONG}]
    (mini.parent / "work.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in work))
    cli("check", "--jsonl", "work.jsonl", "--out", "out.jsonl", "--jobs", "1")
    for line in (mini.parent / "out.jsonl").read_text().splitlines():
        yield "check-jsonl", json.loads(line)


@pytest.mark.slow
@pytest.mark.simulator
def test_what_the_commands_print_and_save_validates(cli: Cli, mini: Path) -> None:
    found = list(print_all(cli, mini))
    assert [f"{name}: {error}" for name, document in found for error in list_errors(name, document)] == []
    assert {name for name, _ in found} >= {name for name in DOCUMENTS if "." not in name} - OF_SAVED_RUNS
    assert {document["status"] for name, document in found if name == "check"} == {"passed", "mismatch", "syntax-error"}


def test_what_is_made_of_saved_runs_validates(tmp_path: Path, cli: Cli) -> None:
    runs = [str(save_page_run(tmp_path / name).path) for name in ("one", "two")]
    assert list_errors("curve", json.loads(cli("curve", runs[0], "--budgets", "10,9999", "--json").stdout)) == []
    compared = json.loads(cli("compare", *runs, "--json", "--fail", "pass@1:-2%").stdout)
    assert list_errors("compare", compared) == []
    assert compared["gates"][0]["measured"]
    assert list_errors("best-of", json.loads(cli("best-of", *runs, "--json").stdout)) == []


@pytest.mark.parametrize(
    ("place", "value", "error"),
    [
        ("schema_version", 1, "2 was expected"),
        ("run.settings.formal", "sometimes", "is not one of"),
        ("run.started_at", None, "None is not of type 'string'"),
        ("summary.samples", 1.5, "1.5 is not of type 'integer'"),
        ("summary.statuses", {"passed": 1, "fine": 2}, "'fine' is not one of"),
        ("summary.total.function", {"pass@1": {"value": 1, "low": 1, "high": 1}}, "does not match"),
        ("summary.total.credit", 0.5, "0.5 is not of type 'object'"),
        ("summary.turns", None, "None is not of type 'array'"),
        ("spending", [], "[] is not valid under any of the given schemas"),
        ("samples.0.status", "Passed", "'Passed' is not one of"),
        ("samples.0.usage", {"prompt": "1", "completion": 1, "reasoning": 0}, "'1' is not of type 'integer', 'null'"),
        ("samples.0.signals", [{"name": "y"}], "'checked' is a required property"),
        ("run.environment.tools", [["iverilog"]], "['iverilog'] is too short"),
        ("run.environment.tools", [["iverilog", "12", "more"]], "Expected at most 2 items"),
    ],
)
def test_a_changed_value_does_not_validate(place: str, value: object, error: str, saved: RunStore, cli: Cli) -> None:
    document = json.loads(cli("report", str(saved.path), "--json").stdout)
    *above, last = place.split(".")
    inner = document
    for key in above:
        inner = inner[int(key) if isinstance(inner, list) else key]
    inner[last] = value
    found = list_errors("report", document, WHOLE)
    assert any(error in line for line in found), found


def test_keys_that_later_versions_add_are_allowed(saved: RunStore, cli: Cli) -> None:
    document = json.loads(cli("report", str(saved.path), "--json").stdout)
    assert list_errors("report", {**document, "more": 1}, WHOLE) == []
