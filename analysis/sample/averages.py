"""Averages over pairs: of each session of the path and each window, by group, with every test."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from analysis.inference.clustered import group_difference_test
from analysis.sample.average import Average, GroupPairs
from analysis.sample.averager import GroupAverager
from analysis.sample.histories import spreads
from analysis.sample.pairs import OK
from analysis.study import ALL_FIRMS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from analysis._typing import Progress
    from analysis.sample.days import Days
    from analysis.sample.measure import Fits, Measurer, Measures

MOST_PAIRED_GROUPS = 5
"""With more groups each is compared with all the others together, not with each of them."""


def average(
    measurer: Measurer,
    fits: Fits,
    windows: Measures,
    days: Days,
    *,
    progress: Progress | None = None,
) -> tuple[Average, ...]:
    """
    Average all windows and sessions over all pairs, over each group, and between groups.

    Parameters
    ----------
    measurer : Measurer
    fits : Fits
    windows : Measures
        Of the event windows.
    days : Days
        The single sessions that hold them and the path.
    progress : callable, optional
        Told ``(label, done, total)``.

    Returns
    -------
    tuple of Average
    """
    groups = group_pairs(measurer, fits)
    spread = [np.full(len(days.windows), np.nan) for _ in groups]
    if measurer.spec.ranks:
        for first, part in _numbered(days):
            for place, group in enumerate(groups):
                spread[place][first : first + len(part.windows)] = spreads(part, group.rows)
            del part
    averagers = [
        GroupAverager.of(measurer, fits, windows, days, group, own)
        for group, own in zip(groups, spread, strict=True)
        if group.rows.size
    ]
    for first, part in _numbered(days):
        for averager in averagers:
            averager.add(part)
        done = first + len(part.windows)
        del part  # before the next is measured
        if progress is not None:
            progress("sessions", done, len(days.windows))
    found = [item for averager in averagers for item in averager.finish()]
    found += _differences(measurer, windows, groups[1:])
    return tuple(found)


def _numbered(days: Days) -> Iterator[tuple[int, Measures]]:
    first = 0
    for part in days.parts():
        count = len(part.windows)
        yield first, part
        del part
        first += count


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
