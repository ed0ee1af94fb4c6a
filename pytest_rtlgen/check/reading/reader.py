"""What pyslang tells of candidates, read in processes of their own."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pytest_rtlgen.records import Diagnostic, Interface, Severity, SourceFile, Status, Tool
from pytest_rtlgen.storage.codec import decode, encode
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.tools.sandbox import Sandbox
from pytest_rtlgen.tools.worker import WorkerLostError, WorkerPool
from pytest_rtlgen.verilog.constants import ConstantHint
from pytest_rtlgen.verilog.examine import Examination
from pytest_rtlgen.verilog.power_up import PoweredText, PowerUp
from pytest_rtlgen.verilog.screen import Screening

if TYPE_CHECKING:
    from pytest_rtlgen.verilog.screen_files import FilesScreening
    from pytest_rtlgen.verilog.slicing import Span

_TIMEOUT_S = 5.0
_FILES_TIMEOUT_S = 10.0
_SLOWNESS = 6
"""How many times as long reading may take where other work holds it up: that is no fault of the text."""
_LIMITS = Limits(cpu_s=24 * 3600, memory_mib=2048)
"""CPU time is bounded per question; the process itself lives long."""
_TOO_LARGE = "reading the text took more than {timeout_s:g} s or {memory_mib} MiB"
TOO_LARGE = _TOO_LARGE.format(timeout_s=_TIMEOUT_S, memory_mib=_LIMITS.memory_mib)


class Reader:
    """Reads candidates in worker processes, which start on first use. Thread-safe; ``close`` ends them.

    Text that makes a worker hang or crash costs that worker only. Each method raises ``ToolError`` where none can be
    started.
    """

    def __init__(self, *, sandbox: Sandbox, jobs: int) -> None:
        self._pool = WorkerPool("pytest_rtlgen.check.reading.worker", sandbox=sandbox, limits=_LIMITS, size=jobs)

    def screen(
        self, source: str, interface: Interface, given: tuple[SourceFile, ...] = (), *, encloses: bool = True
    ) -> Screening:
        """Return ``screen_candidate`` of ``source``; text that makes the reader hang or crash is refused."""
        asked = {"source": source, "interface": encode(interface), "given": encode(given), "encloses": encloses}
        try:
            answer = self._pool.ask(("screen", asked), _TIMEOUT_S, _SLOWNESS)
        except WorkerLostError:
            refusal = _refuse(_TIMEOUT_S)
            return Screening(status=Status.RESOURCE_LIMIT, source=source, diagnostics=(refusal,))
        return decode(Screening, answer, "reading worker")

    def screen_files(
        self, files: Sequence[SourceFile], given: Sequence[SourceFile], top: str, order: Sequence[str]
    ) -> "FilesScreening":
        """Return ``screen_files`` of ``files``; text that makes the reader hang or crash is refused."""
        from pytest_rtlgen.verilog.screen_files import FilesScreening  # few suites have candidates of several files

        files = tuple(files)
        asked = {"files": encode(files), "given": encode(tuple(given)), "top": top, "order": list(order)}
        try:
            answer = self._pool.ask(("screen_files", asked), _FILES_TIMEOUT_S, _SLOWNESS)
        except WorkerLostError:
            refusal = _refuse(_FILES_TIMEOUT_S)
            return FilesScreening(status=Status.RESOURCE_LIMIT, files=files, diagnostics=(refusal,))
        return decode(FilesScreening, answer, "reading worker")

    def examine(self, text: str, top: str) -> Examination | None:
        """Return what the elaborated design of a screened ``text`` shows; ``None`` where it is too large to be read."""
        answer = self._ask_or_none("examine", text=text, top=top)
        return None if answer is None else decode(Examination, answer, "reading worker")

    def mine(self, text: str, top: str) -> tuple[ConstantHint, ...]:
        """Return ``mine_constants`` of a screened ``text``; none where it is too large to be read."""
        answer = self._ask_or_none("mine", text=text, top=top)
        return tuple(decode(ConstantHint, hint, "reading worker") for hint in answer or ())

    def power_up(self, text: str, top: str, value: PowerUp) -> PoweredText | None:
        """Return a screened ``text`` with ``value`` in its registers; ``None`` where it is too large to be read."""
        answer = self._ask_or_none("power_up", text=text, top=top, value=str(value))
        return None if answer is None else decode(PoweredText, answer, "reading worker")

    def slice(self, source: str, top: str) -> "Mapping[str, tuple[Span, ...]] | None":
        """Return ``slice_outputs`` of hostile text; ``None`` where it does not parse, or is too large to be read."""
        from pytest_rtlgen.verilog.slicing import Span  # checking slices nothing

        answer = self._ask_or_none("slice", text=source, top=top)
        if answer is None:
            return None
        return {name: tuple(Span(*span) for span in spans) for name, spans in answer.items()}

    def close(self) -> None:
        """End the workers."""
        self._pool.close()

    def _ask_or_none(self, name: str, **arguments: str) -> Any:  # noqa: ANN401  JSON
        try:
            return self._pool.ask((name, arguments), _TIMEOUT_S, _SLOWNESS)
        except WorkerLostError:
            return None


def _refuse(timeout_s: float) -> Diagnostic:
    message = _TOO_LARGE.format(timeout_s=timeout_s, memory_mib=_LIMITS.memory_mib)
    return Diagnostic(tool=Tool.SCREEN, severity=Severity.ERROR, message=message)
