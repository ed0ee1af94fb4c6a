"""A user's own file, ``typed_user.py``, sees the type of every public name, and that other names do not exist."""

import ast
import tomllib
from pathlib import Path

import pytest_rtlgen

USER = Path(__file__).with_name("typed_user.py")
"""Is read by the project's own mypy, as strict as a user's."""


def test_the_types_are_there_for_a_user_and_the_project_is_as_strict() -> None:
    assert Path(pytest_rtlgen.__file__).with_name("py.typed").is_file()
    settings = tomllib.loads((USER.parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]
    assert settings["strict"] is True
    assert USER.parent.name in settings["files"]


def test_that_file_uses_every_public_name() -> None:
    used = {
        node.attr for node in ast.walk(ast.parse(USER.read_text(encoding="utf-8"))) if isinstance(node, ast.Attribute)
    }
    assert set(pytest_rtlgen.__all__) <= used


def test_a_type_checker_and_python_fetch_the_names_from_the_same_modules() -> None:
    text = Path(pytest_rtlgen.__file__).read_text(encoding="utf-8")
    typed = {
        alias.name: node.module
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom) and node.module != "typing"
        for alias in node.names
    }
    assert typed == pytest_rtlgen._HOMES  # type: ignore[attr-defined]
    assert {*typed, "__version__"} == set(pytest_rtlgen.__all__)
