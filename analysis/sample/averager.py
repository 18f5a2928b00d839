"""One group's averages, gathered while its sessions pass by."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from analysis.inference.clustered import calendar_portfolio_test, weighted_mean_test
from analysis.inference.date_sums import Codes
from analysis.inference.multiplicity import adjust, romano_wolf
from analysis.inference.outcome import Outcome
from analysis.panel.engine import usable_processors
from analysis.sample.average import Average
from analysis.sample.battery import MANY_DATES, run_battery
from analysis.sample.column import PairColumn
from analysis.sample.days import MANY_PAIRS
from analysis.sample.gather import gather
from analysis.sample.histories import Ranked, sum_over
from analysis.sample.pairs import OK

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from analysis._typing import BoolArray, FloatArray, IntArray
    from analysis.sample.average import GroupPairs, Kind
    from analysis.sample.days import Days
    from analysis.sample.histories import Histories
    from analysis.sample.measure import Fits, Measurer, Measures
    from analysis.windows import Window

N = TypeVar("N", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class GroupAverager:
    """
    Averages of one group: windows at the end, sessions as they are measured.

    Attributes
    ----------
    measurer : Measurer
    fits : Fits
    windows : Measures
        Of the event windows.
    asked : tuple of Window
        Event windows, then the sessions of the path.
    group : GroupPairs
    histories : Histories
    dates : Codes
        The days of all pairs of the group.
    columns : tuple of PairColumn or None
        One an event window; None where no pair has it.
    portfolios : dict
        By place of the window and test: sums of what the pairs earn, and of what is held, by day.
    found : list of Average
        Of the sessions so far.
    by_date : list of ndarray
        Of the same sessions: deviations from the mean, summed by date.
    """

    measurer: Measurer
    fits: Fits
    windows: Measures
    asked: tuple[Window, ...]
    group: GroupPairs
    histories: Histories
    dates: Codes
    columns: tuple[PairColumn | None, ...]
    portfolios: dict[tuple[int, str], tuple[FloatArray, FloatArray]] = field(default_factory=dict)
    found: list[Average] = field(default_factory=list)
    by_date: list[FloatArray] = field(default_factory=list)

    @classmethod
    def of(
        cls,
        measurer: Measurer,
        fits: Fits,
        windows: Measures,
        days: Days,
        group: GroupPairs,
        spread: FloatArray,
    ) -> GroupAverager:
        """
        Go through the group's histories; the sessions are still to come.

        Parameters
        ----------
        measurer, fits, windows, days, group
            As `analysis.sample.averages.average`.
        spread : ndarray of shape (d,)
            Of the standardised returns of each session; see `analysis.sample.histories.spreads`.
        """
        spec, rows = measurer.spec, group.rows
        path = (day for day in days.windows if spec.path.start <= day.start <= spec.path.end)
        asked = (*windows.windows, *path)
        ranked = None
        if spec.ranks and rows.size > 1:
            ranked = Ranked.of(asked, windows, days, rows, spread)
        histories = sum_over(measurer, fits, rows, ranked)
        dates = Codes.of(_of(measurer.pairs.date, rows))
        bare = cls(measurer, fits, windows, asked, group, histories, dates, ())
        columns = tuple(bare.column(windows, at, at) for at in range(len(windows.windows)))
        return replace(bare, columns=columns)

    def column(self, measures: Measures, at: int, place: int) -> PairColumn | None:
        """
        Take the pairs that have a window.

        Parameters
        ----------
        measures : Measures
        at : int
            Place of the window in it.
        place : int
            Place among those asked for.
        """
        rows, pairs = self.group.rows, self.measurer.pairs
        car, se = _of(measures.car[at], rows), _of(measures.se[at], rows)
        kept = (_of(measures.status[at], rows) == OK) & np.isfinite(car) & (se > 0)
        if not kept.any():
            return None
        whole = bool(kept.all())
        own = rows if whole else rows[kept]
        date = _of(pairs.date, own)
        dates = self.dates if whole else Codes.of(date)
        window = measures.windows[at]
        car, se, df = car if whole else car[kept], se if whole else se[kept], _of(self.fits.df, own)
        share = self.histories.positive if whole else self.histories.positive[kept]
        firm, groups = _of(pairs.firm, own), len(dates.found)
        return PairColumn(
            window=window,
            rows=own,
            car=car,
            se=se,
            df=df,
            weight=_of(pairs.weight, own),
            position=date,
            dates=dates,
            gathered=gather(car, se, df, share, firm, date, dates.code, groups, len(window)),
            histories=self.histories,
            place=place if len(self.histories.windows) else -1,
        )

    def add(self, part: Measures) -> None:
        """Average some sessions, and let the portfolios of the windows hold them."""
        first = len(self.windows.windows)
        places = {window: first + at for at, window in enumerate(self.asked[first:])}
        wanted = [at for at, window in enumerate(part.windows) if window in places]

        def solve(at: int) -> tuple[Average, FloatArray] | None:
            column = self.column(part, at, places[part.windows[at]])
            if column is None:
                return None
            return self._average("day", column), self._on_dates(column, column.by_date.deviation)

        threads = self.measurer.threads or usable_processors()
        if self.group.rows.size > MANY_PAIRS:
            threads = 1
        with ThreadPoolExecutor(threads) as pool:
            for solved in pool.map(solve, wanted):
                if solved is not None:
                    self.found.append(solved[0])
                    self.by_date.append(solved[1])
        for at, window in enumerate(part.windows):
            self._hold(part, at, window.start)

    def _on_dates(self, column: PairColumn, deviation: FloatArray) -> FloatArray:
        """Put sums by date of a column's pairs on the dates of the whole group."""
        laid = np.zeros(len(self.histories.dates))
        laid[np.searchsorted(self.histories.dates, column.dates.found)] = deviation
        return laid

    def _hold(self, part: Measures, at: int, session: int) -> None:
        """Let every window that has a session earn its abnormal returns."""
        data = self.measurer.data
        for place, column in enumerate(self.columns):
            if column is None or not column.window.start <= session <= column.window.end:
                continue
            for test, weight in _sides(column):
                sums = portfolio_sums(
                    part.car[at : at + 1],
                    column.rows,
                    self.measurer.pairs.position[column.rows] + session,
                    weight,
                    data.day_numbers(),
                )
                key = place, test
                if key in self.portfolios:
                    for total, new in zip(self.portfolios[key], sums, strict=True):
                        np.add(total, new, out=total)
                else:
                    self.portfolios[key] = sums

    def finish(self) -> list[Average]:
        """Give the averages: of the windows, then of the sessions with their p adjusted."""
        windows = []
        for place, column in enumerate(self.columns):
            if column is not None:
                average = self._average("window", column)
                extra = (*average.extra, *self._portfolio_tests(place))
                windows.append(replace(average, extra=extra))
        return windows + _with_family(self.found, self._family_wise())

    def _average(self, kind: Kind, column: PairColumn) -> Average:
        spec = self.measurer.spec
        battery = run_battery(
            column, seed=spec.seed, draws=spec.draws, level=spec.level, resample=kind == "window"
        )
        extra = []
        given = _given(column)
        if given.any():
            extra.append(
                weighted_mean_test(
                    column.car[given],
                    column.weight[given],
                    column.position[given],
                    column.reach,
                    level=spec.level,
                )
            )
        return Average(
            group=self.group.name,
            kind=kind,
            window=column.window,
            n=column.n,
            mean=column.gathered.mean,
            median=float(np.median(column.car)),
            positive=column.gathered.positive / column.n,
            battery=battery,
            extra=tuple(extra),
        )

    def _portfolio_tests(self, place: int) -> Iterator[tuple[float, Outcome]]:
        """Test the mean abnormal return a session of the portfolios that hold a window's pairs."""
        for (window, test), (total, held) in self.portfolios.items():
            if window == place:
                returns = total[held > 0] / held[held > 0]
                mean = float(returns.mean()) if returns.size else np.nan
                level = self.measurer.spec.level
                yield mean, calendar_portfolio_test(returns, test=test, level=level)

    def _family_wise(self) -> FloatArray:
        """Family-wise p of the sessions, by redrawing the signs of whole dates for all alike."""
        nothing = np.full(len(self.found), np.nan)
        count = np.bincount(self.dates.code).astype(float)
        if len(self.found) < 2 or count.sum() ** 2 < MANY_DATES * float(count @ count):
            return nothing  # effective dates: too few signs to redraw
        sums = np.column_stack(self.by_date)
        spread = np.sqrt(np.square(sums).sum(axis=0))
        if (spread == 0).any():
            return nothing
        scale = np.array([average.mean * average.n for average in self.found])
        rng = np.random.default_rng(self.measurer.spec.seed)
        signs = rng.choice([-1.0, 1.0], (self.measurer.spec.draws, len(sums)))
        return romano_wolf(scale / spread, signs @ (sums / spread))


def _of(values: npt.NDArray[N], rows: IntArray) -> npt.NDArray[N]:
    """Take some pairs' values; nothing is copied where they are all pairs, in their order."""
    return values if rows.size == len(values) else values[rows]


def _given(column: PairColumn) -> BoolArray:
    return np.isfinite(column.weight) & (column.weight > 0)


def _sides(column: PairColumn) -> Iterator[tuple[str, FloatArray]]:
    """Give the portfolios of a window: pairs alike and, where weights are given, by them."""
    yield "calendar-portfolio", np.ones(column.n)
    if _given(column).any():
        weight = np.where(np.isfinite(column.weight), column.weight, 0.0)
        yield "calendar-portfolio-weighted", weight


def _with_family(found: Sequence[Average], family_wise: FloatArray) -> list[Average]:
    """Adjust the p-values of the sessions of the path for their number: Holm, Romano-Wolf."""
    if len(found) < 2:
        return list(found)
    p = np.array([np.nan if a.lead.p is None else a.lead.p for a in found])
    adjusted = {"holm": adjust(p, "holm"), "romano-wolf": family_wise}
    extended = []
    for place, item in enumerate(found):
        extra = [
            (item.mean, Outcome(test, statistic=item.lead.statistic, p=float(values[place])))
            for test, values in adjusted.items()
            if np.isfinite(values[place])
        ]
        extended.append(replace(item, extra=(*item.extra, *extra)))
    return extended


def portfolio_sums(
    ar: FloatArray, rows: IntArray, begin: IntArray, weight: FloatArray, days: IntArray
) -> tuple[FloatArray, FloatArray]:
    """
    Add up, session by session, what the pairs in their windows earn.

    Parameters
    ----------
    ar : ndarray of shape (L, n)
        Abnormal returns of the window's sessions; NaN is not held.
    rows : ndarray of shape (m,)
        Columns of `ar` to take.
    begin : ndarray of shape (m,)
        Session on which each of these pairs' windows begins.
    weight : ndarray of shape (m,)
    days : ndarray of shape (T,)
        Number of each session's day, as `SampleData.day_numbers`.

    Returns
    -------
    total, held : ndarray of shape (D,)
        Weighted sum of the abnormal returns, and of the weights held.

    Examples
    --------
    >>> import numpy as np
    >>> total, held = portfolio_sums(np.array([[0.01], [0.02]]), np.array([0]), np.array([1]),
    ...                              np.ones(1), np.arange(4))
    >>> total.tolist(), held.tolist()
    ([0.0, 0.01, 0.02, 0.0], [0.0, 1.0, 1.0, 0.0])
    """
    count = int(days.max(initial=-1)) + 1
    total, held = np.zeros(count), np.zeros(count)
    for step in range(len(ar)):
        returns, at = ar[step, rows], begin + step
        known = np.isfinite(returns) & (at >= 0) & (at < len(days))
        total += np.bincount(days[at[known]], (weight * returns)[known], count)
        held += np.bincount(days[at[known]], weight[known], count)
    return total, held
