"""
Make panel_rows_golden.csv: firm-events of the bundled figures, estimated with statsmodels alone.

Each event is one regression over estimation and event window with a dummy for every event day: the
dummies' coefficients are the abnormal returns, their covariance is the forecast errors' (METHODS
section 2). The window has more than five sessions, so the constant stands on estimation rows alone:
no alpha is carried into it. Run from the project's root: python tests/golden/make_panel_rows.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import statsmodels.api as sm

ROOT = Path(__file__).resolve().parents[2]
MODELS = {"market": ["mkt_rf"], "carhart": ["mkt_rf", "smb", "hml", "mom"]}
ESTIMATION = range(-175, -25)
WINDOW = range(-10, 11)
EVENTS = [
    ("NVDA", "2025-01-27"),
    ("VST", "2025-01-27"),
    ("AAPL", "2025-01-20"),  # a holiday: the next session is the event's
    ("ARM", "2024-06-10"),
    ("SMCI", "2024-08-28"),
]


def main() -> None:
    levels = pd.read_parquet(ROOT / "data/prices/total_return_index.parquet")
    levels = levels.set_index(levels.pop("session").dt.strftime("%Y-%m-%d"))
    factors = pd.read_csv(ROOT / "data/factors/fama_french_daily.csv", index_col="session") / 100
    returns = (levels / levels.shift(1) - 1).reindex(factors.index)
    rows = []
    for symbol, date in EVENTS:
        at = int(np.searchsorted(factors.index, date))
        for model, names in MODELS.items():
            before = [at + day for day in ESTIMATION if np.isfinite(returns[symbol].iloc[at + day])]
            ahead = [at + day for day in WINDOW]
            x = factors[names].iloc[before + ahead].to_numpy()
            x = np.column_stack([np.arange(len(x)) < len(before), x])
            dummies = np.vstack([np.zeros((len(before), len(ahead))), np.eye(len(ahead))])
            y = returns[symbol].iloc[before + ahead].to_numpy()
            fit = sm.OLS(y, np.hstack([x, dummies])).fit()
            p = len(names) + 1
            abnormal = fit.params[p:]
            car, error = abnormal.sum(), np.sqrt(fit.cov_params()[p:, p:].sum())
            observed = y[len(before) :]
            betas = dict(zip([f"beta_{name}" for name in names], fit.params[1:p], strict=True))
            rows.append(
                {
                    "symbol": symbol,
                    "event_date": date,
                    "event_session": factors.index[at],
                    "model": model,
                    "n_estimation": len(before),
                    "alpha": fit.params[0],
                    **betas,
                    "sigma2": fit.ssr / fit.df_resid,
                    "car": car,
                    "car_se": error,
                    "scar": car / error,
                    "bhar": np.prod(1 + observed) - np.prod(1 + observed - abnormal),
                }
            )
    pd.DataFrame(rows).to_csv(Path(__file__).with_name("panel_rows_golden.csv"), index=False)


if __name__ == "__main__":
    main()
