"""
The parametric bootstrap of a control by interactive fixed effects.

Donors keep their means and loadings, their errors are redrawn whole, session by session; the firm
gets the errors that donors have when others predict them, scaled to its own misfit. Factors,
loadings and the firm's slopes are estimated anew each time, the number of factors kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import linalg

from analysis.errors import DataError
from analysis.inference.outcome import Outcome

if TYPE_CHECKING:
    from analysis._typing import FloatArray, IntArray

TEST = "factor-bootstrap"

DRAWS = 1000
"""Bootstrap samples, at most."""

FEWEST_UNITS = 10
"""Fewer donors give too few prediction errors to draw from."""

MOST_UNITS = 200
"""Donors whose prediction errors are drawn from; evenly thinned, by place, where there are more."""


class _Axes(NamedTuple):
    """Factors of an estimation window: any firm's fit and prediction follow from them."""

    scores: FloatArray
    ahead: FloatArray

    def predict(self, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Fitted returns of the estimation window and expected ones of the event window."""
        mean = y.mean(axis=0)
        slopes = self.scores.T @ (y - mean)
        return mean + self.scores @ slopes, mean + self.ahead @ slopes


def _axes(x: FloatArray, post_x: FloatArray, rank: int) -> _Axes:
    """Principal components of donors' returns, by the Gram matrix of the sessions."""
    mean = x.mean(axis=0)
    return _of_gram(x - mean, post_x - mean, rank)


def _of_gram(centred: FloatArray, post: FloatArray, rank: int) -> _Axes:
    gram = centred @ centred.T
    return _leading(gram, post @ centred.T, rank)


def _leading(gram: FloatArray, cross: FloatArray, rank: int) -> _Axes:
    count = len(gram)
    if not rank:
        return _Axes(np.empty((count, 0)), np.empty((len(cross), 0)))
    sizes, scores = linalg.eigh(gram, subset_by_index=(count - rank, count - 1), check_finite=False)
    return _Axes(scores, cross @ (scores / sizes))


def prediction_errors(
    x: FloatArray, post_x: FloatArray, rank: int, chosen: IntArray
) -> tuple[FloatArray, FloatArray]:
    """
    Fit each donor on factors of the others, and predict it.

    Parameters
    ----------
    x, post_x : ndarray of shape (M, J), (L, J)
        Donors' returns of the estimation and the event window; no NaN.
    rank : int
        Factors.
    chosen : ndarray of int, shape (B,)

    Returns
    -------
    residuals : ndarray of shape (M, B)
    gaps : ndarray of shape (L, B)
    """
    mean = x.mean(axis=0)
    centred, post = x - mean, post_x - mean
    gram, cross = centred @ centred.T, post @ centred.T
    residuals, gaps = np.empty((len(x), len(chosen))), np.empty((len(post_x), len(chosen)))
    for at, place in enumerate(chosen):
        own, ahead = centred[:, place], post[:, place]
        axes = _leading(gram - np.outer(own, own), cross - np.outer(ahead, own), rank)
        fitted, expected = axes.predict(own)
        residuals[:, at], gaps[:, at] = own - fitted, ahead - expected
    return residuals, gaps


def factor_bootstrap(
    y: FloatArray,
    x: FloatArray,
    post_y: FloatArray,
    post_x: FloatArray,
    rng: np.random.Generator,
    *,
    rank: int,
    level: float = 0.95,
    draws: int = DRAWS,
) -> Outcome:
    """
    Test and bound a cumulative abnormal return under a factor model estimated from the donors.

    Parameters
    ----------
    y, x : ndarray of shape (M,), (M, J)
        Returns of the firm and the donors in the estimation window; no NaN.
    post_y, post_x : ndarray of shape (L,), (L, J)
        In the event window.
    rng : numpy.random.Generator
    rank : int
        Factors.
    level : float
    draws : int

    Returns
    -------
    Outcome
        Statistic: the CAR over the standard deviation of the redrawn ones. p: share of draws,
        the CAR itself included, that are at least as far from nought. Interval: the CAR less the
        redrawn ones' quantiles.

    Raises
    ------
    DataError
        If there are fewer than `FEWEST_UNITS` donors.

    References
    ----------
    Xu (2017), Political Analysis 25, algorithm 2.
    """
    count = x.shape[1]
    if count < FEWEST_UNITS:
        raise DataError(f"only {count} donors ({FEWEST_UNITS} needed)")
    sessions = len(y)
    axes = _axes(x, post_x, rank)
    fitted, expected = axes.predict(y)
    car = float((post_y - expected).sum())
    donors, donors_ahead = axes.predict(x)
    errors = np.concatenate([x - donors, post_x - donors_ahead])
    chosen = np.arange(count)[:: -(-count // MOST_UNITS)]
    residuals, gaps = prediction_errors(x, post_x, rank, chosen)
    misfit = np.sqrt(np.square(residuals).mean(axis=0))
    own = np.concatenate([residuals, gaps])[:, misfit > 0] / misfit[misfit > 0]
    own *= float(np.sqrt(np.square(y - fitted).mean()))
    base = np.concatenate([donors, donors_ahead])
    firm = np.append(fitted, expected)
    found = np.empty(draws)
    for draw in range(draws):
        table = base + errors[:, rng.integers(count, size=count)]
        column = firm + own[:, rng.integers(own.shape[1])]
        again = _axes(table[:sessions], table[sessions:], rank)
        found[draw] = (column[sessions:] - again.predict(column[:sessions])[1]).sum()
    spread = float(found.std(ddof=1))
    tail = (1 - level) / 2
    upper, lower = np.quantile(found, [1 - tail, tail])
    wide = int(np.count_nonzero(np.abs(found) >= abs(car) * (1 - 1e-12)))
    return Outcome(
        TEST,
        statistic=car / spread if spread else None,
        p=(1 + wide) / (draws + 1),
        draws=draws,
        low=car - float(upper),
        high=car - float(lower),
    )
