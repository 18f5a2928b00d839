"""
Look at one session: every security against the market, groups, and members against their group.

Each day's expected return is fitted on that day's own estimation window and predicted out of
sample, the ordinary days' like that of the session looked at. The three families (securities
against the market, groups against it, members of groups against market and group) are each
controlled for false discoveries on their own.

Abnormal returns are set against a forecast of their standard deviation made before the day (see
`analysis.inference.scaled`). The scaled returns of the ordinary days are then described by a
Student t around 0 with a scale and degrees of freedom of the security's own. A rank among B days
cannot fall below 1 / (B + 1), which no correction for a thousand securities would let pass; the
fitted tail can, and the rank stands beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.errors import DataError, StudyError, WindowError, nearest
from analysis.inference.multiplicity import adjust
from analysis.inference.placebo import pseudo_dates
from analysis.inference.rank import rank_test
from analysis.inference.scaled import volatility_forecasts
from analysis.inference.student import fit_student
from analysis.models.design import industry_index
from analysis.panel.engine import estimate_windows
from analysis.returns import simple_returns
from analysis.run.valuation import value_at
from analysis.study import default_min_estimation
from analysis.watch.records import Move, Watch
from analysis.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from analysis._typing import FloatArray, IntArray
    from analysis.prices.market_data import MarketData
    from analysis.watch.records import Against, Kind, WatchRequest

DAY = Window(0, 0)

MOST_DAYS = 2520
"""Ordinary days that are fitted at the most: ten years, the latest."""

FEWEST_DAYS = 250
"""Ordinary days of which a tail is fitted; of fewer there is no judgement."""

LEAST_DF, MOST_DF = 1.5, 200.0
"""Bounds of the degrees of freedom; beyond the upper one a normal law would fit as well."""

_CELLS = 2**19
"""Days of a call of the engine: what it holds in memory."""


@dataclass(frozen=True, slots=True, eq=False)
class _Day:
    """The session that is looked at, with the rows before it that are measured."""

    data: MarketData
    request: WatchRequest
    returns: Mapping[str, FloatArray]
    session: pd.Timestamp
    position: int
    rows: IntArray

    @property
    def market(self) -> FloatArray:
        return self.returns[self.request.benchmark]


def watch(data: MarketData, request: WatchRequest) -> Watch:
    """
    Look at one session of a set of figures.

    Parameters
    ----------
    data : MarketData
    request : WatchRequest

    Returns
    -------
    Watch

    Raises
    ------
    StudyError
        If the benchmark or a security asked for is not in the data.
    WindowError
        If the session is none of the data's, or too few sessions lie before it.
    DataError
        If the benchmark has no return on it.

    Examples
    --------
    >>> import datetime as dt
    >>> from analysis.prices.snapshot import load_snapshot
    >>> from analysis.watch import WatchRequest, watch
    >>> asked = WatchRequest(session=dt.date(2025, 1, 27), symbols=("NVDA", "LRCX"))
    >>> [(move.name, round(move.abnormal, 3)) for move in watch(load_snapshot(), asked).found]
    [('NVDA', -0.134)]
    """
    day = _day(data, request)
    symbols, left_out = _securities(day)
    abnormal = _against_market(day, symbols)
    firms = list(_judged(day, "security", "market", abnormal, left_out))
    groups, among = _groups(day, abnormal, left_out)
    group_moves = list(_judged(day, "group", "market", groups, left_out))
    beyond = _against_groups(day, among)
    peers = list(_judged(day, "security", "market and group", beyond, {}))
    moves = [
        *_controlled(day, [_valued(day, move) for move in firms]),
        *_controlled(day, [_summed(day, move, firms) for move in group_moves]),
        *_controlled(day, [_valued(day, move) for move in peers]),
    ]
    return Watch(
        request=request,
        data_name=data.name,
        session=day.session,
        benchmark_return=float(day.market[day.position]),
        moves=tuple(moves),
        left_out=left_out,
    )


def _day(data: MarketData, request: WatchRequest) -> _Day:
    names = [str(name) for name in data.levels.columns]
    for what, wanted in (("benchmark", (request.benchmark,)), ("symbol", request.symbols)):
        for name in wanted:
            if name not in names:
                raise StudyError(f"{what} '{name}' is not in {data.name}; {nearest(name, names)}")
    frame = simple_returns(data.levels)
    returns = {name: frame[name].to_numpy(dtype=np.float64) for name in names}
    known = np.flatnonzero(np.isfinite(returns[request.benchmark]))
    sessions = pd.DatetimeIndex(data.levels.index)
    if not len(known):
        raise DataError(f"{request.benchmark} has no return in {data.name}; fetch its prices")
    position = int(known[-1])
    if request.session is not None:
        position = int(sessions.searchsorted(pd.Timestamp(request.session)))
        if position == len(sessions) or sessions[position].date() != request.session:
            raise WindowError(
                f"{request.session} is no session of {data.name} ({sessions[0].date()} to "
                f"{sessions[-1].date()})"
            )
        if not np.isfinite(returns[request.benchmark][position]):
            raise DataError(f"{request.benchmark} has no return on {request.session}")
    first = max(1 - request.estimation.start, position + 1 - MOST_DAYS)
    if position - first < FEWEST_DAYS:
        raise WindowError(
            f"{sessions[position].date()} has {position} sessions before it in {data.name}; "
            f"{FEWEST_DAYS - request.estimation.start + 1} are needed: fetch a longer history, or "
            "shorten the estimation window"
        )
    rows = np.arange(first, position + 1)
    return _Day(data, request, returns, sessions[position], position, rows)


def _securities(day: _Day) -> tuple[list[str], dict[str, str]]:
    """List the securities to judge, and why others are not."""
    request = day.request
    funds = {weight.index.split()[0] for weight in day.data.reference.weights}
    asked = request.symbols or [
        name for name in day.returns if name != request.benchmark and name not in funds
    ]
    left_out: dict[str, str] = {}
    for group, members in request.groups.items():
        for symbol in members:
            if symbol not in day.returns:
                left_out[symbol] = f"of the group '{group}', not in the data"
    found = []
    for symbol in dict.fromkeys(asked):
        if np.isfinite(day.returns[symbol][day.position]):
            found.append(symbol)
            continue
        until = day.data.levels.index[: day.position + 1]
        priced = until[day.data.levels[symbol].loc[until].notna()]
        traded = f"; last traded on {priced[-1].date()}" if len(priced) else ""
        left_out[symbol] = f"no return on {day.session.date()}{traded}"
    return found, left_out


def _against_market(day: _Day, symbols: Sequence[str]) -> dict[str, FloatArray]:
    """Measure abnormal returns on all rows, shape (rows,) a security."""
    each = max(1, _CELLS // len(day.rows))
    found: dict[str, FloatArray] = {}
    for start in range(0, len(symbols), each):
        some = symbols[start : start + each]
        found |= _estimated(day, some, day.market[:, None])
    return found


def _estimated(day: _Day, symbols: Sequence[str], factors: FloatArray) -> dict[str, FloatArray]:
    estimation = day.request.estimation
    count = len(day.rows)
    car = estimate_windows(
        np.column_stack([day.returns[symbol] for symbol in symbols]),
        factors,
        np.repeat(np.arange(len(symbols)), count),
        np.tile(day.rows, len(symbols)),
        models=[tuple(range(factors.shape[1]))],
        estimation=estimation,
        windows=[DAY],
        min_estimation=day.request.min_estimation or default_min_estimation(estimation),
    ).car[:, 0, 0]
    return {
        symbol: car[place * count : (place + 1) * count] for place, symbol in enumerate(symbols)
    }


def _groups(
    day: _Day, abnormal: Mapping[str, FloatArray], left_out: dict[str, str]
) -> tuple[dict[str, FloatArray], dict[str, tuple[str, ...]]]:
    """Average the abnormal returns of each group's firms; list the firms that have peers."""
    means, among = {}, {}
    for group, members in day.request.groups.items():
        there = tuple(symbol for symbol in members if symbol in abnormal)
        if len(there) < 2:
            left_out[group] = f"a group of {len(there)} firm(s) with a return; two are needed"
            continue
        means[group] = industry_index({symbol: abnormal[symbol] for symbol in there}, "")
        among[group] = there
    return means, among


def _against_groups(day: _Day, among: Mapping[str, tuple[str, ...]]) -> dict[str, FloatArray]:
    """Measure each firm's abnormal returns over the market and its group's other members."""
    found: dict[str, FloatArray] = {}
    for members in among.values():
        returns = {symbol: day.returns[symbol] for symbol in members}
        for symbol in members:
            peers = industry_index(returns, symbol)
            found |= _estimated(day, [symbol], np.column_stack([day.market, peers]))
    return found


def _judged(
    day: _Day,
    kind: Kind,
    against: Against,
    abnormal: Mapping[str, FloatArray],
    left_out: dict[str, str],
) -> Iterable[Move]:
    """Set each last abnormal return against the ordinary days before it."""
    owner = {s: group for group, members in day.request.groups.items() for s in members}
    estimation = day.request.estimation
    ordinary_rows = pseudo_dates(day.position, estimation, DAY)
    places = ordinary_rows[ordinary_rows >= day.rows[0]] - int(day.rows[0])
    for name, series in abnormal.items():
        forecasts = volatility_forecasts(series)[:-1]
        scaled = series / forecasts
        count = int(np.isfinite(scaled[places]).sum())
        law = fit_student(scaled[places], least_df=LEAST_DF, most_df=MOST_DF)
        if count < FEWEST_DAYS or law is None or not np.isfinite(scaled[-1]):
            left_out[name] = f"{count} ordinary days with a forecast; {FEWEST_DAYS} are needed"
            continue
        reach = law.reach(day.request.level) * float(forecasts[-1])
        p = law.p(float(scaled[-1]))
        rows = [name] if kind == "security" else day.request.groups[name]
        raws = [day.returns[s][day.position] for s in rows if s in day.returns]
        yield Move(
            kind=kind,
            name=name,
            group=owner.get(name, "") if kind == "security" else name,
            against=against,
            raw=float(np.nanmean(raws)),
            abnormal=float(series[-1]),
            forecast=float(forecasts[-1]),
            scaled=float(scaled[-1]),
            df=law.df,
            days=law.count,
            p=p,
            p_rank=float(rank_test("placebo", float(scaled[-1]), scaled[places]).p or 1.0),
            p_adjusted=p,
            moved=False,
            low=float(series[-1]) - reach,
            high=float(series[-1]) + reach,
        )


def _controlled(day: _Day, moves: Sequence[Move]) -> list[Move]:
    """Adjust one family of p-values for their number; the most unusual stands first."""
    adjusted = adjust(np.array([move.p for move in moves]), day.request.control)
    marked = [
        replace(move, p_adjusted=float(p), moved=bool(p <= day.request.share))
        for move, p in zip(moves, adjusted, strict=True)
    ]
    return sorted(marked, key=lambda move: (move.p, move.name))


def _valued(day: _Day, move: Move) -> Move:
    """Turn a firm's abnormal return into money, where its market value is known."""
    eve = day.data.levels.index[day.position - 1]
    value = value_at(move.name, eve, day.data.levels, day.data.reference)
    if value.amount is None:
        return replace(move, note=value.flag)
    return replace(
        move,
        currency=value.currency,
        market_value=value.amount,
        impact=value.amount * move.abnormal,
        impact_low=value.amount * move.low,
        impact_high=value.amount * move.high,
        note=value.flag,
    )


def _summed(day: _Day, move: Move, firms: Sequence[Move]) -> Move:
    """Add up the money of a group's firms, where it is of one currency."""
    members = [_valued(day, firm) for firm in firms if firm.group == move.name]
    valued = [firm for firm in members if firm.market_value is not None]
    currencies = {firm.currency for firm in valued}
    if len(currencies) != 1:
        several = "no-sum-of-currencies:" + "+".join(sorted(currencies))
        return replace(
            move, note=several if currencies else f"no-dollar-figure:{len(members)}-firms"
        )
    lacking = len(members) - len(valued)
    return replace(
        move,
        currency=currencies.pop(),
        market_value=sum(firm.market_value or 0.0 for firm in valued),
        impact=sum(firm.impact or 0.0 for firm in valued),
        note=f"no-dollar-figure:{lacking}-firms" if lacking else "",
    )
