"""Take the pictures of ``docs/how-to/read-the-report.md``.

``PYTHONPATH=tests .venv-report/bin/python docs/take_screenshots.py RUN``

``RUN`` is a saved run of the core suite, such as ``make demo`` makes.
"""

import argparse
import tempfile
from pathlib import Path

from support.chromium import Watched, open_chromium

from pytest_rtlgen.cli import main as run_command

HERE = Path(__file__).parent / "how-to"
SIZES = ((1440, 500), (390, 700))
"""Of a desk, which shows the table of samples, and of a telephone, which shows the first view."""
WAVE = "#/sample/core/counter_mod12_en/2"


def main() -> None:
    """Write the pictures beside the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run")
    parser.add_argument("--to", type=Path, default=HERE)
    parser.add_argument("--view", default=WAVE, help="address of the sample whose waveform is shown")
    parser.add_argument("--all", action="store_true", help="every view at both widths in both themes, to be looked at")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, open_chromium() as browser:
        file = Path(folder) / "report.html"
        run_command(["report", args.run, "--html", str(file)])
        if args.all:
            take_all(browser, file, args.to, args.view)
            return
        page = browser.new_page(viewport={"width": 1100, "height": 700}, color_scheme="light")
        Watched(page, file).open()
        page.screenshot(path=args.to / "report-overview.png")
        page = browser.new_page(viewport={"width": 1100, "height": 700}, color_scheme="dark")
        Watched(page, file).open(args.view)
        page.locator(".waveform").first.screenshot(path=args.to / "report-wave.png")
        for width, height in SIZES:
            for scheme in ("light", "dark"):
                page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
                Watched(page, file).open("#/samples" if width > height else "")
                page.screenshot(path=args.to / f"report-{width}-{scheme}.png")


def take_all(browser, file: Path, to: Path, sample: str) -> None:  # noqa: ANN001  playwright's, which is imported late
    """Write every view at 390 and 1,440 pixels, light and dark."""
    for width in (390, 1440):
        for scheme in ("light", "dark"):
            page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
            for name, view in (("overview", ""), ("samples", "#/samples"), ("sample", sample)):
                Watched(page, file).open(view)
                page.screenshot(path=to / f"{name}-{width}-{scheme}.png", full_page=True)


if __name__ == "__main__":
    main()
