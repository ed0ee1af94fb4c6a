"""Slices under a second reading: outputs to which pyverilog finds more to flow than our slice holds."""

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from types import TracebackType
from typing import NamedTuple, Self

from pytest_rtlgen.errors import ToolError
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.tools.sandbox import Sandbox
from pytest_rtlgen.tools.worker import WorkerLostError, WorkerPool

READINGS = ("pyverilog",)
_TIMEOUT_S = 20.0
_SLOWNESS = 6
_LIMITS = Limits(cpu_s=24 * 3600, memory_mib=2048)
"""CPU time is bounded per question; the process itself lives long."""


class TwoReadings(NamedTuple):
    """The inputs that each output depends on, sorted."""

    ours: Mapping[str, Sequence[str]]
    theirs: Mapping[str, Sequence[str]]


class SecondReading:
    """Asks pyverilog what flows to each output. A context manager that leaves no process behind; thread-safe.

    pyverilog reads Verilog-2005; a text that it does not read is judged by our reading alone, and counted.
    """

    def __init__(self, *, sandbox: Sandbox, jobs: int) -> None:
        """Start nothing yet.

        Raises:
            ToolError: pyverilog is not installed.
        """
        if find_spec("pyverilog") is None:
            raise ToolError("--cross-check: pyverilog is not installed; pip install 'pytest-rtlgen[training]'")
        self._pool = WorkerPool(
            "pytest_rtlgen.training.signals.flow_worker", sandbox=sandbox, limits=_LIMITS, size=jobs
        )
        self._lock = threading.Lock()
        self.counts: Counter[str] = Counter()
        """Texts that were ``read`` and ``not read``, and ``outputs`` of the former, ``the same`` and ``in doubt``."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.close()

    def read(self, source: str, top: str) -> TwoReadings | None:
        """Return the inputs that each output of ``top`` depends on; ``None`` where one of the two cannot read it.

        Raises:
            ToolError: no process can be started.
        """
        try:
            answer = self._pool.ask((source, top), _TIMEOUT_S, _SLOWNESS)
        except WorkerLostError:
            return None
        return None if answer is None else TwoReadings(*answer)

    def find_doubts(self, source: str, top: str) -> Mapping[str, str]:
        """Return the outputs that depend on inputs which our slice leaves out, by pyverilog, and on which.

        Raises:
            ToolError: no process can be started.
        """
        found = self.read(source, top)
        if found is None:
            with self._lock:
                self.counts["not read"] += 1
            return {}
        doubts = {}
        with self._lock:
            self.counts["read"] += 1
            for name, inputs in found.theirs.items():
                more = sorted(set(inputs) - set(found.ours.get(name, ())))
                self.counts["outputs"] += 1
                self.counts["the same"] += inputs == found.ours.get(name)
                if more:
                    self.counts["in doubt"] += 1
                    doubts[name] = ", ".join(more)
        return doubts

    def __str__(self) -> str:
        counts = self.counts
        return (
            f"pyverilog: {counts['read']} texts read, {counts['not read']} not; of {counts['outputs']} outputs "
            f"{counts['the same']} depend on the same inputs, {counts['in doubt']} on more than our slices hold"
        )
