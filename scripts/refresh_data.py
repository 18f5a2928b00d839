"""
Bring the price store up to date: the command ``market-impact refresh``.

Example
-------
    python scripts/refresh_data.py --max-age 18h
"""

from __future__ import annotations

import sys

from analysis.cli import main

if __name__ == "__main__":
    main(args=["refresh", *sys.argv[1:]], prog_name="refresh_data.py")
