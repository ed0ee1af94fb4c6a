"""Each "how to add" page of CONTRIBUTING.md, followed to the letter in a copy of the checkout."""

import doctest
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = ("contribute-a-backend", "contribute-a-benchmark", "contribute-a-reward", "contribute-an-option")
COPIED = ("docs", "pytest_rtlgen", "suites")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def list_steps(page: str) -> Iterator[tuple[str, str, str]]:
    """Yield (text before it, language, content) of each block of a page."""
    end = 0
    for block in FENCE.finditer(page):
        yield page[end : block.start()], block[1], block[2]
        end = block.end()


def follow(page: str, folder: Path) -> list[str]:
    """Do what the page says in ``folder``, and return the files that were changed or made."""
    changed: list[str] = []
    for before, language, content in list_steps(page):
        text = " ".join(before.split())
        made = re.findall(r"[Ww]rite `([\w./-]+)`", text)
        named = re.findall(r"[Ii]n `(pytest_rtlgen/[\w./]+\.py)`", text)
        anchors = re.findall(r"(above|below) the line `([^`]+)`", before.replace("\n", " "))
        if language == "console":
            run(content, folder)
        elif anchors:
            name = named[-1] if named else changed[-1]
            side, anchor = anchors[-1]
            insert(folder / name, side, anchor, content)
            changed.append(name)
        elif made:
            (folder / made[-1]).write_text(content)
            changed.append(made[-1])
        else:
            raise AssertionError(f"nothing says what to do with:\n{content}")
    return list(dict.fromkeys(changed))


def insert(path: Path, side: str, anchor: str, content: str) -> None:
    lines = path.read_text().splitlines(keepends=True)
    (place,) = [number for number, line in enumerate(lines) if line.rstrip("\n") == anchor]
    place += side == "below"
    path.write_text("".join([*lines[:place], content, *lines[place:]]))


def run(content: str, folder: Path) -> None:
    """Run each command of a block; it must print what stands below it."""
    shell = f'python() {{ "{sys.executable}" "$@"; }}\nrtlgen() {{ python -m pytest_rtlgen "$@"; }}\n'
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", content, re.MULTILINE):
        done = subprocess.run(
            ["bash", "-c", shell + command],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert doctest.OutputChecker().check_output(expected, done.stdout, FLAGS), done.stdout


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in COPIED:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


@pytest.mark.slow
@pytest.mark.simulator
@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_followed(name: str, checkout: Path) -> None:
    changed = follow((ROOT / "docs" / "how-to" / f"{name}.md").read_text(), checkout)
    assert 2 <= len(changed) <= 5
    lint = [sys.executable, "-m", "ruff", "check", "--config", str(ROOT / "pyproject.toml"), "--ignore", "INP001"]
    written = [item for item in changed if item.startswith("pytest_rtlgen/")]
    done = subprocess.run([*lint, *written], cwd=checkout, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_contributing_names_each_page() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    assert set(re.findall(r"docs/how-to/(contribute-[\w-]+)\.md", text)) == set(PAGES)
    assert {path.stem for path in (ROOT / "docs" / "how-to").glob("contribute-*.md")} == set(PAGES)
