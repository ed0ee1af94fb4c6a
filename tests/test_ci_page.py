"""The jobs of ``docs/how-to/run-in-ci.md``: both files are YAML, and their pytest command is a gate."""

import importlib
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pytest_rtlgen.modes import SandboxMode
from pytest_rtlgen.tools.sandbox import choose_sandbox

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "how-to" / "run-in-ci.md").read_text(encoding="utf-8")
MODEL = "openai:candidate-7b"


def load_jobs() -> list[dict[str, Any]]:
    """Return the job of each file."""
    yaml: Any = importlib.import_module("yaml")  # MkDocs brings it
    github, gitlab = (
        yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    )
    return [github["jobs"]["gate"], gitlab["gate"]]


def list_commands() -> list[str]:
    github, gitlab = load_jobs()
    return [*(step["run"] for step in github["steps"] if "run" in step), *gitlab["script"]]


def test_both_jobs_do_the_same_steps() -> None:
    commands = [command.removeprefix("sudo ").replace("&& sudo ", "&& ") for command in list_commands()]
    assert commands[:4] == commands[5:]
    assert [re.split(r"[ =]", command)[0] for command in commands[:4]] == ["apt-get", "pip", "rtlgen", "pytest"]
    assert commands[4].startswith("rtlgen report ")


@pytest.mark.simulator
@pytest.mark.parametrize(
    ("model", "exit_status", "outcome"),
    [("reference:", 0, "pass@1>=0.6: met"), ("command:echo I cannot.", 1, "pass@1>=0.6: NOT met")],
)
def test_the_command_of_the_jobs_is_a_gate(tmp_path: Path, model: str, exit_status: int, outcome: str) -> None:
    if not choose_sandbox(SandboxMode.AUTO).is_active:
        pytest.skip("the jobs require a sandbox, which this machine has not")
    (tmp_path / "my_suite").mkdir()
    (tmp_path / "my_suite" / "suite.toml").write_text('format = 1\nname = "mine"\ntitle = "Mine"\nproblems = ["inv"]\n')
    folder = tmp_path / "my_suite" / "inv"
    folder.mkdir()
    (folder / "problem.toml").write_text('title = "inv"\ncategory = "gates"\ndifficulty = "easy"\n')
    (folder / "prompt.md").write_text("Write module inv, whose output y is the inverse of its input a.\n")
    (folder / "reference.sv").write_text("module inv (input a, output y);\n  assign y = ~a;\nendmodule\n")
    (line,) = {command for command in list_commands() if command.startswith("pytest ")}
    words = [word.replace(MODEL, model) for word in shlex.split(line) if not word.startswith("--rtlgen-base-url=")]
    done = subprocess.run(
        [sys.executable, "-m", *words, "--rtlgen-n=2", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == exit_status, done.stdout + done.stderr
    assert outcome in done.stdout
    assert '<testcase classname="' in (tmp_path / "report.xml").read_text(encoding="utf-8")
    (report,) = (command for command in list_commands() if command.startswith("rtlgen report "))
    script = f'rtlgen() {{ "$PYTHON" -m pytest_rtlgen "$@"; }}\n{report}'
    summary = tmp_path / "summary.md"
    given = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHON": sys.executable, "GITHUB_STEP_SUMMARY": str(summary)}
    shown = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=given, timeout=120, check=False)
    assert shown.returncode == exit_status
    text = summary.read_text(encoding="utf-8")
    assert text.startswith(f"### {model}  n=2\n\n|  | problems |")
    assert f"required {outcome}" in text
