"""What the compiled pass over the pairs' own histories reads and adds up."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from analysis._typing import BoolArray, FloatArray, IntArray


class History(NamedTuple):
    """
    Returns, regressors and fits of a block of pairs.

    Attributes
    ----------
    values, offsets, first, left_out
        See `analysis.panel.layout.Rows`.
    firm, position : ndarray of shape (n,)
    coefficients : ndarray of shape (n, 1 + k)
    factors : ndarray of shape (T, k)
        0 where a session is not usable.
    usable : ndarray of shape (T,)
    base : ndarray of shape (T,)
    estimation : tuple of int
        Start and end of the estimation window, ends included.
    estimated : tuple of bool
        Whether the model has a constant, and whether its slopes are estimated.
    sigma : ndarray of shape (n,)
        Residual standard deviations.
    date : ndarray of shape (n,)
        Place of each pair's session among those of the sample.
    day : ndarray of shape (T,)
        Number of each session's day, as `analysis.sample.data.SampleData.day_numbers`.
    earliest : int
        Days from a pair's session to the first of all estimation windows.
    """

    values: FloatArray
    offsets: IntArray
    first: IntArray
    left_out: BoolArray
    firm: IntArray
    position: IntArray
    coefficients: FloatArray
    factors: FloatArray
    usable: BoolArray
    base: FloatArray
    estimation: tuple[int, int]
    estimated: tuple[bool, bool]
    sigma: FloatArray
    date: IntArray
    day: IntArray
    earliest: int


class EventRows(NamedTuple):
    """
    What is ranked among a pair's history.

    Attributes
    ----------
    ar : ndarray of shape (n, d)
        Abnormal returns of the event sessions; NaN where there is none.
    sar : ndarray of shape (n, d)
        Standardised, over each session's spread across pairs.
    scar : ndarray of shape (n, w)
        Standardised CARs of the windows, over their spread across pairs.
    windows : ndarray of shape (w, 2)
        First and last event session of each window, as columns of `ar`.
    """

    ar: FloatArray
    sar: FloatArray
    scar: FloatArray
    windows: IntArray


class Sums(NamedTuple):
    """
    Sums over pairs; rows of the estimation window are counted from its first session.

    Attributes
    ----------
    positive : ndarray of shape (n,)
        Share of positive residuals of each pair.
    pairs : ndarray of shape (L1,)
        Pairs with a residual.
    residual : ndarray of shape (L1,)
        Their residuals.
    shared : ndarray of shape (dates, D)
        Residuals over their own norm, by the pairs' session; columns are days from it.
    rank, sign, standard : ndarray of shape (w, L1)
        Scaled ranks of the residuals beside each window's abnormal returns; the sign of their
        distance from the median; scaled ranks of standardised residuals.
    general : ndarray of shape (w, L1)
        Scaled ranks of standardised residuals beside each window's standardised CAR; of a window of
        one session they are those of `standard`, and are not summed again.
    event_rank, event_sign, event_standard : ndarray of shape (w, d)
        The same of the event sessions of each window.
    event_count : ndarray of shape (w, d)
        Pairs with an abnormal return on them.
    event_general : ndarray of shape (w, 2)
        Sum of the windows' ranks, and of what their variances would be were pairs independent.
    """

    positive: FloatArray
    pairs: FloatArray
    residual: FloatArray
    shared: FloatArray
    rank: FloatArray
    sign: FloatArray
    standard: FloatArray
    general: FloatArray
    event_rank: FloatArray
    event_sign: FloatArray
    event_standard: FloatArray
    event_count: FloatArray
    event_general: FloatArray
