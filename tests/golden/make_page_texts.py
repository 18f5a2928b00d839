"""
Keep what the pages of nine studies say: tests/golden/pages, a text each.

Run it after reading every text that changed:

    python tests/golden/make_page_texts.py
"""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent.parent), str(HERE.parent / "support")]

from page_texts import (  # noqa: E402 - its folder is put on the path just above
    SHARED,
    STUDIES,
    page_texts,
    sample_texts,
)

if __name__ == "__main__":
    folder = HERE / "pages"
    for name, make in (SHARED | STUDIES).items():
        (folder / f"{name}.txt").write_text(page_texts(make()), encoding="utf-8")
    (folder / "many-events.txt").write_text(sample_texts(), encoding="utf-8")
