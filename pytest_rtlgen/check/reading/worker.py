"""The process that reads candidates: pyslang meets hostile text there, under limits, and may hang or crash.

Started by ``WorkerPool``: ``python -m pytest_rtlgen.check.reading.worker FD``.
"""

import json
import socket
import sys
from typing import Any

from pytest_rtlgen.records import Interface, SourceFile
from pytest_rtlgen.storage import decode, encode
from pytest_rtlgen.verilog.examine import examine_design
from pytest_rtlgen.verilog.power_up import PowerUp, power_up
from pytest_rtlgen.verilog.screen import screen_candidate
from pytest_rtlgen.verilog.syntax import parse_text


def main(descriptor: int) -> None:
    """Answer questions, line by line, until the socket closes.

    ``{"source", "wanted", "given", "encloses"}`` is answered with an encoded ``Screening``, ``{"text", "top"}`` with an
    ``Examination``, ``{"text", "top", "power_up"}`` with a ``PoweredText``; the last two with ``null`` where the text
    is too deeply nested.
    """
    parse_text("")  # loads pyslang before the first question, whose time is limited
    stream = socket.socket(fileno=descriptor).makefile("rwb")
    stream.write(b"ready\n")
    stream.flush()
    for line in stream:
        stream.write(json.dumps(_answer(json.loads(line))).encode() + b"\n")
        stream.flush()


def _answer(question: dict[str, Any]) -> Any:  # noqa: ANN401  JSON
    if "wanted" in question:
        wanted = decode(Interface, question["wanted"], "question")
        given = [decode(SourceFile, item, "question") for item in question["given"]]
        return encode(screen_candidate(question["source"], wanted, given, encloses=question["encloses"]))
    try:
        if "power_up" in question:
            return encode(power_up(question["text"], question["top"], PowerUp(question["power_up"])))
        return encode(examine_design(question["text"], question["top"]))
    except (RuntimeError, RecursionError):
        return None


if __name__ == "__main__":
    main(int(sys.argv[1]))
