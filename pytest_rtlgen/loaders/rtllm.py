"""RTLLM v1.1, v2.0 and v2.1.

Source: github.com/hkust-zhiyao/RTLLM: a folder a design with ``design_description.txt`` (the whole prompt),
``testbench.v``, ``verified_<name>.v`` and the data files that the bench reads. v1.1 keeps the designs side by side;
v2.0 sorts them into folders by category, such as ``Control/Finite State Machine``, as does v2.1, which corrects texts.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_rtlgen.errors import SuiteError
from pytest_rtlgen.loaders.base import LoadedProblem, digest_problems, read_file
from pytest_rtlgen.records import BenchRule, Problem, SourceFile, Suite, Testbench
from pytest_rtlgen.verilog.bench_text import read_module_names
from pytest_rtlgen.verilog.lexical import blank_comments

_DESCRIPTION, _BENCH, _VERIFIED = "design_description.txt", "testbench.v", "verified_"
_REPOSITORY = "github.com/hkust-zhiyao/RTLLM"
_EXPECTED = f"expected {{layout}} of {_REPOSITORY}, each with {_DESCRIPTION}, {_BENCH} and {_VERIFIED}*.v"
_TIMEOUT_S = 8.0
"""As long as ``auto_run.py`` waits."""
_DATA_FILE = re.compile(r'"([\w.-]+\.(?:txt|dat|hex|mem))"(?!\s*,\s*"[wa])', re.ASCII)
"""A name in quotes, unless the bench opens it for writing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RtllmVersion:
    """One of the benchmark's versions."""

    name: str
    title: str
    layout: str
    depth: int
    """Of the design folders below the checkout."""

    @property
    def expected(self) -> str:
        """What should have been there, for messages."""
        return _EXPECTED.format(layout=self.layout)


V1_1 = RtllmVersion(name="rtllm-v1.1", title="RTLLM v1.1", layout="design folders side by side", depth=1)
V2 = RtllmVersion(name="rtllm-v2", title="RTLLM v2.0", layout="Category/Kind/design folders", depth=3)
V2_1 = RtllmVersion(name="rtllm-v2.1", title="RTLLM v2.1", layout=V2.layout, depth=V2.depth)


def load_rtllm(path: Path, *, version: RtllmVersion) -> Suite:
    """Return the designs of ``version`` from ``path``, a checkout, in the order of their names or folders.

    The files of v2.1 stand where those of v2.0 do; only ``suites check`` tells a copy of v2.0 by its digest.

    Raises:
        SuiteError: another folder or version, or a design of which a file is missing.
    """
    folders = list(_list_designs(path, V2.depth, version))
    _check_layout(path, folders, version)
    loaded: dict[str, LoadedProblem] = {}
    for folder in folders:
        first = loaded.get(folder.name)
        if first is not None:
            raise SuiteError(f"{folder}: a design of that name stands under {first.problem.category!r} too; remove one")
        loaded[folder.name] = _load_design(folder, path, version)
    return Suite(
        name=version.name,
        title=version.title,
        path=str(path),
        digest=digest_problems(loaded.values()),
        problems=tuple(item.problem for item in loaded.values()),
    )


def _list_designs(folder: Path, depth: int, version: RtllmVersion) -> Iterator[Path]:
    """Yield the design folders below ``folder``, by name; ``_`` and ``.`` start the names of what is none."""
    try:
        entries = sorted(
            entry for entry in folder.iterdir() if not entry.name.startswith(("_", ".")) and entry.is_dir()
        )
    except OSError as error:
        raise SuiteError(f"{folder}: cannot be read: {error.strerror}; {version.expected}") from error
    for entry in entries:
        if (entry / _DESCRIPTION).exists() or (entry / _BENCH).exists():
            yield entry
        elif depth > 1:
            yield from _list_designs(entry, depth - 1, version)


def _check_layout(path: Path, folders: Sequence[Path], version: RtllmVersion) -> None:
    depths = {len(folder.relative_to(path).parts) for folder in folders}
    other = V2 if version is V1_1 else V1_1
    if depths == {version.depth}:
        return
    hint = f"designs stand {' and '.join(map(str, sorted(depths)))} folders below it instead of {version.depth}"
    if not depths:
        hint = "holds no design"
    elif depths == {other.depth}:
        hint = f"this is laid out as {other.title}; name it {other.name}:PATH"
    raise SuiteError(f"{path}: {hint}; {version.expected}")


def _load_design(folder: Path, path: Path, version: RtllmVersion) -> LoadedProblem:
    remedy = f"design {folder.name} needs {_DESCRIPTION}, {_BENCH} and {_VERIFIED}*.v"
    verified = _find_verified(folder, remedy)
    contents = {item: read_file(folder / item, remedy) for item in (_DESCRIPTION, _BENCH, verified)}
    bench = SourceFile(name=str(folder / _BENCH), text=contents[_BENCH].decode())
    reference = SourceFile(name=str(folder / verified), text=contents[verified].decode())
    data = {name: read_file(folder / name, where) for name, where in _list_data(bench)}
    testbench = _make_bench(folder.name, bench, reference, data)
    problem = Problem(
        suite=version.name,
        problem_id=folder.name,
        title=folder.name.replace("_", " "),
        category="/".join(folder.relative_to(path).parts[:-1]) or "rtllm",
        description=contents[_DESCRIPTION].decode(),
        top=testbench.top,
        reference=reference,
        reference_top=testbench.reference_top,
        testbench=testbench,
    )
    return LoadedProblem(problem=problem, files=(*contents.items(), *data.items()))


def _find_verified(folder: Path, remedy: str) -> str:
    found = sorted(file.name for file in folder.glob(f"{_VERIFIED}*.v"))
    if len(found) != 1:
        raise SuiteError(f"{folder}: {len(found)} files {_VERIFIED}*.v instead of one; {remedy}")
    return found[0]


def _list_data(bench: SourceFile) -> Iterator[tuple[str, str]]:
    """Yield each data file that the bench reads, and where."""
    text = blank_comments(bench.text)
    seen: dict[str, int] = {}
    for match in _DATA_FILE.finditer(text):
        seen.setdefault(match[1], text.count("\n", 0, match.start()) + 1)
    for name, line in seen.items():
        yield name, f"{_BENCH}:{line} reads it; take it from {_REPOSITORY}"


def _make_bench(design: str, bench: SourceFile, reference: SourceFile, data: Mapping[str, bytes]) -> Testbench:
    modules, verified = read_module_names(bench.text), read_module_names(reference.text)
    top = _choose(modules.undefined, (design,), bench.name, "module under test")
    return Testbench(
        rule=BenchRule.RTLLM,
        bench=bench,
        bench_top=_choose(modules.tops, (), bench.name, "top module"),
        top=top,
        reference=reference,
        reference_top=_choose(verified.tops, (f"{_VERIFIED}{top}", top), reference.name, "top module"),
        data=tuple(SourceFile(name=name, text=content.decode()) for name, content in data.items()),
        timeout_s=_TIMEOUT_S,
    )


def _choose(found: Sequence[str], preferred: Sequence[str], name: str, what: str) -> str:
    """Return the only name found, else the first preferred one that was found."""
    chosen = [*(found if len(found) == 1 else ()), *(item for item in preferred if item in found)]
    if not chosen:
        listed = ", ".join(found) or "none"
        raise SuiteError(f"{name}: cannot tell the {what} (found {listed}); take the file from {_REPOSITORY}")
    return chosen[0]
