"""Whether the event was a shock to the whole market, and what can be said of a firm then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from analysis.inference.outcome import Outcome
    from analysis.windows import Window

SHOCK_COLUMNS = (
    *("event", "window", "what", "subject", "against", "raw_return", "abnormal_return", "low"),
    *("high", "t", "p", "p_scaled", "n_scaled", "p_placebo", "n_placebo"),
)
"""Columns of ``market_shock.csv``."""


@dataclass(frozen=True, slots=True)
class RankedReturn:
    """
    A return set against its own earlier dates.

    Attributes
    ----------
    subject, against : str
        What returned; the index that its expected return moves with, empty for its own mean.
    raw, abnormal : float
        Over the window, decimal.
    t : Outcome
        With the exact prediction error; its interval is that of `abnormal`.
    scaled, placebo : Outcome
        Rank among pseudo-dates in units of the volatility forecast before each, and of t itself.
    """

    subject: str
    against: str
    raw: float
    abnormal: float
    t: Outcome
    scaled: Outcome
    placebo: Outcome

    def beyond(self, alpha: float) -> bool:
        """Say whether both ranks put it beyond the ordinary dates."""
        ranks = (self.scaled.p, self.placebo.p)
        return all(p is not None and p <= alpha for p in ranks)


@dataclass(frozen=True, slots=True)
class Exposure:
    """
    How the firms' returns of the window lay on a line over their betas.

    Attributes
    ----------
    firms : int
    slope, intercept : float
        Return for a unit of beta, and of a firm without any; decimal.
    distance : float
        How far the headline's firm returned above the line, decimal.
    rank : Outcome
        Of the slope among those of pseudo-dates, each with the betas of its own fits.
    """

    firms: int
    slope: float
    intercept: float
    distance: float
    rank: Outcome


@dataclass(frozen=True, slots=True)
class MarketShock:
    """
    The headline's benchmark on the days of the event.

    Attributes
    ----------
    event : str
    window : Window
    benchmark : RankedReturn
        Against its own mean.
    beyond : bool
        Whether that is a shock to the whole market: beyond its ordinary dates by both ranks. A
        market model takes such a shock for expected and cannot tell it from the event.
    mean_adjusted : RankedReturn or None
        The headline's firm against its own mean; None, as what follows, without a shock.
    exposure : Exposure or None
        None also with too few firms.
    untreated : RankedReturn or None
        The firm against the index that the study names as untreated; None where it names none.
    """

    event: str
    window: Window
    benchmark: RankedReturn
    beyond: bool
    mean_adjusted: RankedReturn | None = None
    exposure: Exposure | None = None
    untreated: RankedReturn | None = None

    @property
    def tidy(self) -> pd.DataFrame:
        """One row a measurement: `SHOCK_COLUMNS`, returns in decimals."""
        rows = [self._row("benchmark", self.benchmark)]
        if self.mean_adjusted is not None:
            rows.append(self._row("mean-adjusted", self.mean_adjusted))
        if self.untreated is not None:
            rows.append(self._row("untreated", self.untreated))
        if self.exposure is not None:
            rank = self.exposure.rank
            rows.append(
                {
                    **self._head("exposure"),
                    "subject": f"{self.exposure.firms} firms",
                    "against": f"betas on {self.benchmark.subject}",
                    "abnormal_return": self.exposure.slope,
                    "p_placebo": rank.p,
                    "n_placebo": rank.draws,
                }
            )
        return pd.DataFrame(rows, columns=list(SHOCK_COLUMNS))

    def _head(self, what: str) -> dict[str, Any]:
        return {"event": self.event, "window": str(self.window), "what": what}

    def _row(self, what: str, of: RankedReturn) -> dict[str, Any]:
        return {
            **self._head(what),
            "subject": of.subject,
            "against": of.against,
            "raw_return": of.raw,
            "abnormal_return": of.abnormal,
            "low": of.t.low,
            "high": of.t.high,
            "t": of.t.statistic,
            "p": of.t.p,
            "p_scaled": of.scaled.p,
            "n_scaled": of.scaled.draws,
            "p_placebo": of.placebo.p,
            "n_placebo": of.placebo.draws,
        }
