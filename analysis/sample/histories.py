"""The pairs' histories gathered: what tests need of the estimation windows, without a matrix."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from analysis.inference.date_sums import codes_of
from analysis.panel.engine import usable_processors
from analysis.sample.kernel import sum_histories
from analysis.sample.layout import EventRows, History, Sums

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from analysis._typing import FloatArray, IntArray
    from analysis.panel.returns import PanelReturns
    from analysis.sample.days import Days
    from analysis.sample.measure import Fits, Measurer, Measures, Regressors
    from analysis.windows import Window

BLOCK = 1 << 13
"""Pairs whose histories are summed together; fixed, so that sums do not depend on threads."""


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """
    What is ranked among the histories of some pairs; the arrays are those of all pairs.

    Attributes
    ----------
    windows : ndarray of shape (w, 2)
        First and last event session of each window, counted from the first of `days`; event windows
        come first.
    days : Days
        The event sessions.
    car, car_se : ndarray of shape (v, n)
        Abnormal returns of the event windows, v of the w, and their standard errors.
    spread, car_spread : ndarray of shape (d,), (v,)
        Spread of the standardised returns across the group's pairs; NaN where there is none.
    """

    windows: IntArray
    days: Days
    car: FloatArray
    car_se: FloatArray
    spread: FloatArray
    car_spread: FloatArray

    @classmethod
    def of(
        cls,
        asked: Sequence[Window],
        windows: Measures,
        days: Days,
        rows: IntArray,
        spread: FloatArray,
    ) -> Ranked:
        """
        Measure the spreads over some pairs.

        Parameters
        ----------
        asked : sequence of Window
            The event windows, then the single sessions.
        windows : Measures
            Of the event windows.
        days : Days
        rows : ndarray of shape (m,)
            The group's pairs.
        spread : ndarray of shape (d,)
            Of `days`, see `spreads`.
        """
        places = [(window.start - days.first, window.end - days.first) for window in asked]
        return cls(
            windows=np.array(places, dtype=np.int64).reshape(-1, 2),
            days=days,
            car=windows.car,
            car_se=windows.se,
            spread=spread,
            car_spread=spreads(windows, rows),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Histories:
    """
    Sums over the histories of some pairs.

    Attributes
    ----------
    positive : ndarray of shape (n,)
        Share of positive residuals of each pair.
    dates : ndarray of shape (G,)
        The pairs' sessions, ascending.
    shared : ndarray of shape (G, D)
        Sums of residuals over their norms, by date; columns are days from it, of one exchange the
        sessions of the estimation window.
    mean_residual : ndarray of shape (m,)
        Mean residual of each session of the estimation window that has one.
    sums : Sums
    windows : ndarray of shape (w, 2)
    """

    positive: FloatArray
    dates: IntArray
    shared: FloatArray
    mean_residual: FloatArray
    sums: Sums
    windows: IntArray

    def close_correlation(self, reach: int) -> float:
        """
        Sum the residual correlations of all ordered pairs whose windows share a session.

        The correlation of two pairs counts by the share of their windows that is common; that of
        a pair with itself is left out.

        Parameters
        ----------
        reach : int
            Length of the window.
        """
        total = float(np.square(self.shared).sum())
        length = self.shared.shape[1]
        for step in range(1, min(reach, length)):
            later = np.searchsorted(self.dates, self.dates + step)
            found = later < len(self.dates)
            found[found] = self.dates[later[found]] == self.dates[found] + step
            early, late = self.shared[found], self.shared[later[found]]
            total += 2 * (1 - step / reach) * float((early[:, step:] * late[:, :-step]).sum())
        own = float((self.positive == self.positive).sum())
        return total - own


def sum_over(
    measurer: Measurer,
    fits: Fits,
    rows: IntArray,
    ranked: Ranked | None,
) -> Histories:
    """
    Go through the histories of some pairs.

    Parameters
    ----------
    measurer : Measurer
    fits : Fits
    rows : ndarray of shape (n,)
        Pairs that were fitted.
    ranked : Ranked or None
        What to rank; None ranks nothing.

    Returns
    -------
    Histories
    """
    pairs = measurer.pairs
    dates, code = codes_of(pairs.date[rows])
    day = measurer.data.day_numbers()
    earliest, width = _span(measurer, day, pairs.position[rows])
    length = len(measurer.spec.estimation)
    windows = np.zeros((0, 2), dtype=np.int64) if ranked is None else ranked.windows
    n_days = 0 if ranked is None else int((windows[:, 1] - windows[:, 0]).max(initial=0)) + 1
    shape = Shape((len(dates), width), length, len(windows), n_days)
    total = _empty(len(rows), shape)
    blocks = list(_blocks(measurer, rows))

    def task(block: tuple[Regressors, IntArray]) -> tuple[History, EventRows, bool, Shape]:
        regressors, places = block
        chosen = rows[places]
        history = _history(measurer, fits, regressors, chosen, code[places], (day, earliest))
        events = _event_rows(ranked, regressors, chosen)
        return history, events, ranked is not None, shape

    for (_, places), own in zip(blocks, _summed(measurer, blocks, task), strict=True):
        total.positive[places] = own.positive
        for name in Sums._fields[1:]:
            np.add(getattr(total, name), getattr(own, name), out=getattr(total, name))
    seen = total.pairs > 0
    return Histories(
        positive=total.positive,
        dates=dates.astype(np.int64),
        shared=total.shared,
        mean_residual=total.residual[seen] / total.pairs[seen],
        sums=total,
        windows=windows,
    )


def _summed(
    measurer: Measurer,
    blocks: Sequence[tuple[Regressors, IntArray]],
    task: Callable[[tuple[Regressors, IntArray]], tuple[History, EventRows, bool, Shape]],
) -> Iterator[Sums]:
    """Sum block by block, on threads or on the workers of a cluster; never many sums at once."""
    if measurer.workers is not None:
        yield from measurer.workers.run(sum_block, map(task, blocks))
        return
    threads = measurer.threads or usable_processors()
    with ThreadPoolExecutor(threads) as pool:
        for first in range(0, len(blocks), 2 * threads):
            some = blocks[first : first + 2 * threads]
            yield from pool.map(lambda block: sum_block(measurer.panel, *task(block)), some)


def sum_block(
    panel: PanelReturns, history: History, events: EventRows, ranks: bool, shape: Shape
) -> Sums:
    """Sum over the histories of a block of pairs, whose returns are those of `panel`."""
    own = _empty(len(history.firm), shape)
    rows = panel.rows
    whole = history._replace(
        values=rows.values, offsets=rows.offsets, first=rows.first, left_out=rows.left_out
    )
    sum_histories(whole, events, ranks, own)
    return own


def _blocks(measurer: Measurer, rows: IntArray) -> Iterator[tuple[Regressors, IntArray]]:
    benchmark = measurer.pairs.benchmark[rows]
    for place, regressors in enumerate(measurer.regressors):
        if regressors is None:
            continue
        own = np.flatnonzero(benchmark == place)
        for first in range(0, own.size, BLOCK):
            yield regressors, own[first : first + BLOCK]


def _history(
    measurer: Measurer,
    fits: Fits,
    regressors: Regressors,
    chosen: IntArray,
    date: IntArray,
    days: tuple[IntArray, int],
) -> History:
    spec = measurer.spec
    nothing = np.zeros(0)
    n_sessions = len(measurer.data.sessions)
    base = np.zeros(n_sessions) if regressors.base is None else regressors.base
    usable = np.isfinite(regressors.factors).all(axis=1) & np.isfinite(base)
    return History(
        values=nothing,  # the returns: those of the panel that is at hand, see `sum_block`
        offsets=nothing.astype(np.int64),
        first=nothing.astype(np.int64),
        left_out=nothing.astype(np.bool_),
        firm=measurer.pairs.firm[chosen],
        position=measurer.pairs.position[chosen],
        coefficients=np.ascontiguousarray(fits.coefficients[chosen]),
        factors=np.ascontiguousarray(np.where(usable[:, None], regressors.factors, 0.0)),
        usable=usable,
        base=np.ascontiguousarray(np.where(usable, base, 0.0)),
        estimation=(spec.estimation.start, spec.estimation.end),
        estimated=(regressors.model.kind == "constant", regressors.model.kind != "fixed"),
        sigma=np.sqrt(fits.sigma2[chosen]),
        date=date.astype(np.int64),
        day=days[0],
        earliest=days[1],
    )


def _span(measurer: Measurer, day: IntArray, position: IntArray) -> tuple[int, int]:
    """Give the first day, from the pairs' own, of any estimation window, and how many there are."""
    estimation = measurer.spec.estimation
    start, stop = measurer.data.bounds(position)
    first = day[np.clip(position + estimation.start, start, stop - 1)] - day[position]
    last = day[np.clip(position + estimation.end, start, stop - 1)] - day[position]
    earliest = int(first.min(initial=estimation.start))
    return earliest, int(last.max(initial=estimation.end)) - earliest + 1


def _event_rows(ranked: Ranked | None, regressors: Regressors, chosen: IntArray) -> EventRows:
    if ranked is None:
        nothing = np.zeros((len(chosen), 0))
        return EventRows(nothing, nothing, nothing, np.zeros((0, 2), dtype=np.int64))
    ar, se = ranked.days.of_rows(regressors, chosen)
    scar = np.full((len(chosen), len(ranked.windows)), np.nan)
    standard = ranked.car[:, chosen] / ranked.car_se[:, chosen] / ranked.car_spread[:, None]
    scar[:, : len(standard)] = standard.T
    return EventRows(
        ar=np.ascontiguousarray(ar),
        sar=np.ascontiguousarray(ar / se / ranked.spread),
        scar=scar,
        windows=ranked.windows,
    )


class Shape(NamedTuple):
    """
    Shapes of sums.

    Attributes
    ----------
    shared : tuple of int
        Dates, and days from them.
    length, n_windows, n_days : int
        Sessions of the estimation window, windows ranked, and the most sessions of one.
    """

    shared: tuple[int, int]
    length: int
    n_windows: int
    n_days: int


def _empty(n: int, shape: Shape) -> Sums:
    shared, length, n_windows, n_days = shape
    return Sums(
        positive=np.full(n, np.nan),
        pairs=np.zeros(length),
        residual=np.zeros(length),
        shared=np.zeros(shared),
        rank=np.zeros((n_windows, length)),
        sign=np.zeros((n_windows, length)),
        standard=np.zeros((n_windows, length)),
        general=np.zeros((n_windows, length)),
        event_rank=np.zeros((n_windows, n_days)),
        event_sign=np.zeros((n_windows, n_days)),
        event_standard=np.zeros((n_windows, n_days)),
        event_count=np.zeros((n_windows, n_days)),
        event_general=np.zeros((n_windows, 2)),
    )


def spreads(measures: Measures, rows: IntArray) -> FloatArray:
    """
    Spread of each window's standardised returns across some pairs.

    Parameters
    ----------
    measures : Measures
    rows : ndarray of shape (m,)

    Returns
    -------
    ndarray of shape (w,)
        NaN where there is none.
    """
    found = np.full(len(measures.windows), np.nan)
    for at in range(len(found)):
        scar = measures.car[at, rows] / measures.se[at, rows]
        scar = scar[np.isfinite(scar)]
        spread = float(scar.std(ddof=1)) if len(scar) > 1 else 0.0
        if spread > 0:
            found[at] = spread
    return found
