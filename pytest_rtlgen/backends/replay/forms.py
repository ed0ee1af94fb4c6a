"""Which of the known forms of recorded answers stands at a path, told by what is there."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from pytest_rtlgen.backends.replay import trees
from pytest_rtlgen.backends.replay.cvdp import RUN_FILE
from pytest_rtlgen.backends.replay.markdown import MarkdownFolder
from pytest_rtlgen.backends.replay.recordings import KNOWN_FORMS, RecordedLines, Recordings, read_lines
from pytest_rtlgen.errors import RecordError

_SAVED = "completions.jsonl"
_SAMPLE_FOLDER = re.compile(r"sample_(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """One form of a folder."""

    name: str
    is_there: Callable[[Path], bool]
    read: Callable[[Path, Collection[str]], Recordings]


def open_recordings(path: Path, requested: Collection[str]) -> Recordings:
    """Return the recordings at ``path``, a file of JSON Lines or a folder; ``requested`` are the ids of problems.

    Raises:
        RecordError: nothing of a known form is there, or the forms are mixed, or a line is wrong.
    """
    if not path.is_dir():
        return read_lines(path)
    try:
        return _choose(path).read(path, requested)
    except OSError as error:
        raise RecordError(f"{error.filename}: cannot be read: {error.strerror}; check its permissions") from error


def _choose(folder: Path) -> _Form:
    found = [form for form in _FORMS if form.is_there(folder)]
    if not found and any(folder.iterdir()):
        raise RecordError(f"{folder}: no recorded answers of a known form; known are {KNOWN_FORMS}")
    if len(found) > 1:
        names = " and ".join(form.name for form in found)
        raise RecordError(f"{folder}: holds {names} at once; move one of them to another folder")
    return found[0] if found else _FORMS[0]  # an empty folder is one of ours without answers


def _list_cvdp(folder: Path) -> Mapping[int, Path]:
    """Return the files of CVDP's sample folders by the folder's number."""
    matches = {path: _SAMPLE_FOLDER.fullmatch(path.parent.name) for path in folder.glob(f"*/{RUN_FILE}")}
    return {int(match[1]): path for path, match in sorted(matches.items()) if match}


def _read_cvdp(folder: Path) -> RecordedLines:
    if (folder / RUN_FILE).is_file():
        return read_lines(folder / RUN_FILE)
    files = _list_cvdp(folder)
    merged = RecordedLines()
    for number, path in files.items():
        one = read_lines(path)
        merged.places = {**one.places, **merged.places}
        for problem, answers in one.answers.items():
            if len(answers) > 1:
                raise RecordError(f"{path}: {problem[1]!r} is there {len(answers)} times; a run answers it once")
            index = number - trees.pick_first(files.keys())
            merged.answers.setdefault(problem, {})[index] = answers[0]
    return merged


_FORMS = (
    _Form(
        name="<problem>/<index>-<label>.md",
        is_there=lambda folder: bool(MarkdownFolder(root=folder).list_named()),
        read=lambda folder, _: MarkdownFolder(root=folder),
    ),
    _Form(
        name=_SAVED,
        is_there=lambda folder: (folder / _SAVED).is_file(),
        read=lambda folder, _: read_lines(folder / _SAVED),
    ),
    _Form(
        name=RUN_FILE,
        is_there=lambda folder: (folder / RUN_FILE).is_file() or bool(_list_cvdp(folder)),
        read=lambda folder, _: _read_cvdp(folder),
    ),
    _Form(name="t<n>/<design>.v", is_there=trees.has_trials, read=lambda folder, _: trees.read_trials(folder)),
    _Form(
        name="<problem>/<problem>_sample<n>.sv",
        is_there=trees.has_samples,
        read=lambda folder, _: trees.read_samples(folder),
    ),
    _Form(name="<problem>/<n>.v", is_there=trees.has_numbered, read=lambda folder, _: trees.read_numbered(folder)),
    _Form(name="<problem>.v", is_there=trees.has_flat, read=trees.read_flat),
)
