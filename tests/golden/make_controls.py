"""
Weights and gaps of published cases by pysyncon, for the tests of control portfolios.

Usage, in an environment of its own: pip install pysyncon && python tests/golden/make_controls.py

Reads the cases beside this file and writes controls_pysyncon.csv: outcomes before the event as the
only predictors, every year alike, each divided by its spread over all units (which pysyncon does).
Made with pysyncon 1.7.0, whose optimizer is SciPy's SLSQP.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from pysyncon import Synth

HERE = Path(__file__).parent
CASES = (
    ("california_tobacco.csv", "California", 1989),
    ("kansas_gdp.csv", "20", 2012.25),
    ("basque_gdp.csv", "Basque Country (Pais Vasco)", 1970),
    ("germany_gdp.csv", "West Germany", 1991),
)


def weights(before: pd.DataFrame, treated: str) -> pd.Series:
    """Let pysyncon choose the donors' weights, all years alike."""
    donors = before.drop(columns=treated)
    synth = Synth()
    synth.fit(
        X0=donors,
        X1=before[treated],
        Z0=donors,
        Z1=before[treated],
        custom_V=np.ones(len(before)),
    )
    return pd.Series(synth.W, index=donors.columns)


def main() -> None:
    """Write a row a case and donor of some weight, and the mean gap after the event."""
    rows = []
    for name, treated, begins in CASES:
        table = pd.read_csv(HERE / name, index_col=0)
        before, after = table[table.index < begins], table[table.index >= begins]
        found = weights(before, treated)
        gap = (after[treated] - after[found.index] @ found).mean()
        rows += [(name, unit, weight) for unit, weight in found.items() if weight > 1e-4]
        rows.append((name, "mean gap", gap))
    frame = pd.DataFrame(rows, columns=["case", "what", "value"])
    frame.to_csv(HERE / "controls_pysyncon.csv", index=False, float_format="%.8g")


if __name__ == "__main__":
    main()
