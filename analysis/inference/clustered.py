"""
Tests of a mean over many firm-events whose errors are alike on a date, or within a firm.

All take the values of the pairs and say by what they are clustered. The variance of the mean is
that of the cluster sums, so that a date with a thousand pairs counts once.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from analysis.inference.date_sums import Codes, DateSums, close_products, codes_of
from analysis.inference.one_firm import t_test
from analysis.inference.outcome import Outcome
from analysis.inference.rank import two_sided_rank

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis._typing import BoolArray, FloatArray, IntArray

FEWEST_CLUSTERS = 5
"""With fewer clusters no wild bootstrap or cluster variance is worth its name."""

FEW_CLUSTERS = 12
"""Below this Rademacher weights have too few patterns; Webb's six-point weights are drawn."""

_WEBB = np.array([-math.sqrt(1.5), -1.0, -math.sqrt(0.5), math.sqrt(0.5), 1.0, math.sqrt(1.5)])


def date_cluster_test(
    values: FloatArray, position: IntArray | Codes, reach: int = 1, *, level: float = 0.95
) -> Outcome:
    """
    Test the mean of all pairs, their errors free to be alike on a date.

    Parameters
    ----------
    values : ndarray of shape (N,)
        No NaN.
    position : ndarray of shape (N,) or Codes
        Reaction session of each pair.
    reach : int
        Length of the window: dates closer than this share sessions, and their covariances count.
    level : float

    Returns
    -------
    Outcome
        ``mean / se`` with ``se^2 = G / (G - 1) sum S_g S_h / N^2`` over dates closer than `reach`,
        S the sums of deviations from the mean; Student t, one less than the dates that share no
        session.

    References
    ----------
    Liang and Zeger (1986), Biometrika 73; Hansen and Hodrick (1980), J. Political Economy 88, for
    overlapping windows.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([0.01, 0.03, -0.01, 0.02, 0.04, 0.0, 0.01])
    >>> round(date_cluster_test(x, np.array([0, 0, 3, 5, 7, 9, 9])).statistic, 3)
    2.133
    """
    return date_cluster_of(DateSums.of(values, position), reach, level=level)


def date_cluster_of(sums: DateSums, reach: int = 1, *, level: float = 0.95) -> Outcome:
    """
    Make `date_cluster_test` of sums by date.

    Parameters
    ----------
    sums : DateSums
    reach, level
        As `date_cluster_test`.
    """
    clusters = len(sums.position)
    if clusters < FEWEST_CLUSTERS:
        return Outcome.missing("date-cluster", _few(clusters))
    mean = sums.mean
    product = close_products(sums.position, sums.deviation, reach)
    variance = product * clusters / (clusters - 1) / float(sums.count.sum()) ** 2
    df = sums.apart(reach) - 1
    return _by_variance("date-cluster", mean, variance, df, level)


def weighted_mean_test(
    values: FloatArray,
    weights: FloatArray,
    position: IntArray,
    reach: int = 1,
    *,
    level: float = 0.95,
) -> tuple[float, Outcome]:
    """
    Test a weighted mean, errors free to be alike on a date.

    Parameters
    ----------
    values, position, reach, level
        As `date_cluster_test`.
    weights : ndarray of shape (N,)
        Not negative, with a positive sum.

    Returns
    -------
    mean : float
    outcome : Outcome
        As `date_cluster_test`, of the terms ``w (x - mean) / sum(w)``.
    """
    total = float(weights.sum())
    mean = float(weights @ values) / total
    terms = weights * (values - mean) / total
    return mean, _by_terms("weighted", mean, terms, position, reach, level)


def group_difference_test(
    values: FloatArray,
    first: BoolArray,
    position: IntArray,
    reach: int = 1,
    *,
    level: float = 0.95,
) -> tuple[float, Outcome]:
    """
    Test the difference between the means of two groups, errors free to be alike on a date.

    What a date does to both groups cancels.

    Parameters
    ----------
    values, position, reach, level
        As `date_cluster_test`, of the pairs of both groups.
    first : ndarray of bool, shape (N,)
        The pairs of the first group.

    Returns
    -------
    difference : float
        First less second.
    outcome : Outcome
    """
    fewest = min(len(np.unique(position[side])) for side in (first, ~first))
    counts = np.where(first, first.sum(), (~first).sum())
    means = float(values[first].mean()), float(values[~first].mean())
    terms = np.where(first, values - means[0], means[1] - values) / counts
    difference = means[0] - means[1]
    if fewest < FEWEST_CLUSTERS:
        reason = f"a group has {fewest} dates, {FEWEST_CLUSTERS} are needed"
        return difference, Outcome.missing("group-difference", reason)
    return difference, _by_terms("group-difference", difference, terms, position, reach, level)


def _by_terms(
    test: str, estimate: float, terms: FloatArray, position: IntArray, reach: int, level: float
) -> Outcome:
    sums = DateSums.of(terms, position)
    clusters = len(sums.position)
    if clusters < FEWEST_CLUSTERS:
        return Outcome.missing(test, _few(clusters))
    product = close_products(sums.position, sums.total, reach)
    variance = product * clusters / (clusters - 1)
    return _by_variance(test, estimate, variance, sums.apart(reach) - 1, level)


def two_way_cluster_test(
    values: FloatArray, position: IntArray | Codes, firm: IntArray, *, level: float = 0.95
) -> Outcome:
    """
    Test the mean of all pairs, their errors free to be alike on a date and within a firm.

    Parameters
    ----------
    values, position, level
        As `date_cluster_test`.
    firm : ndarray of shape (N,)

    Returns
    -------
    Outcome
        Variance by date plus variance by firm less that by both; Student t, one less than the
        smaller number of clusters.

    References
    ----------
    Cameron, Gelbach and Miller (2011), J. Business and Economic Statistics 29.
    """
    dates, date_code = codes_of(position)
    firms, firm_code = codes_of(firm)
    clusters = min(len(dates), len(firms))
    if clusters < FEWEST_CLUSTERS:
        return Outcome.missing("two-way-cluster", _few(clusters))
    mean = float(values.mean())
    deviation = values - mean
    both = codes_of(firm_code * len(dates) + date_code)[1]
    squares = [
        (float(sums @ sums), len(sums))
        for sums in (np.bincount(code, deviation) for code in (date_code, firm_code, both))
    ]
    return two_way_of(mean, len(values), squares, level=level)


def two_way_of(
    mean: float, count: int, squares: Sequence[tuple[float, int]], *, level: float = 0.95
) -> Outcome:
    """
    Make `two_way_cluster_test` of sums.

    Parameters
    ----------
    mean : float
    count : int
        Pairs.
    squares : sequence of (float, int)
        By date, by firm and by both: sum of the squares of the clusters' summed deviations, and
        number of clusters.
    level : float
    """
    clusters = min(squares[0][1], squares[1][1])
    if clusters < FEWEST_CLUSTERS:
        return Outcome.missing("two-way-cluster", _few(clusters))
    parts = [total * found / (found - 1) / count**2 for total, found in squares]
    variance = parts[0] + parts[1] - parts[2]
    if variance <= 0:
        variance = max(parts[0], parts[1])
    return _by_variance("two-way-cluster", mean, variance, clusters - 1, level)


def wild_cluster_test(
    values: FloatArray, position: IntArray | Codes, rng: np.random.Generator, *, draws: int = 999
) -> Outcome:
    """
    Test the mean by redrawing the signs of whole dates under the null.

    Parameters
    ----------
    values, position
        As `date_cluster_test`.
    rng : numpy.random.Generator
    draws : int

    Returns
    -------
    Outcome
        The clustered t; p its rank among those of redraws, Rademacher weights a date, Webb's below
        `FEW_CLUSTERS` dates.

    References
    ----------
    Cameron, Gelbach and Miller (2008), Review of Economics and Statistics 90; Webb (2023), Canadian
    Journal of Economics 56.
    """
    sums = DateSums.of(values, position)
    clusters = len(sums.position)
    if clusters < FEWEST_CLUSTERS:
        return Outcome.missing("wild-cluster", _few(clusters))
    statistic = _clustered_t(sums.total[None, :], sums.count)[0]
    if not math.isfinite(statistic):
        return Outcome.missing("wild-cluster", "the dates do not differ")
    weights = (
        rng.choice(_WEBB, (draws, clusters))
        if clusters < FEW_CLUSTERS
        else rng.choice([-1.0, 1.0], (draws, clusters))
    )
    redrawn = np.abs(_clustered_t(weights * sums.total, sums.count))
    extreme = int(np.count_nonzero(~(redrawn < abs(statistic) * (1 - 1e-12))))
    return Outcome(
        "wild-cluster", statistic=float(statistic), p=(1 + extreme) / (draws + 1), draws=draws
    )


def date_bootstrap_test(
    values: FloatArray,
    position: IntArray | Codes,
    rng: np.random.Generator,
    *,
    draws: int = 999,
    level: float = 0.95,
) -> Outcome:
    """
    Test the mean by drawing whole dates anew.

    Parameters
    ----------
    values, position, rng, draws, level
        As `wild_cluster_test` and `date_cluster_test`.

    Returns
    -------
    Outcome
        The clustered t; p from redrawn t about the sample mean, twice the smaller tail; the
        interval is that of the redrawn t.

    References
    ----------
    Efron and Tibshirani (1993), An Introduction to the Bootstrap, ch. 12; Davison and Hinkley
    (1997), ch. 2.
    """
    sums = DateSums.of(values, position)
    clusters = len(sums.position)
    if clusters < 2 * FEWEST_CLUSTERS:
        return Outcome.missing("date-bootstrap", _few(clusters, 2 * FEWEST_CLUSTERS))
    mean = sums.mean
    statistic = float(_clustered_t(sums.total[None, :], sums.count)[0])
    if not math.isfinite(statistic) or statistic == 0:
        return Outcome.missing("date-bootstrap", "the dates do not differ")
    picks = rng.integers(0, clusters, (draws, clusters))
    total, count = sums.total[picks], sums.count[picks]
    redrawn = _clustered_t(total - mean * count, count)
    redrawn = redrawn[np.isfinite(redrawn)]
    low, high = np.quantile(redrawn, [(1 - level) / 2, (1 + level) / 2])
    se = mean / statistic
    return Outcome(
        "date-bootstrap",
        statistic=statistic,
        p=two_sided_rank(statistic, redrawn),
        draws=len(redrawn),
        low=mean - float(high) * se,
        high=mean - float(low) * se,
    )


def date_portfolio_test(
    values: FloatArray, position: IntArray | Codes, reach: int = 1, *, level: float = 0.95
) -> Outcome:
    """
    Test the mean over dates of each date's mean: one portfolio a date, all dates equal.

    Parameters
    ----------
    values, position, reach, level
        As `date_cluster_test`.

    Returns
    -------
    Outcome
        Student t, one less than the dates that share no session; the interval is for the mean over
        dates.

    References
    ----------
    Jaffe (1974), Journal of Business 47; Brown and Warner (1985), J. Financial Economics 14.
    """
    return date_portfolio_of(DateSums.of(values, position), reach, level=level)


def date_portfolio_of(sums: DateSums, reach: int = 1, *, level: float = 0.95) -> Outcome:
    """
    Make `date_portfolio_test` of sums by date.

    Parameters
    ----------
    sums : DateSums
    reach, level
        As `date_cluster_test`.
    """
    clusters = len(sums.position)
    if clusters < FEWEST_CLUSTERS:
        return Outcome.missing("date-portfolio", _few(clusters))
    means = sums.total / sums.count
    mean = float(means.mean())
    product = close_products(sums.position, means - mean, reach)
    variance = product / (clusters - 1) / clusters
    return _by_variance("date-portfolio", mean, variance, sums.apart(reach) - 1, level)


def calendar_portfolio_test(
    returns: FloatArray, *, test: str = "calendar-portfolio", level: float = 0.95
) -> Outcome:
    """
    Test the mean abnormal return of a portfolio that holds every pair during its window.

    Parameters
    ----------
    returns : ndarray of shape (T,)
        Abnormal return of the portfolio on each session on which it holds anything, in order.
    test : str
        Id of the outcome.
    level : float

    Returns
    -------
    Outcome
        ``mean / se``, se after Newey and West with ``floor(4 (T / 100)^(2/9))`` lags; Student t,
        T - 1. The interval is for the mean abnormal return a session.

    References
    ----------
    Jaffe (1974), J. Business 47; Mandelker (1974), J. Financial Economics 1; Newey and West (1987),
    Econometrica 55.
    """
    sessions = len(returns)
    if sessions < 2 * FEWEST_CLUSTERS:
        return Outcome.missing(test, f"the portfolio is held on {sessions} sessions only")
    lags = int(4 * (sessions / 100) ** (2 / 9))
    mean = float(returns.mean())
    centred = returns - mean
    variance = float(centred @ centred)
    for lag in range(1, lags + 1):
        variance += 2 * (1 - lag / (lags + 1)) * float(centred[lag:] @ centred[:-lag])
    variance *= sessions / (sessions - 1) / sessions**2
    return _by_variance(test, mean, variance, sessions - 1, level)


def _clustered_t(total: FloatArray, count: FloatArray) -> FloatArray:
    """Clustered t of each row of date sums, shape (draws, G); NaN where the dates do not differ."""
    clusters = total.shape[-1]
    n = np.broadcast_to(count, total.shape).sum(axis=-1)
    mean = total.sum(axis=-1) / n
    deviation = total - mean[..., None] * count
    spread = np.square(deviation).sum(axis=-1) * clusters / (clusters - 1)
    statistic: FloatArray = np.divide(
        mean * n, np.sqrt(spread), out=np.full(mean.shape, np.nan), where=spread > 0
    )
    return statistic


def _by_variance(test: str, mean: float, variance: float, df: int, level: float) -> Outcome:
    if not variance > 0:
        return Outcome.missing(test, "the variance of the mean cannot be estimated from so few")
    if df < 1:
        return Outcome.missing(test, "all dates share sessions with one another")
    return t_test(mean, math.sqrt(variance), df, level=level, test=test)


def _few(clusters: int, needed: int = FEWEST_CLUSTERS) -> str:
    return f"needs {needed} clusters or more, there are {clusters}"
