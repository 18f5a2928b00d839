#!/usr/bin/env python3
"""Write analysis/docs/methods.md from the catalogues and the simulated sizes."""

from __future__ import annotations

from pathlib import Path

from analysis.inference.catalog import SIZES
from analysis.inference.page import methods_page

PAGE = SIZES.with_name("methods.md")


def write() -> None:
    """Write the page beside the table of sizes, whole or not at all."""
    part = PAGE.with_suffix(".part")
    part.write_text(methods_page(), encoding="utf-8")
    Path(part).replace(PAGE)


if __name__ == "__main__":
    write()
