"""
The long run: what holding the firms for months earned, beside a benchmark or firms like them.

Returns are held, not summed, and no alpha of an estimation window is compounded: over hundreds of
sessions that alone would be larger than most effects. A firm that leaves the exchange is held to
its last return, and so is what it is compared with.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.errors import DataError, StudyError, WindowError
from analysis.inference.clustered import date_cluster_test
from analysis.inference.cross_section import cross_sectional_test
from analysis.inference.effects.buy_and_hold import bhar_bootstrap_test
from analysis.inference.student import critical_value
from analysis.sample.calendar_time import by_month, calendar_alpha, held_portfolio

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from analysis._typing import BoolArray, FloatArray, IntArray
    from analysis.inference.outcome import Outcome
    from analysis.sample.data import SampleData
    from analysis.sample.result import SampleResult

LONGEST = 750
"""Sessions that a firm is held at the most."""

LONG_RUN_COLUMNS = (
    *("group", "against", "sessions", "n", "held", "benchmark", "mean", "median", "positive"),
    *("wealth_relative", "overlap", "test", "statistic", "df", "p", "low", "high"),
)
"""Columns of the long run: one row a group, comparison, horizon and test; `overlap` is the share of
pairs that are held while another of the group is, which the first two tests do not allow for."""

MATCHES = 5
"""Firms like each one, where firms are matched."""


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """
    Buy-and-hold returns of the pairs and of what they are compared with.

    Attributes
    ----------
    rows : ndarray of shape (n,)
        Places of the pairs.
    sessions : int
        Length of the horizon, from the session after the event.
    firm, other : ndarray of shape (n,)
        Simple returns over it.
    end : ndarray of shape (n,)
        Session on which holding ended: the horizon's last, or that of the firm's last return.
    """

    rows: IntArray
    sessions: int
    firm: FloatArray
    other: FloatArray
    end: IntArray

    @property
    def bhar(self) -> FloatArray:
        """Buy-and-hold abnormal returns, shape (n,)."""
        return self.firm - self.other


def long_run(
    result: SampleResult,
    horizons: Sequence[int] = (60, 120, 250),
    *,
    traits: pd.DataFrame | None = None,
    first: int = 1,
) -> pd.DataFrame:
    """
    Follow the pairs for months.

    Parameters
    ----------
    result : SampleResult
        Its pairs, benchmarks, weights and groups are taken.
    horizons : sequence of int
        Sessions to hold, up to `LONGEST`.
    traits : pandas.DataFrame, optional
        One row a symbol of the data, with its characteristics as numbers (size, book-to-market):
        each firm is also compared with the `MATCHES` firms nearest in them that have no event of
        their own within the horizon.
    first : int
        Session from the event on which holding begins.

    Returns
    -------
    pandas.DataFrame
        Columns as `LONG_RUN_COLUMNS`. Tests: ``bhar`` (Johnson's t, bootstrapped), ``cross-t`` and
        ``date-cluster`` of the mean BHAR; ``calendar-time`` alpha a session and a month of the
        portfolio that holds every pair, equal- and value-weighted; its market is the pairs'
        benchmark or, where they have several, the portfolio of those of the pairs held.

    Raises
    ------
    WindowError
        If a horizon is not between 1 and `LONGEST`.

    References
    ----------
    Barber and Lyon (1997), J. Financial Economics 43; Lyon, Barber and Tsai (1999), J. Finance 54;
    Ritter (1991), J. Finance 46, for wealth relatives; Fama (1998), J. Financial Economics 49.
    """
    if not horizons:
        raise WindowError("no horizon given; name one or more, as 250")
    for horizon in horizons:
        if not 1 <= horizon <= LONGEST:
            raise WindowError(f"a horizon of {horizon} sessions is not between 1 and {LONGEST}")
    rows: list[dict[str, Any]] = []
    for horizon in horizons:
        compared = {"benchmark": hold(result, horizon, first=first)}
        if traits is not None:
            compared["matched firms"] = hold_matched(result, horizon, traits, first=first)
        for against, held in compared.items():
            for group, chosen in _groups(result, held.rows):
                rows += _rows(result, held, group, against, chosen)
            if against == "benchmark":
                rows += _calendar_rows(result, horizon, first)
    return pd.DataFrame(rows, columns=list(LONG_RUN_COLUMNS))


def hold(result: SampleResult, horizon: int, *, first: int = 1) -> Held:
    """
    Hold every pair and its benchmark.

    Parameters
    ----------
    result : SampleResult
    horizon : int
        Sessions.
    first : int
        Session from the event on which holding begins.

    Returns
    -------
    Held
        Of the pairs whose horizon the data hold, or that left the exchange within it.
    """
    data, pairs = result.data, result.pairs
    rows, begin, end = _spans(result, horizon, first)
    firm = _firm_growth(data)(pairs.firm[rows], begin, end)
    other = np.empty(len(rows))
    for place, name in enumerate(pairs.benchmarks):
        own = pairs.benchmark[rows] == place
        if own.any():
            market = data.market(name, pairs.benchmark_blocks[place])
            growth = _running(market, log=data.log)
            other[own] = np.exp(growth[end[own] + 1] - growth[begin[own]]) - 1
    return Held(rows, horizon, firm, other, end)


def hold_matched(
    result: SampleResult, horizon: int, traits: pd.DataFrame, *, first: int = 1
) -> Held:
    """
    Hold every pair and, for as long, an equal-weighted portfolio of the firms nearest to it.

    Parameters
    ----------
    result, horizon, first
        As `hold`.
    traits : pandas.DataFrame
        Indexed by symbol, one numeric column a characteristic; nearness is the sum of squared
        differences of ranks. Only firms of the same exchange are taken.

    Returns
    -------
    Held
        Pairs whose firm has no traits, or too few firms like it, are left out.

    Raises
    ------
    StudyError
        If no symbol of the traits is in the data.
    """
    data, pairs = result.data, result.pairs
    known = traits.dropna()
    known = known[[symbol in data.symbols for symbol in known.index.astype(str)]]
    if known.empty:
        raise StudyError("no symbol with characteristics to match on is in the data")
    ranks = known.rank(pct=True).to_numpy(float)
    firms = np.array([data.symbols[str(symbol)] for symbol in known.index], dtype=np.int64)
    place = {int(firm): at for at, firm in enumerate(firms)}
    events: dict[int, list[int]] = {}
    for firm, position in zip(pairs.firm.tolist(), pairs.position.tolist(), strict=True):
        events.setdefault(firm, []).append(position)
    rows, begin, end = _spans(result, horizon, first)
    growth, exchange = _firm_growth(data), data.firm_blocks()
    keep, others = [], []
    for at, row in enumerate(rows.tolist()):
        firm = int(pairs.firm[row])
        if firm not in place:
            continue
        distance = np.square(ranks - ranks[place[firm]]).sum(axis=1)
        near = [
            int(firms[candidate])
            for candidate in np.argsort(distance, kind="stable").tolist()
            if firms[candidate] != firm
            and exchange[firms[candidate]] == exchange[firm]
            and not any(
                begin[at] - 1 <= p <= end[at] for p in events.get(int(firms[candidate]), ())
            )
        ]
        spans = np.full(MATCHES, begin[at]), np.full(MATCHES, end[at])
        if len(near) < MATCHES:
            continue
        held = growth(np.array(near[:MATCHES], dtype=np.int64), *spans)
        if np.isfinite(held).all():
            keep.append(at)
            others.append(float(held.mean()))
    chosen = np.array(keep, dtype=np.int64)
    firm_held = growth(pairs.firm[rows[chosen]], begin[chosen], end[chosen])
    return Held(rows[chosen], horizon, firm_held, np.array(others), end[chosen])


def _spans(result: SampleResult, horizon: int, first: int) -> tuple[IntArray, IntArray, IntArray]:
    """Pairs that can be held, and the first and last session of each."""
    data, pairs = result.data, result.pairs
    fitted = np.isfinite(result.fits.sigma2)
    rows = np.flatnonzero(fitted)
    panel = data.panel.rows
    last = panel.first + np.diff(panel.offsets) - 1
    begin = pairs.position[rows] + first
    end = begin + horizon - 1
    ended = last[pairs.firm[rows]]
    start, stop = data.bounds(pairs.position[rows])
    gone = ended < stop - 1
    usable = (begin <= ended) & (begin >= start + 1) & ((end < stop) | gone)
    end = np.minimum(end, ended)
    return rows[usable], begin[usable], end[usable]


class _Growth:
    """Growth of firms from running sums of the logarithms of what one unit becomes."""

    def __init__(self, data: SampleData) -> None:
        rows = data.panel.rows
        self._rows = rows
        self._running = _running(rows.values, log=data.log)

    def __call__(self, firm: IntArray, begin: IntArray, end: IntArray) -> FloatArray:
        rows = self._rows
        low = rows.offsets[firm]
        high = rows.offsets[firm + 1]
        start = np.clip(low + begin - rows.first[firm], low, high)
        stop = np.clip(low + end + 1 - rows.first[firm], low, high)
        growth: FloatArray = np.exp(self._running[stop] - self._running[start]) - 1
        return np.where(stop > start, growth, np.nan)


def _firm_growth(data: SampleData) -> _Growth:
    return _Growth(data)


def _running(returns: FloatArray, *, log: bool) -> FloatArray:
    growth = returns if log else np.log1p(returns)
    return np.concatenate([[0.0], np.cumsum(np.where(np.isfinite(growth), growth, 0.0))])


def _groups(result: SampleResult, rows: IntArray) -> Iterator[tuple[str, BoolArray]]:
    group = result.pairs.group[rows]
    yield "all", np.ones(len(rows), dtype=bool)
    for name, place in sorted((name, at) for at, name in enumerate(result.pairs.groups) if name):
        own = group == place
        if own.any():
            yield name, own


def _rows(
    result: SampleResult, held: Held, group: str, against: str, chosen: BoolArray
) -> Iterator[dict[str, Any]]:
    bhar = held.bhar[chosen]
    if not bhar.size:
        return
    spec = result.spec
    position = result.pairs.date[held.rows[chosen]]
    head: dict[str, Any] = {
        "group": group,
        "against": against,
        "sessions": held.sessions,
        "n": bhar.size,
        "held": float(held.firm[chosen].mean()),
        "benchmark": float(held.other[chosen].mean()),
        "mean": float(bhar.mean()),
        "median": float(np.median(bhar)),
        "positive": float((bhar > 0).mean()),
        "overlap": _overlap(position, held.sessions),
        "wealth_relative": float((1 + held.firm[chosen]).mean() / (1 + held.other[chosen]).mean()),
    }
    rng = np.random.default_rng(spec.seed)
    cross = cross_sectional_test(bhar)
    outcomes = [
        bhar_bootstrap_test(bhar, rng, draws=spec.draws),
        cross,
        date_cluster_test(bhar, position, held.sessions, level=spec.level),
    ]
    for outcome in outcomes:
        if outcome.available:
            low, high = outcome.low, outcome.high
            if outcome is cross and cross.df:
                half = critical_value(spec.level, cross.df) * float(bhar.std(ddof=1))
                half /= math.sqrt(bhar.size)
                low, high = head["mean"] - half, head["mean"] + half
            yield {**head, **_test(outcome), "low": low, "high": high}


def _overlap(position: IntArray, horizon: int) -> float:
    """Share of pairs held while another one is."""
    ordered = np.sort(position)
    near = np.diff(ordered) < horizon
    both = np.zeros(len(ordered), dtype=bool)
    both[1:] |= near
    both[:-1] |= near
    return float(both.mean())


def _calendar_rows(result: SampleResult, horizon: int, first: int) -> Iterator[dict[str, Any]]:
    """Alpha of the portfolio that holds every pair for the horizon, a session and a month."""
    if not result.measurer.takes_benchmark:
        return
    sides = [("equal", np.ones(len(result.pairs)))]
    if (result.pairs.weight > 0).any():
        weight = np.where(result.pairs.weight > 0, result.pairs.weight, 0.0)
        sides.append(("weighted", weight))
    for side, weight in sides:
        held = held_portfolio(result, horizon, weight, first=first)
        series = {"session": (held.returns, held.market), "month": by_month(held)}
        for step, (y, x) in series.items():
            outcome, alpha = calendar_alpha(y, x, level=result.spec.level)
            if outcome.available:
                yield {
                    "group": "all",
                    "against": f"{side} portfolio, alpha a {step}",
                    "sessions": horizon,
                    "n": int(np.isfinite(y).sum()),
                    "held": float(np.nanmean(y)),
                    "benchmark": float(np.mean(x[np.isfinite(y)])),
                    "mean": alpha,
                    **_test(outcome),
                    "low": outcome.low,
                    "high": outcome.high,
                }


def read_traits(path: Any) -> pd.DataFrame:  # noqa: ANN401 - a path
    """
    Read the characteristics that firms are matched on: ``symbol`` and numbers.

    Raises
    ------
    DataError
        If the file lacks ``symbol``, or has nothing to match on.
    """
    frame = pd.read_parquet(path) if str(path).endswith(("parquet", "pq")) else pd.read_csv(path)
    if "symbol" not in frame.columns or len(frame.columns) < 2:
        raise DataError(f"{path}: give the columns symbol and one characteristic or more")
    return frame.set_index("symbol").select_dtypes("number")


def _test(outcome: Outcome) -> dict[str, Any]:
    return {
        "test": outcome.test,
        "statistic": outcome.statistic,
        "df": outcome.df,
        "p": outcome.p,
    }
