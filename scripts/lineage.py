"""Take the picture of the lineage in CONTRIBUTING.md anew, from what `make docs` wrote."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.browser import Page, browser_page
from scripts.steps import REPOSITORY

CATALOG = REPOSITORY / "target" / "static_index.html"
SCREENSHOT = REPOSITORY / "docs" / "lineage.png"
SHOWN = "+daily_active_users +daily_sessions +stickiness"
WIDTH, HEIGHT = 1500, 620
#: For how many seconds the page may draw, which it does not say that it has done.
DRAWING = 6

# The page takes what is written into its box for written when an event says so.
SELECT = """
(() => {
  const box = document.querySelector("input[ng-model$='dirty.include']");
  box.value = %r;
  box.dispatchEvent(new Event("change", {bubbles: true}));
  document.querySelector("input[type=submit]").click();
})()
"""


def show_lineage(page: Page) -> None:
    """Open the graph of the models that are shown, over the whole window."""
    for step in (
        "document.querySelector('.launcher-btn *').click()",
        "document.querySelector('.launcher .btn')?.click()",
        SELECT % SHOWN,
    ):
        time.sleep(DRAWING)
        page.evaluate(step)
    time.sleep(DRAWING)


def main() -> None:
    """Open the catalog in headless Chromium and write what its graph shows."""
    if not CATALOG.exists():
        sys.exit(f"{CATALOG} is not there: run `make docs` first.")
    with TemporaryDirectory() as directory, browser_page(Path(directory)) as page:
        page.open(CATALOG, width=WIDTH, height=HEIGHT)
        show_lineage(page)
        page.screenshot(SCREENSHOT)
    print(f"Wrote {SCREENSHOT}")


if __name__ == "__main__":
    main()
