"""Imports point down only, and each outsider has one home."""

import ast
from collections import Counter
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "pytest_rtlgen"

LAYERS = (
    {"__main__", "__init__"},
    {"training.recipes"},
    {"plugin", "cli"},
    {"training"},
    {"evaluation"},
    {"report"},
    {"selfcheck", "synthesis"},
    {"scoring"},
    {"check"},
    {"simulators"},
    {"loaders", "prompts", "backends", "extract", "anytime", "metrics", "storage", "config"},
    {"known_bad"},
    {"openings"},
    {"verilog", "tools"},
    {"records", "errors", "foreign", "package_data", "spelling", "version"},
    {"modes"},
)
HOMES = {
    "ray": {"evaluation"},
    "pytest": {"plugin"},
    "_pytest": {"plugin"},
    "xdist": {"plugin"},
    "cocotb": {"simulators"},
    "cocotb_tools": {"simulators"},
    "pyslang": {"verilog"},
    "pyosys": {"simulators", "check", "selfcheck", "synthesis"},
    "openai": {"backends"},
    "vllm": {"backends"},
    "httpx2": {"backends"},
    "subprocess": {"tools", "simulators", "backends", "training.recipes"},
    "tabulate": {"report", "cli"},
    "vcd": {"report"},
    "pylibfst": {"report"},
    "pyverilog": {"training"},
    "fastapi": {"training"},
    "uvicorn": {"training"},
}
ROOMS_WITHIN = ("training.recipes",)
"""Folders with a layer of their own: recipes are programs, which start our own commands."""
MODULES = sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    return find_room(path.relative_to(PACKAGE).with_suffix("").parts)


def find_room(parts: tuple[str, ...]) -> str:
    return next((name for name in ROOMS_WITHIN if ".".join(parts[:2]) == name), parts[0])


def level(name: str) -> int:
    return next(number for number, names in enumerate(LAYERS) if name in names)


def imported(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += (
                [node.module] if node.module != "pytest_rtlgen" else [f"pytest_rtlgen.{a.name}" for a in node.names]
            )
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down_only(path: Path) -> None:
    here = room(path)
    for name in imported(path):
        parts = name.split(".")
        if parts[0] == "pytest_rtlgen" and len(parts) > 1:
            there = find_room(tuple(parts[1:]))
            assert there == here or level(there) > level(here), f"{here} imports {name}"
        if parts[0] in HOMES:
            assert here in HOMES[parts[0]], f"{parts[0]} is imported outside {sorted(HOMES[parts[0]])}"


def test_every_room_has_a_layer() -> None:
    assert {room(path) for path in MODULES} <= set().union(*LAYERS)


def find_circle(graph: dict[str, set[str]]) -> list[str]:
    """Return modules that import each other in a circle, the first again at the end; empty: there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_a_circle_is_found() -> None:
    assert sorted(set(find_circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}))) == ["a", "b", "c"]


def test_no_modules_import_each_other_in_a_circle() -> None:
    names = {".".join((PACKAGE.name, *path.relative_to(PACKAGE).with_suffix("").parts)): path for path in MODULES}
    names = {name.removesuffix(".__init__"): path for name, path in names.items()}
    graph: dict[str, set[str]] = {}
    for name, path in names.items():
        used: set[str] = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module in names:
                parts = {f"{node.module}.{alias.name}" for alias in node.names}
                used |= {part if part in names else str(node.module) for part in parts}
        graph[name] = used - {name}
    assert sum(map(len, graph.values())) > len(graph), "imports are not seen"
    assert find_circle(graph) == []


def test_no_two_test_files_have_one_name() -> None:
    """Pytest imports them by their names alone."""
    names = Counter(path.name for path in Path(__file__).parent.rglob("test_*.py"))
    assert [name for name, count in names.items() if count > 1] == []
