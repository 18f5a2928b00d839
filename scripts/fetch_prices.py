#!/usr/bin/env python3
"""
Put symbols into the price store.

Example: scripts/fetch_prices.py ASML TSM
The same as: market-impact fetch ASML TSM    (see --help)
"""

import sys

from analysis.cli import main

if __name__ == "__main__":
    main(["fetch", *sys.argv[1:]], prog_name="market-impact")
