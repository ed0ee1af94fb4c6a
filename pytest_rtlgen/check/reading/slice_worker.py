"""The process that slices candidates: pyslang elaborates hostile text there, under limits, and may hang or crash.

Started by ``WorkerPool``: ``python -m pytest_rtlgen.check.reading.slice_worker FD``.
"""

import json
import socket
import sys

from pytest_rtlgen.errors import BadReferenceError
from pytest_rtlgen.verilog.slicing import slice_outputs
from pytest_rtlgen.verilog.syntax import parse_text


def main(descriptor: int) -> None:
    """Answer ``{"source", "top"}`` with the spans by output, or ``null``, line by line, until the socket closes."""
    parse_text("")  # loads pyslang before the first question, whose time is limited
    stream = socket.socket(fileno=descriptor).makefile("rwb")
    stream.write(b"ready\n")
    stream.flush()
    for line in stream:
        question = json.loads(line)
        try:
            found = slice_outputs(question["source"], question["top"])
            answer = {name: [(span.start, span.stop) for span in spans] for name, spans in found.items()}
        except BadReferenceError:
            answer = None
        stream.write(json.dumps(answer).encode() + b"\n")
        stream.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
