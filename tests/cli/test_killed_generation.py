"""A run killed with -9: what it ends with, and what of it was asked, and so paid, twice.

A completion counts as paid when its request reached the server. Those that are on disk, in the run or in the cache,
when the process dies are never asked for again; those under way at that moment cannot be saved: at most
``--concurrency`` requests a kill.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.loopback_server import Asked, LoopbackServer, Reply, chat, choice, serve

from pytest_rtlgen.backends import derive_seed
from pytest_rtlgen.cli import main
from pytest_rtlgen.records import Completion, SampleKey
from pytest_rtlgen.storage import RunStore
from pytest_rtlgen.storage.completion_cache import CompletionCache

N = 160
CHUNK = 8
"""Samples that one request asks for."""
CONCURRENCY = 4
KILLS = 3
PROBLEMS = ("inv", "zero")
SAMPLES = {
    derive_seed(5, key): key
    for key in (SampleKey(suite="mini", problem_id=name, index=index) for name in PROBLEMS for index in range(N))
}
"""Sample by its seed; a request has that of the first sample that it asks for."""


def answer(_: int, asked: Asked) -> Reply:
    time.sleep(0.05)
    usage = {"prompt_tokens": 10, "completion_tokens": 3 * asked.n}
    return chat(*(choice(f"{asked.body['seed']} {place}", place) for place in range(asked.n)), usage=usage)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackServer]:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    with serve(answer) as running:
        yield running


def command(server: LoopbackServer, out: str, *more: str) -> list[str]:
    return [
        *(sys.executable, "-m", "pytest_rtlgen", "generate", "--suite", "mini", "--model", "openai:m"),
        *("--base-url", server.url, "--n", str(N), "--seed", "5", "--concurrency", str(CONCURRENCY)),
        *("--out", out, *more),
    ]


def finish(server: LoopbackServer, out: str, *more: str) -> dict[SampleKey, tuple[str, int | None]]:
    """Run to the end; return text and seed of every sample, each of which must be stored once."""
    done = subprocess.run(command(server, out, *more), capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    store = RunStore.open(Path(done.stdout.strip()))
    assert store.count_completions() == len(SAMPLES)
    return {key: (one.text, one.seed) for key, one in store.read_completions().items()}


def kill(server: LoopbackServer, delay_s: float, requests: int) -> None:
    """Start a run and kill it ``delay_s`` after the server met ``requests`` more of them."""
    enough = len(server.asked) + requests
    process = subprocess.Popen(
        command(server, "killed", "--cache", "kept"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 120
    while len(server.asked) < enough:
        assert process.poll() is None, "the run ended before it was killed"
        assert time.monotonic() < deadline
        time.sleep(0.002)
    time.sleep(delay_s)
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


def list_asked(requests: list[Asked]) -> Iterator[SampleKey]:
    for asked in requests:
        first = SAMPLES[asked.body["seed"]]
        for index in range(first.index, first.index + asked.n):
            yield SampleKey(suite="mini", problem_id=first.problem_id, index=index)


def list_stored() -> set[SampleKey]:
    """Return the samples that are on disk: in the run or in the cache."""
    stored = set[SampleKey]()
    for path in Path("killed").glob("*/run.json"):
        stored |= RunStore.open(path.parent).read_completions().keys()
    cache = CompletionCache(Path("kept"), warn=pytest.fail)
    found: list[Completion] = []
    for folder in Path("kept").glob("*/*"):
        found += cache.read(folder.name).values()
    return stored | {completion.key for completion in found}


@pytest.mark.slow
def test_killed_three_times_it_ends_with_the_same_completions_and_asks_for_none_that_it_has(
    mini: Path, server: LoopbackServer
) -> None:
    del mini
    whole = finish(server, "whole", "--no-cache")
    assert Counter(list_asked(server.asked)) == dict.fromkeys(SAMPLES.values(), 1)
    begun = len(server.asked)
    draw = random.Random(20261121)
    stored = set[SampleKey]()
    for _ in range(KILLS):
        before = len(server.asked)
        kill(server, draw.uniform(0.0, 0.08), draw.randint(1, 8))
        assert not stored & set(list_asked(server.asked[before:])), "a completion that was on disk was asked for again"
        stored = list_stored()
    before = len(server.asked)
    assert 0 < len(stored) < len(SAMPLES)
    assert finish(server, "killed", "--cache", "kept") == whole
    assert not stored & set(list_asked(server.asked[before:])), "a completion that was on disk was asked for again"
    counts = Counter(list_asked(server.asked[begun:]))
    assert counts.keys() == whole.keys()
    twice = sum(count - 1 for count in counts.values())
    assert twice <= KILLS * CONCURRENCY * CHUNK, "more than what was under way at the kills was paid twice"


def generate(server: LoopbackServer, out: str, *more: str) -> int:
    """Run to the end in this process; return the exit status."""
    return main([*command(server, out)[3:], *more])


def test_another_folder_asks_for_nothing_and_another_seed_for_all(mini: Path, server: LoopbackServer) -> None:
    del mini
    small = ("--limit", "1", "--n", "9")
    generate(server, "first", *small)
    assert len(server.asked) == 2
    generate(server, "second", *small)
    assert len(server.asked) == 2
    first, second = (RunStore.open(path.parent).read_completions() for path in sorted(Path().glob("*/*/run.json")))
    assert first == second
    assert len(first) == 9
    generate(server, "third", *small, "--no-cache")
    assert len(server.asked) == 4
    generate(server, "fourth", *small, "--seed", "6")
    assert len(server.asked) == 6


def test_a_run_stops_at_its_limit_and_goes_on_when_it_is_raised(
    mini: Path, server: LoopbackServer, capsys: pytest.CaptureFixture[str]
) -> None:
    del mini
    Path("prices.toml").write_text("[m]\nprompt = 0\ncompletion = 1000\n")  # 8 samples: 24 tokens, 0.024 USD
    limited = ("--prices", "prices.toml", "--no-cache", "--n", "40", "--concurrency", "1")
    assert generate(server, "runs", *limited, "--max-cost", "0.05") == 2
    assert len(server.asked) == 3
    told, first, *others = capsys.readouterr().err.splitlines()
    assert told.startswith("asking for 80 answers, ")
    assert told.endswith("; no more is asked from --rtlgen-max-cost=0.05 on")
    assert first.endswith(": 24 completions")
    message = (
        "error: --rtlgen-max-cost=0.05 is reached: the completions cost $0.0720; what arrived is kept: raise the limit "
        "and run the same again, it goes on there"
    )
    assert others == [message]
    assert generate(server, "runs", *limited, "--max-cost", "0.08") == 2
    assert len(server.asked) == 4
    assert "the completions cost $0.0960" in capsys.readouterr().err
    assert generate(server, "runs", *limited) == 0
    assert len(server.asked) == 10


def test_a_cost_without_a_price_is_refused_with_the_way_to_write_one(
    mini: Path, server: LoopbackServer, capsys: pytest.CaptureFixture[str]
) -> None:
    del mini
    assert generate(server, "runs", "--max-cost", "1") == 2
    assert capsys.readouterr().err == (
        "error: --rtlgen-max-cost: no price for 'm'; write a table [\"m\"] with prompt = USD and completion = USD, for "
        "a million tokens each, to a file that --rtlgen-prices names\n"
    )
    assert server.asked == []
    assert not Path("runs").exists()


def test_a_damaged_completion_is_one_line_and_asked_for_again(
    mini: Path, server: LoopbackServer, capsys: pytest.CaptureFixture[str]
) -> None:
    del mini
    small = ("--limit", "1", "--n", "16", "--cache", "kept")
    generate(server, "first", *small)
    path = next(Path("kept").rglob("8.json"))
    path.write_bytes(path.read_bytes()[:-40])
    capsys.readouterr()
    generate(server, "second", *small)
    printed = capsys.readouterr().err.splitlines()
    assert printed[0] == f"{path}: is damaged and was removed; its completions are asked for again"
    assert [asked.n for asked in server.asked] == [8, 8, 8]
    assert path.exists()
