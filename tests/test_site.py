"""The documentation as a site: every page has its place, and every link leads somewhere."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md") if "changelog.d" not in path.parts)


def test_every_page_is_in_the_navigation_and_in_the_index() -> None:
    listed = re.findall(r"^ +- (\S+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
    assert sorted(listed) == PAGES
    linked = re.findall(r"\]\(([\w/.-]+\.md)\)", (DOCS / "index.md").read_text())
    assert sorted([*linked, "index.md"]) == PAGES


@pytest.mark.slow
def test_the_site_has_no_dead_link(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "site" / "reference" / "python" / "index.html").is_file()


@pytest.mark.slow
def test_the_changelog_of_the_next_release_holds_every_fragment() -> None:
    command = [sys.executable, "-m", "towncrier", "build", "--draft", "--version", "next"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    fragments = list((DOCS / "changelog.d").glob("*.md"))
    assert len(fragments) > 50
    missing = [path.name for path in fragments if path.read_text().strip() not in done.stdout]
    assert missing == []


def test_a_fragment_is_one_short_sentence_of_a_known_kind() -> None:
    for path in (DOCS / "changelog.d").glob("*.md"):
        text = path.read_text().strip()
        assert path.suffixes[-2] in {".feature", ".bugfix", ".removal"}, path.name
        assert "\n" not in text, path.name
        assert text.endswith("."), path.name
