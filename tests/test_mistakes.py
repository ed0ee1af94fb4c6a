"""What people get wrong first, and the one line that each mistake gets: what, where, and what to do."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.loopback_server import Asked, LoopbackServer, Reply, obey, refuse, serve

from pytest_rtlgen.cli import main

INVERTER = "module inv(input a, output y);\n  assign y = ~a;\nendmodule\n"


def answer(_: int, asked: Asked) -> Reply:
    if not asked.path.startswith("/v1"):
        return refuse(404, f"no route {asked.path}")
    if asked.body["model"] == "nope":
        return refuse(404, "The model 'nope' does not exist")
    return refuse(401, "no") if asked.body["model"] == "locked" else obey(asked)


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackServer]:
    with serve(answer) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder with a design and a suite whose problem has a slip in line 3 the current one."""
    problem = tmp_path / "mini" / "inv"
    problem.mkdir(parents=True)
    (problem.parent / "suite.toml").write_text('format = 1\nname = "mini"\ntitle = "One"\n')
    (problem / "problem.toml").write_text('title = "inv"\ncategory = "gates"\ndificulty = "easy"\n')
    (problem / "prompt.md").write_text("Write inv.\n")
    (problem / "reference.sv").write_text(INVERTER)
    (tmp_path / "my.sv").write_text(INVERTER)
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


ASK = ("generate", "--suite", "core:", "--limit", "1", "--out", "runs", "--no-cache", "--model")
MISTAKES = {
    "a model that the server does not have": (
        (*ASK, "openai:nope", "--base-url", "URL"),
        "URL: HTTP 404 The model 'nope' does not exist; check the model's name and --rtlgen-base-url",
    ),
    "an address without /v1": (
        (*ASK, "openai:x", "--base-url", "ROOT"),
        "ROOT: HTTP 404 no route /chat/completions; check the model's name and --rtlgen-base-url, which most servers",
    ),
    "an address without a scheme": (
        (*ASK, "openai:x", "--base-url", "127.0.0.1:8000/v1"),
        "--rtlgen-base-url (command line): must be http:// or https:// with a host; keys belong in OPENAI_API_KEY, ",
    ),
    "a backend with a slip": (
        (*ASK, "opanai:x"),
        "--rtlgen-model=opanai:x: no such backend; did you mean openai:?",
    ),
    "a model without its backend": (
        (*ASK, "gpt-4"),
        "--rtlgen-model=gpt-4: no such backend; a server's model is openai:gpt-4; write one of openai:MODEL, ",
    ),
    "no key": (
        (*ASK, "openai:gpt-4"),
        "OPENAI_API_KEY is not set; set it to your key, or name an endpoint that needs none with --rtlgen-base-url",
    ),
    "a key that is expected": (
        (*ASK, "openai:locked", "--base-url", "URL"),
        "URL: the endpoint wants a key (HTTP 401); set OPENAI_API_KEY to a key that is valid there",
    ),
    "an extra that is not there": (
        (*ASK, "vllm:x"),
        "vllm:x: vllm is not installed; pip install 'pytest-rtlgen[vllm]'",
    ),
    "recordings that are not there": (
        (*ASK, "replay:nowhere.jsonl"),
        "replay:nowhere.jsonl: no such file or folder; name a folder or a .jsonl file of recorded answers",
    ),
    "a value that an option does not have": (
        (*ASK, "reference:", "--formal", "maybe"),
        "--rtlgen-formal='maybe' (command line): must be one of off, late, confirm, first",
    ),
    "a suite with a slip": (
        ("generate", "--suite", "verilogeval:x", "--model", "reference:"),
        "verilogeval:x: neither a path nor a known format; did you mean verilog-eval-v2:?; known are core:, ",
    ),
    "a suite that is not there": (
        ("selfcheck", "nowhere"),
        "nowhere/suite.toml: no such file; a suite is a folder with a suite.toml, see: rtlgen help suite-format",
    ),
    "a slip in a problem": (
        ("selfcheck", "mini"),
        "mini/inv/problem.toml:3: unknown key 'dificulty'; known are title, category, difficulty, ",
    ),
    "one design to check": (
        ("check", "my.sv"),
        "my.sv: not a run; to check a candidate write: rtlgen check --reference REFERENCE --candidate my.sv",
    ),
    "two designs to check": (
        ("check", "my.sv", "other.sv"),
        "my.sv, other.sv: not a run; to check a candidate write: rtlgen check --reference my.sv --candidate other.sv",
    ),
    "a candidate that is not there": (
        ("check", "--reference", "my.sv", "--candidate", "nowhere.sv"),
        "nowhere.sv: cannot be read: No such file or directory; check the path",
    ),
    "a command with a slip": (("chek",), "chek: no such command; did you mean check?; see rtlgen --help"),
    "an option with a slip": (
        ("check", "--reference", "my.sv", "--candidat", "my.sv"),
        "--candidat: not understood; did you mean --candidate?; see rtlgen check --help",
    ),
    "the folder of all runs": (
        ("report", "runs"),
        "runs/run.json: not found; give the folder of a run, such as .rtlgen/runs/RUN",
    ),
    "a topic with a slip": (("help", "formals"), "formals: no such topic; did you mean formal?; see: rtlgen help"),
    "a reward with a slip": (
        ("serve", "--suite", "core:", "--reward", "codev-r"),
        "reward: unknown preset 'codev-r'; did you mean codev-r1?; use one of equivalence, codev-r1, ",
    ),
}
PYTEST_MISTAKES = {
    "k above n": (
        ("--rtlgen-suite=core:", "--rtlgen-n=2", "--rtlgen-k=5"),
        "*--rtlgen-k (command line): k = 5 needs 5 completions a problem, but --rtlgen-n is 2; raise n or lower k",
    ),
    "a gate that is none": (
        ("--rtlgen-suite=core:", "--rtlgen-require=pass1>=3"),
        "*--rtlgen-require='pass1>=3' (command line): must be pass@K, syntax@K, credit or proved*",
    ),
    "a run that is not there": (
        ("--rtlgen-suite=core:", "--rtlgen-resume=runs/none"),
        "*runs/none/run.json: not found; give the folder of a run, such as .rtlgen/runs/RUN",
    ),
    "a slip in a problem": (("mini/inv",), "*mini/inv/problem.toml:3: unknown key 'dificulty'; known are *"),
}


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_gets_one_line(name: str, server: LoopbackServer, capsys: pytest.CaptureFixture[str]) -> None:
    root = server.url.removesuffix("/v1")
    given, message = MISTAKES[name]
    places = {"URL": server.url, "ROOT": root}
    assert main([places.get(word, word) for word in given]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith(f"error: {message.replace('ROOT', root).replace('URL', server.url)}"), error


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", PYTEST_MISTAKES)
def test_a_mistake_under_pytest_gets_one_line(name: str, folder: Path, pytester: pytest.Pytester) -> None:
    pytester.chdir()
    (pytester.path / "mini").symlink_to(folder / "mini")
    given, message = PYTEST_MISTAKES[name]
    result = pytester.runpytest_inprocess("--rtlgen-model=reference:", *given)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([message.replace("[", "[[]")])
