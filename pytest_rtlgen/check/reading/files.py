"""The process that screens candidates of several files: ``worker`` for benchmarks with harnesses.

Started by ``WorkerPool``: ``python -m pytest_rtlgen.check.reading.files FD``.
"""

import json
import socket
import sys
from collections.abc import Sequence

from pytest_rtlgen.records import Diagnostic, Severity, SourceFile, Status
from pytest_rtlgen.storage import decode, encode
from pytest_rtlgen.tools.process import Limits
from pytest_rtlgen.tools.sandbox import Sandbox
from pytest_rtlgen.tools.worker import WorkerLostError, WorkerPool
from pytest_rtlgen.verilog.screen_files import FilesScreening, screen_files
from pytest_rtlgen.verilog.syntax import parse_text

_TIMEOUT_S = 10.0
_LIMITS = Limits(cpu_s=24 * 3600, memory_mib=2048)
"""CPU time is bounded per question; the process itself lives long."""


class FilesScreener:
    """Screens candidates of several files in worker processes. Thread-safe."""

    def __init__(self, *, sandbox: Sandbox, jobs: int) -> None:
        self._pool = WorkerPool("pytest_rtlgen.check.reading.files", sandbox=sandbox, limits=_LIMITS, size=jobs)

    def screen(
        self, files: Sequence[SourceFile], given: Sequence[SourceFile], top: str, order: Sequence[str]
    ) -> FilesScreening:
        """Return what ``screen_files`` says of ``files``; text that makes the reader hang or crash is refused.

        Raises:
            ToolError: no worker can be started.
        """
        question = {"files": encode(tuple(files)), "given": encode(tuple(given)), "top": top, "order": list(order)}
        try:
            answer = self._pool.ask(question, _TIMEOUT_S)
        except WorkerLostError:
            message = f"reading the text took more than {_TIMEOUT_S:g} s or {_LIMITS.memory_mib} MiB"
            diagnostic = Diagnostic(tool="screen", severity=Severity.ERROR, message=message)
            return FilesScreening(status=Status.RESOURCE_LIMIT, files=tuple(files), diagnostics=(diagnostic,))
        return decode(FilesScreening, answer, "files worker")

    def close(self) -> None:
        """End the workers."""
        self._pool.close()


def main(descriptor: int) -> None:
    """Answer ``{"files", "given", "top", "order"}`` with an encoded ``FilesScreening``, line by line."""
    parse_text("")  # loads pyslang before the first question, whose time is limited
    stream = socket.socket(fileno=descriptor).makefile("rwb")
    stream.write(b"ready\n")
    stream.flush()
    for line in stream:
        question = json.loads(line)
        files, given = (
            [decode(SourceFile, item, "question") for item in question[name]] for name in ("files", "given")
        )
        found = screen_files(files, given, question["top"], question["order"])
        stream.write(json.dumps(encode(found)).encode() + b"\n")
        stream.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
