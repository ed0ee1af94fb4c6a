"""``generate``: completions on disk, and a run that goes on."""

from pathlib import Path

import pytest
from support.loopback_server import chat, choice, refuse, serve

from pytest_rtlgen.cli import main
from pytest_rtlgen.records import SampleKey
from pytest_rtlgen.storage import RunStore


def generate(suite: Path, *extra: str) -> list[str]:
    return ["generate", "--suite", str(suite), "--model", "reference:", "--out", "runs", "--n", "2", *extra]


def test_completions_are_stored_and_nothing_is_checked(mini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(generate(mini, "--temperature", "0.5")) == 0
    out, err = capsys.readouterr()
    store = RunStore.open(Path(out.strip()))
    assert err == f"{store.path}: 4 completions\n"
    keys = {SampleKey(suite="mini", problem_id=name, index=index) for name in ("inv", "zero") for index in (0, 1)}
    assert set(store.read_completions()) == keys
    assert store.read_results() == {}
    assert not store.is_finished
    assert store.header.settings.sampling.temperature == 0.5


def test_the_same_command_goes_on_with_the_run(mini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(generate(mini)) == 0
    first = capsys.readouterr()
    completions = Path(first.out.strip()) / "completions.jsonl"
    completions.write_bytes(b"".join(completions.read_bytes().splitlines(keepends=True)[:2]))
    assert main(generate(mini)) == 0
    second = capsys.readouterr()
    assert second.out == first.out
    assert second.err.endswith(": 4 completions\n")
    assert main(generate(mini, "--resume", "never")) == 0
    assert capsys.readouterr().out != first.out


def test_a_run_of_other_settings_is_not_resumed(mini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(generate(mini)) == 0
    run = capsys.readouterr().out.strip()
    assert main(generate(mini, "--resume", run, "--seed", "7")) == 2
    assert "this run was made with other settings: sampling.seed was 0, now 7" in capsys.readouterr().err


def test_no_simulator_is_needed(mini: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pytest_rtlgen.simulators.icarus import find_icarus

    find_icarus.cache_clear()
    monkeypatch.setenv("PATH", str(mini))
    assert main(generate(mini)) == 0
    find_icarus.cache_clear()


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--suite", "mini"], "error: generate needs --model"),
        (["--model", "reference:"], "error: generate needs --suite"),
        (["--suite", "nowhere", "--model", "reference:"], "error: nowhere/suite.toml: no such file"),
        (["--suite", "mini", "--model", "reference:", "--n", "0"], "must be a whole number, 1 or more"),
        (["--suite", "mini", "--model", "oracle:x"], "oracle:x"),
    ],
)
def test_what_cannot_be_meant(args: list[str], message: str, mini: Path, capsys: pytest.CaptureFixture[str]) -> None:
    del mini
    assert main(["generate", *args]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1
    assert not Path(".rtlgen").exists()


def test_answers_of_two_endpoints_are_not_mixed(
    mini: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    asking = ["generate", "--suite", str(mini), "--model", "openai:m", "--out", "runs", "--no-cache", "--concurrency=1"]
    with serve(lambda _, asked: chat(choice(asked.problem))) as first, serve(lambda _, __: refuse(500)) as second:
        assert main([*asking, "--base-url", first.url]) == 0
        run = Path(capsys.readouterr().out.strip())
        answers = (run / "completions.jsonl").read_bytes()
        assert main([*asking, "--base-url", second.url]) == 2
        message = capsys.readouterr().err
        assert first.url in message
        assert second.url in message
        assert main([*asking, "--base-url", second.url, "--resume", str(run)]) == 2
        assert f"base_url was '{first.url}', now '{second.url}'" in capsys.readouterr().err
    assert (second.asked, (run / "completions.jsonl").read_bytes()) == ([], answers)
