"""Take the pictures of the report anew, of the page that `make demo` wrote."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.browser import browser_page
from scripts.demo import DIRECTORY
from scripts.steps import REPOSITORY

PAGE = REPOSITORY / DIRECTORY / "duckdb" / "report.html"
DOCS = REPOSITORY / "docs"
#: The picture's name, the window, what is chosen, and whether it is dark.
PICTURES = (
    ("report.png", 1400, 1180, "days=90&period=day", False),
    ("report_phone.png", 390, 1180, "days=28&period=week", True),
)
#: The picture's name, what it shows of the page at 1400 pixels, and what is chosen.
PARTS = (
    ("report_retention.png", "#cohorts", "days=90&retention=weekly_activity"),
    ("report_paths.png", "#paths", "days=90&steps=3"),
)


def main() -> None:
    """Open the page in headless Chromium, and write what is at its top and some of its charts."""
    page_file = Path(sys.argv[1]) if len(sys.argv) > 1 else PAGE
    if not page_file.exists():
        sys.exit(f"{page_file} is not there: run `make demo` first.")
    with TemporaryDirectory() as directory, browser_page(Path(directory)) as page:

        def open_page(width: int, height: int, chosen: str) -> None:
            page.open(page_file, width, height)
            page.evaluate(f"location.hash = '{chosen}'; new Promise(done => setTimeout(done, 500))")

        for name, width, height, chosen, is_dark in PICTURES:
            scheme = "dark" if is_dark else "light"
            features = [{"name": "prefers-color-scheme", "value": scheme}]
            page.call("Emulation.setEmulatedMedia", features=features)
            open_page(width, height, chosen)
            page.screenshot(DOCS / name)
            print(f"Wrote {DOCS / name}")
        page.call("Emulation.setEmulatedMedia", features=[])
        for name, selector, chosen in PARTS:
            open_page(1400, 1000, chosen)
            page.screenshot(DOCS / name, selector)
            print(f"Wrote {DOCS / name}")


if __name__ == "__main__":
    main()
