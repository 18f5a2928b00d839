#!/usr/bin/env python3
"""
Bring the price store up to date, for a person or for an unattended job.

Example: scripts/refresh_data.py --max-age 18h
The same as: market-impact refresh --max-age 18h    (see --help)
"""

import sys

from analysis.cli import main

if __name__ == "__main__":
    main(["refresh", *sys.argv[1:]], prog_name="market-impact")
