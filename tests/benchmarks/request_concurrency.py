"""How near to the ideal time many completions come, and whether memory stays flat.

A loopback server in a process of its own answers each request after a fixed latency, has a number of slots, refuses
what comes beyond them with 429, and gives at most ``--choices`` choices a request; 1 is a server that ignores ``n``.
The ideal time is that of full slots from the first moment to the last. Answers go to a journal, as in a real run.
"""

import argparse
import math
import multiprocessing
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.asking import request
from support.loopback_server import Asked, Reply, chat, choice, refuse, serve

from pytest_rtlgen.backends import BackendSettings
from pytest_rtlgen.backends.openai.compatible import OpenAiBackend
from pytest_rtlgen.records import Completion, SampleKey, SamplingParams
from pytest_rtlgen.storage import Journal

ANSWER = "```verilog\nmodule m;\n" + "  assign b = ~a;  // as asked\n" * 64 + "endmodule\n```\n"
MOST_ASKED = 8
"""Samples that the backend asks for in one request."""
WITHIN = 1.15
FLAT_MIB = 16.0


@dataclass
class Arrivals:
    """What arrived, and the memory in use after each tenth."""

    journal: Journal
    total: int
    counts: dict[SampleKey, int] = field(default_factory=dict)
    tenths_mib: list[float] = field(default_factory=list)

    def deliver(self, *completions: Completion) -> None:
        self.journal.append(*completions)
        for completion in completions:
            self.counts[completion.key] = self.counts.get(completion.key, 0) + 1
        if len(self.counts) >= self.total * (len(self.tenths_mib) + 1) / 10:
            self.tenths_mib.append(read_memory_mib())


def read_memory_mib() -> float:
    """Return the memory of this process that is resident now, in MiB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def make_script(latency_s: float, slots: int, choices: int) -> Callable[[int, Asked], Reply]:
    free = threading.Semaphore(slots)

    def script(_: int, asked: Asked) -> Reply:
        if not free.acquire(blocking=False):
            return refuse(429, retry_after="1")
        try:
            time.sleep(latency_s)
        finally:
            free.release()
        return chat(*(choice(ANSWER, place) for place in range(min(asked.n, choices))))

    return script


def run_server(pipe: Connection, latency_s: float, slots: int, choices: int) -> None:
    with serve(make_script(latency_s, slots, choices)) as server:
        pipe.send(server.url)
        pipe.recv()
        pipe.send((len(server.asked), server.most_at_once))


def measure(arguments: argparse.Namespace, url: str) -> tuple[Arrivals, float]:
    """Return what arrived and the seconds that it took, the import of the client included."""
    requests = [request(f"problem{place:03}", *range(arguments.n)) for place in range(arguments.problems)]
    model = OpenAiBackend("m", BackendSettings(base_url=url, concurrency=arguments.slots), environ={})
    with tempfile.TemporaryDirectory() as folder:
        arrivals = Arrivals(journal=Journal(Path(folder) / "completions.jsonl"), total=arguments.problems * arguments.n)
        started = time.perf_counter()
        model.generate(requests, SamplingParams(n=arguments.n), arrivals.deliver)
        return arrivals, time.perf_counter() - started


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", type=int, default=156)
    parser.add_argument("--n", type=int, default=20, help="completions a problem")
    parser.add_argument("--latency-s", type=float, default=1.0, help="of every request")
    parser.add_argument("--slots", type=int, default=64, help="requests that the server works on at once")
    parser.add_argument("--choices", type=int, default=1, help="most choices of one response")
    return parser.parse_args()


def main() -> int:
    arguments = parse_arguments()
    # A fresh interpreter: neither its memory nor its lock is shared with the client.
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    parts = (there, arguments.latency_s, arguments.slots, arguments.choices)
    process = context.Process(target=run_server, args=parts, daemon=True)
    process.start()
    try:
        arrivals, took_s = measure(arguments, here.recv())
        here.send("end")
        asked, most_at_once = here.recv()
    finally:
        process.join(5)
        process.terminate()
    needed = arguments.problems * math.ceil(arguments.n / min(arguments.choices, MOST_ASKED))
    ideal_s = math.ceil(needed / arguments.slots) * arguments.latency_s
    return report(arrivals, took_s=took_s, ideal_s=ideal_s, asked=asked, most_at_once=most_at_once)


def report(arrivals: Arrivals, *, took_s: float, ideal_s: float, asked: int, most_at_once: int) -> int:
    is_whole = len(arrivals.counts) == arrivals.total and set(arrivals.counts.values()) == {1}
    ratio, tenths = took_s / ideal_s, arrivals.tenths_mib
    growth_mib = max(tenths) - tenths[0]
    shown = " ".join(f"{value:.1f}" for value in tenths)
    sys.stdout.write(
        f"{arrivals.total} completions wanted, {'each arrived once' if is_whole else 'NOT each arrived once'}\n"
        f"{asked} requests, at most {most_at_once} open at once\n"
        f"{took_s:.1f} s, ideal {ideal_s:.1f} s: ratio {ratio:.3f} (wanted: {WITHIN} or less)\n"
        f"peak memory {max(tenths):.1f} MiB, {growth_mib:.1f} more than after the first tenth (wanted: {FLAT_MIB:g} or "
        f"less); after each tenth: {shown}\n"
    )
    return 0 if is_whole and ratio <= WITHIN and growth_mib <= FLAT_MIB else 1


if __name__ == "__main__":
    sys.exit(main())
