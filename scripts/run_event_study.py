"""
Run an event study: the command ``market-impact study``; by default it writes all that it has.

Examples
--------
    python scripts/run_event_study.py
    python scripts/run_event_study.py --event sell-off --symbols NVDA,AMD --out results/two-firms

With no arguments at all, results, figures and report also go to results/deepseek-2025.
"""

from __future__ import annotations

import sys

from analysis.cli import main

DEFAULTS = ["--out", "results/deepseek-2025", "--figures", "--report"]

if __name__ == "__main__":
    main(args=["study", *(sys.argv[1:] or DEFAULTS)], prog_name="run_event_study.py")
