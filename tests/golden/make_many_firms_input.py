"""
Draw the returns that many_firms.R works on.

python make_many_firms_input.py writes many_firms_input.csv: 60 estimation sessions and 3 event
sessions of a market and 6 firms whose shocks are correlated, fat-tailed and wider on the event.
"""

from pathlib import Path

import numpy as np

rng = np.random.default_rng(20250127)
sessions, firms = 63, 6
market = 0.01 * rng.standard_normal(sessions)
shock = 0.5 * rng.standard_t(5, (sessions, 1)) + 0.8 * rng.standard_t(5, (sessions, firms))
shock[60:] = 1.5 * shock[60:] - 0.8
beta = rng.uniform(0.6, 2.0, firms)
returns = 0.0005 + market[:, None] * beta + shock * rng.uniform(0.008, 0.02, firms)
table = np.column_stack([market, returns]).round(6)
header = "market," + ",".join(f"f{i}" for i in range(firms))
target = Path(__file__).with_name("many_firms_input.csv")
np.savetxt(target, table, delimiter=",", fmt="%.6f", header=header, comments="")
