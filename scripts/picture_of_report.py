#!/usr/bin/env python3
"""
Take the picture of a report that the README shows; needs Chromium.

Example
-------
    market-impact report --out report
    python scripts/picture_of_report.py report/report.html
"""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "images" / "report.png"
COLOURS = 128


def take(page: Path, picture: Path) -> None:
    """Write the first screen of a page as a PNG of few colours."""
    with sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        screen = browser.new_page(viewport={"width": 1100, "height": 735})
        screen.goto(page.resolve().as_uri())
        image = Image.open(io.BytesIO(screen.screenshot()))
        browser.close()
    image.convert("RGB").quantize(COLOURS).save(picture, optimize=True)


if __name__ == "__main__":
    take(Path(sys.argv[1]), PICTURE)
