"""What the tests of one firm work on: its fit, its event window, and what else is at hand."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from analysis.abnormal import cumulative, cumulative_se
from analysis.errors import DataError
from analysis.inference.conformal import ConformalSetting
from analysis.inference.outcome import NO_COVARIANCE, NO_SCALE
from analysis.models.latent import InteractiveEffects
from analysis.models.tuning import Tuned, tuned
from analysis.windows import SHORT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analysis._typing import FloatArray
    from analysis.abnormal import AbnormalPath
    from analysis.inference.scaled import ScaledPlacebo
    from analysis.models.base import Estimator, FittedModel


def _none() -> FloatArray:
    return np.empty(0)


@dataclass(frozen=True, slots=True, eq=False)
class DailyHistory:
    """
    A firm's years of daily figures, with opens and volume, laid out for the tests that need them.

    Attributes
    ----------
    overnight, intraday : tuple of ndarray of shape (M,), (L,)
        Returns by half of the session, of the estimation and of the event window; decimal. M is 0
        where opens are lacking.
    market_overnight, market_intraday : tuple of ndarray of shape (M, k), (L, k)
        The benchmark's own halves; k is 0 where its bars are not at hand.
    turnover : tuple of ndarray of shape (M,), (L,)
        Its logarithm, of the estimation and of the event window; the first is empty where volume is
        lacking.
    gap : int
        Sessions between the two windows.
    levels : ndarray of shape (T,)
        Total-return levels over the whole history.
    position : int
        Row of the event session in `levels`.
    """

    overnight: tuple[FloatArray, FloatArray]
    intraday: tuple[FloatArray, FloatArray]
    market_overnight: tuple[FloatArray, FloatArray]
    market_intraday: tuple[FloatArray, FloatArray]
    turnover: tuple[FloatArray, FloatArray]
    gap: int
    levels: FloatArray
    position: int


@dataclass(frozen=True, slots=True, eq=False)
class LongRun:
    """
    Buy-and-hold abnormal returns of a firm from the event and from other dates on.

    Each is measured by the fit before its own date, frozen from there on, as any window of its
    length is: without the alpha where it is long (`analysis.windows.Window.long`).

    Attributes
    ----------
    bhar : mapping of int to float
        By sessions held, the date's own the first; decimal, NaN where the figures end before.
    placebo : mapping of int to ndarray of shape (B,)
        The same from pseudo-dates on whose windows lie wholly before the event; NaN where there is
        none.
    """

    bhar: Mapping[int, float]
    placebo: Mapping[int, FloatArray]


@dataclass(frozen=True, eq=False)
class FirmSample:
    """
    One firm's fit and event window. Simple returns, decimal, no NaN in the arrays.

    A test takes `fit` and `path` as they are. The rows are for those whose method is to fit again:
    permutations, redraws, another law of the errors.

    Attributes
    ----------
    estimator : Estimator
    fit : FittedModel
        Fitted on `y` and `x`.
    path : AbnormalPath
        Of the event window.
    y, x : ndarray of shape (M,), (M, k)
        Returns and regressors of the estimation window, oldest first.
    post_y, post_x : ndarray of shape (L,), (L, k)
        Those of the event window.
    names : tuple of str
        Names of the k regressors.
    gap_y, gap_x : ndarray of shape (G,), (G, k), optional
        Those of the sessions between, on whose errors the variance of the GARCH-t test is
        conditioned; `path` is not.
    placebo : ndarray of shape (B,)
        The statistic of the same window on pseudo-dates; empty where none was drawn.
    scaled : ScaledPlacebo, optional
        CARs of pseudo-dates with a forecast of the volatility of each.
    losses : ndarray of shape (n,)
        Losses of other sessions (positive for falls) for the tail test; empty where unknown.
    loss : float
        The event's loss on the same scale; NaN where there is none.
    after : ndarray of shape (K,)
        Abnormal returns of the sessions after the event window.
    history : DailyHistory, optional
    no_history : str
        Why there is none.
    long_run : LongRun, optional
    """

    estimator: Estimator
    fit: FittedModel
    path: AbnormalPath
    y: FloatArray
    x: FloatArray
    post_y: FloatArray
    post_x: FloatArray
    names: tuple[str, ...]
    gap_y: FloatArray | None = None
    gap_x: FloatArray | None = None
    placebo: FloatArray = field(default_factory=_none)
    scaled: ScaledPlacebo | None = None
    losses: FloatArray = field(default_factory=_none)
    loss: float = math.nan
    after: FloatArray = field(default_factory=_none)
    history: DailyHistory | None = None
    no_history: str = "no daily history of the firm is at hand"
    long_run: LongRun | None = None

    @cached_property
    def car(self) -> float:
        """Cumulative abnormal return, decimal."""
        return cumulative(self.path)

    @cached_property
    def se(self) -> float:
        """Prediction standard error of the CAR; NaN where the model has none."""
        se = cumulative_se(self.path)
        return math.nan if se is None else se

    @property
    def statistic(self) -> float:
        """The CAR over its error; where the model has no error, the CAR."""
        return self.car if math.isnan(self.se) else self.car / self.se

    @property
    def daily(self) -> DailyHistory:
        """
        The history, for a test that cannot do without.

        Raises
        ------
        DataError
            If there is none.
        """
        if self.history is None:
            raise DataError(self.no_history)
        return self.history

    @property
    def window(self) -> int:
        """Sessions of the event window."""
        return len(self.post_y)

    @cached_property
    def tuned(self) -> Estimator:
        """The estimator with what the fit chose kept."""
        return tuned(self.estimator, self.fit)

    @property
    def factors(self) -> int:
        """Number of factors of the fit; 0 where it has none."""
        return int(self.fit.tuning or 0) if isinstance(self.fit, Tuned) else 0

    @cached_property
    def conformal(self) -> ConformalSetting:
        """All rows, for the tests that refit under the null."""
        return ConformalSetting(
            self.estimator,
            np.concatenate([self.y, self.post_y]),
            np.concatenate([self.x, self.post_x]),
            self.names,
            self.window,
        )

    def lacks(self, need: str) -> str:
        """
        Say why the sample does not have what a test needs; empty where it has.

        Parameters
        ----------
        need : str
            A key of the table below.

        Raises
        ------
        KeyError
            If there is no such need.
        """
        absent, reason = self._lacking[need]
        return reason if absent else ""

    @cached_property
    def _lacking(self) -> Mapping[str, tuple[bool, str]]:
        """Whether the sample lacks each need, and in what words."""
        capabilities = self.estimator.capabilities
        return {
            "one session": (self.window > 1, "is for one session; the window has several"),
            "short window": (
                self.window > SHORT,
                f"is for windows of up to {SHORT} sessions: a longer one leaves out the alpha",
            ),
            "prediction error": (math.isnan(self.se), NO_COVARIANCE),
            "least squares": (
                not capabilities.linear,
                "it is made for models fitted by least squares only",
            ),
            "permutations": (bool(capabilities.no_permutation), capabilities.no_permutation),
            "own regressors": (
                capabilities.reads_ahead,
                "the model reads the session after each row, and the window's have none",
            ),
            "placebo dates": (
                capabilities.placebo == "none",
                capabilities.not_drawn,
            ),
            "scaled placebo": (self.scaled is None, NO_SCALE),
            "donors": (
                not capabilities.controls,
                "it is made for control portfolios only; the model has no donors",
            ),
            "factors": (
                not isinstance(self.estimator, InteractiveEffects),
                "it is made for interactive fixed effects only",
            ),
            "few regressors": (
                capabilities.controls,
                "it fits a coefficient to each regressor, and donors are many",
            ),
            "losses": (
                not len(self.losses) or math.isnan(self.loss),
                "needs years of returns of the firm, which are not at hand",
            ),
            "history": (self.history is None, self.no_history),
        }
