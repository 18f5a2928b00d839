"""First sessions on other exchanges: abnormal returns on each one's own calendar and index."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.context.absent import Absent
from analysis.inference.one_firm import t_test
from analysis.prices.tables import held_tables
from analysis.sessions import reaction_session, session_close, sessions_between

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis._typing import FloatArray
    from analysis.prices.manifest import InputFile
    from analysis.prices.reference import ChronologyEntry
    from analysis.run.case import Case

FEWEST = 60
"""Sessions of the estimation window below which a firm gets its return alone."""

TESTED = ("firm", "control", "cfd")


@dataclass(frozen=True, slots=True)
class FirstSession:
    """
    A firm's first session after the eve, on its own exchange, in its own currency.

    Attributes
    ----------
    symbol, name, kind, calendar, currency, index : str
    eve, session : pandas.Timestamp
        Its last session by the eve in the study's market, and the first after.
    days : int
        Weekdays that the return spans: 1 without a closure.
    n_estimation : int
    raw, market : float
        Returns of firm and index over the closure, simple, decimal.
    abnormal, low, high, t, p : float or None
        Against the own index; None with fewer than `FEWEST` sessions of both before.
    news : tuple of str
        Other news between the study's event and the end of the session, from the chronology.
    """

    symbol: str
    name: str
    kind: str
    calendar: str
    currency: str
    index: str
    eve: pd.Timestamp
    session: pd.Timestamp
    days: int
    n_estimation: int
    raw: float
    market: float | None
    abnormal: float | None
    low: float | None
    high: float | None
    t: float | None
    p: float | None
    news: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FirstSessions:
    """
    First sessions of every firm abroad of which the data hold prices.

    Attributes
    ----------
    rows : tuple of FirstSession
        By return, lowest first.
    inputs : tuple of InputFile
    """

    rows: tuple[FirstSession, ...]
    inputs: tuple[InputFile, ...]

    @property
    def tidy(self) -> pd.DataFrame:
        """One row a firm; returns in decimals."""
        return pd.DataFrame(
            [
                {
                    "name": row.name,
                    "symbol": row.symbol,
                    "kind": row.kind,
                    "exchange": row.calendar,
                    "currency": row.currency,
                    "last_session": str(row.eve.date()),
                    "first_session": str(row.session.date()),
                    "weekdays": row.days,
                    "return": row.raw,
                    "index": row.index,
                    "index_return": row.market,
                    "n_estimation": row.n_estimation,
                    "abnormal": row.abnormal,
                    "low": row.low,
                    "high": row.high,
                    "t": row.t,
                    "p": row.p,
                    "other_news": "; ".join(row.news),
                }
                for row in self.rows
            ]
        )


def first_sessions(
    case: Case, chronology: Sequence[ChronologyEntry] = ()
) -> FirstSessions | Absent:
    """
    Measure the first reaction of firms on other exchanges.

    A firm's first session is the first of its exchange to close after the eve's close in the
    study's market. The model is the market model on its own index in its own currency, fitted on
    the study's estimation window counted in its own sessions, as far as the data reach. Over a
    closure the returns of firm and index are compounded, the constant is taken once a weekday, and
    so is the residual variance.

    Parameters
    ----------
    case : Case
    chronology : sequence of ChronologyEntry
        Other news, to be named where a first session comes late.

    Returns
    -------
    FirstSessions or Absent
        Absent where the data hold no prices of other exchanges around the event.
    """
    held = held_tables(case.plan.data.folder, "world-markets", "world-daily")
    if held is None:
        return Absent("the data hold no prices of other exchanges")
    (names, one), (daily, other) = held
    closes = {
        str(symbol): frame.set_index("session")["close"]
        for symbol, frame in daily.groupby("symbol", observed=True)
    }
    found = []
    for row in names[names["kind"].isin(TESTED)].to_dict("records"):
        measured = _measure(case, {str(k): v for k, v in row.items()}, closes, chronology)
        if measured is not None:
            found.append(measured)
    if not found:
        return Absent("the prices of other exchanges that the data hold do not cover the event")
    return FirstSessions(tuple(sorted(found, key=lambda row: row.raw)), (one, other))


def _measure(
    case: Case,
    market: dict[str, object],
    closes: dict[str, pd.Series],
    chronology: Sequence[ChronologyEntry],
) -> FirstSession | None:
    symbol, index, calendar = (str(market[key]) for key in ("symbol", "index", "calendar"))
    prices = closes[symbol]
    home = case.plan.data.levels.index[case.placed.position - 1]
    after = session_close(case.study.calendar, home).to_pydatetime()
    session = reaction_session(calendar, after)
    known = sessions_between(calendar, prices.index[0].date(), session.date())
    if len(known) < 2 or session not in prices.index or known[-2] not in prices.index:
        return None
    eve = known[-2]
    sessions = [day for day in known if day in prices.index]
    frame = pd.DataFrame({"firm": prices, "index": closes.get(index)}).reindex(sessions)
    returns = frame.astype(float).pct_change(fill_method=None)
    days = int(np.busday_count(eve.date(), session.date()))
    estimation = case.study.estimation
    sample = returns.iloc[max(0, len(returns) - 1 + estimation.start) : estimation.end].dropna()
    raw, own = float(returns["firm"].iloc[-1]), float(returns["index"].iloc[-1])
    tested = len(sample) >= FEWEST and math.isfinite(own)
    numbers = _abnormal(sample.to_numpy(), raw, own, days, case.study.level) if tested else {}
    return FirstSession(
        symbol=symbol,
        name=str(market["name"]),
        kind=str(market["kind"]),
        calendar=calendar,
        currency=str(market["currency"]),
        index=index,
        eve=eve,
        session=session,
        days=days,
        n_estimation=len(sample),
        raw=raw,
        market=own if math.isfinite(own) else None,
        abnormal=numbers.get("abnormal"),
        low=numbers.get("low"),
        high=numbers.get("high"),
        t=numbers.get("t"),
        p=numbers.get("p"),
        news=tuple(
            entry.id
            for entry in chronology
            if entry.confounds and case.placed.session < entry.session <= session
        ),
    )


def _abnormal(
    sample: FloatArray, raw: float, market: float, days: int, level: float
) -> dict[str, float | None]:
    """
    Predict a return over several days: `days` times the constant and the variance of one.

    Source: Campbell, Lo and MacKinlay (1997), chapter 4, with the regressor (days, market return).
    """
    y, x = sample[:, 0], np.column_stack([np.ones(len(sample)), sample[:, 1]])
    inverse = np.linalg.inv(x.T @ x)
    coefficients = inverse @ (x.T @ y)
    df = len(y) - 2
    residuals = y - x @ coefficients
    ahead = np.array([float(days), market])
    variance = float(residuals @ residuals) / df * (days + float(ahead @ inverse @ ahead))
    abnormal = raw - float(ahead @ coefficients)
    test = t_test(abnormal, math.sqrt(variance), df, level=level)
    return {
        "abnormal": abnormal,
        "low": test.low,
        "high": test.high,
        "t": test.statistic,
        "p": test.p,
    }
