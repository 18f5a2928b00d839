"""
How rare so deep a fall is: peaks over a threshold, with an honest interval.

Losses are positive numbers, decimal. Where volatility clusters, filter it out first and pass
standardised losses.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import scipy
from scipy import special

from analysis.errors import DataError
from analysis.inference.outcome import Outcome
from analysis.inference.student import never_zero

if TYPE_CHECKING:
    from collections.abc import Callable

    from analysis._typing import FloatArray

FEWEST_EXCEEDANCES = 30
"""Fewer losses beyond the threshold carry no tail fit."""

_SMALLEST_LOG = -690.0  # log of the smallest probability looked at


@dataclass(frozen=True, slots=True, eq=False)
class Tail:
    """
    A generalised Pareto tail beyond a threshold.

    Attributes
    ----------
    threshold : float
        u, decimal loss (or standardised loss).
    shape, scale : float
        xi and beta by maximum likelihood.
    excesses : ndarray of shape (N_u,)
        Losses beyond the threshold, less it.
    count : int
        n, all losses.
    """

    threshold: float
    shape: float
    scale: float
    excesses: FloatArray
    count: int

    @property
    def share(self) -> float:
        """Share of losses beyond the threshold, N_u / n."""
        return len(self.excesses) / self.count

    def probability(self, loss: float) -> float:
        """
        Estimate the chance that a session's loss exceeds `loss`, at or beyond the threshold.

        0 beyond the end that a negative shape puts to the tail.
        """
        excess = loss - self.threshold
        return self.share * float(scipy.stats.genpareto.sf(excess, self.shape, scale=self.scale))


def fit_tail(losses: FloatArray, *, quantile: float = 0.95) -> Tail:
    """
    Fit the tail of losses by maximum likelihood.

    Parameters
    ----------
    losses : ndarray of shape (n,)
        Positive for falls; the event is not among them. No NaN.
    quantile : float
        Which quantile of the losses is the threshold.

    Returns
    -------
    Tail

    Raises
    ------
    DataError
        If fewer than `FEWEST_EXCEEDANCES` losses lie beyond the threshold.

    References
    ----------
    Pickands (1975), Annals of Statistics 3; Davison and Smith (1990), Journal of the Royal
    Statistical Society B 52.
    """
    threshold = float(np.quantile(losses, quantile))
    excesses = losses[losses > threshold] - threshold
    if len(excesses) < FEWEST_EXCEEDANCES:
        raise DataError(
            f"only {len(excesses)} losses lie beyond the threshold ({FEWEST_EXCEEDANCES} needed); "
            "use a longer history or a lower threshold"
        )
    shape, _, scale = map(float, scipy.stats.genpareto.fit(excesses, floc=0))
    if shape < -1:
        # below -1 the likelihood has no maximum; at -1 the tail is uniform up to the deepest loss
        shape, scale = -1.0, float(excesses.max()) * (1 + 1e-9)
    return Tail(threshold, shape, scale, excesses, len(losses))


def tail_test(
    losses: FloatArray, loss: float, *, quantile: float = 0.95, level: float = 0.95
) -> Outcome:
    """
    Estimate how probable a loss at least as deep as the event's is in one session.

    Parameters
    ----------
    losses : ndarray of shape (n,)
        Losses of other sessions, as `fit_tail`.
    loss : float
        The event's, same units.
    quantile : float
        As `fit_tail`.
    level : float
        Confidence level of the interval.

    Returns
    -------
    Outcome
        Statistic: the loss. p: the one-sided probability a session. Low and high: its
        profile-likelihood interval (0 where the figures do not exclude that the tail ends before
        the loss). Read the interval: the point is poorly determined.

    References
    ----------
    Davison and Smith (1990), Journal of the Royal Statistical Society B 52; Coles (2001), An
    Introduction to Statistical Modeling of Extreme Values, ch. 4.
    """
    try:
        tail = fit_tail(losses, quantile=quantile)
    except DataError as error:
        return Outcome.missing("evt", str(error))
    if loss <= tail.threshold:
        return Outcome.missing("evt", "the event's return is no loss beyond the threshold")
    low, high = probability_interval(tail, loss, level=level)
    return Outcome(
        "evt",
        statistic=loss,
        p=never_zero(tail.probability(loss)),
        draws=tail.count,
        low=low,
        high=high,
        warning="" if tail.shape >= 0 else "the fitted tail ends; read the upper bound only",
    )


def probability_interval(tail: Tail, loss: float, *, level: float = 0.95) -> tuple[float, float]:
    """
    Bound the probability of a loss by profile likelihood, the share N_u / n taken as known.

    Parameters
    ----------
    tail : Tail
    loss : float
        Beyond the threshold.
    level : float

    Returns
    -------
    tuple of float
        Low and high; low is 0 where the likelihood does not exclude it.
    """
    excess = loss - tail.threshold
    best = _log_likelihood(tail.excesses, tail.shape, tail.scale)
    allowed = best - float(special.chdtri(1, 1 - level)) / 2

    def margin(log_ratio: float) -> float:
        return _profile(tail.excesses, excess, log_ratio) - allowed

    conditional = tail.probability(loss) / tail.share
    ends = conditional < 1e-250  # the fitted tail ends before the loss: 0 is the best guess
    centre = _best_ratio(tail.excesses, excess) if ends else math.log(conditional)
    if margin(centre) <= 0:
        return 0.0, tail.share * math.exp(centre)
    find: Callable[..., float] = scipy.optimize.brentq
    high = 0.0 if margin(-1e-6) > 0 else find(margin, centre, -1e-6, xtol=1e-6)
    if ends or margin(_SMALLEST_LOG) > 0:
        return 0.0, tail.share * math.exp(high)
    low = find(margin, _SMALLEST_LOG, centre, xtol=1e-6)
    return tail.share * math.exp(low), tail.share * math.exp(high)


def _best_ratio(excesses: FloatArray, excess: float) -> float:
    """Log probability with the highest profile likelihood where the fit itself says 0."""
    grid = np.linspace(_SMALLEST_LOG, -1e-3, 400)
    return float(grid[int(np.argmax([_profile(excesses, excess, value) for value in grid]))])


def _profile(excesses: FloatArray, excess: float, log_ratio: float) -> float:
    """Highest log-likelihood of the tails that give `excess` the log exceedance probability."""

    def cost(shape: float) -> float:
        scale = excess / float(special.boxcox(math.exp(-log_ratio), shape))
        return -_log_likelihood(excesses, shape, scale)

    grid = np.linspace(-1.0, 3.0, 81)
    costs = [cost(shape) for shape in grid]
    best = int(np.argmin(costs))
    bounds = (grid[max(best - 1, 0)], grid[min(best + 1, 80)])
    result = scipy.optimize.minimize_scalar(cost, bounds=bounds, method="bounded")
    return -min(float(result.fun), costs[best])


def _log_likelihood(excesses: FloatArray, shape: float, scale: float) -> float:
    """Log-likelihood of the generalised Pareto law; -1e300 outside its support."""
    if not (math.isfinite(scale) and scale > 1e-100):
        return -1e300
    ratio = excesses / scale
    if abs(shape) < 1e-9:
        return float(-len(ratio) * math.log(scale) - ratio.sum())
    inner = 1 + shape * ratio
    if inner.min() <= 0:
        return -1e300
    return float(-len(ratio) * math.log(scale) - (1 + 1 / shape) * np.log(inner).sum())
