"""
Write the figures of a study: the command ``market-impact figures``.

Example
-------
    python scripts/export_figures.py --out figures --style dark --format png
"""

from __future__ import annotations

import sys

from analysis.cli import main

if __name__ == "__main__":
    main(args=["figures", *sys.argv[1:]], prog_name="export_figures.py")
