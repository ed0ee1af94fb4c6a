"""The model's key: it goes to the endpoint, and to no child, file or line of output."""

import shutil
from pathlib import Path

import pytest
from plugin.conftest import ANSWERS, Runner
from support.loopback_server import Asked, Reply, chat, choice, serve

pytestmark = pytest.mark.simulator

KEY = "sk-test-4b1d77c0ffee"
SPY = '#!/bin/sh\n/usr/bin/env >> "{log}"\nexec "{program}" "$@"\n'
USAGE = {"prompt_tokens": 1000, "completion_tokens": 500, "completion_tokens_details": {"reasoning_tokens": 200}}


def answer(_: int, asked: Asked) -> Reply:
    name = next(name for name in ANSWERS if f"module {name}" in asked.problem)
    texts = [f"The key is {KEY}.\n```verilog\n{text}\n```\n" for text in ANSWERS[name][: asked.n]]
    return chat(*(choice(text, place) for place, text in enumerate(texts)), usage=USAGE)


def spy_on(folder: Path, *names: str) -> Path:
    """Put programs in ``folder`` that write down their environment and become the real ones; return where."""
    folder.mkdir()
    log = folder / "environments"
    for name in names:
        program = shutil.which(name)
        assert program is not None
        (folder / name).write_text(SPY.format(log=log, program=program))
        (folder / name).chmod(0o755)
    return log


def test_no_child_has_it_and_no_file_holds_it(
    run: Runner, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    log = spy_on(pytester.path / "bin", "iverilog", "vvp")
    monkeypatch.setenv("PATH", str(pytester.path / "bin"), prepend=":")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    (pytester.path / "prices.toml").write_text("[m]\nprompt = 1\ncompletion = 2\n")
    with serve(answer) as server:
        options = [f"--rtlgen-base-url={server.url}", "--rtlgen-sandbox=off", "--rtlgen-cache=kept", "--rtlgen-k=1"]
        result = run(*options, "--rtlgen-prices=prices.toml", model="openai:m", n=3, apart=True)
    result.assert_outcomes(passed=2, failed=1)
    assert {asked.headers["authorization"] for asked in server.asked} == {f"Bearer {KEY}"}
    assert "PATH=" in log.read_text()
    files = [path for path in pytester.path.rglob("*") if path.is_file()]
    assert {"completions.jsonl", "environments", "0.json"} <= {path.name for path in files}
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []
    assert KEY not in result.stdout.str() + result.stderr.str()
    result.stdout.fnmatch_lines(["tokens:  3,000 prompt, 1,500 completion (600 of them reasoning)", "cost:    $0.0060"])
