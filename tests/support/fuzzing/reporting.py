"""What a fuzzing run found: a table, and a folder for each mutant that fooled the checker."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from support.fuzzing.judging import MODES, Judgement
from tabulate import tabulate

from pytest_rtlgen.modes import FormalMode
from pytest_rtlgen.records import Polarity, ResetKind
from pytest_rtlgen.verilog.interface import read_interface


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Counts over the mutants of one kind."""

    mutants: int
    built: int
    refused: int
    """Rejected by the screen."""
    passed: Mapping[FormalMode, int]
    right: Mapping[FormalMode, int]
    """Of those passed: what both judges pass too."""
    fooled: Mapping[FormalMode, int]
    """Of those passed: what is known to be wrong."""
    unclear: int
    """Passed in some mode, neither known to be wrong nor passed by both judges."""
    errors: int


def tally(judgements: Sequence[Judgement]) -> Tally:
    """Count ``judgements``."""
    return Tally(
        mutants=len(judgements),
        built=sum(item.is_built for item in judgements),
        refused=sum(item.is_refused for item in judgements),
        passed={mode: sum(item.is_passed(mode) for item in judgements) for mode in MODES},
        right={mode: sum(item.is_passed(mode) and item.is_right for item in judgements) for mode in MODES},
        fooled={mode: sum(item.is_fooled(mode) for item in judgements) for mode in MODES},
        unclear=sum(item.is_unclear for item in judgements),
        errors=sum(bool(item.error) for item in judgements),
    )


def list_fooled(judgements: Sequence[Judgement]) -> tuple[Judgement, ...]:
    """Return those that fooled some mode, sorted by name."""
    found = [item for item in judgements if any(item.is_fooled(mode) for mode in MODES)]
    return tuple(sorted(found, key=lambda item: item.mutant.name))


def render_report(judgements: Sequence[Judgement]) -> str:
    """Return the table by kind, and a line for each mutant that fooled a mode, is unclear or raised an error."""
    kinds = list(dict.fromkeys(item.mutant.kind for item in judgements))
    groups = [(kind, [item for item in judgements if item.mutant.kind == kind]) for kind in kinds]
    rows = [_row(kind, tally(group)) for kind, group in (*groups, ("all", list(judgements)))]
    heads = [
        "kind",
        "mutants",
        "built",
        "refused",
        *(f"{mode}: passed, right, fooled" for mode in MODES),
        "unclear",
        "errors",
    ]
    lines = [tabulate(rows, heads)]
    lines += [f"fooled  {_describe(item)}" for item in list_fooled(judgements)]
    lines += [f"unclear {_describe(item)}" for item in judgements if item.is_unclear]
    lines += [f"error   {item.mutant.name}: {item.error}" for item in judgements if item.error]
    return "\n".join(lines)


def _row(kind: str, counts: Tally) -> list[object]:
    modes = [f"{counts.passed[mode]}, {counts.right[mode]}, {counts.fooled[mode]}" for mode in MODES]
    return [kind, counts.mutants, counts.built, counts.refused, *modes, counts.unclear, counts.errors]


def _describe(item: Judgement) -> str:
    modes = ", ".join(mode for mode in MODES if item.is_passed(mode))
    judges = f"longer {item.longer}, yosys {item.other}"
    return f"{item.mutant.name}: {item.mutant.operator} (passed in {modes}; {judges})"


def keep_case(item: Judgement, folder: Path) -> Path:
    """Write ``item`` below ``folder`` in the form of ``fixtures/hostile``, and return where."""
    mutant = item.mutant
    problem = mutant.problem
    case = folder / mutant.name.replace("-", "_")
    case.mkdir(parents=True, exist_ok=True)
    (case / "candidate.sv").write_text(mutant.source)
    (case / "golden.sv").write_text(problem.reference.text)
    (case / "problem.md").write_text(problem.description)
    (case / "expect.json").write_text(json.dumps(_expect(item), indent=1) + "\n")
    return case


def _expect(item: Judgement) -> dict[str, object]:
    problem = item.mutant.problem
    interface = read_interface(problem.reference, problem.reference_top)
    reset = interface.resets[0] if interface.resets else None
    return {
        "category": f"fuzz-{item.mutant.kind}",
        "must_not": "pass",
        "expected_verdict": "fail",
        "acceptable_verdicts": ["fail", "compile_error", "rejected"],
        "top": problem.top,
        "clock": interface.clocks[0].port if interface.clocks else None,
        "reset": reset
        and {
            "name": reset.port,
            "active": int(reset.active is Polarity.HIGH),
            "sync": reset.kind is ResetKind.SYNCHRONOUS,
        },
        "tools": ["icarus"],
        "subst": False,
        "note": f"{item.mutant.operator}, in a copy of {problem.suite}:{problem.problem_id}",
    }
