"""Every example in the README and the tutorial is run, and says what the page says."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from support.recorded_answers import RECORDINGS, describe, read_expectations

from pytest_rtlgen.plugin.options import add_options
from pytest_rtlgen.records import SampleKey
from pytest_rtlgen.storage import RunStore

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md"])
pytestmark = pytest.mark.simulator


def blocks(text: str, tag: str = "") -> list[str]:
    found: list[tuple[str, str]] = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [body for name, body in found if name == tag]


@pytest.mark.parametrize("number", [0, 1, 2], ids=["evaluate", "check", "reward"])
def test_a_few_lines_of_plain_python_do_what_the_readme_says(number: int) -> None:
    code = blocks(README, "python")[number]
    assert len([line for line in code.splitlines() if line]) <= 7
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60, cwd=ROOT
    )
    assert done.stdout in blocks(README)


def test_the_demo_prints_the_table_of_the_readme_and_every_recorded_answer_gets_its_verdict(tmp_path: Path) -> None:
    (table,) = (block for block in blocks(README) if "pass@5" in block)
    command = [
        *(sys.executable, "-m", "pytest", "suites/core", "-q", "-p", "no:cacheprovider"),
        *("--rtlgen-model=replay:fixtures/completions/core", "--rtlgen-n=5", f"--rtlgen-out={tmp_path}"),
        "--rtlgen-formal=off",  # the same verdicts sooner; test_core_suite.py has proofs
    ]
    env = {**os.environ, "COLUMNS": "140"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stdout + done.stderr
    changing = ("proved:", "time:", "run:")
    expected = [line.rstrip() for line in table.splitlines() if not line.startswith(changing)]
    printed = [line.rstrip() for line in done.stdout.splitlines()]
    assert [line for line in expected if line not in printed] == []
    (run,) = tmp_path.iterdir()
    found = {key: describe(result.verdict) for key, result in RunStore.open(run).read_results().items()}
    assert found == {
        SampleKey(suite="core", problem_id=folder.name, index=index): row.expected
        for folder in RECORDINGS.iterdir()
        for index, row in enumerate(read_expectations(folder.name)[:5])
    }


def test_links_of_the_readme_lead_somewhere_from_anywhere() -> None:
    base = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]["Homepage"] + "/blob/main/"
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert links
    assert [link for link in links if not link.startswith("https://")] == []
    own = [link.removeprefix(base).removesuffix("?raw=true") for link in links if link.startswith(base)]
    assert [path for path in own if not (ROOT / path).is_file()] == []


def test_the_makefile_runs_what_the_readme_promises() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    promised = re.findall(r"^make ([\w-]+)", README, re.MULTILINE)
    assert promised == ["demo", "check", "test", "test-training", "test-report"]
    assert all(re.search(rf"^{name}:", makefile, re.MULTILINE) for name in promised)
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()[-1] == "exec make test"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_option_and_file_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    parser = pytest.Parser(_ispytest=True)
    add_options(parser)
    known = {name for group in parser._groups for option in group.options for name in option.names()}
    used = set(re.findall(r"--rtlgen-[a-z-]*[a-z]", text)) - {"--rtlgen"}
    assert used <= known, used - known
    named = re.findall(r"`((?:docs|suites|fixtures|tests)/[\w./-]+\.(?:md|py|toml))`", text)
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_ini_example_is_accepted(pytester: pytest.Pytester) -> None:
    (example,) = blocks((ROOT / "docs" / "how-to" / "gate-a-release.md").read_text(encoding="utf-8"), "toml")
    assert tomllib.loads(example)["tool"]["pytest"]["ini_options"]["rtlgen_n"] == "20"
    pytester.makepyprojecttoml(example)
    result = pytester.runpytest_subprocess(
        str(ROOT / "suites" / "core"), "--rtlgen-model=reference:", "--collect-only", "-q"
    )
    assert result.ret == pytest.ExitCode.OK
