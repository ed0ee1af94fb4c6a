"""Progress on the terminal, which pytest makes after the plugin."""

from types import SimpleNamespace
from typing import cast

import pytest

from pytest_rtlgen.plugin.progress import TerminalWatcher


class Terminal:
    """A terminal reporter without a terminal."""

    isatty = False

    def __init__(self) -> None:
        self.lines: list[str] = []

    def ensure_newline(self) -> None:
        """Begin no line."""

    def write_line(self, line: str) -> None:
        self.lines.append(line)


@pytest.fixture
def plugins() -> dict[str, object]:
    return {}


@pytest.fixture
def watcher(plugins: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> TerminalWatcher:
    monkeypatch.setattr("pytest_rtlgen.plugin.progress._EVERY_S", 0.0)
    config = SimpleNamespace(
        pluginmanager=SimpleNamespace(get_plugin=plugins.get),
        get_terminal_writer=lambda: SimpleNamespace(width_of_current_line=0),
    )
    return TerminalWatcher(cast("pytest.Config", config))


def test_a_terminal_that_is_made_later_shows_notes_and_progress(
    watcher: TerminalWatcher, plugins: dict[str, object]
) -> None:
    terminal = plugins["terminalreporter"] = Terminal()
    watcher.note("the cache is damaged")
    watcher.advance(1, 3, "completions")
    assert terminal.lines == ["rtlgen: the cache is damaged", "rtlgen: 1/3 completions"]


def test_it_begins_a_line_behind_the_letters_of_tests(
    watcher: TerminalWatcher, plugins: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = plugins["terminalreporter"] = Terminal()
    monkeypatch.setattr(watcher._config, "get_terminal_writer", lambda: SimpleNamespace(width_of_current_line=3))
    watcher.note("late proofs")
    watcher.advance(1, 2, "late proofs")
    assert terminal.lines == ["", "rtlgen: late proofs", "", "rtlgen: 1/2 late proofs"]


def test_without_a_terminal_a_note_is_logged(watcher: TerminalWatcher, caplog: pytest.LogCaptureFixture) -> None:
    watcher.advance(1, 3, "completions")
    watcher.note("the cache is damaged")
    assert caplog.messages == ["rtlgen: the cache is damaged"]
