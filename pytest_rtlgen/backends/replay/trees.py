"""Recorded answers as trees of Verilog files, one answer a file.

Source: the folders ``t1`` … ``t5`` of ``<design>.v`` in github.com/hkust-zhiyao/RTLLM, which ``auto_run.py`` walks; the
build folder of github.com/NVlabs/verilog-eval, whose ``Makefile.in`` names the samples of a problem
``<problem>/<problem>_sample01.sv``; and what people make by hand.

The files of a tree are numbered from 0 if any of them has number 0, else from 1.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pytest_rtlgen.backends.replay.recordings import Answers, Recording
from pytest_rtlgen.errors import RecordError

_SUFFIXES = {".v", ".sv"}
_TRIAL = re.compile(r"t(\d+)")
_NUMBER = re.compile(r"\d+")
_STEM_NUMBER = re.compile(r"(.+)_(\d+)")
_SAMPLE = re.compile(r"(.+)_sample(\d+)")

Files = Mapping[str, Mapping[int, Path]]
"""Path of each answer, by problem id and sample index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedTree:
    """A tree of Verilog files."""

    files: Files
    form: str
    """Where the file of a problem is looked for, for messages."""

    def find(self, suite: str, problem_id: str) -> Answers:  # noqa: ARG002  such trees name no suite
        """Return the answers of one problem.

        Raises:
            RecordError: a file cannot be read.
        """
        return {index: _read(path) for index, path in self.files.get(problem_id, {}).items()}

    def list_named(self) -> Mapping[str, str]:
        """Return where each recorded problem is named."""
        return {name: str(next(iter(found.values()))) for name, found in self.files.items()}

    def describe_expected(self, problem_id: str) -> str:
        """Return what a recording of the problem would have been."""
        return self.form.replace("<problem>", problem_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Numbered:
    """One file that bears a number."""

    problem_id: str
    number: int
    path: Path


def read_trials(root: Path) -> RecordedTree:
    """Return the designs of an RTLLM tree ``t1/<design>.v``, which may stand in folders of categories."""
    return RecordedTree(files=_number(_list_trials(root)), form=f"{root}/t<n>/<problem>.v")


def read_samples(root: Path) -> RecordedTree:
    """Return the samples ``<problem>/<problem>_sample01.sv`` of VerilogEval's build folder."""
    return RecordedTree(files=_number(_list_samples(root)), form=f"{root}/<problem>/<problem>_sample<n>.sv")


def read_numbered(root: Path) -> RecordedTree:
    """Return the answers of a tree ``<problem>/<n>.v``."""
    return RecordedTree(files=_number(_list_numbered(root)), form=f"{root}/<problem>/<n>.v")


def read_flat(root: Path, requested: Collection[str]) -> RecordedTree:
    """Return the answers of a folder with ``<problem>.v`` or ``<problem>_<n>.v``.

    A name that is a requested problem's as it stands is that problem's, whatever number it ends in.

    Raises:
        RecordError: a file may be a sample or another problem's, or two files are of one sample.
    """
    numbers: set[int] = set()
    numbered, bare = [], []
    for path in sorted(path for path in root.iterdir() if is_verilog(path)):
        match = _STEM_NUMBER.fullmatch(path.stem)
        numbers.add(int(match[2]) if match else 1)
        if path.stem not in requested and match is not None and match[1] in requested:
            numbered.append(_Numbered(problem_id=match[1], number=int(match[2]), path=path))
        else:
            bare.append(_Numbered(problem_id=path.stem, number=0, path=path))
    alone, samples = _number(bare), _number(numbered, first=pick_first(numbers))
    for name, found in samples.items():
        last = max(found)
        if name in alone or len(found) <= last:
            why = f"{name}.v is there too" if name in alone else "not all samples before it are there"
            raise RecordError(
                f"{found[last]}: a sample of {name!r} or another problem? {why}; put the samples in {name}/<n>.v"
            )
    return RecordedTree(files={**alone, **samples}, form=f"{root}/<problem>.v or <problem>_<n>.v")


def has_trials(root: Path) -> bool:
    """Return whether ``root`` holds an RTLLM tree."""
    return any(not _NUMBER.fullmatch(item.path.stem) for item in _list_trials(root))


def has_samples(root: Path) -> bool:
    """Return whether ``root`` holds samples as VerilogEval's build folder does."""
    return any(True for _ in _list_samples(root))


def has_numbered(root: Path) -> bool:
    """Return whether ``root`` holds files ``<problem>/<n>.v``."""
    return any(True for _ in _list_numbered(root))


def has_flat(root: Path) -> bool:
    """Return whether Verilog files stand in ``root`` itself."""
    return any(is_verilog(path) for path in root.iterdir())


def is_verilog(path: Path) -> bool:
    """Return whether ``path`` is a file of Verilog, by its name."""
    return path.suffix in _SUFFIXES and path.is_file()


def pick_first(numbers: Collection[int]) -> int:
    """Return the number of sample 0 among files with ``numbers``."""
    return 0 if 0 in numbers else 1


def _list_trials(root: Path) -> Iterator[_Numbered]:
    for folder in _list_folders(root):
        match = _TRIAL.fullmatch(folder.name)
        for path in sorted(folder.rglob("*")) if match else ():
            if match and is_verilog(path):
                yield _Numbered(problem_id=path.stem, number=int(match[1]), path=path)


def _list_samples(root: Path) -> Iterator[_Numbered]:
    for folder, path in _list_files(root):
        match = _SAMPLE.fullmatch(path.stem)
        if match and match[1] == folder.name:
            yield _Numbered(problem_id=folder.name, number=int(match[2]), path=path)


def _list_numbered(root: Path) -> Iterator[_Numbered]:
    for folder, path in _list_files(root):
        if _NUMBER.fullmatch(path.stem):
            yield _Numbered(problem_id=folder.name, number=int(path.stem), path=path)


def _list_files(root: Path) -> Iterator[tuple[Path, Path]]:
    for folder in _list_folders(root):
        yield from ((folder, path) for path in sorted(folder.iterdir()) if is_verilog(path))


def _list_folders(root: Path) -> list[Path]:
    return sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))


def _number(items: Iterable[_Numbered], first: int | None = None) -> dict[str, dict[int, Path]]:
    """Return the files by problem and sample; number ``first`` is sample 0."""
    items = list(items)
    start = pick_first({item.number for item in items}) if first is None else first
    files: dict[str, dict[int, Path]] = {}
    for item in items:
        answers = files.setdefault(item.problem_id, {})
        index = item.number - start
        if index in answers:
            raise RecordError(f"{item.path}: sample {index} of {item.problem_id!r} is {answers[index]} too; remove one")
        answers[index] = item.path
    return files


def _read(path: Path) -> Recording:
    try:
        return Recording(text=path.read_bytes().decode("utf-8", "replace"))
    except OSError as error:
        raise RecordError(f"{path}: cannot be read: {error.strerror}; check its permissions") from error
