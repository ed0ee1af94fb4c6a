"""``help``: pages for those who have no checkout, and messages that send nobody to a path of one."""

import ast
import re
from pathlib import Path

import pytest
from support.cli_designs import Cli

from pytest_rtlgen.package_data import PARTS, list_pages

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "pytest_rtlgen").rglob("*.py"))
PAGE = re.compile(rf"docs/(?:{'|'.join(PARTS)})/")


def list_texts(path: Path) -> list[str]:
    """Return the string literals of a module that are no docstrings, those of f-strings included."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in docstrings]
    return [node.value for node in constants if isinstance(node.value, str)]


def test_no_message_names_a_path_of_a_checkout() -> None:
    assert [(path.name, text) for path in SOURCES for text in list_texts(path) if PAGE.search(text)] == []


def test_every_topic_that_is_named_is_a_page() -> None:
    named = {topic for path in SOURCES for topic in re.findall(r"rtlgen help ([a-z][a-z-]+)", path.read_text())}
    assert named
    assert named <= list_pages().keys()


def test_the_list_has_every_page_with_its_title(cli: Cli) -> None:
    done = cli("help")
    assert done.returncode == 0
    files = [path for part in PARTS for path in (ROOT / "docs" / part).glob("*.md")]
    assert len(list_pages()) == len(files)
    for path in files:
        assert re.search(
            rf"^  {path.stem} +{re.escape(path.read_text().splitlines()[0][2:])}$", done.stdout, re.MULTILINE
        )


def test_a_page_is_printed_and_names_other_pages_as_topics(cli: Cli) -> None:
    done = cli("help", "write-a-suite")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("# Write a suite of your own\n")
    assert "Suite format [rtlgen help suite-format] lists every key" in done.stdout
    assert "(known limits [rtlgen help verdicts])" in done.stdout
    assert not PAGE.search(done.stdout)


def test_no_page_shows_a_link_that_a_terminal_cannot_follow(cli: Cli) -> None:
    for topic in ("verdicts", "suite-format", "check-a-suite", "train-with-grpo"):
        shown = cli("help", topic).stdout
        assert re.findall(r"\]\([^)]*(?:\.md|#)[^)]*\)", shown) == []
        named = re.findall(r"\[rtlgen help ([\w-]+)\]", shown)
        assert named
        assert set(named) <= list_pages().keys()


@pytest.mark.parametrize(
    ("topic", "hint"),
    [
        ("option", "; did you mean options?"),
        ("selfcheck", "; write rtlgen selfcheck --help for the command"),
        ("nonsense", ""),
    ],
)
def test_another_topic_is_one_line(topic: str, hint: str, cli: Cli) -> None:
    done = cli("help", topic)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"error: {topic}: no such topic{hint}; see: rtlgen help\n"
