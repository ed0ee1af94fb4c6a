"""The screen and the examination of candidates, run in a process of their own."""

from pytest_rtlgen.records import Diagnostic, Interface, Severity, SourceFile, Status
from pytest_rtlgen.storage import decode, encode
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.tools.sandbox import Sandbox
from pytest_rtlgen.tools.worker import WorkerLostError, WorkerPool
from pytest_rtlgen.verilog.examine import Examination
from pytest_rtlgen.verilog.power_up import PoweredText, PowerUp
from pytest_rtlgen.verilog.screen import Screening

_TIMEOUT_S = 5.0
_LIMITS = Limits(cpu_s=24 * 3600, memory_mib=2048)
"""CPU time is bounded per question; the process itself lives long."""
TOO_LARGE = f"reading the text took more than {_TIMEOUT_S:g} s or {_LIMITS.memory_mib} MiB"


class Screener:
    """Reads candidates in worker processes. Thread-safe."""

    def __init__(self, *, sandbox: Sandbox, jobs: int) -> None:
        self._pool = WorkerPool("pytest_rtlgen.check.reading.worker", sandbox=sandbox, limits=_LIMITS, size=jobs)

    def screen(
        self, source: str, wanted: Interface, given: tuple[SourceFile, ...] = (), *, encloses: bool = True
    ) -> Screening:
        """Return ``screen_candidate`` of ``source``; text that makes the reader hang or crash is refused.

        Raises:
            ToolError: no worker can be started.
        """
        try:
            asked = {"source": source, "wanted": encode(wanted), "given": encode(given), "encloses": encloses}
            answer = self._pool.ask(asked, _TIMEOUT_S)
        except WorkerLostError:
            diagnostic = Diagnostic(tool="screen", severity=Severity.ERROR, message=TOO_LARGE)
            return Screening(status=Status.RESOURCE_LIMIT, source=source, diagnostics=(diagnostic,))
        return decode(Screening, answer, "screen worker")

    def examine(self, text: str, top: str) -> Examination | None:
        """Return what the elaborated design of a screened ``text`` shows; ``None`` where it is too large to be read.

        Raises:
            ToolError: no worker can be started.
        """
        try:
            answer = self._pool.ask({"text": text, "top": top}, _TIMEOUT_S)
        except WorkerLostError:
            return None
        return None if answer is None else decode(Examination, answer, "screen worker")

    def power_up(self, text: str, top: str, value: PowerUp) -> PoweredText | None:
        """Return a screened ``text`` with ``value`` in its registers; ``None`` where it is too large to be read.

        Raises:
            ToolError: no worker can be started.
        """
        try:
            answer = self._pool.ask({"text": text, "top": top, "power_up": str(value)}, _TIMEOUT_S)
        except WorkerLostError:
            return None
        return None if answer is None else decode(PoweredText, answer, "screen worker")

    def close(self) -> None:
        """End the workers."""
        self._pool.close()
