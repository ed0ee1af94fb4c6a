"""The JSON Schemas of what this package saves and prints, made from the records: ``docs/reference/schemas.json``.

A record's schema follows ``storage/codec.py``; a document that is no record is put together below from parts that are.
"""

import ast
import inspect
import json
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Union, get_args, get_origin, get_type_hints

from pytest_rtlgen.cli.cache import CacheContents
from pytest_rtlgen.cli.check_lines import CheckedLine, FailedLine
from pytest_rtlgen.cli.finding import Finding as DoctorFinding
from pytest_rtlgen.cli.rescore import Change
from pytest_rtlgen.records import (
    BenchVerdict,
    Completion,
    Environment,
    Estimate,
    Feedback,
    ProblemKey,
    ProblemScore,
    RepairTurn,
    RunSettings,
    SignalVerdict,
    Status,
    Summary,
    SummaryRow,
    TurnRow,
    Verdict,
)
from pytest_rtlgen.report.budget_curve import Point
from pytest_rtlgen.report.comparison import Comparison
from pytest_rtlgen.report.history import HistoryRow
from pytest_rtlgen.report.side_by_side import SuiteSides
from pytest_rtlgen.report.spending import Spending
from pytest_rtlgen.selfcheck.suite import SelfcheckRow
from pytest_rtlgen.storage import RunHeader
from pytest_rtlgen.storage.answers import ResultLine
from pytest_rtlgen.storage.codec import list_keys
from pytest_rtlgen.synthesis.rows import SynthesisRow
from pytest_rtlgen.training.roundtrip.records import DropReason, RoundTripSettings, Rule, Step, TrainingSet
from pytest_rtlgen.training.roundtrip.store import RoundTripHeader
from pytest_rtlgen.version import SCHEMA_VERSION

Schema = dict[str, object]
_PLAIN = {str: "string", int: "integer", bool: "boolean", float: "number", bytes: "string", types.NoneType: "null"}
_NAMES: Mapping[type, str] = {DoctorFinding: "DoctorFinding"}
"""Of records that have the name of another."""


class Schemas:
    """Schemas that name each other, by name."""

    def __init__(self) -> None:
        self.found: dict[str, Schema] = {}
        self._kinds: dict[str, type] = {}

    def describe(self, kind: object) -> Schema:
        """Return the schema of what ``encode`` makes of a value that is annotated as ``kind``."""
        if get_origin(kind) is tuple:
            return self._describe_tuple(get_args(kind))
        if get_origin(kind) in {Union, types.UnionType}:
            return _join([self.describe(choice) for choice in get_args(kind)])
        if kind in _PLAIN:
            return {"type": _PLAIN[kind]}
        if isinstance(kind, type) and (is_dataclass(kind) or issubclass(kind, Enum)):
            return self._refer(kind)
        raise TypeError(f"records cannot hold {kind}")

    def name(self, name: str, schema: Schema) -> Schema:
        """Keep ``schema`` under ``name`` and return the reference to it."""
        if name in self.found:
            raise ValueError(f"two schemas named {name}")
        self.found[name] = schema
        return {"$ref": f"#/$defs/{name}"}

    def extend(self, kind: type, **changed: Schema) -> Schema:
        """Return the schema of a record whose keys of these names are other ones, or are added."""
        names, hints, told = list_keys(kind), get_type_hints(kind), _read_docstrings(kind)
        properties = {key: _tell(self.describe(hints[name]), told.get(name)) for name, key in names.items()}
        return {**_tell({}, inspect.getdoc(kind)), **make_object({**properties, **changed})}

    def _refer(self, kind: type) -> Schema:
        name = _NAMES.get(kind, kind.__name__)
        if self._kinds.setdefault(name, kind) is not kind:
            raise ValueError(f"two records named {name}: give one another name in _NAMES")
        if name not in self.found:
            self.found[name] = {}  # it may hold some of its own kind
            self.found[name] = self._describe_class(kind)
        return {"$ref": f"#/$defs/{name}"}

    def _describe_class(self, kind: type) -> Schema:
        if issubclass(kind, Enum):
            return {**_tell({}, inspect.getdoc(kind)), "enum": [member.value for member in kind]}
        return self.extend(kind)

    def _describe_tuple(self, items: tuple[object, ...]) -> Schema:
        if items[1:] == (Ellipsis,):
            return make_list(self.describe(items[0]))
        listed = [self.describe(item) for item in items]
        return {"type": "array", "prefixItems": listed, "items": False, "minItems": len(listed)}


def make_object(properties: Mapping[str, Schema], *, optional: tuple[str, ...] = ()) -> Schema:
    """Return the schema of an object with these keys; there may be others, which later versions add."""
    required = [key for key in properties if key not in optional]
    return {"type": "object", "properties": dict(properties), "required": required}


def make_list(items: Schema) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": items}


def make_table(values: Schema, names: Schema | None = None) -> Schema:
    """Return the schema of an object whose keys are data."""
    return {"type": "object", "additionalProperties": values, **({"propertyNames": names} if names else {})}


def _join(choices: list[Schema]) -> Schema:
    if all(choice.keys() == {"type"} for choice in choices):
        return {"type": [choice["type"] for choice in choices]}
    return {"anyOf": choices}


def _tell(schema: Schema, text: str | None) -> Schema:
    return {"description": " ".join(text.replace("``", "`").split()), **schema} if text else schema


@cache
def _read_docstrings(kind: type) -> Mapping[str, str]:
    """Return the line below each field that has one."""
    (body,) = ast.parse(inspect.cleandoc(inspect.getsource(kind))).body
    assert isinstance(body, ast.ClassDef)  # noqa: S101  the source of a class
    found = {}
    for field, below in zip(body.body, body.body[1:], strict=False):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = text
    return {field.name: found[field.name] for field in fields(kind) if field.name in found}


class _Documents(Schemas):
    """The documents that are no records."""

    def list_all(self) -> dict[str, Schema]:
        """Return the schema of each document, and of each line of a file of lines, by its name on the page."""
        return {
            "run.json": self.describe(RunHeader),
            "selected.jsonl": self.describe(ProblemKey),
            "completions.jsonl": self.describe(Completion),
            "results.jsonl": self.describe(ResultLine),
            "late.jsonl": self.describe(ResultLine),
            "summary.json": self.describe(Summary),
            "feedback.jsonl": self.describe(Feedback),
            "reflections.jsonl": self.describe(Completion),
            "report": self._describe_report(),
            "check": self._print(Verdict),
            "check-jsonl": {"anyOf": [self.describe(CheckedLine), self.describe(FailedLine)]},
            "rescore": self._print(run=str, of=str, compared=int, changed=tuple[Change, ...]),
            "best-of": self._describe_best_of(),
            "compare": self._print(comparison=Comparison, gates=self._describe_gates()),
            "history": self._print(runs=tuple[HistoryRow, ...], left_out=tuple[str, ...]),
            "curve": self._print(run=str, curve=tuple[Point, ...]),
            "synth": self._print(problems=tuple[SynthesisRow, ...]),
            "selfcheck": self._describe_selfcheck(),
            "roundtrip": self._describe_roundtrip(),
            "suites": self._describe_suites(),
            "cache-list": self._print(caches=tuple[CacheContents, ...]),
            "doctor": self._print(is_ready=bool, findings=tuple[DoctorFinding, ...]),
        }

    def _print(self, record: type | None = None, **keys: object) -> Schema:
        """Return the schema of a printed document with these keys and its version."""
        version: Schema = {"const": SCHEMA_VERSION}
        described = {key: kind if isinstance(kind, dict) else self.describe(kind) for key, kind in keys.items()}
        if record is not None:
            return self.extend(record, schema_version=version)
        return make_object({"schema_version": version, **described})

    def _describe_report(self) -> Schema:
        run = make_object(
            {
                "run_id": {"type": "string"},
                "started_at": {"type": "string", "description": "ISO 8601, UTC."},
                "settings": self.describe(RunSettings),
                "environment": self.describe(Environment),
            }
        )
        return self._print(
            run=run,
            summary=self._describe_summary(),
            comparison=Comparison | None,
            gates=self._describe_gates(),
            spending=_join([self.describe(Spending), {"type": "null"}]),
            scorings=make_list(self._describe_sides()),
            samples=make_list(self.name("ReportSample", self._describe_sample())),
            repairs=tuple[RepairTurn, ...],
        )

    def _describe_summary(self) -> Schema:
        by_k = self.name("ByK", make_table(self.describe(Estimate), {"pattern": "^[1-9][0-9]*$"}))
        row = self.name("ReportRow", self.extend(SummaryRow, syntax=by_k, function=by_k))
        text: Schema = {"type": "string"}
        return self.extend(
            Summary,
            total=row,
            without=make_list(row),
            by_category=make_list(row),
            by_difficulty=make_list(row),
            statuses=make_table({"type": "integer"}, self.describe(Status)),
            passed={"type": "integer"},
            problems=make_list(self.describe(ProblemScore)),
            excluded=make_list(make_object({"problem": text, "reason": text})),
            turns=make_list(self.extend(TurnRow, function=by_k)),
        )

    def _describe_gates(self) -> Schema:
        measured, truth, number = self.describe(Estimate | None), {"type": "boolean"}, {"type": "number"}
        stopping = make_object({"error": number, "is_decided": truth, "samples": {"type": "integer"}})
        return make_list(
            make_object(
                {
                    "gate": {"type": "string"},
                    "is_met": truth,
                    "measured": measured,
                    "stopping": _join([stopping, {"type": "null"}]),
                }
            )
        )

    def _describe_sides(self) -> Schema:
        figures = self.name("Figures", make_table(self.describe(Estimate)))
        names = ("ours", "published", "guarded", "ours_without_open", "published_without_open")
        return self.extend(SuiteSides, **dict.fromkeys(names, figures))

    def _describe_sample(self) -> Schema:
        verdict, completion = get_type_hints(Verdict), get_type_hints(Completion)
        of_verdict = ("status", "method", "duration_s", "simulator", "isolation", "diagnostics")
        of_completion = ("finish_reason", "model", "seed", "usage", "latency_s")
        is_right: Schema = {"type": "boolean"}
        return make_object(
            {
                "suite": {"type": "string"},
                "problem_id": {"type": "string"},
                "index": {"type": "integer"},
                "credit": {"type": "number", "description": "Share of right outputs, 0 to 1."},
                "rule": {"type": "string"},
                **{name: self.describe(verdict[name]) for name in of_verdict},
                **{name: self.describe(completion[name]) for name in of_completion},
                "signals": make_list(self.name("ReportSignal", self.extend(SignalVerdict, is_right=is_right))),
                "published": self.describe(BenchVerdict | None),
            }
        )

    def _describe_best_of(self) -> Schema:
        share = self.describe(Estimate)
        row = make_object(
            {
                "run": {"type": "string"},
                "temperature": self.describe(float | None),
                "prompt": {"type": "string"},
                "pass_at_1": share,
            }
        )
        return self._print(runs=make_list(row), best_of_runs=share, best_by_problem=share, note=str)

    def _describe_selfcheck(self) -> Schema:
        count: Schema = {"type": "integer"}
        ceiling = make_object({"possible": count, "problems": count})
        ceilings = make_object({"ours": ceiling, "published": ceiling}, optional=("ours", "published"))
        rows = make_list(self.extend(SelfcheckRow, is_ok={"type": "boolean"}))
        found = self._print(suite=str, ok=int, faulty=int, ceilings=ceilings, problems=rows)
        changes = {"mutation_changes": self.describe(tuple[str, ...])}
        return {**found, "properties": {**found["properties"], **changes}}  # type: ignore[dict-item]

    def _describe_roundtrip(self) -> Schema:
        count: Schema = {"type": "integer"}
        dropped = make_table(count, self.describe(DropReason))
        counts = dict.fromkeys(("problems", "equivalent", "proved"), count)
        chosen = make_object({**counts, "rules": make_table(count, self.describe(Rule))})
        return self._print(
            models=RoundTripHeader,
            settings=RoundTripSettings,
            designs=int,
            steps=make_list(make_object({"step": self.describe(Step), "designs": count, "dropped": dropped})),
            sets=make_object(dict.fromkeys((one.value for one in TrainingSet), chosen)),
            spending=_join([self.describe(Spending), {"type": "null"}]),
        )

    def _describe_suites(self) -> Schema:
        names = ("prefix", "title", "licence", "url", "commit")
        maybe = self.describe(str | None)
        row = {**dict.fromkeys(names, self.describe(str)), "problems": self.describe(int)}
        return self._print(benchmarks=make_list(make_object({**row, "digest": maybe, "folder": maybe})))


def render_schemas() -> str:
    """Return ``schemas.json``."""
    schemas = _Documents()
    documents = schemas.list_all()
    found = {**documents, **dict(sorted(schemas.found.items()))}
    title = f"What pytest-rtlgen saves and prints, version {SCHEMA_VERSION}"
    whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, "$defs": found}
    return json.dumps(whole, indent=1, ensure_ascii=True) + "\n"
