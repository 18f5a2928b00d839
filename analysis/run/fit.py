"""Fit one specification to one firm around one event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.abnormal import AbnormalPath
from analysis.returns import complete_rows

if TYPE_CHECKING:
    from analysis._typing import BoolArray, FloatArray
    from analysis.models.base import FittedModel
    from analysis.run.plan import Specification
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


def estimation_rows(
    returns: FloatArray, specification: Specification, position: int, estimation: Window
) -> BoolArray:
    """
    Mark the estimation sessions on which the firms and all regressors have a value.

    Parameters
    ----------
    returns : ndarray of shape (T,) or (T, N)

    Returns
    -------
    ndarray of bool, shape (M,)
    """
    rows = rows_of(position, estimation)
    return complete_rows(returns[rows], specification.x[rows], specification.riskfree[rows])


def fit_firm(
    returns: FloatArray,
    specification: Specification,
    position: int,
    *,
    estimation: Window,
    span: Window,
    use: BoolArray,
) -> FirmFit:
    """
    Fit on the estimation window and predict the span of the event windows.

    Parameters
    ----------
    returns : ndarray of shape (T,)
        Simple returns of the firm.
    specification : Specification
    position : int
        Row of the event session.
    estimation, span : Window
    use : ndarray of bool, shape (M,)
        Estimation sessions to use, see `estimation_rows`.

    Returns
    -------
    FirmFit
        The path's returns include the risk-free rate again where the model is in excess of it.
    """
    rows, ahead = rows_of(position, estimation), rows_of(position, span)
    model = specification.model.estimator.fit(
        (returns - specification.riskfree)[rows][use],
        specification.x[rows][use],
        specification.model.regressors,
    )
    prediction = model.predict(specification.x[ahead])
    path = AbnormalPath(
        span.start,
        returns[ahead],
        prediction.expected + specification.riskfree[ahead],
        prediction.covariance,
    )
    return FirmFit(model, path, int(use.sum()))
