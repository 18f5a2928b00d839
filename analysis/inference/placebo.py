"""
Placebo-in-time: the event's own statistic on pseudo-dates before it.

At every pseudo-date the model is estimated again on that date's own estimation window and predicts
out of sample, so that event and placebo carry the same kind of error. Pseudo-dates one session
apart have windows that overlap: a window of L sessions has about 1 / L as many independent draws.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from analysis.returns import complete_rows

if TYPE_CHECKING:
    from analysis._typing import FloatArray, IntArray
    from analysis.windows import Window


def pseudo_dates(event: int, estimation: Window, window: Window) -> IntArray:
    """
    List the positions that can stand in for the event.

    Parameters
    ----------
    event : int
        Row of the event session; row 0 has no return.
    estimation, window : Window
        Of the event.

    Returns
    -------
    ndarray of shape (B,)
        Rows whose estimation window lies within the data and whose event window ends with or
        before the estimation window of the event itself.
    """
    first = 1 - estimation.start
    last = event + estimation.end - window.end
    return np.arange(first, last + 1, dtype=np.int64)


def placebo_scars(
    y: FloatArray,
    x: FloatArray,
    dates: IntArray,
    *,
    estimation: Window,
    windows: tuple[Window, ...],
    fewest: int,
) -> dict[Window, FloatArray]:
    """
    Standardised CARs on pseudo-dates, by least squares on each date's own estimation window.

    Parameters
    ----------
    y : ndarray of shape (T, N)
        Returns of firms; a row that is NaN for one must be NaN for all.
    x : ndarray of shape (T, p)
        Design, with its constant.
    dates : ndarray of shape (B,)
        Rows of the pseudo-dates, consecutive.
    estimation : Window
    windows : tuple of Window
        Event windows.
    fewest : int
        Complete rows that an estimation window must have.

    Returns
    -------
    dict of Window to ndarray of shape (B, N)
        CAR over its prediction standard error; NaN where a window reaches beyond the data or has a
        missing row, or the estimation window has fewer than `fewest` complete rows.
    """
    whole = complete_rows(y, x)
    x = np.where(whole[:, None], x, 0.0)
    y = np.where(whole[:, None], y, 0.0)
    span = slice(dates[0] + estimation.start, dates[-1] + estimation.end + 1)
    x_est = sliding_window_view(x[span], len(estimation), axis=0)  # (B, p, M)
    y_est = sliding_window_view(y[span], len(estimation), axis=0)  # (B, N, M)
    rows = sliding_window_view(whole[span], len(estimation)).sum(axis=1)
    usable = rows >= fewest
    gram = x_est @ x_est.transpose(0, 2, 1)
    gram[~usable] = np.eye(x.shape[1])
    beta = np.linalg.solve(gram, x_est @ y_est.transpose(0, 2, 1))  # (B, p, N)
    residuals = y_est - beta.transpose(0, 2, 1) @ x_est
    df = np.where(usable, rows - x.shape[1], 1)
    variance = (residuals**2).sum(axis=2) / df[:, None]
    scars = {}
    for window in windows:
        start = dates + window.start
        inside = (start >= 0) & (dates + window.end < len(x))
        at = np.where(inside, start, 0)[:, None] + np.arange(len(window))
        complete = usable & inside & whole[at].all(axis=1)
        total = x[at].sum(axis=1)  # (B, p)
        car = y[at].sum(axis=1) - (total[:, None, :] @ beta)[:, 0, :]
        spread = (total * np.linalg.solve(gram, total[:, :, None])[:, :, 0]).sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            scar = car / np.sqrt(variance * (len(window) + spread)[:, None])
        scars[window] = np.where(complete[:, None], scar, np.nan)
    return scars
