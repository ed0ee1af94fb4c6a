"""The process that reads candidates: pyslang meets hostile text there, under limits, and may hang or crash.

Started by ``WorkerPool``: ``python -m pytest_rtlgen.check.reading.worker FD``. A question is the name of one of
``_QUESTIONS`` and its arguments, by their names.
"""

import sys
from collections.abc import Callable, Mapping
from typing import Any

from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.records import Interface, SourceFile
from pytest_rtlgen.storage.codec import Json, decode, encode
from pytest_rtlgen.tools.serve import serve
from pytest_rtlgen.verilog.constants import mine_constants
from pytest_rtlgen.verilog.examine import examine_design
from pytest_rtlgen.verilog.power_up import PowerUp, power_up
from pytest_rtlgen.verilog.screen import screen_candidate
from pytest_rtlgen.verilog.syntax import parse_text


def _screen(*, source: str, interface: Json, given: list[Json], encloses: bool) -> Json:
    """Return an encoded ``Screening``."""
    expected = decode(Interface, interface, "question")
    return encode(screen_candidate(source, expected, _read_files(given), encloses=encloses))


def _screen_files(*, files: list[Json], given: list[Json], top: str, order: list[str]) -> Json:
    """Return an encoded ``FilesScreening``."""
    from pytest_rtlgen.verilog.screen_files import screen_files  # few suites have candidates of several files

    return encode(screen_files(_read_files(files), _read_files(given), top, order))


def _examine(*, text: str, top: str) -> Json:
    """Return an encoded ``Examination``; ``None`` where the text is too deeply nested."""
    try:
        return encode(examine_design(text, top))
    except (RuntimeError, RecursionError):
        return None


def _mine(*, text: str, top: str) -> Json:
    """Return the encoded constants that an elaborated design asks for; ``None`` where it is too deeply nested."""
    try:
        return encode(mine_constants(SourceFile(name="candidate", text=text), top))
    except (BadReferenceError, RuntimeError, RecursionError):
        return None


def _power_up(*, text: str, top: str, value: str) -> Json:
    """Return an encoded ``PoweredText``; ``None`` where the text is too deeply nested."""
    try:
        return encode(power_up(text, top, PowerUp(value)))
    except (RuntimeError, RecursionError):
        return None


def _slice(*, text: str, top: str) -> Json:
    """Return the first and last offsets of each output's spans; ``None`` where the text does not parse."""
    from pytest_rtlgen.verilog.slicing import slice_outputs  # checking slices nothing

    try:
        found = slice_outputs(text, top)
    except BadReferenceError:
        return None
    return {name: [[span.start, span.stop] for span in spans] for name, spans in found.items()}


_QUESTIONS: Mapping[str, Callable[..., Json]] = {
    "screen": _screen,
    "screen_files": _screen_files,
    "examine": _examine,
    "mine": _mine,
    "power_up": _power_up,
    "slice": _slice,
}


def _answer(question: tuple[str, Mapping[str, Any]]) -> Json:
    name, arguments = question
    return _QUESTIONS[name](**arguments)


def _read_files(files: list[Json]) -> list[SourceFile]:
    return [decode(SourceFile, item, "question") for item in files]


if __name__ == "__main__":
    parse_text("")  # loads pyslang before the first question, whose time is limited
    serve(int(sys.argv[1]), _answer)
