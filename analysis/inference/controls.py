"""
Inference of control portfolios: every donor as if treated, and intervals by leaving sessions out.

Refits keep the penalty or the number of factors that the fit of the treated firm chose.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from analysis.inference.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis._typing import FloatArray
    from analysis.models.base import Estimator

FEWEST_UNITS = 19
"""Fewer donors cannot reach a p-value of 5 %."""

MOST_UNITS = 499
"""Donors placed in the firm's stead; evenly thinned, by name, where there are more."""

FOLDS = 25
"""Sets of sessions left out in turn."""


@runtime_checkable
class PlacesDonors(Protocol):
    """An estimator that places many donors in the firm's stead faster than one after the other."""

    def place(
        self, x: FloatArray, post_x: FloatArray, chosen: Sequence[int]
    ) -> tuple[FloatArray, FloatArray]:
        """
        Place donors in the firm's stead, with the other donors as their own.

        Parameters
        ----------
        x, post_x : ndarray of shape (M, J), (L, J)
        chosen : sequence of int
            Columns of the donors placed.

        Returns
        -------
        gaps : ndarray of shape (B, L)
        errors : ndarray of shape (B,)
        """


@dataclass(frozen=True, slots=True, eq=False)
class PlaceboUnits:
    """
    Gaps between donors and the controls made for them of the other donors.

    Attributes
    ----------
    names : tuple of str
        Of the donors placed in the firm's stead.
    gaps : ndarray of shape (B, L)
        Realised less expected return of each session of the window, decimal.
    errors : ndarray of shape (B,)
        Root mean square of each fit's residuals, decimal a session.
    """

    names: tuple[str, ...]
    gaps: FloatArray
    errors: FloatArray

    def outcome(self, car: float, error: float, *, level: float = 0.95) -> Outcome:
        """
        Rank the firm's ratio of effect to misfit among those of the donors.

        Parameters
        ----------
        car : float
            The firm's.
        error : float
            Root mean square of its residuals.
        level : float
            Confidence level of the interval.

        Returns
        -------
        Outcome
            Statistic ``CAR / error``; two-sided p ``(1 + #{|ratio| >= |statistic|}) / (B + 1)``.
            The interval holds the effects that are not rejected; None where no effect can be.
        """
        count = len(self.names)
        if count < FEWEST_UNITS:
            return Outcome.missing(
                "placebo-space", f"only {count} donors can be placed ({FEWEST_UNITS} needed)"
            )
        if not error:
            return Outcome.missing("placebo-space", "the control fits the firm without error")
        ratios = np.abs(self.gaps.sum(axis=1)) / np.maximum(self.errors, 1e-300)
        statistic = car / error
        p = (1 + int(np.count_nonzero(ratios >= abs(statistic) * (1 - 1e-12)))) / (count + 1)
        rejecting = math.floor((1 - level) * (count + 1) + 1e-9)
        low = high = None
        if rejecting >= 1:
            half = float(np.sort(ratios)[-rejecting]) * error
            low, high = car - half, car + half
        return Outcome("placebo-space", statistic=statistic, p=p, draws=count, low=low, high=high)


def placebo_units(
    estimator: Estimator,
    x: FloatArray,
    post_x: FloatArray,
    names: tuple[str, ...],
    *,
    gap: int = 0,
    most: int = MOST_UNITS,
) -> PlaceboUnits:
    """
    Place every donor in the firm's stead, with the other donors as its own.

    Parameters
    ----------
    estimator : Estimator
        Of controls; tuned already, where it tunes.
    x, post_x : ndarray of shape (M, J), (L, J)
        Donors' returns of the estimation and the event window; no NaN.
    names : tuple of str
    gap : int
        Sessions between the windows.
    most : int
        Donors placed; evenly thinned, by name, where there are more.

    Returns
    -------
    PlaceboUnits
        In the order of the names. The treated firm is no donor of the placebo units.

    References
    ----------
    Abadie, Diamond and Hainmueller (2010), Journal of the American Statistical Association 105.
    """
    order = sorted(range(len(names)), key=lambda place: names[place])
    step = -(-len(order) // most) if order else 1
    chosen = order[::step] if len(names) > 1 else []
    if isinstance(estimator, PlacesDonors):
        together = estimator.place(x, post_x, chosen)
        return PlaceboUnits(tuple(names[place] for place in chosen), *together)
    gaps, errors = [], []
    for place in chosen:
        others = np.delete(x, place, axis=1)
        rest = names[:place] + names[place + 1 :]
        fit = estimator.fit(np.ascontiguousarray(x[:, place]), others, rest)
        expected = fit.predict(np.delete(post_x, place, axis=1), gap=gap).expected
        gaps.append(post_x[:, place] - expected)
        errors.append(math.sqrt(float(np.square(fit.residuals).mean())))
    return PlaceboUnits(
        tuple(names[place] for place in chosen),
        np.array(gaps).reshape(len(chosen), len(post_x)),
        np.array(errors),
    )


def jackknife_plus(
    estimator: Estimator,
    y: FloatArray,
    x: FloatArray,
    post_y: float,
    post_x: FloatArray,
    names: tuple[str, ...],
    *,
    level: float = 0.95,
) -> Outcome:
    """
    Test and bound the abnormal return of one session by fits that left sessions out.

    Parameters
    ----------
    estimator : Estimator
    y, x : ndarray of shape (M,), (M, J)
        Estimation window.
    post_y : float
        The firm's return of the event session.
    post_x : ndarray of shape (J,)
    names : tuple of str
    level : float

    Returns
    -------
    Outcome
        Statistic: the abnormal return against the mean of the fits. p: share of sessions, the
        event's included, whose error left out is at least as large as the event's against the same
        fit. Interval: the jackknife+ with `FOLDS` sets of sessions; it covers at least
        ``1 - 2 (1 - level)`` of the time for exchangeable sessions, and near `level` in practice.

    References
    ----------
    Barber, Candes, Ramdas and Tibshirani (2021), Annals of Statistics 49.
    """
    count = len(y)
    fold = np.arange(count) % min(FOLDS, count)
    errors, ahead = np.empty(count), np.empty(count)
    for held in range(int(fold.max()) + 1):
        out = fold == held
        fit = estimator.fit(y[~out], x[~out], names)
        predicted = np.array(
            [float(fit.predict(row[None, :], gap=0).expected[0]) for row in [*x[out], post_x]]
        )
        errors[out] = np.abs(y[out] - predicted[:-1])
        ahead[out] = predicted[-1]
    apart = np.abs(post_y - ahead)
    p = (1 + int(np.count_nonzero(errors >= apart * (1 - 1e-12)))) / (count + 1)
    upper = math.ceil(level * (count + 1) - 1e-9)
    lower = math.floor((1 - level) * (count + 1) + 1e-9)
    low = high = None
    if upper <= count and lower >= 1:
        high = post_y - float(np.sort(ahead - errors)[lower - 1])
        low = post_y - float(np.sort(ahead + errors)[upper - 1])
    return Outcome(
        "jackknife-plus",
        statistic=post_y - float(ahead.mean()),
        p=p,
        draws=count,
        low=low,
        high=high,
    )
