"""
An independent calculation of the bundled study: raw CSV files and statsmodels, no `analysis`.

Every number that a test compares with comes from here, from SciPy, or from a case worked by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import statsmodels.api as sm

if TYPE_CHECKING:
    from pathlib import Path

EVENT_SESSIONS = {
    "v3-release": "2024-12-26",
    "v3-report": "2024-12-27",
    "r1-release": "2025-01-21",  # New York was closed on the 20th
    "sell-off": "2025-01-27",
}
WINDOWS = {"0..0": (0, 0), "0..1": (0, 1), "-1..1": (-1, 1), "0..4": (0, 4), "0..20": (0, 20)}
FIRST, LAST = -1, 20
ESTIMATION = (-260, -11)
BENCHMARKS = ("SPY", "SPY-ex", "RSP", "SOXX")
FACTOR_MODELS = {
    "ff3": ["mkt_rf", "smb", "hml"],
    "carhart": ["mkt_rf", "smb", "hml", "mom"],
    "ff5": ["mkt_rf", "smb", "hml", "rmw", "cma"],
    "ff6": ["mkt_rf", "smb", "hml", "rmw", "cma", "mom"],
}
SPECIFICATIONS = (
    ("mean", "none"),
    *((model, b) for model in ("market-adjusted", "market", "capm") for b in BENCHMARKS),
    *((model, "Mkt-RF") for model in FACTOR_MODELS),
)


@dataclass(frozen=True)
class Expected:
    """What statsmodels says of one firm: coefficients, and by window CAR, standard error and df."""

    coefficients: np.ndarray
    sigma: float
    df: float
    windows: dict[str, tuple[float, float]]
    se_obs: float | None
    """Prediction standard error of day 0 by `get_prediction`; None without parameters."""


class Oracle:
    """Returns and regressors of the bundled figures, laid out by hand."""

    def __init__(self, data: Path) -> None:
        levels = pd.read_parquet(data / "prices/total_return_index.parquet").set_index("session")
        factors = pd.read_csv(
            data / "factors/fama_french_daily.csv", index_col="session", parse_dates=True
        )
        self.levels = levels
        self.factors = factors.div(100).reindex(levels.index)
        self.returns = levels.div(levels.shift()).sub(1)
        relative = levels["NVDA"] / levels["SPY"]
        weight = (0.0677 * relative / relative.loc["2025-01-24"]).shift()
        purged = (self.returns["SPY"] - weight * self.returns["NVDA"]) / (1 - weight)
        self.market = self.returns[["SPY", "RSP", "SOXX"]].assign(**{"SPY-ex": purged})

    def position(self, event: str) -> int:
        """Row of an event's session."""
        return int(self.levels.index.get_loc(pd.Timestamp(EVENT_SESSIONS[event])))

    def design(self, model: str, benchmark: str) -> tuple[np.ndarray, pd.Series]:
        """Regressors without the constant, and what is subtracted from the firm's return."""
        rf = self.factors["rf"]
        zero = pd.Series(0.0, index=rf.index)
        if model == "mean":
            return np.empty((len(rf), 0)), zero
        if model in {"market", "market-adjusted"}:
            return self.market[[benchmark]].to_numpy(), zero
        if model == "capm":
            return (self.market[[benchmark]].sub(rf, axis=0)).to_numpy(), rf
        return self.factors[FACTOR_MODELS[model]].to_numpy(), rf

    def expected(self, event: str, symbol: str, model: str, benchmark: str) -> Expected:
        """
        Dummy-variable regression over estimation and event rows; day 0 by `get_prediction`.

        For windows of more than five sessions the constant stands on the estimation rows alone.
        """
        x, rf = self.design(model, benchmark)
        at = self.position(event)
        y = (self.returns[symbol] - rf).to_numpy()
        estimation = np.arange(at + ESTIMATION[0], at + ESTIMATION[1] + 1)
        ahead = np.arange(at + FIRST, at + LAST + 1)
        rows = np.concatenate([estimation, ahead])
        dummies = np.zeros((len(rows), len(ahead)))
        dummies[len(estimation) :] = np.eye(len(ahead))
        if model == "market-adjusted":
            fit = long = sm.OLS(y[rows] - x[rows, 0], dummies).fit()
            params, k, se_obs = np.array([0.0, 1.0]), 0, None
        else:
            design = np.column_stack([np.ones(len(rows)), x[rows]])
            fit = sm.OLS(y[rows], np.hstack([design, dummies])).fit()
            flat = design.copy()
            flat[len(estimation) :, 0] = 0
            long = sm.OLS(y[rows], np.hstack([flat, dummies])).fit()
            k = design.shape[1]
            params = fit.params[:k]
            plain = sm.OLS(y[estimation], design[: len(estimation)]).fit()
            day = np.concatenate([[1.0], x[at]])[None, :]
            se_obs = float(plain.get_prediction(day).se_obs[0])
        windows = {}
        for name, (start, end) in WINDOWS.items():
            contrast = np.zeros(len(fit.params))
            contrast[k + start - FIRST : k + end - FIRST + 1] = 1
            of = fit if end - start < 5 else long
            windows[name] = (
                float(contrast @ of.params),
                float(np.sqrt(of.cov_params(r_matrix=contrast))),
            )
        return Expected(params, float(np.sqrt(fit.scale)), float(fit.df_resid), windows, se_obs)
