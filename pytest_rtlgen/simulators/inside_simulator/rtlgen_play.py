"""The cocotb test that drives a design with a stimulus and hands its trace back.

Runs inside the simulator, with nothing but cocotb and the standard library at hand. The current folder
holds the job; the environment names the signals (see ``wrapper.py``) and where the trace goes.
"""

import os
import sys
from pathlib import Path
from typing import Any

import cocotb
from cocotb.handle import Immediate
from cocotb.triggers import Timer
from cocotb.types import LogicArray


def read_blocks(path: Path, block_chars: int) -> list[str]:
    """Return the stimulus in pieces of ``block_chars`` characters, the last one filled with zeros."""
    text = path.read_text(encoding="ascii")
    return [text[i : i + block_chars].ljust(block_chars, "0") for i in range(0, len(text), block_chars)]


def open_trace(secret: str) -> int:
    """Return the descriptor that the harness chose for the trace, or one of a file.

    No object owns it: a design that ends the simulation must not close it before the process is gone.
    """
    descriptor = os.environ.get("RTLGEN_TRACE_FD")
    if descriptor is not None:
        return int(descriptor)
    return os.open(f"trace-{secret}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)


def send(trace: int, text: str) -> None:
    """Write ``text`` at once: what was simulated is kept if the time is up."""
    data = text.encode("ascii")
    while data:
        data = data[os.write(trace, data) :]


@cocotb.test()
async def play(top: Any) -> None:  # noqa: ANN401  cocotb finds the handle's type at run time
    """Simulate every block and send what the outputs were at the end of each step."""
    sys.path[:] = [path for path in sys.path if path]  # the current folder is one that the design may write to
    nonce = os.environ["RTLGEN_NONCE"]
    secret, left = os.environ["RTLGEN_SECRET"], int(os.environ["RTLGEN_TRACE_CHARS"])
    block_in, block_out, go, done = (
        getattr(top, f"{name}_{nonce}") for name in ("block_in", "block_out", "go", "done")
    )
    await Timer(1, "ns")  # every process of the design has started and waits before an input moves
    trace = open_trace(secret)
    send(trace, f"{secret}\n")
    for number, block in enumerate(read_blocks(Path("stimulus"), len(block_in))):
        block_in.set(Immediate(LogicArray(block)))
        go.set(Immediate((number + 1) % 2))
        await done.value_change
        rows = str(block_out.value)[:left].upper()
        left -= len(rows)
        send(trace, rows)
    send(trace, f"\n{secret}")  # by which it is known to be whole
    os.close(trace)
    if "RTLGEN_TRACE_FD" in os.environ:
        # Nothing is left to do: skip the interpreter's tear-down and the simulator's end-of-run callbacks.
        os._exit(0)
