"""Take the screenshot in the README anew, of the page that `make demo` wrote."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.browser import browser_page
from scripts.demo import DIRECTORY
from scripts.steps import REPOSITORY

PAGE = REPOSITORY / DIRECTORY / "duckdb" / "report.html"
SCREENSHOT = REPOSITORY / "docs" / "report.png"
LAST_SECTION = "#daily-active-users"


def main() -> None:
    """Open the page in headless Chromium and write what is at its top."""
    if not PAGE.exists():
        sys.exit(f"{PAGE} is not there: run `make demo` first.")
    with TemporaryDirectory() as directory, browser_page(Path(directory)) as page:
        page.open(PAGE, width=1120, height=900)
        bottom = page.evaluate(
            f"document.querySelector('{LAST_SECTION}').getBoundingClientRect().bottom"
        )
        page.resize(1120, round(bottom) + 20)
        page.screenshot(SCREENSHOT)
    print(f"Wrote {SCREENSHOT}")


if __name__ == "__main__":
    main()
