"""Fit one specification to one firm around one event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.abnormal import AbnormalPath

if TYPE_CHECKING:
    from analysis._typing import BoolArray
    from analysis.models.base import Estimator, FittedModel
    from analysis.models.design import Design
    from analysis.windows import Window

NO_COVARIANCE = "the model has no covariance of its prediction errors"
"""Why a test that needs one has no outcome."""


@dataclass(frozen=True, slots=True, eq=False)
class FirmFit:
    """
    A fitted model and what it says of the event window.

    Attributes
    ----------
    model : FittedModel
    path : AbnormalPath
    n : int
        Estimation sessions used.
    """

    model: FittedModel
    path: AbnormalPath
    n: int


def rows_of(position: int, window: Window) -> slice:
    """Rows of a window around the event's row."""
    return slice(position + window.start, position + window.end + 1)


def fit_firm(
    design: Design,
    estimator: Estimator,
    position: int,
    *,
    estimation: Window,
    span: Window,
    use: BoolArray | None = None,
) -> FirmFit:
    """
    Fit on the estimation window and predict the span of the event windows.

    Parameters
    ----------
    design : Design
        Of the firm, over all sessions.
    estimator : Estimator
    position : int
        Row of the event session.
    estimation, span : Window
    use : ndarray of bool, shape (M,), optional
        Estimation sessions to use; all that are complete by default.

    Returns
    -------
    FirmFit
        The path's returns include the risk-free rate again where the model is in excess of it.
    """
    rows, ahead = rows_of(position, estimation), rows_of(position, span)
    used = design.complete[rows] if use is None else use
    model = estimator.fit(design.y[rows][used], design.x[rows][used], design.names)
    prediction = model.predict(design.x[ahead])
    path = AbnormalPath(
        span.start,
        design.y[ahead] + design.base[ahead],
        prediction.expected + design.base[ahead],
        prediction.covariance,
    )
    return FirmFit(model, path, int(used.sum()))
