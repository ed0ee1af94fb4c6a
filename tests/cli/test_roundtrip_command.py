"""``roundtrip`` with a model that is paid: its limits hold over all stages and all runs, and nothing is paid twice."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from support.cli_designs import GOLDEN
from support.loopback_server import Asked, LoopbackServer, Reply, chat, choice, serve

from pytest_rtlgen.cli import main
from pytest_rtlgen.training.roundtrip.corpus import read_corpus

DESIGNS = {
    "inv": GOLDEN,
    "mux": "module mux (input [2:0] p, input [2:0] q, input s, output [2:0] y);\n  assign y = s ? q : p;\nendmodule\n",
    "gray": "module gray (input [3:0] b, output [3:0] g);\n  assign g = b ^ (b >> 1);\nendmodule\n",
}
PRICES = "[m]\nprompt = 0\ncompletion = 1000\n[small]\nprompt = 0\ncompletion = 500\n"
"""An answer of ``m`` costs 0.03 USD, one of ``small`` half of that."""
BASE = ("--base-model", "openai:small", "--base-n", "2")
REPORT = """\
2 designs: 0 for distillation, 2 for reinforcement learning, 0 dropped
  distil: none
  rl: 2 in-band; 0 proved
tokens:  60 prompt, 240 completion
"""
COST = "cost:    $0.1800\n"
GOES_ON = "what arrived is kept: raise the limit and run the same again, it goes on there\n"


def answer(_: int, asked: Asked) -> Reply:
    """Describe, or write the design; of two answers the second is wrong. Each takes 10 and 30 tokens."""
    usage = {"prompt_tokens": 10, "completion_tokens": 30 * asked.n}
    if asked.problem.startswith("Describe module"):
        return chat(choice("It does what its name says."), usage=usage)
    right = DESIGNS[asked.problem.partition("Module name: ")[2].split()[0]]
    texts = (right, right.replace(" = ", " = ~"))[: asked.n]
    return chat(*(choice(f"```verilog\n{text}```", place) for place, text in enumerate(texts)), usage=usage)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackServer]:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    with serve(answer) as running:
        yield running


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write two designs and the prices into the test's folder, and make it the current one."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "corpus"
    folder.mkdir()
    for name in ("inv", "mux"):
        (folder / f"{name}.sv").write_text(DESIGNS[name])
    (tmp_path / "prices.toml").write_text(PRICES)
    return folder


def travel(server: LoopbackServer, *more: str, out: str = "pairs", model: str = "openai:m") -> int:
    """Run to the end in this process; return the exit status."""
    return main(
        [
            *("roundtrip", "--corpus", "corpus", "--out", out, "--model", model, "--base-url", server.url),
            *("--concurrency", "1", "--jobs", "1", "--cycles", "40", "--formal", "off", *more),
        ]
    )


@pytest.mark.simulator
def test_the_cost_is_limited_over_all_stages_and_a_higher_limit_goes_on(
    corpus: Path, server: LoopbackServer, capsys: pytest.CaptureFixture[str]
) -> None:
    limited = (*BASE, "--prices", "prices.toml", "--no-cache")
    assert travel(server, *limited, "--max-cost", "0.08") == 2  # 2 descriptions, the base model's answers to one
    assert len(server.asked) == 3
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"error: --rtlgen-max-cost=0.08 is reached: the completions cost $0.0900; {GOES_ON}")
    assert not Path("pairs/report.txt").exists()
    assert len(Path("pairs/roundtrip-base.jsonl").read_text().splitlines()) == 2

    assert travel(server, *limited, "--max-cost", "0.12") == 2  # no design is asked for any more
    assert [asked.body["model"] for asked in server.asked] == ["m"] * 2 + ["small"] * 2
    assert "the completions cost $0.1200" in capsys.readouterr().err

    assert travel(server, *limited, "--max-cost", "0.18") == 0
    assert [asked.body["model"] for asked in server.asked] == ["m"] * 2 + ["small"] * 2 + ["m"] * 2
    assert capsys.readouterr().out == REPORT + COST
    assert Path("pairs/report.txt").read_text() == REPORT + COST
    assert corpus.is_dir()


@pytest.mark.simulator
def test_answers_of_a_model_that_is_not_asked_any_more_count(
    corpus: Path, server: LoopbackServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert travel(server, *BASE) == 0
    assert capsys.readouterr().out == REPORT
    (corpus / "gray.sv").write_text(DESIGNS["gray"])
    assert travel(server, "--prices", "prices.toml", "--max-cost", "0.15") == 2
    assert "the completions cost $0.1800" in capsys.readouterr().err
    Path("prices.toml").write_text(PRICES.partition("[small]")[0])
    assert travel(server, "--prices", "prices.toml", "--max-cost", "0.15") == 2
    assert "--rtlgen-max-cost: no price for 'small'" in capsys.readouterr().err
    assert len(server.asked) == 6


@pytest.mark.simulator
def test_tokens_are_limited_without_prices(
    corpus: Path, server: LoopbackServer, capsys: pytest.CaptureFixture[str]
) -> None:
    del corpus
    assert travel(server, "--max-tokens-total", "80") == 2
    assert capsys.readouterr().err == (
        f"error: --rtlgen-max-tokens-total=80 is reached: the completions took 80 tokens; {GOES_ON}"
    )
    assert len(server.asked) == 2


@pytest.mark.simulator
def test_another_folder_asks_for_nothing_and_without_the_cache_for_all(
    corpus: Path, server: LoopbackServer, capsys: pytest.CaptureFixture[str]
) -> None:
    del corpus
    assert travel(server, *BASE, "--cache", "kept", out="first") == 0
    first = capsys.readouterr().out
    assert len(server.asked) == 6
    assert travel(server, *BASE, "--cache", "kept", out="second") == 0
    assert capsys.readouterr().out == first == REPORT
    assert Path("first/kept.jsonl").read_text() == Path("second/kept.jsonl").read_text()
    assert len(server.asked) == 6
    assert travel(server, *BASE, "--cache", "kept", "--no-cache", out="third") == 0
    assert len(server.asked) == 12


@pytest.mark.simulator
def test_recordings_cost_nothing_and_need_no_price(
    corpus: Path, server: LoopbackServer, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"problem_id": item.name, "completion": f"```verilog\n{item.source}```"} for item in read_corpus(corpus)]
    Path("said.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    limits = ("--prices", "prices.toml", "--max-cost", "1")
    assert travel(server, "--describer", "openai:m", *limits, model="replay:said.jsonl") == 0
    assert capsys.readouterr().out == (
        "2 designs: 2 for distillation, 0 for reinforcement learning, 0 dropped\n"
        "  distil: 2 drawn\n  rl: none; 0 proved\n"
        "tokens:  20 prompt, 60 completion\ncost:    $0.0600\n"
    )


def test_another_adapter_or_engine_needs_another_folder(
    corpus: Path, server: LoopbackServer, capsys: pytest.CaptureFixture[str]
) -> None:
    del corpus
    for more, message in (
        (("--lora", "new"), "pairs: was made with lora 'old', not 'new'; name a new folder"),
        (("--lora", "old"), "pairs: was made with engine 'dtype=float32', not ''; name a new folder"),
    ):
        travel(server, "--lora", "old", "--engine", "dtype=float32", "--max-tokens-total", "1")
        capsys.readouterr()
        assert travel(server, *more) == 2
        assert capsys.readouterr().err == f"error: {message}\n"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--max-cost", "1"], "--rtlgen-max-cost: no price for 'm'"),
        ([*BASE, "--prices", "m.toml", "--max-cost", "1"], "--rtlgen-max-cost: no price for 'small'"),
        (["--prices", "nowhere.toml"], "--rtlgen-prices=nowhere.toml: cannot be read"),
        (["--model", "local:w.gguf", "--lora", "tuned"], "--rtlgen-lora=tuned: local: takes no adapter"),
        (["--describer", "local:w.gguf", "--lora", "tuned", "--base-model", "oracle:x"], "oracle:x"),
        (["--describer", "local:w.gguf", "--engine", "contxt=9"], "did you mean context?"),
        (["--band", "1"], "--band 1: write two pass rates from 0 to 1, as 0:0.75"),
        (["--start-band", "0.5:0.4"], "band 0.5:0.4 must be two pass rates from 0 to 1, the lower first"),
        (["--rl-share", "2"], "rl_share is 2.0; use a number from 0 to 1"),
        (["--start-n", "0"], "0 start answers; 1 or more"),
        (["--base-sampling", "temp=1"], "--base-sampling 'temp=1': 'temp=1' is no setting; write each of temperature,"),
        (["--start-sampling", "seed=1,seed=2"], "--start-sampling 'seed=1,seed=2': 'seed=2' is no setting"),
        (
            ["--describe-sampling", "top_p=2"],
            "--describe-sampling 'top_p=2': top_p must be a number above 0, at most 1",
        ),
    ],
)
def test_what_cannot_be_meant_is_one_line_and_asks_nothing(
    args: list[str],
    message: str,
    corpus: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
    (corpus.parent / "w.gguf").touch()
    (corpus.parent / "m.toml").write_text(PRICES.partition("[small]")[0])
    assert main(["roundtrip", "--corpus", "corpus", "--out", "pairs", "--model", "openai:m", *args]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1
    assert not Path("pairs").exists()


@pytest.mark.simulator
def test_two_processes_do_not_pay_in_one_folder(
    corpus: Path, server: LoopbackServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert travel(server, "--prices", "prices.toml", "--no-cache", "--max-cost", "0.03") == 2, corpus
    asked = len(server.asked)
    capsys.readouterr()
    header = Path("pairs/roundtrip.json").read_text()
    with FileLock("pairs/roundtrip.lock"):
        assert travel(server, "--no-cache", *BASE) == 2
    assert capsys.readouterr().err == "error: pairs: another process works in it; wait for it, or name a new folder\n"
    assert len(server.asked) == asked
    assert Path("pairs/roundtrip.json").read_text() == header


def test_a_folder_of_something_else_stays_as_it_is(
    corpus: Path, server: LoopbackServer, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(corpus.iterdir())
    assert travel(server, out="corpus") == 2
    assert capsys.readouterr().err == "error: corpus: holds something else than a round trip; name a new folder\n"
    assert sorted(corpus.iterdir()) == before
    assert server.asked == []
