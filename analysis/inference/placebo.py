"""
Placebo-in-time: the event's own statistic on pseudo-dates before it.

At every pseudo-date the model is estimated again on that date's own estimation window and predicts
out of sample, so that event and placebo carry the same kind of error. Pseudo-dates one session
apart have windows that overlap: a window of L sessions has about 1 / L as many independent draws.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.panel.engine import estimate_panel

if TYPE_CHECKING:
    from analysis._typing import FloatArray, IntArray
    from analysis.windows import Window


def pseudo_dates(
    event: int, estimation: Window, window: Window, *, most: int | None = None
) -> IntArray:
    """
    List the positions that can stand in for the event.

    Parameters
    ----------
    event : int
        Row of the event session; row 0 has no return.
    estimation, window : Window
        Of the event.
    most : int, optional
        Only so many, the nearest to the event; by default all.

    Returns
    -------
    ndarray of shape (B,)
        Rows whose estimation window lies within the data and whose event window ends with or
        before the estimation window of the event itself.
    """
    first = 1 - estimation.start
    last = event + estimation.end - window.end
    if most is not None:
        first = max(first, last + 1 - most)
    return np.arange(first, last + 1, dtype=np.int64)


def placebo_scars(
    y: FloatArray,
    x: FloatArray,
    dates: IntArray,
    *,
    estimation: Window,
    window: Window,
    min_estimation: int,
) -> FloatArray:
    """
    Standardise CARs on pseudo-dates, by least squares on each date's own estimation window.

    Parameters
    ----------
    y : ndarray of shape (T, N)
        Returns of firms; NaN where one has none.
    x : ndarray of shape (T, k)
        Regressors, without a constant; k may be 0.
    dates : ndarray of shape (B,)
        Rows of the pseudo-dates.
    estimation, window : Window
    min_estimation : int
        Complete rows that an estimation window must have.

    Returns
    -------
    ndarray of shape (B, N)
        CAR over its prediction standard error, by the panel engine; NaN where a window reaches
        beyond the data or has a missing row, or the estimation window has fewer than
        `min_estimation` complete rows.
    """
    firms = y.shape[1]
    estimates = estimate_panel(
        y,
        x if x.shape[1] else np.zeros((len(y), 1)),
        np.tile(np.arange(firms), len(dates)),
        np.repeat(dates, firms),
        models=[tuple(range(x.shape[1]))],
        estimation=estimation,
        window=window,
        min_estimation=min_estimation,
    )
    scars: FloatArray = estimates.scar[:, 0].reshape(len(dates), firms)
    return scars
