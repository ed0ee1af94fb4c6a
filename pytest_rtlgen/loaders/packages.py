"""Whether the Python packages that a harness would install are here. Nothing is ever installed.

A package that is missing matters only where something could ask for it: many harnesses install what no test imports.
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import PurePosixPath

from packaging.requirements import InvalidRequirement, Requirement

from pytest_rtlgen.records import SourceFile

_OPTIONS = {
    *("-q", "-qq", "--quiet", "-v", "--verbose", "-U", "--upgrade", "--user", "--no-cache-dir", "--no-deps"),
    *("--break-system-packages", "--root-user-action=ignore", "--disable-pip-version-check", "--no-input"),
    *("--force-reinstall", "--pre", "--only-binary=:all:", "--prefer-binary"),
}
"""Options that ask for no other package than those named."""
_OBEYED = {".py", ".ini", ".cfg", ".toml"}
_UNREADABLE = "?"
"""Stands for what a file imports that Python cannot read; no module is named so."""


def find_packages(words: Iterable[str], files: Sequence[SourceFile]) -> tuple[str, ...]:
    """Return notes on packages that are here in another version than asked for, or missing and never imported.

    ``words``: what stands behind ``pip install``. ``files``: the harness.

    Raises:
        ValueError: a package is not here and the harness may need it, or ``pip`` is asked for something else.
    """
    found = (_find_package(_read_requirement(word), files) for word in _list_requirements(words, files))
    return tuple(dict.fromkeys(note for note in found if note))


def _list_requirements(words: Iterable[str], files: Sequence[SourceFile]) -> Iterator[str]:
    rest = iter(words)
    for word in rest:
        if word in {"-r", "--requirement"}:
            yield from _read_list(next(rest, ""), files)
        elif word.startswith("-") and word not in _OPTIONS:
            raise ValueError(f"its command gives pip the option {word}, which is not read here")
        elif not word.startswith("-"):
            yield word


def _read_list(name: str, files: Sequence[SourceFile]) -> Iterator[str]:
    text = next((file.text for file in files if f"/{file.name}" == name), None)
    if text is None:
        raise ValueError(f"its command installs from the file {name!r}, which the harness does not have")
    for line in text.splitlines():
        requirement = re.sub(r"(?:^|\s+)#.*", "", line).strip()
        if requirement:
            yield requirement


def _read_requirement(word: str) -> Requirement:
    try:
        found = Requirement(word)
    except InvalidRequirement as error:
        raise ValueError(f"its command installs {word!r}, which is no package's name") from error
    if found.url:
        raise ValueError(f"its command installs {found.name!r} from an address, which is never fetched")
    return found


def _find_package(requirement: Requirement, files: Sequence[SourceFile]) -> str:
    """Return a note, empty where the package is here as asked for."""
    if requirement.marker is not None and not requirement.marker.evaluate():
        return ""
    try:
        here = version(requirement.name)
    except PackageNotFoundError as error:
        if _may_be_needed(requirement.name, files):
            raise ValueError(
                f"its command installs the package {requirement.name!r}, which is not here; pip install '{requirement}'"
            ) from error
        return f"the harness installs {requirement.name}, which is not here and which none of its files imports"
    if requirement.specifier.contains(here, prereleases=True):
        return ""
    return f"the harness asks for {requirement.name}{requirement.specifier}; {here} is here"


def _may_be_needed(name: str, files: Sequence[SourceFile]) -> bool:
    """Return whether anything that the harness runs could load the package ``name``, under whatever module's name."""
    texts = [file.text for file in files if PurePosixPath(file.name).suffix in _OBEYED]
    words = {word.lower() for text in texts for word in re.findall(r"[^\W_]+", text)}
    is_named = {part.lower() for part in re.split(r"[-_.]+", name)} <= words
    return is_named or name.lower().startswith("pytest") or bool(_list_missing(files))


def _list_missing(files: Sequence[SourceFile]) -> set[str]:
    """Return modules that the harness imports and that neither it nor this Python has."""
    paths = [PurePosixPath(file.name) for file in files]
    brought = {path.stem for path in paths} | {part for path in paths for part in path.parts}
    texts = [file.text for file in files if file.name.endswith(".py")]
    names = {name for text in texts for name in _list_imports(text)} - brought - sys.stdlib_module_names - {"__main__"}
    return {name for name in names if find_spec(name) is None}


def _list_imports(text: str) -> Iterator[str]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        yield _UNREADABLE
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (item.name.partition(".")[0] for item in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
