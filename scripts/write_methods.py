#!/usr/bin/env python3
"""Write docs/methods.md from the catalogues and the simulated sizes."""

from __future__ import annotations

from pathlib import Path

from analysis.inference.page import methods_page

PAGE = Path(__file__).resolve().parent.parent / "docs" / "methods.md"


def write() -> None:
    """Write the page whole or not at all."""
    part = PAGE.with_suffix(".part")
    part.write_text(methods_page(), encoding="utf-8")
    part.replace(PAGE)


if __name__ == "__main__":
    write()
