"""The page as a PDF, printed by a Chromium that is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from analysis.errors import OutputError

BROWSERS = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
    *("microsoft-edge", "msedge"),
)
"""Names under which a Chromium is installed, the first found is taken."""

PATIENCE = 120
"""Seconds after which a browser that does not end is stopped."""

BY_HAND = "open report.html in a browser and print it to a file: it is laid out for paper"
"""What to do without one."""

_DATE = re.compile(rb"/(CreationDate|ModDate) \(D:\d{14}")


def find_browser() -> str:
    """
    Find an installed Chromium.

    Returns
    -------
    str
        Its path.

    Raises
    ------
    OutputError
        If there is none; the message says what to do by hand.
    """
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise OutputError(f"--pdf needs Chromium or Chrome, and none is installed; {BY_HAND}")
    return found


def print_page(page: str, browser: str) -> bytes:
    """
    Print a page.

    Parameters
    ----------
    page : str
        HTML that needs no other file.
    browser : str
        From `find_browser`.

    Returns
    -------
    bytes
        PDF that carries no time of its own: the same page and browser give the same bytes, but for
        the order in which a browser may number its objects.

    Raises
    ------
    OutputError
        If the browser does not print it.
    """
    with tempfile.TemporaryDirectory(prefix="market-impact-") as folder:
        source, target = Path(folder, "report.html"), Path(folder, "report.pdf")
        source.write_text(page, encoding="utf-8")
        command = [
            *(browser, "--headless=new", "--disable-gpu", "--no-sandbox", "--no-first-run"),
            *("--disable-background-networking", "--disable-sync", "--disable-extensions"),
            *(f"--user-data-dir={folder}/profile", "--no-pdf-header-footer"),
            *(f"--print-to-pdf={target}", source.as_uri()),
        ]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)  # noqa: S603 - a browser of the machine, on a page of our own
        except (OSError, subprocess.SubprocessError) as error:
            raise OutputError(f"{browser} did not print the page ({error}); {BY_HAND}") from error
        if not target.exists():
            raise OutputError(f"{browser} printed nothing; {BY_HAND}")
        return _DATE.sub(lambda m: b"/" + m[1] + b" (D:19700101000000", target.read_bytes())
