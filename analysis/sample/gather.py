"""
One compiled pass, and a second about the means, over the pairs of a window: what its tests need.

Sums are taken in runs of `_RUN` pairs, which are then added up: of a million pairs rounding stays
that of a thousand. The compiled functions stand alone in this file, because numba's cache knows a
function as stale by its own file alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from analysis.panel.compiled import compiled

if TYPE_CHECKING:
    from analysis._typing import FloatArray, IntArray

_RUN = 512
_ALIKE = 1e-15  # spread of values, as a share of their mean, that is rounding


class Gathered(NamedTuple):
    """
    Sums over the pairs of a window.

    Attributes
    ----------
    size : float
        Largest CAR, its sign left out; 1 where all are 0.
    mean, square, cube : float
        Mean CAR, and sums of the squared and cubed deviations in units of `size`: powers of tiny
        returns would vanish.
    scar_mean, scar_square : float
        The same of the standardised CARs.
    patell : float
        Sum of ``d / (d - 2)``, d the degrees of freedom; NaN where one is 2 or less.
    positive : int
        Pairs with a positive CAR.
    expected : float
        Mean share of positive residuals over the pairs that have one; NaN where none has.
    pairs, total : ndarray of shape (G,)
        Pairs, and sum of their CARs, by date.
    firms, both : int
        Different firms, and different dates of a firm.
    firm_square, both_square : float
        Sums of the squares of deviations summed by firm, and by firm and date.
    near : int
        Pairs with another of the same firm whose window shares a session with theirs.
    """

    size: float
    mean: float
    square: float
    cube: float
    scar_mean: float
    scar_square: float
    patell: float
    positive: int
    expected: float
    pairs: FloatArray
    total: FloatArray
    firms: int
    both: int
    firm_square: float
    both_square: float
    near: int


@compiled
def _totals(
    car: FloatArray,
    se: FloatArray,
    df: FloatArray,
    share: FloatArray,
    date: IntArray,
    count: FloatArray,
    total: FloatArray,
) -> tuple[float, float, float, float, float, int]:
    """Sum the values by date and in all: size, mean, that of the SCARs, Patell's, share, signs."""
    n = car.size
    mean, scar_mean, patell, expected = 0.0, 0.0, 0.0, 0.0
    positive, known = 0, 0
    size = 0.0
    for first in range(0, n, _RUN):
        some, some_scar, some_patell, some_share = 0.0, 0.0, 0.0, 0.0
        for at in range(first, min(first + _RUN, n)):
            some += car[at]
            size = max(size, abs(car[at]))
            some_scar += car[at] / se[at]
            some_patell += df[at] / (df[at] - 2.0) if df[at] > 2.0 else np.nan
            positive += car[at] > 0.0
            if share[at] == share[at]:
                some_share += share[at]
                known += 1
            count[date[at]] += 1.0
            total[date[at]] += car[at]
        mean += some
        scar_mean += some_scar
        patell += some_patell
        expected += some_share
    mean /= n
    scar_mean /= n
    expected = expected / known if known > 0 else np.nan
    size = size if size > 0.0 else 1.0
    return size, mean, scar_mean, patell, expected, positive


@compiled
def _deviations(
    car: FloatArray,
    se: FloatArray,
    firm: IntArray,
    position: IntArray,
    reach: int,
    about: tuple[float, float, float],
) -> tuple[float, float, float, float, float, int, int, int]:
    """Sum powers of deviations; by firm, and by firm and date; count these, and close pairs."""
    n = car.size
    size, mean, scar_mean = about
    square, cube, scar_square, firm_square, both_square = 0.0, 0.0, 0.0, 0.0, 0.0
    of_firm, of_both = 0.0, 0.0
    firms, both, near = 0, 0, 0
    close = False  # whether the pair before has this one within reach
    for first in range(0, n, _RUN):
        some, some_cube, some_scar, some_firm, some_both = 0.0, 0.0, 0.0, 0.0, 0.0
        for at in range(first, min(first + _RUN, n)):
            deviation = car[at] - mean
            scaled = deviation / size
            some += scaled * scaled
            some_cube += scaled * scaled * scaled
            scar = car[at] / se[at] - scar_mean
            some_scar += scar * scar
            of_firm += deviation
            of_both += deviation
            last_of_firm = at == n - 1 or firm[at + 1] != firm[at]
            if last_of_firm:
                some_firm += of_firm * of_firm
                of_firm = 0.0
                firms += 1
            if last_of_firm or position[at + 1] != position[at]:
                some_both += of_both * of_both
                of_both = 0.0
                both += 1
            follows = not last_of_firm and position[at + 1] - position[at] < reach
            near += close or follows
            close = follows
        square += some
        cube += some_cube
        scar_square += some_scar
        firm_square += some_firm
        both_square += some_both
    return square, cube, scar_square, firm_square, both_square, firms, both, near


@compiled
def gather(
    car: FloatArray,
    se: FloatArray,
    df: FloatArray,
    share: FloatArray,
    firm: IntArray,
    position: IntArray,
    date: IntArray,
    n_dates: int,
    reach: int,
) -> Gathered:
    """
    Sum over pairs that stand by firm, then session.

    Parameters
    ----------
    car, se, df : ndarray of shape (N,)
        CARs, standard errors and degrees of freedom; no NaN.
    share : ndarray of shape (N,)
        Share of positive residuals; NaN where a pair has none.
    firm, position : ndarray of shape (N,)
        The pairs of a firm stand together, in the order of their sessions.
    date : ndarray of shape (N,)
        Number of each pair's date.
    n_dates, reach : int
        How many dates there are, and sessions of the window.
    """
    n = car.size
    count = np.zeros(n_dates)
    total = np.zeros(n_dates)
    size, mean, scar_mean, patell, expected, positive = _totals(
        car, se, df, share, date, count, total
    )
    square, cube, scar_square, firm_square, both_square, firms, both, near = _deviations(
        car, se, firm, position, reach, (size, mean, scar_mean)
    )
    if square <= n * (_ALIKE * mean / size) ** 2:
        square, cube = 0.0, 0.0
    if scar_square <= n * (_ALIKE * scar_mean) ** 2:
        scar_square = 0.0
    return Gathered(
        size,
        mean,
        square,
        cube,
        scar_mean,
        scar_square,
        patell,
        positive,
        expected,
        count,
        total,
        firms,
        both,
        firm_square,
        both_square,
        near,
    )
