"""Headless Chromium through playwright, and pages that tell what they asked for and complained of."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def open_chromium() -> Iterator["Browser"]:
    """Yield Debian's Chromium; as root it has no sandbox of its own."""
    from playwright.sync_api import sync_playwright

    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else list(FLAGS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or "chromium", headless=True, args=flags
        )
        try:
            yield browser
        finally:
            browser.close()


class Watched:
    """A page of a file, with the addresses that it asked for and its complaints."""

    def __init__(self, page: "Page", path: Path) -> None:
        self.page = page
        self.address = path.resolve().as_uri()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, view: str = "") -> "Page":
        """Go to a view, such as ``#/samples``."""
        self.page.goto("about:blank")  # else another view of the same file is no new page
        self.page.goto(self.address + view, wait_until="commit")
        self.page.wait_for_selector("main[data-view] h1")
        return self.page
