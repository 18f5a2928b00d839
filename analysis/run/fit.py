"""Fit one specification to one firm around one event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.abnormal import AbnormalPath
from analysis.windows import Window

if TYPE_CHECKING:
    from analysis._typing import BoolArray, FloatArray
    from analysis.models.base import Estimator, FittedModel, Prediction
    from analysis.models.design import Design


@dataclass(frozen=True, slots=True, eq=False)
class FirmFit:
    """
    A model fitted to one firm around one event.

    Attributes
    ----------
    model : FittedModel
    design : Design
        Of the firm, over all sessions.
    position : int
        Row of the event session.
    estimation : Window
    y, x : ndarray of shape (M,), (M, k)
        Returns and regressors of the estimation sessions used.
    whole : bool
        Whether the model may predict a window as a whole, so that a session's expected return
        depends on the sessions beside it.
    log : bool
        Whether returns are logarithms.
    """

    model: FittedModel
    design: Design
    position: int
    estimation: Window
    y: FloatArray
    x: FloatArray
    whole: bool
    log: bool

    @property
    def n(self) -> int:
        """Estimation sessions used."""
        return len(self.model.residuals)

    def predict(self, window: Window, *, alpha: bool = True) -> Prediction:
        """
        Predict a window on its own, in the units of the design (less the risk-free rate there).

        Parameters
        ----------
        window : Window
            After the estimation window; other windows change nothing of what it is told.
        alpha : bool
            Whether the estimation window's alpha counts.
        """
        return self.model.predict(
            self.design.x[rows_of(self.position, window)],
            gap=gap_before(window, self.estimation),
            alpha=alpha,
        )

    def path(self, window: Window) -> AbnormalPath:
        """
        Compare the returns of a window with what the model expects of it.

        Parameters
        ----------
        window : Window
            One that is long (`Window.long`) is expected to earn what its regressors earn: the alpha
            of the estimation window, which is mostly the luck of that window, is not carried on.

        Returns
        -------
        AbnormalPath
            With the risk-free rate in both returns again where the model is in excess of it.
        """
        return self._path(window, alpha=not window.long)

    def _path(self, window: Window, *, alpha: bool) -> AbnormalPath:
        rows = rows_of(self.position, window)
        prediction = self.predict(window, alpha=alpha)
        return AbnormalPath(
            window.start,
            self.design.y[rows] + self.design.base[rows],
            prediction.expected + self.design.base[rows],
            prediction.covariance,
            self.log,
        )

    def daily(self, span: Window, *, alpha: bool = True) -> AbnormalPath:
        """
        Compare the returns of single sessions with what the model expects of each.

        Parameters
        ----------
        span : Window
            Other sessions in it change nothing of what a session shows.
        alpha : bool
            Whether the alpha counts, as it does in a window of one session; without it the sessions
            are those of a long window.

        Returns
        -------
        AbnormalPath
            With the covariance of the sessions' errors. A model that predicts windows as a whole,
            which has none, is asked for each session as a window of its own.
        """
        if not self.whole or self.path(Window(span.start, span.start)).covariance is not None:
            return self._path(span, alpha=alpha)
        sessions = range(span.start, span.end + 1)
        paths = [self._path(Window(day, day), alpha=alpha) for day in sessions]
        return AbnormalPath(
            span.start,
            np.concatenate([path.raw for path in paths]),
            np.concatenate([path.expected for path in paths]),
            None,
            self.log,
        )


def rows_of(position: int, window: Window) -> slice:
    """Rows of a window around the event's row."""
    return slice(position + window.start, position + window.end + 1)


def gap_before(window: Window, estimation: Window) -> int:
    """
    Count the sessions between an estimation window and an event window.

    Examples
    --------
    >>> from analysis.windows import Window
    >>> gap_before(Window(0, 0), Window(-260, -11))
    10
    """
    return window.start - estimation.end - 1


def fit_firm(
    design: Design,
    estimator: Estimator,
    position: int,
    *,
    estimation: Window,
    use: BoolArray | None = None,
    log: bool = False,
) -> FirmFit:
    """
    Fit on the estimation window.

    Parameters
    ----------
    design : Design
        Of the firm, over all sessions.
    estimator : Estimator
    position : int
        Row of the event session.
    estimation : Window
    use : ndarray of bool, shape (M,), optional
        Estimation sessions to use; all that are complete by default.
    log : bool
        Whether the design's returns are logarithms.

    Returns
    -------
    FirmFit
    """
    rows = rows_of(position, estimation)
    used = design.complete[rows] if use is None else use
    if estimator.capabilities.reads_ahead:
        # on pseudo-dates too the last row would read a session beyond its window
        used = np.append(used[:-1], np.False_)
    y, x = design.y[rows][used], design.x[rows][used]
    model = estimator.fit(y, x, design.names)
    whole = estimator.capabilities.controls
    return FirmFit(model, design, position, estimation, y, x, whole, log)
