"""Averages over pairs: of each session of the path and each window, by group, with every test."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from analysis.inference.clustered import (
    calendar_portfolio_test,
    group_difference_test,
    weighted_mean_test,
)
from analysis.inference.multiplicity import adjust, romano_wolf
from analysis.inference.outcome import Outcome
from analysis.panel.engine import usable_processors
from analysis.sample.battery import MANY_DATES, SampleBattery, run_battery
from analysis.sample.column import PairColumn
from analysis.sample.histories import Ranked, sum_over
from analysis.sample.pairs import OK
from analysis.study import ALL_FIRMS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from analysis._typing import FloatArray, IntArray, Progress
    from analysis.sample.histories import Histories
    from analysis.sample.measure import Fits, Measurer, Measures
    from analysis.windows import Window

Kind = Literal["day", "window"]

MOST_PAIRED_GROUPS = 5
"""With more groups each is compared with all the others together, not with each of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Average:
    """
    The mean of one window or session over the pairs of a group.

    Attributes
    ----------
    group : str
        ``"all"``, a group, or ``"a - b"`` for the difference of two.
    kind : {"day", "window"}
    window : Window
    n : int
    mean, median, positive : float
        Mean and median abnormal return, share of positive ones.
    battery : SampleBattery
    extra : tuple of (float, Outcome)
        Further estimates with their tests: weighted means, family-wise p.
    """

    group: str
    kind: Kind
    window: Window
    n: int
    mean: float
    median: float
    positive: float
    battery: SampleBattery | None
    extra: tuple[tuple[float, Outcome], ...] = ()

    @property
    def lead(self) -> Outcome:
        """The outcome that leads."""
        if self.battery is None:
            return self.extra[0][1]
        return self.battery.outcomes[0]


@dataclass(frozen=True, slots=True, eq=False)
class GroupPairs:
    """The pairs of a group that were fitted: its name and their places."""

    name: str
    rows: IntArray


def average(
    measurer: Measurer,
    fits: Fits,
    windows: Measures,
    days: Measures,
    *,
    progress: Progress | None = None,
) -> tuple[Average, ...]:
    """
    Average all windows and sessions over all pairs, over each group, and between groups.

    Parameters
    ----------
    measurer : Measurer
    fits : Fits
    windows, days : Measures
        Of the event windows, and of the single sessions that hold them and the path.
    progress : callable, optional
        Told ``(label, done, total)``.

    Returns
    -------
    tuple of Average
    """
    found: list[Average] = []
    groups = group_pairs(measurer, fits)
    for done, group in enumerate(groups):
        found += _of_group(measurer, fits, windows, days, group)
        if progress is not None:
            progress(f"group {group.name}", done + 1, len(groups))
    found += _differences(measurer, windows, groups[1:])
    return tuple(found)


def group_pairs(measurer: Measurer, fits: Fits) -> list[GroupPairs]:
    """List all pairs that were fitted as one group, then each group by name."""
    pairs = measurer.pairs
    fitted = np.isfinite(fits.sigma2) & (fits.sigma2 > 0)
    groups = [GroupPairs(ALL_FIRMS, np.flatnonzero(fitted))]
    named = sorted((name, place) for place, name in enumerate(pairs.groups) if name)
    for name, place in named:
        rows = np.flatnonzero(fitted & (pairs.group == place))
        if rows.size:
            groups.append(GroupPairs(name, rows))
    return groups


def _of_group(
    measurer: Measurer, fits: Fits, windows: Measures, days: Measures, group: GroupPairs
) -> list[Average]:
    spec, rows = measurer.spec, group.rows
    if not rows.size:
        return []
    path = [day for day in days.windows if spec.path.start <= day.start <= spec.path.end]
    asked = (*windows.windows, *path)
    ranked = None
    if spec.ranks and rows.size > 1:
        ranked = Ranked.of(asked, windows, days, rows)
    histories = sum_over(measurer, fits, rows, ranked)
    n_windows = len(windows.windows)
    kinds: list[Kind] = ["window" if at < n_windows else "day" for at in range(len(asked))]

    def solve(at: int) -> Average | None:
        measures = windows if at < n_windows else days
        place = measures.windows.index(asked[at])
        column = _column(measurer, fits, measures, rows, place, histories, at)
        if column is None:
            return None
        return _average(group.name, kinds[at], column, measurer, days)

    with ThreadPoolExecutor(measurer.threads or usable_processors()) as pool:
        found = [average for average in pool.map(solve, range(len(asked))) if average is not None]
    return _with_family(found, measurer, days, rows)


def _column(
    measurer: Measurer,
    fits: Fits,
    measures: Measures,
    rows: IntArray,
    at: int,
    histories: Histories,
    place: int,
) -> PairColumn | None:
    car, se = measures.car[at, rows], measures.se[at, rows]
    kept = (measures.status[at, rows] == OK) & np.isfinite(car) & (se > 0)
    if not kept.any():
        return None
    if not kept.all():
        car, se = car[kept], se[kept]
    pairs, own = measurer.pairs, rows if kept.all() else rows[kept]
    return PairColumn(
        window=measures.windows[at],
        rows=own,
        car=car,
        se=se,
        df=fits.df[own],
        weight=pairs.weight[own],
        firm=pairs.firm[own],
        position=pairs.date[own],
        positive=histories.positive if kept.all() else histories.positive[kept],
        histories=histories,
        place=place if len(histories.windows) else -1,
    )


def _average(
    group: str, kind: Kind, column: PairColumn, measurer: Measurer, days: Measures
) -> Average:
    spec = measurer.spec
    battery = run_battery(
        column, seed=spec.seed, draws=spec.draws, level=spec.level, resample=kind == "window"
    )
    extra = []
    given = np.isfinite(column.weight) & (column.weight > 0)
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
    if kind == "window":
        extra += _portfolios(column, measurer, days, weighted=bool(given.any()))
    return Average(
        group=group,
        kind=kind,
        window=column.window,
        n=column.n,
        mean=float(column.car.mean()),
        median=float(np.median(column.car)),
        positive=float((column.car > 0).mean()),
        battery=battery,
        extra=tuple(extra),
    )


def _portfolios(
    column: PairColumn, measurer: Measurer, days: Measures, *, weighted: bool
) -> Iterator[tuple[float, Outcome]]:
    """Hold every pair during its window; the mean abnormal return a session, and its test."""
    pairs, rows = measurer.pairs, column.rows
    sides: list[tuple[str, FloatArray]] = [("calendar-portfolio", np.ones(rows.size))]
    if weighted:
        weight = np.where(np.isfinite(pairs.weight[rows]), pairs.weight[rows], 0.0)
        sides.append(("calendar-portfolio-weighted", weight))
    first = days.windows[0].start
    for test, weight in sides:
        total, held = portfolio_sums(
            days.car[column.window.start - first : column.window.end - first + 1],
            rows,
            pairs.position[rows] + column.window.start,
            weight,
            measurer.data.day_numbers(),
        )
        returns = total[held > 0] / held[held > 0]
        mean = float(returns.mean()) if returns.size else np.nan
        yield mean, calendar_portfolio_test(returns, test=test, level=measurer.spec.level)


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


def _with_family(
    found: list[Average], measurer: Measurer, days: Measures, rows: IntArray
) -> list[Average]:
    """Adjust the p-values of the sessions of the path for their number: Holm, Romano-Wolf."""
    path = [average for average in found if average.kind == "day"]
    if len(path) < 2:
        return found
    p = np.array([np.nan if a.lead.p is None else a.lead.p for a in path])
    adjusted = {"holm": adjust(p, "holm"), "romano-wolf": _romano_wolf(path, measurer, days, rows)}
    extended = {}
    for place, item in enumerate(path):
        extra = [
            (item.mean, Outcome(test, statistic=item.lead.statistic, p=float(values[place])))
            for test, values in adjusted.items()
            if np.isfinite(values[place])
        ]
        extended[item.window] = replace(item, extra=(*item.extra, *extra))
    return [extended[a.window] if a.kind == "day" else a for a in found]


def _romano_wolf(
    path: Sequence[Average], measurer: Measurer, days: Measures, rows: IntArray
) -> FloatArray:
    """Family-wise p over the path, by redrawing the signs of whole dates for all sessions alike."""
    nothing = np.full(len(path), np.nan)
    position = measurer.pairs.date[rows]
    dates, code = np.unique(position, return_inverse=True)
    count = np.bincount(code).astype(float)
    if count.sum() ** 2 < MANY_DATES * float(count @ count):
        return nothing  # effective dates: too few signs to redraw
    sums = np.zeros((len(dates), len(path)))
    statistic = np.zeros(len(path))
    for place, item in enumerate(path):
        at = days.windows.index(item.window)
        values = np.where(days.status[at, rows] == OK, days.car[at, rows], np.nan)
        known = np.isfinite(values)
        deviation = values[known] - item.mean
        sums[:, place] = np.bincount(code[known], deviation, len(dates))
        spread = float(np.square(sums[:, place]).sum()) ** 0.5
        if spread == 0:
            return nothing
        statistic[place] = item.mean * int(known.sum()) / spread
        sums[:, place] /= spread
    rng = np.random.default_rng(measurer.spec.seed)
    signs = rng.choice([-1.0, 1.0], (measurer.spec.draws, len(dates)))
    return romano_wolf(statistic, signs @ sums)


def _differences(
    measurer: Measurer, windows: Measures, groups: Sequence[GroupPairs]
) -> Iterator[Average]:
    """Compare every two groups or, of many, each with all others."""
    if len(groups) < 2:
        return
    if len(groups) <= MOST_PAIRED_GROUPS:
        sides = [(a.name, a.rows, b.name, b.rows) for a, b in itertools.combinations(groups, 2)]
    else:
        sides = [
            (g.name, g.rows, "others", np.concatenate([o.rows for o in groups if o is not g]))
            for g in groups
        ]
    for first, first_rows, second, second_rows in sides:
        rows = np.concatenate([first_rows, second_rows])
        own = np.arange(rows.size) < first_rows.size
        for at, window in enumerate(windows.windows):
            known = (windows.status[at, rows] == OK) & np.isfinite(windows.car[at, rows])
            if not (known & own).any() or not (known & ~own).any():
                continue
            car = windows.car[at, rows[known]]
            difference, outcome = group_difference_test(
                car,
                own[known],
                measurer.pairs.date[rows[known]],
                len(window),
                level=measurer.spec.level,
            )
            yield Average(
                group=f"{first} - {second}",
                kind="window",
                window=window,
                n=int(known.sum()),
                mean=difference,
                median=float(np.median(car[own[known]]) - np.median(car[~own[known]])),
                positive=float((car[own[known]] > 0).mean() - (car[~own[known]] > 0).mean()),
                battery=None,
                extra=((difference, outcome),),
            )
