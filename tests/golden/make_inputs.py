"""
Draw what the R scripts of this folder work on: python make_inputs.py

many_firms_input.csv: 60 estimation sessions and 3 event sessions of a market and 6 firms whose
shocks are correlated, fat-tailed and wider on the event. tail_losses.csv: 1,500 fat-tailed losses.
The golden files were made with R 4.2.2, MASS 7.3 and evd 2.3 of Debian 12.
"""

from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


def many_firms() -> np.ndarray:
    """Draw the market in the first column, the firms in the others."""
    rng = np.random.default_rng(20250127)
    sessions, firms = 63, 6
    market = 0.01 * rng.standard_normal(sessions)
    shock = 0.5 * rng.standard_t(5, (sessions, 1)) + 0.8 * rng.standard_t(5, (sessions, firms))
    shock[60:] = 1.5 * shock[60:] - 0.8
    beta = rng.uniform(0.6, 2.0, firms)
    returns = 0.0005 + market[:, None] * beta + shock * rng.uniform(0.008, 0.02, firms)
    return np.column_stack([market, returns])


def write(name: str, header: str, table: np.ndarray) -> None:
    """Write six decimals a figure."""
    np.savetxt(HERE / name, table, delimiter=",", fmt="%.6f", header=header, comments="")


names = "market," + ",".join(f"f{i}" for i in range(6))
write("many_firms_input.csv", names, many_firms())
write("tail_losses.csv", "loss", 0.02 * np.random.default_rng(11).standard_t(4, 1500))
