"""
Conformal inference for one firm: permutations of residuals refitted under the null.

The null fixes the abnormal return of every session of the window. The model is fitted on all rows,
the window's included, after that return has been taken out; under the null the window's residuals
are then no more extreme than others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from analysis.inference.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from analysis._typing import FloatArray, IntArray
    from analysis.models.base import Estimator

Scheme = Literal["conformal", "conformal-block"]

_HALVINGS = 40


@dataclass(frozen=True, slots=True, eq=False)
class ConformalSetting:
    """
    The rows on which a conformal test works.

    Attributes
    ----------
    estimator : Estimator
        A fit that does not depend on the order of rows, such as least squares.
    y : ndarray of shape (M + L,)
        The firm's returns, estimation rows first, then the window; simple, decimal, no NaN.
    x : ndarray of shape (M + L, k)
    names : tuple of str
        Names of the k regressors.
    window : int
        L, the number of sessions at the end that form the event window.
    """

    estimator: Estimator
    y: FloatArray
    x: FloatArray
    names: tuple[str, ...]
    window: int

    def residuals(self, effect: float) -> FloatArray:
        """Residuals of all rows under an abnormal return of `effect` a session."""
        y = self.y.copy()
        y[-self.window :] -= effect
        return self.estimator.fit(y, self.x, self.names).residuals


def conformal_test(
    setting: ConformalSetting,
    rng: np.random.Generator,
    *,
    scheme: Scheme = "conformal",
    level: float = 0.95,
    draws: int = 1999,
) -> Outcome:
    """
    Test and bound the abnormal return of a window by permutations.

    Parameters
    ----------
    setting : ConformalSetting
    rng : numpy.random.Generator
        Draws the permutations of a window of several sessions; one session needs none.
    scheme : {"conformal", "conformal-block"}
        All permutations, right for independent errors; or the M + L cyclic shifts, which keep
        serial dependence.
    level : float
        Confidence level of the interval.
    draws : int
        How many random permutations stand for all of them.

    Returns
    -------
    Outcome
        Statistic: the sum of the window's residuals under no effect. p: share of permutations,
        identity included, whose absolute sum is at least as large. Interval: the CARs (the
        abnormal return a session times L) that are not rejected; None on a side where no effect
        is rejected at this level.

    References
    ----------
    Chernozhukov, Wuthrich and Zhu (2021), Journal of the American Statistical Association 116.

    Examples
    --------
    With one session the p-value is the rank of its residual.

    >>> import numpy as np
    >>> from analysis.models.linear import LeastSquares
    >>> y = np.append(np.linspace(-0.02, 0.02, 99), -0.2)
    >>> setting = ConformalSetting(LeastSquares(), y, np.empty((100, 0)), (), 1)
    >>> conformal_test(setting, np.random.default_rng(0)).p
    0.01
    """
    rows, window = len(setting.y), setting.window
    picks = _picks(scheme, rows, window, rng, draws)

    def p_of(effect: float) -> float:
        return _share(setting.residuals(effect), window, picks, random=_random(scheme, window))

    null = setting.residuals(0.0)
    floor = 1 / (len(picks) + _random(scheme, window))
    low = high = None
    if floor <= 1 - level:
        centre, step = _start(setting)
        low = window * _edge(p_of, centre, -step, 1 - level)
        high = window * _edge(p_of, centre, step, 1 - level)
    return Outcome(
        scheme,
        statistic=float(null[-window:].sum()),
        p=_share(null, window, picks, random=_random(scheme, window)),
        draws=len(picks),
        low=low if low is not None and math.isfinite(low) else None,
        high=high if high is not None and math.isfinite(high) else None,
    )


def conformal_p(setting: ConformalSetting) -> float:
    """
    Rank a window among the cyclic shifts of the residuals under no effect, with one refit.

    Parameters
    ----------
    setting : ConformalSetting

    Returns
    -------
    float
        As the p of ``conformal_test(..., scheme="conformal-block")``.
    """
    null = setting.residuals(0.0)
    picks = (np.arange(len(null))[:, None] + np.arange(setting.window)) % len(null)
    return _share(null, setting.window, picks, random=False)


def _random(scheme: Scheme, window: int) -> bool:
    """Whether the permutations are a sample, to which the identity has to be added."""
    return scheme == "conformal" and window > 1


def _picks(
    scheme: Scheme, rows: int, window: int, rng: np.random.Generator, draws: int
) -> IntArray:
    """Rows that each permutation puts into the window, shape (permutations, L)."""
    if scheme == "conformal-block" or window == 1:
        return (np.arange(rows)[:, None] + np.arange(window)) % rows
    shuffled = np.argpartition(rng.random((draws, rows)), window - 1, axis=1)
    return shuffled[:, :window]


def _share(residuals: FloatArray, window: int, picks: IntArray, *, random: bool) -> float:
    sums = np.abs(residuals[picks].sum(axis=1))
    observed = abs(float(residuals[-window:].sum()))
    extreme = int(np.count_nonzero(sums >= observed * (1 - 1e-12)))
    return (extreme + random) / (len(picks) + random)


def _start(setting: ConformalSetting) -> tuple[float, float]:
    """Estimate a session's effect from the estimation rows alone, and a first step from it."""
    window = setting.window
    fit = setting.estimator.fit(setting.y[:-window], setting.x[:-window], setting.names)
    ahead = setting.y[-window:] - fit.predict(setting.x[-window:], gap=0).expected
    return float(ahead.mean()), fit.sigma / math.sqrt(window)


def _edge(p_of: Callable[[float], float], centre: float, step: float, alpha: float) -> float:
    """Find where p falls to alpha: out by doubling, back by halving; infinite where it does not."""
    inside, outside = centre, centre + step
    while p_of(outside) > alpha:
        inside, step = outside, 2 * step
        outside = centre + step
        if abs(step) > 100:
            return math.copysign(math.inf, step)
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        if p_of(middle) > alpha:
            inside = middle
        else:
            outside = middle
    return inside
