"""A check's waves as an FST file, GTKWave's own format: the same signals as in VCD, in less space."""

from pathlib import Path

from pytest_rtlgen.check.waves import Waves
from pytest_rtlgen.errors import StorageError, ToolError
from pytest_rtlgen.records import STEP_NS
from pytest_rtlgen.report.wave_file import list_signals


def write_fst(path: Path, waves: Waves) -> None:
    """Write what ``write_vcd`` writes, through GTKWave's own library (the extra ``fst``).

    Raises:
        ToolError: the library is not installed.
        StorageError: the file cannot be written.
    """
    try:
        from pylibfst import ffi, lib
    except ImportError as error:
        raise ToolError("--fst: pylibfst is not installed; pip install 'pytest-rtlgen[fst]', or write --vcd") from error
    try:
        path.open("wb").close()  # the library says nothing of why it cannot
    except OSError as error:
        raise StorageError(f"{path}: cannot be written: {error.strerror}; give another file") from error
    writer = lib.fstWriterCreate(bytes(path), 1)
    if writer == ffi.NULL:
        raise StorageError(f"{path}: cannot be written; give another file")
    lib.fstWriterSetTimescaleFromString(writer, b"1ns")
    lib.fstWriterSetVersion(writer, b"pytest-rtlgen")
    variables = []
    scope = ""
    for signal in list_signals(waves):
        if signal.scope != scope:
            if scope:
                lib.fstWriterSetUpscope(writer)
            scope = signal.scope
            lib.fstWriterSetScope(writer, lib.FST_ST_VCD_MODULE, scope.encode("ascii"), ffi.NULL)
        name = signal.name.encode("ascii")
        made = lib.fstWriterCreateVar(writer, lib.FST_VT_VCD_WIRE, lib.FST_VD_IMPLICIT, signal.width, name, 0)
        variables.append((signal, made))
    shown: dict[int, str] = {}
    for step in range(waves.stimulus.steps):
        lib.fstWriterEmitTimeChange(writer, step * STEP_NS)
        for signal, made in variables:
            value = signal.read(step)
            if shown.get(made) != value:
                shown[made] = value
                lib.fstWriterEmitValueChange(writer, made, value.encode("ascii"))
    lib.fstWriterEmitTimeChange(writer, waves.stimulus.steps * STEP_NS)
    lib.fstWriterClose(writer)
    _check(path, waves.stimulus.steps * STEP_NS)


def _check(path: Path, end_ns: int) -> None:
    """Raise unless the file is whole: the library does not say when the disk is full."""
    from pylibfst import ffi, lib

    reader = lib.fstReaderOpen(bytes(path))
    is_whole = reader != ffi.NULL and lib.fstReaderGetEndTime(reader) == end_ns
    if reader != ffi.NULL:
        lib.fstReaderClose(reader)
    if not is_whole:
        raise StorageError(f"{path}: could not be written to its end; make room, or give another file")
