"""Nothing decides by the text of a message: a finding has a kind, and its message is for readers."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "pytest_rtlgen"
MODULES = sorted(PACKAGE.rglob("*.py"))
TEXTS = {"message", "reason", "detail"}
"""Attributes that hold words for a reader."""
LOOKS = {"startswith", "endswith", "find", "index"}
PATTERNS = {"search", "match", "fullmatch", "findall", "finditer"}
ALLOWED = {
    "loaders/suite_folder.py",
    "simulators/inside_simulator/rtlgen_cold.py",
}
"""They read where a fault is, and which signal killed a program, from the text of another package's exception."""


def list_decisions(code: str) -> list[int]:
    """Return the lines of ``code`` that look into the text of a message, or of what the same module makes of one."""
    functions = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.FunctionDef)]
    told: set[str] = set()
    while True:
        texts = [told | _list_variables(function, told) for function in functions]
        more = {f"{one.name}()" for one, known in zip(functions, texts, strict=True) if _tells(one, known)} - told
        if not more:
            break
        told |= more
    looks = (
        node.lineno
        for function, known in zip(functions, texts, strict=True)
        for node in ast.walk(function)
        if isinstance(node, ast.expr) and _looks(node, known)
    )
    return sorted(set(looks))


def _tells(function: ast.FunctionDef, texts: set[str]) -> bool:
    """Whether ``function`` returns such a text."""
    returns = (node.value for node in ast.walk(function) if isinstance(node, ast.Return))
    return any(value is not None and _holds(value, texts) for value in returns)


def _list_variables(function: ast.FunctionDef, told: set[str]) -> set[str]:
    """Return the variables of ``function`` that hold such a text."""
    assignments = [node for node in ast.walk(function) if isinstance(node, ast.Assign)]
    found: set[str] = set()
    while True:
        holding = (node for node in assignments if _holds(node.value, told | found))
        more = {target.id for node in holding for target in node.targets if isinstance(target, ast.Name)} - found
        if not more:
            return found
        found |= more


def _holds(node: ast.AST, texts: set[str]) -> bool:
    """Whether such a text is in the value of ``node``; another field of what holds one is none."""
    if _is_text(node, texts):
        return True
    if isinstance(node, ast.Call):
        method = [node.func.value] if isinstance(node.func, ast.Attribute) else []
        parts: list[ast.expr] = [*method, *node.args, *(item.value for item in node.keywords)]
        return any(_holds(part, texts) for part in parts)
    return not isinstance(node, ast.Attribute) and any(_holds(part, texts) for part in ast.iter_child_nodes(node))


def _is_text(node: ast.AST, texts: set[str]) -> bool:
    match node:
        case ast.Attribute(attr=name):
            return name in TEXTS
        case ast.Name(id=name):
            return name in texts
        case ast.Call(func=ast.Name(id="str"), args=[ast.Name(id="error")]):
            return True
        case ast.Call(func=ast.Name(id=name)):
            return f"{name}()" in texts
    return False


def _looks(node: ast.expr, texts: set[str]) -> bool:
    match node:
        case ast.Compare(ops=[ast.Eq() | ast.NotEq() | ast.In() | ast.NotIn()], comparators=[other]):
            is_empty = isinstance(other, ast.Constant) and not other.value
            return not is_empty and _holds(node, texts)
        case ast.Call(func=ast.Attribute(attr=name, value=value)) if name in LOOKS:
            return _holds(value, texts)
        case ast.Call(func=ast.Attribute(attr=name), args=arguments) if name in PATTERNS:
            return any(_holds(item, texts) for item in arguments)
    return False


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_decides_by_the_text_of_a_message(path: Path) -> None:
    found = list_decisions(path.read_text(encoding="utf-8"))
    assert bool(found) == (str(path.relative_to(PACKAGE)) in ALLOWED), f"{path}: lines {found}; decide by a kind"


@pytest.mark.parametrize(
    "body",
    [
        "return item.message.startswith('a')",
        "return '$finish' in item.message",
        "return re.search('a', item.message)",
        "said = f'{item.message}; {other}'\n    return 'delay' in said",
        "return offer.reason.endswith('is not installed')",
        "said = '; '.join([one.message for one in item])\n    return 'a' in said.lower()",
        "return 'a' in tell(item)",
        "return str(error) == 'a'",
    ],
)
def test_a_decision_by_text_is_seen(body: str) -> None:
    code = f"def tell(item):\n    return item.message\n\ndef decide(item):\n    {body}\n"
    assert list_decisions(code) != []


@pytest.mark.parametrize(
    "body", ["return item.message or ''", "return item.kind == 'a'", "return item.reason == ''", "return 'a' in item"]
)
def test_what_only_shows_a_message_is_fine(body: str) -> None:
    assert list_decisions(f"def show(item):\n    {body}\n") == []
