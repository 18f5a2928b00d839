#!/usr/bin/env python3
"""
Bring the price store up to date, for a person or for an unattended job.

Example: scripts/refresh_data.py --max-age 18h
The same as: market-impact refresh --max-age 18h    (see --help)
"""

from analysis.cli.refresh import command

if __name__ == "__main__":
    command.main(prog_name="refresh_data.py")
