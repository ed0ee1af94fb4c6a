"""Write the pages of ``docs/reference`` that are made from the code: ``python docs/write_pages.py``."""

import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "docs")]  # the checkout that this file is in, whatever is installed

from json_schemas import render_schemas  # noqa: E402

import pytest_rtlgen  # noqa: E402
from pytest_rtlgen.config.reference import render_option_reference  # noqa: E402

HEAD = """\
# Python

Every public name, made from its docstring by `docs/write_pages.py`. Examples run as they stand in the checkout's root,
with the public names imported. Whatever is not here may change without a word.
"""


def render_python_reference() -> str:
    """Return the page of the public names."""
    names = sorted((name for name in pytest_rtlgen.__all__ if name != "__version__"), key=str.lower)
    return HEAD + "".join(f"\n## {name}\n\n{''.join(_describe(name))}" for name in names)


def _describe(name: str) -> Iterator[str]:
    thing = getattr(pytest_rtlgen, name)
    if not (isinstance(thing, type) and issubclass(thing, Enum | Exception)):
        yield f"```python\n{name}{_sign(thing)}\n```\n\n"
    yield f"{_tidy(inspect.getdoc(thing) or '')}\n"
    if isinstance(thing, type) and issubclass(thing, Enum):
        yield f"\nMembers: {', '.join(f'`{member.name}` ({member.value})' for member in thing)}.\n"
    elif is_dataclass(thing):
        yield f"\nFields: {', '.join(f'`{field.name}`' for field in fields(thing))}.\n"
    if isinstance(thing, type) and not issubclass(thing, Enum):
        for method, function in vars(thing).items():
            if not method.startswith("_") and (inspect.isfunction(function) or isinstance(function, property)):
                yield f"\n- `{method}`: {(inspect.getdoc(function) or '').splitlines()[0]}\n"


def _sign(thing: object) -> str:
    """Return the signature, one parameter a line where there are several."""
    signature = inspect.signature(thing)  # type: ignore[arg-type]
    found, is_named = [], False
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not is_named:
            found.append("*")
            is_named = True
        star = {parameter.VAR_KEYWORD: "**", parameter.VAR_POSITIONAL: "*"}.get(parameter.kind, "")
        default = "" if parameter.default is parameter.empty else f" = {_show(parameter.default)}"
        found.append(f"{star}{parameter.name}: {_name(parameter.annotation)}{default}")
    returned = "" if isinstance(thing, type) else f" -> {_name(signature.return_annotation)}"
    inside = "".join(f"\n    {item}," for item in found) + "\n" if len(found) > 1 else ", ".join(found)
    return f"({inside}){returned}"


def _name(annotation: object) -> str:
    return re.sub(r"\b(?:[a-z_]+\.)+(?=\w)", "", inspect.formatannotation(annotation))


def _show(value: object) -> str:
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    return f"{type(value).__name__}()" if is_dataclass(value) else repr(value)


def _tidy(docstring: str) -> str:
    """Return a docstring as Markdown: its examples fenced, its ``literals`` with one backtick."""
    lines: list[str] = []
    in_example = False
    for line in docstring.replace("``", "`").splitlines():
        if line.startswith(">>>") and not in_example:
            lines.append("```python")
            in_example = True
        elif not line.strip() and in_example:
            lines.append("```")
            in_example = False
        lines.append(line)
    return "\n".join([*lines, *(["```"] if in_example else [])])


PAGES = {"options.md": render_option_reference, "python.md": render_python_reference, "schemas.json": render_schemas}


def main() -> None:
    """Write each page that is made from the code."""
    for name, render in PAGES.items():
        (ROOT / "docs" / "reference" / name).write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
