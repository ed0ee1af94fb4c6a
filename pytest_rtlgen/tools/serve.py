"""The serving end of a ``Worker``: a line of JSON for each line of JSON."""

import json
import socket
from collections.abc import Callable
from typing import Any

READY = b"ready\n"


def serve(descriptor: int, answer: Callable[[Any], Any]) -> None:
    """Report on the socket ``descriptor`` that this process is ready, then ``answer`` questions until it is closed.

    What must not count as time of the first question is loaded before this is called.
    """
    with socket.socket(fileno=descriptor) as connection, connection.makefile("rwb") as stream:
        stream.write(READY)
        stream.flush()
        for line in stream:
            stream.write(json.dumps(answer(json.loads(line))).encode() + b"\n")
            stream.flush()
