"""Programs as models: what they are given, what counts as failure, and that nothing of them stays."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from support.asking import collect, request

from pytest_rtlgen.backends import Backend, BackendSettings, GenerationRequest, derive_seed, make_backend
from pytest_rtlgen.errors import BackendError, StorageError
from pytest_rtlgen.records import Completion, Message, Role, SampleKey, SamplingParams

KEY = "sk-test-4b1d77c0ffee"


def program(folder: Path, code: str, **settings: object) -> Backend:
    path = folder / "my model.py"
    path.write_text(code)
    return make_backend(f"command:{sys.executable} -S '{path}' 'a b'", BackendSettings(**settings))  # type: ignore[arg-type]


def test_a_program_gets_the_prompt_and_little_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("RTLGEN_BASE_URL", "http://ours")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    code = "import json, os, sys\nprint(json.dumps([sys.stdin.read(), sys.argv[1:], dict(os.environ)]))"
    (got,) = collect(program(tmp_path, code), request("counter", 3), seed=7, temperature=0.5, max_tokens=9)
    prompt, argv, environ = json.loads(got.text)
    seed = derive_seed(7, SampleKey(suite="test", problem_id="counter", index=3))
    assert prompt == "[system]\nWrite Verilog.\n\n[user]\ncounter\n"
    assert argv == ["a b"]
    assert json.loads(environ.pop("RTLGEN_MESSAGES_JSON")) == [
        {"role": "system", "content": "Write Verilog."},
        {"role": "user", "content": "counter"},
    ]
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    environ.pop("LC_CTYPE", None)  # Python's own, in a C locale
    assert environ == {
        **inherited,
        "RTLGEN_SUITE": "test",
        "RTLGEN_PROBLEM": "counter",
        "RTLGEN_INDEX": "3",
        "RTLGEN_SEED": str(seed),
        "RTLGEN_TEMPERATURE": "0.5",
        "RTLGEN_MAX_TOKENS": "9",
    }
    assert (got.seed, got.prompt_digest) == (seed, "digest of counter")
    assert got.latency_s > 0
    assert "my model" not in got.model


def large(text: str) -> GenerationRequest:
    asked = request("counter")
    return replace(asked, prompt=replace(asked.prompt, messages=(*asked.prompt.messages[:1], user(text))))


def user(text: str) -> Message:
    return Message(role=Role.USER, content=text)


def test_a_chat_too_large_for_the_environment_is_left_out_of_it(tmp_path: Path) -> None:
    code = "import os, sys\nprint(len(sys.stdin.read()), 'RTLGEN_MESSAGES_JSON' in os.environ)"
    name = "x" * 40_000
    model = program(tmp_path, code)
    (got,) = collect(model, large(name))
    assert got.text == f"{len(name) + 33} False\n"


def test_all_of_standard_output_is_the_completion(tmp_path: Path) -> None:
    code = "import sys\nsys.stdout.buffer.write(b' a\\r\\n\\xff\\n')\nprint('noise', file=sys.stderr)"
    (got,) = collect(program(tmp_path, code), request())
    assert got.text == " a\r\n�\n"


def test_a_program_that_writes_nothing_gave_an_empty_answer(tmp_path: Path) -> None:
    (got,) = collect(program(tmp_path, ""), request())
    assert got.text == ""


def test_a_program_need_not_read_its_prompt(tmp_path: Path) -> None:
    (got,) = collect(program(tmp_path, "import os\nos.close(0)\nprint('x')"), large("x" * 200_000))
    assert got.text == "x\n"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "import sys\nprint('first\\nlast', file=sys.stderr)\nsys.exit(3)",
            r"ended with exit status 3 for counter\[0\] \(first last\); fix the program",
        ),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGTERM)", r"exit status -15 .*nothing on standard error"),
        ("import time\ntime.sleep(60)", r"did not end within 0\.6 s for counter\[0\]"),
        ("while True: print('x' * 1_000_000)", r"wrote more than 16 MiB"),
    ],
)
def test_a_failing_program_is_an_error_of_the_harness(tmp_path: Path, code: str, message: str) -> None:
    started = time.monotonic()
    model = program(tmp_path, code, timeout_s=0.6)
    with pytest.raises(BackendError, match=message) as caught:
        collect(model, request())
    assert time.monotonic() - started < 5
    assert str(caught.value).startswith("command:python")
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_run_is_named(tmp_path: Path) -> None:
    path = tmp_path / "model"
    path.write_text("no interpreter")
    path.chmod(0o755)
    with pytest.raises(BackendError, match="command:model: cannot be started: Exec format error; check the program"):
        collect(make_backend(f"command:{path}", BackendSettings()), request())


SLEEPER = """\
import os, pathlib, subprocess, sys, time
if os.environ["RTLGEN_PROBLEM"] == "quick":
    while len(list(pathlib.Path({folder!r}).glob("*.pid"))) < 2: time.sleep(0.01)
    print("x")
    sys.exit()
child = subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(60)"])
path = pathlib.Path({folder!r}, os.environ["RTLGEN_PROBLEM"])
path.with_suffix(".tmp").write_text(f"{{os.getpid()}} {{child.pid}}")
path.with_suffix(".tmp").rename(path.with_suffix(".pid"))
time.sleep(60)
"""


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def wait_until_gone(folder: Path) -> int:
    """Return how many processes there were, when none is left."""
    pids = [int(pid) for path in folder.glob("*.pid") for pid in path.read_text().split()]
    deadline = time.monotonic() + 3
    while any(is_alive(pid) for pid in pids):
        assert time.monotonic() < deadline, "a process was left running"
        time.sleep(0.01)
    return len(pids)


def test_a_time_out_kills_the_whole_process_group(tmp_path: Path) -> None:
    model = program(tmp_path, SLEEPER.format(folder=str(tmp_path)), timeout_s=0.6)
    with pytest.raises(BackendError, match=r"did not end within 0\.6 s"):
        collect(model, request("slow"))
    assert wait_until_gone(tmp_path) == 2


@pytest.mark.parametrize("error", [StorageError("disk full"), KeyboardInterrupt()])
def test_what_deliver_raises_comes_out_and_nothing_is_left_running(tmp_path: Path, error: BaseException) -> None:
    def deliver(*_: Completion) -> None:
        raise error

    model = program(tmp_path, SLEEPER.format(folder=str(tmp_path)))
    with pytest.raises(type(error)) as caught:
        model.generate([request("a"), request("b"), request("quick")], SamplingParams(), deliver)
    assert caught.value is error
    assert wait_until_gone(tmp_path) == 4
    for thread in threading.enumerate():
        if "waitpid" in thread.name:  # it reported its process a moment ago and may be on its last lines
            thread.join(3)
            assert not thread.is_alive()


def test_ctrl_c_leaves_nothing_running(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_text(SLEEPER.format(folder=str(tmp_path)))
    code = (
        "import sys\nfrom support.asking import collect, request\n"
        "from pytest_rtlgen.backends import BackendSettings, make_backend\n"
        f"model = make_backend('command:{sys.executable} -S {tmp_path / 'model.py'}', BackendSettings())\n"
        "try:\n    collect(model, request('a'), request('b'))\nexcept KeyboardInterrupt:\n    sys.exit(42)\n"
    )
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    ours = subprocess.Popen([sys.executable, "-c", code], env=env, start_new_session=True)
    deadline = time.monotonic() + 10
    while len(list(tmp_path.glob("*.pid"))) < 2:
        assert time.monotonic() < deadline, "the programs did not start"
        time.sleep(0.01)
    os.kill(ours.pid, signal.SIGINT)
    assert ours.wait(5) == 42
    assert wait_until_gone(tmp_path) == 4


@pytest.mark.parametrize(("concurrency", "most"), [(1, 1), (3, 3)])
def test_no_more_programs_run_than_allowed(tmp_path: Path, concurrency: int, most: int) -> None:
    code = (
        "import os, pathlib, time\n"
        f"folder = pathlib.Path({str(tmp_path)!r}, 'now')\n"
        "mine = folder / str(os.getpid())\n"
        "mine.touch()\ntime.sleep(0.1)\n"
        "print(len(list(folder.iterdir())))\nmine.unlink()\n"
    )
    (tmp_path / "now").mkdir()
    got = collect(program(tmp_path, code, concurrency=concurrency), request("a", *range(5)))
    assert [completion.key.index for completion in got] == list(range(5))
    assert max(int(completion.text) for completion in got) <= most
    assert most == 1 or max(int(completion.text) for completion in got) > 1
