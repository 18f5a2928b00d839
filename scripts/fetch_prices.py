"""
Put symbols into the price store: the command ``market-impact fetch``.

Example
-------
    python scripts/fetch_prices.py ASML TSM
"""

from __future__ import annotations

import sys

from analysis.cli import main

if __name__ == "__main__":
    main(args=["fetch", *sys.argv[1:]], prog_name="fetch_prices.py")
