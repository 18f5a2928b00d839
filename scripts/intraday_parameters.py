"""
Compute the table of the time of day: how NVIDIA's five-minute bars follow those of SPY and QQQ.

Reads a file of bars with columns ``bar_start_utc, symbol, interval, open, close``; the bundled
table, ``data/reference/intraday_parameters.csv``, is of December 2024 and January 2025 up to two
sessions before the sell-off.

Example
-------
    python -m scripts.intraday_parameters ../shared/testdata/intraday_bars_dec_feb.csv out.csv
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from analysis.context.intraday import slot_parameters

FIRST, LAST = pd.Timestamp("2024-12-02"), pd.Timestamp("2025-01-23")


def parameters_of(path: Path) -> pd.DataFrame:
    """Fit the parameters on the bars of a file."""
    bars = pd.read_csv(path)
    bars = bars[bars["interval"] == "5m"]
    bars = bars.assign(start=pd.to_datetime(bars["bar_start_utc"], utc=True))
    days = pd.date_range(FIRST, LAST)
    fitted = [slot_parameters(bars, "NVDA", benchmark, list(days)) for benchmark in ("QQQ", "SPY")]
    return pd.concat(fitted, ignore_index=True)


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("bars", type=Path)
    parser.add_argument("out", type=Path)
    asked = parser.parse_args()
    parameters_of(asked.bars).to_csv(asked.out, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
