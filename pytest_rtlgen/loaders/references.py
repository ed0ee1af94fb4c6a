"""Training references: rows of an instruction and the design that answers it.

Source: our own rows {problem_id?, instruction, reference or references, top?, port_names?, openings?, blackbox?,
given?}; CodeV's instruction and response, with the design in a fence of the response; QiMeng-SALV's seed rows
{problem_id, instruction, gold_code, port_names, testbench} (github.com/QiMeng-IPRC/QiMeng-SALV,
``SA-DPO/gen_spec_seed_data.py``), whose testbenches are not read; RTL-BenchLS (``benchls.py``); CodeV-R1's rows for
reinforcement learning (``codev_r1.py``).
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pytest_rtlgen.errors import BadReferenceError, SuiteError
from pytest_rtlgen.loaders.base import LoadedProblem, digest_problems
from pytest_rtlgen.loaders.benchls import expand_benchls
from pytest_rtlgen.loaders.codev_r1 import expand_codev_r1
from pytest_rtlgen.loaders.rows import Row, list_rows
from pytest_rtlgen.loaders.several_references import add_references
from pytest_rtlgen.openings import Place, read_openings
from pytest_rtlgen.records import BoxOutputs, Port, Problem, SourceFile, Suite
from pytest_rtlgen.verilog.interface import find_instance, find_top, list_modules, list_ports, parse_reference

INSTRUCTION_FIELDS = ("instruction", "question", "problem", "prompt")
REFERENCE_FIELDS = ("reference", "gold_code", "code", "answer", "response", "output")
"""The first of each that a row has is taken; a row may have more."""
_SEVERAL = "references"
"""Designs of one problem, each of which is right."""
_PAGE = "see: rtlgen help training-references"
_FENCE = re.compile(r"```[^\n`]*\n(.*?)```", re.DOTALL)
_THOUGHT = "</think>"
_ODD_ID = re.compile(r"[\x00-\x1f\x7f/\\]|^\.{0,2}$|^.{200,}$", re.DOTALL)
_DIGITS = 6
"""Of the row numbers that stand in for ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Design:
    """What the text of a reference tells."""

    top: str = ""
    unjudged: str = ""
    """Why no candidate can be compared with it; empty: it can."""


def load_references(path: Path) -> Suite:
    """Return the rows of a ``.jsonl``, ``.json`` or ``.parquet`` file as a suite named after the file.

    A row whose reference does not parse, has no single top module or not all ports that the row states is kept, with
    the reason in ``Problem.unjudged``.

    Raises:
        SuiteError: a row is incomplete, an id comes twice, or the file is broken; the message begins with its place.
        ToolError: Parquet, and pyarrow is not installed.
    """
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", path.stem).strip("-.") or "references"
    loaded: list[LoadedProblem] = []
    seen: dict[str, str] = {}
    for row in list_rows(path):
        item = _load_row(row, path, name)
        first = seen.setdefault(item.problem.problem_id, row.place)
        if first != row.place:
            raise SuiteError(f"{row.place}: id {item.problem.problem_id!r} stands in {first} too; make ids unique")
        loaded.append(item)
    if not loaded:
        raise SuiteError(f"{path}: holds no row; {_PAGE}")
    return Suite(
        name=name,
        title=f"Training references of {path.name}",
        path=str(path),
        digest=digest_problems(loaded),
        problems=tuple(item.problem for item in loaded),
    )


def take_design(text: str) -> str:
    """Return the last fenced block of ``text`` that holds a module, else ``text``, which then is the design itself.

    Drafts in a thought before ``</think>`` do not count.
    """
    answer = text.rpartition(_THOUGHT)[2]
    blocks = [block for block in _FENCE.findall(answer) if "module" in block]
    return str(blocks[-1]) if blocks else answer


def _load_row(row: Row, path: Path, suite: str) -> LoadedProblem:
    row = expand_codev_r1(expand_benchls(row))
    instruction = _read_text(row, INSTRUCTION_FIELDS, "instruction")
    if not instruction.strip():
        raise SuiteError(f"{row.place}: the instruction is empty; write what is asked for, or remove the row")
    problem_id = _read_id(row)
    text, *others = _read_designs(row)
    source = SourceFile(name=f"{path}#{problem_id}", text=text)
    design = _examine(source, _read_top(row), _read_ports(row))
    problem = Problem(
        suite=suite,
        problem_id=problem_id,
        title=design.top or problem_id,
        category="references",
        description=instruction,
        top=design.top,
        reference=source,
        reference_top=design.top,
        unjudged=design.unjudged,
        box_outputs=_read_boxes(row),
        given=_read_files(row),
    )
    stated = [row.values[key] for key in ("blackbox", "given") if row.values.get(key) is not None]
    parts: tuple[object, ...] = (instruction, source.text, design.top, *stated)
    if (openings := row.values.get("openings")) is not None:
        problem = replace(problem, openings=read_openings(openings, Place(path=row.place), problem=problem))
        parts = (*parts, openings)
    if others and not problem.unjudged:
        problem = _add_references(problem, others)
        parts = (*parts, others)
    content = json.dumps(parts).encode()
    return LoadedProblem(problem=problem, files=(("row", hashlib.sha256(content).digest()),))


def _add_references(problem: Problem, texts: Sequence[str]) -> Problem:
    try:
        return add_references(problem, texts)
    except BadReferenceError as error:
        return replace(problem, unjudged=str(error))


def _read_designs(row: Row) -> list[str]:
    """Return the designs of a row, each of which is right; one or more."""
    several = row.values.get(_SEVERAL)
    if several is None:
        return [take_design(_read_text(row, REFERENCE_FIELDS, "reference"))]
    if not isinstance(several, list) or not several or not all(isinstance(text, str) for text in several):
        raise SuiteError(f"{row.place}: {_SEVERAL} must be a list of texts, a design each, one or more; {_PAGE}")
    return [take_design(text) for text in several]


def _read_text(row: Row, fields: Sequence[str], what: str) -> str:
    name = next((field for field in fields if row.values.get(field) is not None), None)
    if name is None:
        found = ", ".join(row.values) or "none"
        raise SuiteError(f"{row.place}: no {what}; found the fields {found}; known are {', '.join(fields)}; {_PAGE}")
    value = row.values[name]
    if not isinstance(value, str):
        raise SuiteError(f"{row.place}: {name} must be text, not {_name_kind(value)}; {_PAGE}")
    return value


def _read_id(row: Row) -> str:
    value = row.values.get("problem_id")
    if value is None:
        return f"ref{row.number:0{_DIGITS}d}"
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise SuiteError(f"{row.place}: problem_id must be text or a whole number, not {_name_kind(value)}")
    problem_id = str(value)
    if _ODD_ID.search(problem_id):
        raise SuiteError(
            f"{row.place}: problem_id {problem_id[:200]!r} cannot be a name; use 1 to 199 characters without / and \\"
        )
    return problem_id


def _read_top(row: Row) -> str:
    value = row.values.get("top")
    if value is not None and not isinstance(value, str):
        raise SuiteError(f"{row.place}: top must be the name of a module, not {_name_kind(value)}")
    return value or ""


def _read_ports(row: Row) -> Mapping[str, str]:
    """Return the direction of each port that the row states; none when it states none."""
    value = row.values.get("port_names")
    if value is None:
        return {}
    try:
        items: Any = json.loads(value) if isinstance(value, str) else value
        return {str(item["name"]).split()[-1]: str(item["type"]).split()[0] for item in items}
    except (ValueError, TypeError, KeyError, IndexError) as error:
        shape = '[{"name": "a", "type": "input"}, ...]'
        raise SuiteError(f"{row.place}: port_names must look like {shape}; {_PAGE}") from error


def _read_files(row: Row) -> tuple[SourceFile, ...]:
    """Return the files that the row gives, such as those that memories are loaded from."""
    value = row.values.get("given")
    if value is None:
        return ()
    try:
        items: Any = json.loads(value) if isinstance(value, str) else value
        pairs = tuple(items.items())
    except (ValueError, AttributeError) as error:
        raise SuiteError(f'{row.place}: given must look like {{"rom.hex": "00 1f ..."}}; {_PAGE}') from error
    if not all(isinstance(text, str) for _, text in pairs):
        raise SuiteError(f"{row.place}: each of given must be text; {_PAGE}")
    return tuple(SourceFile(name=name, text=text) for name, text in pairs)


def _read_boxes(row: Row) -> tuple[BoxOutputs, ...]:
    """Return the outputs that the row states of modules which its reference does not define."""
    value = row.values.get("blackbox")
    if value is None:
        return ()
    try:
        items: Any = json.loads(value) if isinstance(value, str) else value
        found = tuple(BoxOutputs(module=item["module"], outputs=tuple(item["outputs"])) for item in items)
    except (ValueError, TypeError, KeyError) as error:
        shape = '[{"module": "IBUF", "outputs": ["O"]}, ...]'
        raise SuiteError(f"{row.place}: blackbox must look like {shape}; {_PAGE}") from error
    if any(not isinstance(name, str) for item in found for name in (item.module, *item.outputs)):
        raise SuiteError(f"{row.place}: blackbox must hold names of modules and pins only; {_PAGE}")
    return found


def _name_kind(value: object) -> str:
    kinds = {dict: "an object", list: "a list", bool: "true or false", int: "a number", float: "a number"}
    return kinds.get(type(value), type(value).__name__)


def _examine(source: SourceFile, top: str, stated: Mapping[str, str]) -> _Design:
    if not source.text.strip():
        return _Design(top=top, unjudged="the reference is empty")
    try:
        parsed = parse_reference(source)
        modules = list_modules(parsed)
        if not modules:
            return _Design(top=top, unjudged="the reference defines no module")
        if top and top not in modules:
            return _Design(top=top, unjudged=f"the reference defines {', '.join(modules)}, and not the stated {top!r}")
        found = top or (modules[0] if len(modules) == 1 else find_top(source))
        instance = find_instance(parsed, found, is_shallow=True) if stated else None
        ports = list_ports(instance) if instance is not None else None
        unjudged = _compare_ports(stated, ports) if stated else ""
    except BadReferenceError as error:
        return _Design(top=top, unjudged=str(error))
    return _Design(top=found, unjudged=unjudged)


def _compare_ports(stated: Mapping[str, str], ports: tuple[Port, ...] | None) -> str:
    """Return how the ports of the reference differ from the stated ones; empty: they do not."""
    if ports is None:
        return "the reference cannot be elaborated, or has an interface port"
    real = {port.name: str(port.direction) for port in ports}
    missing = [name for name in stated if name not in real]
    extra = [name for name in real if name not in stated]
    turned = [f"{name} ({real[name]})" for name in stated if name in real and stated[name] != real[name]]
    found = (("has no", missing), ("has besides", extra), ("turns round", turned))
    differences = [f"{verb} {', '.join(names)}" for verb, names in found if names]
    return f"the reference differs from port_names: it {'; it '.join(differences)}" if differences else ""
