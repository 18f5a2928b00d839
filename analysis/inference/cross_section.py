"""
Tests across firms that take the firms for independent.

Right for events on scattered dates. On one common date they reject a true null far too often; the
battery says so and leads with tests that do not.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np

from analysis.inference.outcome import Outcome, normal, student
from analysis.inference.student import never_zero

if TYPE_CHECKING:
    from analysis._typing import FloatArray


def cross_sectional_test(car: FloatArray) -> Outcome:
    """
    Test the mean CAR by the firms' own spread.

    Parameters
    ----------
    car : ndarray of shape (N,)
        Cumulative abnormal returns; NaN is left out.

    Returns
    -------
    Outcome
        ``mean sqrt(N) / sd`` against Student t with N - 1 degrees of freedom.

    References
    ----------
    Brown and Warner (1980), Journal of Financial Economics 8.

    Examples
    --------
    >>> import numpy as np
    >>> round(cross_sectional_test(np.array([-0.05, -0.01, -0.03, -0.02])).statistic, 3)
    -3.22
    """
    sample = car[np.isfinite(car)]
    reason = _no_spread(sample)
    if reason:
        return Outcome.missing("cross-t", reason)
    return cross_sectional_of(_ratio(sample), len(sample))


def cross_sectional_of(ratio: float, count: int) -> Outcome:
    """
    Make `cross_sectional_test` of the mean over the spread.

    Parameters
    ----------
    ratio : float
        Mean CAR over its standard deviation, ``ddof=1``.
    count : int
        Firms.
    """
    return student("cross-t", ratio * math.sqrt(count), count - 1)


def skewness_adjusted_test(car: FloatArray, kind: Literal["hall", "johnson"] = "hall") -> Outcome:
    """
    Test the mean CAR with the cross-section's skewness taken out of the statistic.

    Parameters
    ----------
    car : ndarray of shape (N,)
        Cumulative abnormal returns; NaN is left out.
    kind : {"hall", "johnson"}
        Hall's transformation keeps the cubic term, which makes it monotone; Johnson's drops it.

    Returns
    -------
    Outcome
        With S = mean / sd and g the unbiased skewness,
        ``sqrt(N) (S + g S^2 / 3 + g^2 S^3 / 27 + g / (6 N))`` against Student t, N - 1.

    References
    ----------
    Hall (1992), Journal of the Royal Statistical Society B 54; Johnson (1978), Journal of the
    American Statistical Association 73; Lyon, Barber and Tsai (1999), Journal of Finance 54.

    Examples
    --------
    >>> import numpy as np
    >>> car = np.array([-0.05, -0.01, -0.03, -0.02])
    >>> round(skewness_adjusted_test(car).statistic, 2)
    -4.76
    """
    sample = car[np.isfinite(car)]
    reason = _no_spread(sample) or ("needs three firms or more" if len(sample) < 3 else "")
    if reason:
        return Outcome.missing(kind, reason)
    return student(kind, float(skewness_adjusted(sample, kind)), len(sample) - 1)


def skewness_adjusted(samples: FloatArray, kind: Literal["hall", "johnson"]) -> FloatArray:
    """
    Compute the statistic of `skewness_adjusted_test`.

    Parameters
    ----------
    samples : ndarray of shape (..., N)
        No NaN; one sample along the last axis.
    kind : {"hall", "johnson"}

    Returns
    -------
    ndarray of shape (...)
    """
    count = samples.shape[-1]
    size = np.abs(samples).max(axis=-1, keepdims=True)
    samples = samples / np.where(size > 0, size, 1.0)  # powers of tiny returns would vanish
    mean = samples.mean(axis=-1)
    centred = samples - mean[..., None]
    second = np.square(centred).mean(axis=-1)
    third = (centred * centred * centred).mean(axis=-1)
    return skewness_adjusted_of(mean, second, third, count, kind)


def skewness_adjusted_of(
    mean: FloatArray,
    second: FloatArray,
    third: FloatArray,
    count: int,
    kind: Literal["hall", "johnson"],
) -> FloatArray:
    """
    Compute the statistic of `skewness_adjusted_test` from moments, whatever their unit.

    Parameters
    ----------
    mean, second, third : ndarray of shape (...)
        Means of the values, and of their squared and cubed deviations.
    count : int
        Values.
    kind : {"hall", "johnson"}
    """
    biased = third / second**1.5
    skewness = biased * math.sqrt(count * (count - 1)) / (count - 2)
    ratio = mean / np.sqrt(second * count / (count - 1))
    cubic = skewness**2 * ratio**3 / 27 if kind == "hall" else 0.0
    statistic: FloatArray = math.sqrt(count) * (
        ratio + skewness * ratio**2 / 3 + cubic + skewness / (6 * count)
    )
    return statistic


def patell_test(scar: FloatArray, df: FloatArray) -> Outcome:
    """
    Test the sum of standardised CARs, whose variance under the null is known.

    Parameters
    ----------
    scar : ndarray of shape (N,)
        CAR of each firm over its own prediction standard error; NaN is left out.
    df : ndarray of shape (N,)
        Residual degrees of freedom d of each firm, above 2: a Student t has variance d / (d - 2).

    Returns
    -------
    Outcome
        ``sum(scar) / sqrt(sum(d / (d - 2)))`` against the standard normal law.

    References
    ----------
    Patell (1976), Journal of Accounting Research 14.

    Examples
    --------
    >>> import numpy as np
    >>> round(patell_test(np.array([-3.0, -1.0, -2.0, -2.0]), np.full(4, 100.0)).statistic, 2)
    -3.96
    """
    known = np.isfinite(scar)
    if not known.any():
        return Outcome.missing("patell", "no firm has a standardised abnormal return")
    freedom = df[known]
    if freedom.min() <= 2:
        return Outcome.missing("patell", "a firm has too few estimation sessions")
    variance = float((freedom / (freedom - 2)).sum())
    return patell_of(float(scar[known].sum()), variance)


def patell_of(total: float, variance: float) -> Outcome:
    """
    Make `patell_test` of sums.

    Parameters
    ----------
    total, variance : float
        Sums of the standardised CARs, and of their variances under the null.
    """
    return normal("patell", total / math.sqrt(variance))


def generalised_sign_test(car: FloatArray, residuals: FloatArray) -> Outcome:
    """
    Test the number of positive CARs against the share of positive estimation residuals.

    Parameters
    ----------
    car : ndarray of shape (N,)
        Cumulative abnormal returns; NaN is left out.
    residuals : ndarray of shape (M, N)
        Estimation residuals; NaN where a firm has none.

    Returns
    -------
    Outcome
        With p the mean share of positive residuals and w the number of positive CARs,
        ``(w - N p) / sqrt(N p (1 - p))`` against the standard normal law.

    References
    ----------
    Cowan (1992), Review of Quantitative Finance and Accounting 2.
    """
    known = np.isfinite(car)
    count = int(known.sum())
    if not count:
        return Outcome.missing("sign", "no firm has a CAR")
    rows = residuals[:, known]
    shares = (rows > 0).sum(axis=0) / np.isfinite(rows).sum(axis=0)
    return sign_test(car[known], float(shares.mean()))


def sign_test(car: FloatArray, share: float, test: str = "sign") -> Outcome:
    """
    Test the number of positive CARs against the share expected.

    Parameters
    ----------
    car : ndarray of shape (N,)
        No NaN.
    share : float
        Expected share of positive CARs: that of estimation residuals, or 1/2 for the binomial
        test, which is wrong where abnormal returns are skewed.
    test : str
        Id of the outcome.

    Returns
    -------
    Outcome
        ``(w - N p) / sqrt(N p (1 - p))`` against the standard normal law.

    Examples
    --------
    >>> import numpy as np
    >>> round(sign_test(np.r_[np.ones(4), -np.ones(16)], 0.48).statistic, 3)
    -2.506
    """
    count = len(car)
    if not count:
        return Outcome.missing(test, "no firm has a CAR")
    return sign_of(int((car > 0).sum()), count, share, test)


def sign_of(positive: int, count: int, share: float, test: str = "sign") -> Outcome:
    """
    Make `sign_test` of counts.

    Parameters
    ----------
    positive, count : int
        Positive CARs, and all.
    share, test
        As `sign_test`.

    Examples
    --------
    >>> round(sign_of(4, 20, 0.48).statistic, 3)
    -2.506
    """
    if not 0 < share < 1:
        return Outcome.missing(test, "all estimation residuals have one sign")
    return normal(test, (positive - count * share) / math.sqrt(count * share * (1 - share)))


def wilcoxon_test(car: FloatArray) -> Outcome:
    """
    Test the CARs' symmetry about zero by signed ranks across firms.

    Parameters
    ----------
    car : ndarray of shape (N,)
        Cumulative abnormal returns; NaN is left out.

    Returns
    -------
    Outcome
        Statistic: the smaller of the two rank sums; p exact up to 50 firms without ties.

    References
    ----------
    Wilcoxon (1945), Biometrics Bulletin 1.
    """
    sample = car[np.isfinite(car)]
    if len(sample) < 5 or not sample.any():
        return Outcome.missing(
            "wilcoxon", f"needs five firms or more to reach 10 %, there are {len(sample)}"
        )
    from scipy import stats  # noqa: PLC0415 - slow to import

    result = stats.wilcoxon(sample)
    return Outcome(
        "wilcoxon", statistic=float(result.statistic), p=never_zero(float(result.pvalue))
    )


def _ratio(sample: FloatArray) -> float:
    return float(sample.mean() / sample.std(ddof=1))


def _no_spread(sample: FloatArray) -> str:
    if len(sample) < 2:
        return f"needs two firms or more, there is {len(sample)}"
    return "" if sample.std(ddof=1) > 0 else "all firms have the same abnormal return"
