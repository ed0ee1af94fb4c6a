"""The process that screens candidates: pyslang reads hostile text there, under limits, and may hang or crash.

Started by ``WorkerPool``: ``python -m pytest_rtlgen.check.screen_worker FD``.
"""

import json
import socket
import sys

from pytest_rtlgen.records import Interface
from pytest_rtlgen.storage import decode, encode
from pytest_rtlgen.verilog.screen import screen_candidate
from pytest_rtlgen.verilog.syntax import parse_text


def main(descriptor: int) -> None:
    """Answer ``{"source", "wanted"}`` with an encoded ``Screening``, line by line, until the socket closes."""
    parse_text("")  # loads pyslang before the first question, whose time is limited
    stream = socket.socket(fileno=descriptor).makefile("rwb")
    stream.write(b"ready\n")
    stream.flush()
    for line in stream:
        question = json.loads(line)
        screening = screen_candidate(question["source"], decode(Interface, question["wanted"], "question"))
        stream.write(json.dumps(encode(screening)).encode() + b"\n")
        stream.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
