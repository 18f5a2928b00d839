"""The arrays that the kernel reads and writes, as named tuples that numba can take apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from analysis._typing import BoolArray, FloatArray, IntArray

OK = 0
TOO_FEW = 1
EVENT_OUTSIDE = 2
WINDOW_OUTSIDE = 3
MISSING_RETURN = 4
MISSING_FACTOR = 5
COLLINEAR = 6
NO_VARIANCE = 7
UNKNOWN_FIRM = 8

STATUS_TEXT = (
    "ok",
    "too few estimation returns",
    "event outside the data",
    "event window outside the data",
    "missing return in the event window",
    "missing factor in the event window",
    "collinear factors in the estimation window",
    "no residual variance in the estimation window",
    "unknown symbol",
)
"""What each status code means, by its number."""

LARGEST_REGRESSORS = 8
"""Regressors of one model at the most, the constant among them."""

SIGMA2, CAR, CAR_SE, SCAR, BHAR, CONSTANT = range(6)


class Rows(NamedTuple):
    """
    The firms' returns: each from its first to its last session, NaN where a day is missing.

    Attributes
    ----------
    values : ndarray of shape (n_values,)
        Simple returns, firm after firm.
    offsets : ndarray of shape (n_firms + 1,)
        Where each firm's returns begin in `values`.
    first : ndarray of shape (n_firms,)
        Position of each firm's first return among the sessions.
    """

    values: FloatArray
    offsets: IntArray
    first: IntArray


class Design(NamedTuple):
    """
    Regressors and windows.

    Attributes
    ----------
    factors : ndarray of shape (n_sessions, n_factors)
        Factor returns less `mean`; 0 where a session is not usable.
    mean : ndarray of shape (n_factors,)
        Mean of each factor over its usable sessions.
    floor : ndarray of shape (n_factors,)
        Variance below which a factor is constant up to rounding.
    usable : ndarray of shape (n_sessions,)
        Whether every factor has a value.
    columns : ndarray of shape (n_models, n_factors)
        The factors of each model, the first ``sizes[m]`` of row ``m``.
    sizes : ndarray of shape (n_models,)
        How many factors each model has.
    slots : ndarray of shape (n_models,)
        The column of the results into which each model goes.
    windows : tuple of int
        Estimation start and end, event start and end, in sessions from the event; ends included.
    min_obs : int
        Fewest estimation returns.
    """

    factors: FloatArray
    mean: FloatArray
    floor: FloatArray
    usable: BoolArray
    columns: IntArray
    sizes: IntArray
    slots: IntArray
    windows: tuple[int, int, int, int]
    min_obs: int


class Table(NamedTuple):
    """
    What depends on the factors alone, once for each event session: shared by all complete firms.

    Attributes
    ----------
    usable : ndarray of shape (n_places,)
        Usable sessions in the estimation window.
    centre : ndarray of shape (n_places, n_factors)
        Mean of each factor over them, as in `Design.factors`.
    total : ndarray of shape (n_places, n_factors)
        Sum of each factor over the event window.
    inverse : ndarray of shape (n_places, n_models, n_factors, n_factors)
        Inverse of the centred cross products.
    leverage : ndarray of shape (n_places, n_models)
        ``s'(X'X)^-1 s`` of the event window.
    solvable : ndarray of shape (n_places, n_models)
        Whether the inverse can be trusted.
    """

    usable: IntArray
    centre: FloatArray
    total: FloatArray
    inverse: FloatArray
    leverage: FloatArray
    solvable: BoolArray


class Events(NamedTuple):
    """
    Events grouped by firm.

    Attributes
    ----------
    starts : ndarray of shape (n_firms + 1,)
        Where each firm's events begin in `order`.
    order : ndarray of shape (n_events,)
        Rows of the events in the caller's order.
    position : ndarray of shape (n_events,)
        Session of each event, in the order of `order`.
    place : ndarray of shape (n_sessions,)
        Row of each session in `Table`.
    """

    starts: IntArray
    order: IntArray
    position: IntArray
    place: IntArray


class Results(NamedTuple):
    """
    What the kernel writes, in the caller's order of events: all of an event lies together.

    Attributes
    ----------
    numbers : ndarray of shape (n_events, n_models, 5 + 1 + most factors)
        Residual variance, CAR, its standard error, SCAR, BHAR; the constant; then the slopes in
        the model's own order, NaN beyond them.
    counts : ndarray of shape (n_events, 1 + 2 n_models)
        Returns in the event window; then of each model the status, a code of `STATUS_TEXT`, and
        the returns in the estimation window.
    """

    numbers: FloatArray
    counts: npt.NDArray[np.int32]
