"""The event session by the bar: abnormal path with a band by the time of day, and jumps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.context.absent import Absent
from analysis.inference.student import critical_value
from analysis.prices.tables import held_tables
from analysis.run.valuation import value_of
from analysis.sessions import session_open

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis._typing import BoolArray, FloatArray
    from analysis.prices.manifest import InputFile
    from analysis.run.case import Case

BAR = 5
"""Minutes of a bar."""

ROUND_TO = 12
"""Digits to which parameters are stored."""

JUMP_LEVEL = 0.01
"""Chance that a session without a jump shows one."""

LEAST_MEMORY, MOST_MEMORY = 78, 270
"""Bars before one that its own volatility is taken from: Lee and Mykland advise 270."""


@dataclass(frozen=True, slots=True, eq=False)
class IntradayPath:
    """
    One firm against one benchmark, bar by bar.

    Attributes
    ----------
    symbol, benchmark : str
    session : pandas.Timestamp
    start : pandas.DatetimeIndex
        Beginning of each bar, UTC.
    close : ndarray of shape (n,)
        Of the firm.
    realised, expected : ndarray of shape (n,)
        Returns of the bars, simple, decimal; the first from the opening print.
    half : ndarray of shape (n,)
        Half width of the band of the cumulated abnormal return: errors of the bars independent,
        each with the standard deviation of its time of day.
    jump : ndarray of shape (n,)
        Lee and Mykland's statistic; NaN where fewer than `LEAST_MEMORY` bars come before.
    critical : float
        Size beyond which a bar is a jump.
    level : float
    """

    symbol: str
    benchmark: str
    session: pd.Timestamp
    start: pd.DatetimeIndex
    close: FloatArray
    realised: FloatArray
    expected: FloatArray
    half: FloatArray
    jump: FloatArray
    critical: float
    level: float

    @property
    def cumulated(self) -> FloatArray:
        """Abnormal return since the opening print, the sum of the bars', shape (n,)."""
        total: FloatArray = np.cumsum(self.realised - self.expected)
        return total

    @property
    def jumps(self) -> BoolArray:
        """Which bars are jumps, shape (n,)."""
        beyond: BoolArray = np.abs(self.jump) > self.critical
        return beyond

    @property
    def tidy(self) -> pd.DataFrame:
        """One row a bar; returns in decimals."""
        return pd.DataFrame(
            {
                "symbol": self.symbol,
                "benchmark": self.benchmark,
                "start": self.start.strftime("%Y-%m-%dT%H:%MZ"),
                "close": self.close,
                "return": self.realised,
                "expected": self.expected,
                "cumulated_abnormal": self.cumulated,
                "band": self.half,
                "jump_statistic": self.jump,
                "jump": self.jumps,
            }
        )


@dataclass(frozen=True, slots=True)
class IntradayDays:
    """
    The sessions of which the data hold bars, against each benchmark with known parameters.

    Attributes
    ----------
    paths : tuple of IntradayPath
        By benchmark, then by session.
    overnight : float
        The firm's return from the close before to the opening of the event session.
    before : mapping of str to pandas.Series
        Returns of funds since their close before, until the opening of the event session, by UTC
        time; empty where the data hold none.
    inputs : tuple of InputFile
    """

    paths: tuple[IntradayPath, ...]
    overnight: float
    before: dict[str, pd.Series]
    inputs: tuple[InputFile, ...]

    def of(self, session: pd.Timestamp) -> tuple[IntradayPath, ...]:
        """List the paths of one session."""
        return tuple(path for path in self.paths if path.session == session)

    @property
    def tidy(self) -> pd.DataFrame:
        """One row a bar, session and benchmark."""
        return pd.concat([path.tidy for path in self.paths], ignore_index=True)


def bar_returns(bars: pd.DataFrame, calendar: str) -> pd.DataFrame:
    """
    Turn the bars of one security into returns within sessions.

    Parameters
    ----------
    bars : pandas.DataFrame
        Columns ``start`` (UTC), ``open``, ``close``, in order of time.
    calendar : str
        Market code of its exchange.

    Returns
    -------
    pandas.DataFrame
        By ``start``: ``session``, ``slot`` (minutes since the opening), ``close`` and ``move``, the
        simple return from the close of the bar before or, in the first bar, from its open.
    """
    starts = pd.DatetimeIndex(bars["start"])
    session = starts.tz_localize(None).normalize().as_unit("us")
    opened = {day: session_open(calendar, day) for day in session.unique()}
    slot = [
        int((start - opened[day]).total_seconds() // 60)
        for start, day in zip(starts, session, strict=True)
    ]
    first = np.append(True, session[1:] != session[:-1])
    close, begin = bars["close"].to_numpy(dtype=float), bars["open"].to_numpy(dtype=float)
    base = np.where(first, begin, np.append(np.nan, close[:-1]))
    return pd.DataFrame(
        {"session": session, "slot": slot, "close": close, "move": close / base - 1}, index=starts
    )


def slot_parameters(
    bars: pd.DataFrame,
    symbol: str,
    benchmark: str,
    sessions: Sequence[pd.Timestamp],
    *,
    calendar: str = "XNYS",
) -> pd.DataFrame:
    """
    Fit a market model to the bars of each time of day.

    Parameters
    ----------
    bars : pandas.DataFrame
        Columns ``symbol``, ``start`` and those of `bar_returns`.
    symbol, benchmark : str
    sessions : sequence of pandas.Timestamp
        Those to fit on.
    calendar : str

    Returns
    -------
    pandas.DataFrame
        One row a slot: ``symbol, benchmark, slot, mean, beta, sd, n``, least squares of the firm's
        bar return on the benchmark's, ``sd`` of the residuals with n - 2 degrees of freedom.
    """
    own, market = (
        bar_returns(bars[bars["symbol"] == name], calendar) for name in (symbol, benchmark)
    )
    both = own.join(market["move"].rename("market"), how="inner")
    both = both[both["session"].isin(list(sessions))]
    rows = []
    for slot, some in both.groupby("slot"):
        x = np.column_stack([np.ones(len(some)), some["market"]])
        y = some["move"].to_numpy()
        coefficients, *_ = np.linalg.lstsq(x, y, rcond=None)
        residuals = y - x @ coefficients
        sd = math.sqrt(float(residuals @ residuals) / (len(y) - 2))
        rows.append((symbol, benchmark, slot, *map(float, coefficients), sd, len(some)))
    names = ["symbol", "benchmark", "slot", "mean", "beta", "sd", "n"]
    return pd.DataFrame(rows, columns=names).round(ROUND_TO)


def jump_statistics(moves: FloatArray) -> FloatArray:
    """
    Hold each return against the volatility of the bars before it, jumps left out of that.

    Parameters
    ----------
    moves : ndarray of shape (n,)
        Log returns of bars of one length, in order.

    Returns
    -------
    ndarray of shape (n,)
        Return over the root of the mean product of neighbouring absolute returns (realised bipower
        variation over K - 2 products) of up to `MOST_MEMORY` bars before; NaN for the first
        `LEAST_MEMORY`.

    References
    ----------
    Lee and Mykland (2008), Review of Financial Studies 21, definition 1.
    """
    found = np.full(len(moves), np.nan)
    size = np.abs(moves)
    for i in range(LEAST_MEMORY, len(moves)):
        memory = size[max(0, i - MOST_MEMORY + 1) : i]
        variance = float(memory[1:] @ memory[:-1]) / (len(memory) - 1)
        found[i] = moves[i] / math.sqrt(variance) if variance > 0 else np.nan
    return found


def jump_threshold(n: int, level: float = JUMP_LEVEL) -> float:
    """
    Give the size of a jump statistic that the largest of n exceeds by chance with `level`.

    References
    ----------
    Lee and Mykland (2008), lemma 1: ``C_n + S_n beta`` with ``exp(-exp(-beta)) = 1 - level``.

    Examples
    --------
    >>> round(jump_threshold(78), 2)
    5.1
    """
    c, root = math.sqrt(2 / math.pi), math.sqrt(2 * math.log(n))
    centre = root / c - (math.log(math.pi) + math.log(math.log(n))) / (2 * c * root)
    return centre - math.log(-math.log(1 - level)) / (c * root)


def intraday_days(case: Case) -> IntradayDays | Absent:
    """
    Follow the headline's firm through the sessions of which the data hold five-minute bars.

    Returns
    -------
    IntradayDays or Absent
        Absent where there are no bars of the firm on the event session, or no parameters.
    """
    symbol, session = case.symbol, case.placed.session
    held = held_tables(
        case.plan.data.folder, "intraday-bars", "intraday-parameters", "premarket-bars"
    )
    if held is None:
        return Absent("the data hold no bars of minutes")
    (bars, one), (parameters, two), (early, three) = held
    known = parameters[parameters["symbol"] == symbol]
    bars = bars[bars["minutes"] == BAR].astype({"symbol": str})
    own = bars[bars["symbol"] == symbol]
    if own.empty or known.empty:
        return Absent(f"the data hold no bars of minutes of {symbol}")
    returns = bar_returns(own, case.study.calendar)
    if session not in set(returns["session"]):
        return Absent(f"the data hold no bars of minutes of {symbol} on {session.date()}")
    jumps = jump_statistics(np.log1p(returns["move"].to_numpy()))
    returns = returns.assign(jump=jumps)
    paths = []
    for benchmark, table in known.groupby("benchmark"):
        market = bar_returns(bars[bars["symbol"] == benchmark], case.study.calendar)
        joined = returns.join(market["move"].rename("market"), how="inner").merge(
            table[["slot", "mean", "beta", "sd", "n"]], on="slot", how="left"
        )
        joined.index = returns.index
        paths += [
            _path(symbol, str(benchmark), day, some, case.study.level)
            for day, some in joined.groupby("session")
        ]
    first = own[pd.DatetimeIndex(own["start"]).tz_localize(None).normalize() == session]["open"]
    plan = case.plan
    before_it = plan.data.levels.index[case.placed.position - 1]  # the eve of no window, perhaps
    eve = value_of(case.study, symbol, before_it, plan.data.quoted_levels, plan.reference).close
    close = math.nan if eve is None else eve.close
    overnight = float(first.iloc[0]) / close - 1
    before = _early(case, early, session_open(case.study.calendar, session))
    return IntradayDays(tuple(paths), overnight, before, (one, two, three))


def _early(case: Case, bars: pd.DataFrame, opened: pd.Timestamp) -> dict[str, pd.Series]:
    """Give each fund's returns before the opening where its printed close before is at hand."""
    eve = case.plan.data.levels.index[case.placed.position - 1]
    closes = case.plan.reference.daily_closes
    found: dict[str, pd.Series] = {}
    for name, frame in bars.groupby("symbol"):
        hours = pd.DatetimeIndex(frame["label"])
        if closes is None or name not in closes or eve not in closes.index:
            continue
        if hours[0].date() != opened.date():
            continue
        close = closes[str(name)].to_numpy()[int(closes.index.searchsorted(eve))]
        moves = pd.Series(frame["close"].to_numpy(dtype=float) / close - 1, index=hours)
        found[str(name)] = moves[hours <= opened]
    return found


def _path(
    symbol: str, benchmark: str, day: object, some: pd.DataFrame, level: float
) -> IntradayPath:
    df = float(some["n"].min()) - 2
    spread = np.sqrt(np.cumsum(some["sd"].to_numpy() ** 2))
    return IntradayPath(
        symbol=symbol,
        benchmark=benchmark,
        session=pd.Timestamp(str(day)),
        start=pd.DatetimeIndex(some.index),
        close=some["close"].to_numpy(),
        realised=some["move"].to_numpy(),
        expected=(some["mean"] + some["beta"] * some["market"]).to_numpy(),
        half=critical_value(level, df) * spread,
        jump=some["jump"].to_numpy(),
        critical=jump_threshold(len(some)),
        level=level,
    )
