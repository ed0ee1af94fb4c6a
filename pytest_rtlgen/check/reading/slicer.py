"""Slices of candidates, made in a process of their own."""

from collections.abc import Mapping

from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.tools.sandbox import Sandbox
from pytest_rtlgen.tools.worker import WorkerLostError, WorkerPool
from pytest_rtlgen.verilog.slicing import Span

_TIMEOUT_S = 5.0
_LIMITS = Limits(cpu_s=24 * 3600, memory_mib=2048)
"""CPU time is bounded per question; the process itself lives long."""


class Slicer:
    """Slices candidates in worker processes. Thread-safe; ``close`` ends them."""

    def __init__(self, *, sandbox: Sandbox, jobs: int) -> None:
        self._pool = WorkerPool("pytest_rtlgen.check.reading.slice_worker", sandbox=sandbox, limits=_LIMITS, size=jobs)

    def slice(self, source: str, top: str) -> Mapping[str, tuple[Span, ...]] | None:
        """Return ``slice_outputs`` of hostile text; ``None`` where it does not parse, or the reader hangs or crashes.

        Raises:
            ToolError: no worker can be started.
        """
        try:
            answer = self._pool.ask({"source": source, "top": top}, _TIMEOUT_S)
        except WorkerLostError:
            return None
        if answer is None:
            return None
        return {name: tuple(Span(*span) for span in spans) for name, spans in answer.items()}

    def close(self) -> None:
        """End the workers."""
        self._pool.close()
