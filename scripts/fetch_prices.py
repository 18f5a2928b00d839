#!/usr/bin/env python3
"""
Put symbols into the price store.

Example: scripts/fetch_prices.py ASML TSM
The same as: market-impact fetch ASML TSM    (see --help)
"""

from analysis.cli.fetch import command

if __name__ == "__main__":
    command.main(prog_name="fetch_prices.py")
