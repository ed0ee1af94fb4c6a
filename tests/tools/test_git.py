"""git: one commit of a real repository, served by a file:// address."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from pytest_rtlgen.errors import ToolError
from pytest_rtlgen.tools.git import check_out, hide_secret, is_git_url

NOWHERE = "0" * 40


def git(folder: Path, *argv: str) -> str:
    identity = ("-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, "-C", str(folder), *argv], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(folder: Path, name: str, content: str) -> str:
    (folder / name).write_text(content)
    git(folder, "add", ".")
    git(folder, "commit", "-qm", name)
    return git(folder, "rev-parse", "HEAD")


def ignore(line: str) -> None:
    del line


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q")
    return folder


def put_fake_git(folder: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    folder.mkdir()
    (folder / "git").write_text(f"#!/bin/sh\n{body}\n")
    (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_the_pinned_commit_is_got_though_the_branch_went_on(repository: Path, tmp_path: Path) -> None:
    (repository / "link").symlink_to("/etc/passwd")
    (repository / ".gitattributes").write_text("*.txt text\n")
    pinned = commit(repository, "a.txt", "one\r\n")
    commit(repository, "a.txt", "two")
    shown: list[str] = []
    check_out(f"file://{repository}", pinned, tmp_path / "out", show=shown.append)
    assert git(tmp_path / "out", "rev-parse", "HEAD") == pinned
    assert (tmp_path / "out" / "a.txt").read_text() == "one\n"
    assert not (tmp_path / "out" / "link").is_symlink()
    assert shown
    assert all(line.startswith(f"file://{repository}: ") for line in shown)


def test_a_commit_that_is_not_there(repository: Path, tmp_path: Path) -> None:
    commit(repository, "a.txt", "one")
    with pytest.raises(ToolError, match=r"^file://.*: git says: (fatal|error): .*not our ref.*; check the address$"):
        check_out(f"file://{repository}", NOWHERE, tmp_path / "out", show=ignore)


def test_a_repository_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"git says: fatal: .*; check the address$") as caught:
        check_out(f"file://name:hidden@{tmp_path}/gone", NOWHERE, tmp_path / "out", show=ignore)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "commit_id"),
    [
        ("ext::sh -c true", NOWHERE),
        ("--upload-pack=true", NOWHERE),
        ("/some/path", NOWHERE),
        ("file:///r", "main"),
        ("file:///r", "c498220"),
        ("file:///r", "--force"),
    ],
)
def test_what_is_no_address_or_commit_never_reaches_git(tmp_path: Path, url: str, commit_id: str) -> None:
    with pytest.raises(ToolError, match="not the URL of a git repository with a full commit"):
        check_out(url, commit_id, tmp_path / "out", show=ignore)
    assert not (tmp_path / "out").exists()


def test_a_protocol_that_runs_programs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"git says: fatal: .*not allowed"):
        check_out("ext://sh -c touch% " + str(tmp_path / "ran"), NOWHERE, tmp_path / "out", show=ignore)
    assert not (tmp_path / "ran").exists()


def test_git_that_hangs_is_killed_with_its_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_fake_git(tmp_path / "bin", monkeypatch, f"sleep 300 & echo $! > {tmp_path}/child; wait")
    started = time.monotonic()
    with pytest.raises(ToolError, match=r"file:///r: git took more than 1 s; check the connection"):
        check_out("file:///r", NOWHERE, tmp_path / "out", show=ignore, wall_s=1)
    assert time.monotonic() - started < 30
    child = Path("/proc") / (tmp_path / "child").read_text().strip() / "stat"
    deadline = time.monotonic() + 10
    while child.exists() and child.read_text().split()[2] != "Z" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not child.exists() or child.read_text().split()[2] == "Z"


def test_git_sees_no_keys_and_asks_no_questions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-hidden")
    monkeypatch.setenv("https_proxy", "http://proxy:1")
    monkeypatch.setenv("GIT_SSH_COMMAND", "touch ran")
    put_fake_git(tmp_path / "bin", monkeypatch, f"env > {tmp_path}/env; exit 1")
    with pytest.raises(ToolError, match="git says: nothing"):
        check_out("file:///r", NOWHERE, tmp_path / "out", show=ignore)
    seen = dict(line.split("=", 1) for line in (tmp_path / "env").read_text().splitlines() if "=" in line)
    assert "OPENAI_API_KEY" not in seen
    assert "GIT_SSH_COMMAND" not in seen
    assert (seen["https_proxy"], seen["GIT_TERMINAL_PROMPT"]) == ("http://proxy:1", "0")


def test_without_git_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match=r"git is not on PATH; install git, or fetch from a downloaded archive"):
        check_out("file:///r", NOWHERE, tmp_path / "out", show=ignore)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("https://github.com/a/b", True), ("git@github.com:a/b.git", True), ("file:///a", True), ("ssh://h/r", True),
        ("a/b", False), ("/a/b", False), ("a:b", False), ("-x", False), ("", False), ("ext::sh", False),
    ],
)  # fmt: skip
def test_what_reads_like_an_address(text: str, answer: bool) -> None:
    assert is_git_url(text) is answer


def test_passwords_are_hidden() -> None:
    assert hide_secret("see https://me:pw@host/r and https://tok@host") == "see https://***@host/r and https://***@host"
    assert hide_secret("https://host/a@b") == "https://host/a@b"
