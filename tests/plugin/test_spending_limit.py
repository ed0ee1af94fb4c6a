"""A run that may take only so many tokens stops to ask, says so, and goes on when it may take more."""

import pytest
from plugin.conftest import ANSWERS, Runner
from support.loopback_server import Asked, Reply, chat, choice, serve

pytestmark = pytest.mark.simulator

USAGE = {"prompt_tokens": 1000, "completion_tokens": 500}


def answer(_: int, asked: Asked) -> Reply:
    name = next(name for name in ANSWERS if f"module {name}" in asked.problem)
    texts = [f"```verilog\n{text}\n```\n" for text in ANSWERS[name][: asked.n]]
    return chat(*(choice(text, place) for place, text in enumerate(texts)), usage=USAGE)


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_limit_ends_generation_and_says_so(workers: str, run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with serve(answer) as server:
        options = [f"--rtlgen-base-url={server.url}", "--rtlgen-concurrency=1", "--rtlgen-k=1", "-n", workers]
        limited = run(*options, "--rtlgen-max-tokens-total=2000", model="openai:m", n=3)
        limited.assert_outcomes(passed=2, errors=1)
        assert len(server.asked) == 2
        text = limited.stdout.str()
        assert "--rtlgen-max-tokens-total=2000 is reached: the completions took 3,000 tokens; what arrived is k" in text
        result = run(*options, model="openai:m", n=3)
    result.assert_outcomes(passed=2, failed=1)
    assert len(server.asked) == 3
