"""
Levels to returns, and a benchmark purged of a firm. Returns are simple and in decimals.

A return needs the level of its session and of the session before: a missing level costs two
returns, and nothing is filled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analysis._typing import BoolArray, FloatArray


def simple_returns(levels: pd.DataFrame) -> pd.DataFrame:
    """
    Turn levels into simple returns.

    Parameters
    ----------
    levels : pandas.DataFrame of shape (T, symbols)
        Positive levels, NaN where there is none.

    Returns
    -------
    pandas.DataFrame of shape (T, symbols)
        ``level_t / level_{t-1} - 1``; NaN where either is missing, and in the first row.
    """
    return levels / levels.shift(1) - 1


def drifted_weight(
    firm: pd.Series, index: pd.Series, weight: float, session: pd.Timestamp
) -> pd.Series:
    """
    Carry a weight known at one close to all others.

    The weight moves with the firm's level relative to the index's; share issues, buy-backs and
    index changes between the dates are not seen.

    Parameters
    ----------
    firm, index : pandas.Series of shape (T,)
        Levels.
    weight : float
        The firm's weight in the index at the close of `session`, decimal.
    session : pandas.Timestamp

    Returns
    -------
    pandas.Series of shape (T,)
        Weight at the close of each session, decimal.

    Raises
    ------
    DataError
        If a level is missing at `session`.
    """
    relative = firm / index
    if session not in relative.index or not relative.loc[session] > 0:
        raise DataError(
            f"the weight of {firm.name} in {index.name} is known at {session.date()}, where the "
            "data have no level of both; give a weight of a session within the data"
        )
    return relative * (weight / float(relative.loc[session]))


def anchored_weight(
    firm: pd.Series, index: pd.Series, anchors: Mapping[pd.Timestamp, float]
) -> pd.Series:
    """
    Carry the weights known at several closes to all others, each session from its nearest anchor.

    Parameters
    ----------
    firm, index : pandas.Series of shape (T,)
        Levels.
    anchors : mapping of pandas.Timestamp to float
        Weight at the close of a session, decimal; of two as near the earlier is taken.

    Returns
    -------
    pandas.Series of shape (T,)
        Weight at the close of each session, decimal; NaN where the firm has no level.

    Raises
    ------
    DataError
        As `drifted_weight`, for any of the anchors.
    """
    sessions = sorted(anchors)
    carried = [drifted_weight(firm, index, anchors[session], session) for session in sessions]
    if len(carried) == 1:
        return carried[0]
    days = firm.index.to_numpy()[:, None] - pd.DatetimeIndex(sessions).to_numpy()[None, :]
    nearest = np.abs(days).argmin(axis=1)
    weights = np.column_stack([weight.to_numpy(dtype=float) for weight in carried])
    return pd.Series(weights[np.arange(len(firm)), nearest], index=firm.index, name=firm.name)


def returns_without(
    firms: Sequence[pd.Series],
    index: pd.Series,
    anchors: Sequence[Mapping[pd.Timestamp, float]],
) -> pd.Series:
    """
    Take the weights of firms out of an index's returns.

    ``(R_index - sum of w R_firm) / (1 - sum of w)`` with w the weights at the close before; see
    `anchored_weight`.

    Parameters
    ----------
    firms : sequence of pandas.Series of shape (T,)
        Levels.
    index : pandas.Series of shape (T,)
        Level.
    anchors : sequence of mapping of pandas.Timestamp to float
        Of each firm its known weights.

    Returns
    -------
    pandas.Series of shape (T,)
        Simple returns of the index without the firms. A firm that is not listed yet takes no part;
        where one lacks a level later the return is NaN.

    Raises
    ------
    DataError
        As `drifted_weight`; also if the weights together reach 1.
    """
    weights, parts = taken_out(firms, index, anchors)
    if (weights.sum(axis=1) >= 1).any():
        names = ", ".join(str(firm.name) for firm in firms)
        raise DataError(f"the weight of {names} in {index.name} drifts to 1 or beyond")
    returns = (index / index.shift(1) - 1).to_numpy()
    return pd.Series(purged_by(returns, weights, parts), index=index.index)


def taken_out(
    firms: Sequence[pd.Series],
    index: pd.Series,
    anchors: Sequence[Mapping[pd.Timestamp, float]],
) -> tuple[FloatArray, FloatArray]:
    """
    Compute what firms weigh in an index before each session, and their parts of its return.

    Parameters
    ----------
    firms, index, anchors
        As `returns_without`.

    Returns
    -------
    weights, parts : ndarray of shape (T, n)
        Weights at the close before, decimal, and these times the firms' simple returns; 0 before a
        firm is listed, NaN where one lacks a level later.

    Raises
    ------
    DataError
        As `drifted_weight`.
    """
    weights, parts = np.zeros((2, len(index), len(firms)))
    for place, (firm, known) in enumerate(zip(firms, anchors, strict=True)):
        before = anchored_weight(firm, index, known).shift(1).to_numpy()
        part = before * (firm / firm.shift(1) - 1).to_numpy()
        listed = np.asarray(index.index > firm.first_valid_index())
        weights[:, place] = np.where(listed, before, 0.0)
        parts[:, place] = np.where(listed, part, 0.0)
    return weights, parts


def purged_by(returns: FloatArray, weights: FloatArray, parts: FloatArray) -> FloatArray:
    """
    Take what `taken_out` gives out of an index's returns.

    Parameters
    ----------
    returns : ndarray of shape (T,)
        Simple returns of the index.
    weights, parts : ndarray of shape (T, n)

    Returns
    -------
    ndarray of shape (T,)
        ``(returns - sum of parts) / (1 - sum of weights)``.

    Examples
    --------
    >>> weight, fall = np.array([[0.0677]]), -0.1697
    >>> purged_by(np.array([-0.0141]), weight, weight * fall).round(4)
    array([-0.0028])
    """
    total, gone = np.zeros(len(returns)), np.zeros(len(returns))
    for place in range(weights.shape[1]):  # one after the other: a sum of its own order and bits
        total, gone = total + weights[:, place], gone + parts[:, place]
    left: FloatArray = (returns - gone) / (1 - total)
    return left


def complete_rows(*arrays: FloatArray) -> BoolArray:
    """
    Mark the rows on which every array has all its values.

    Parameters
    ----------
    *arrays : ndarray of shape (T,) or (T, k)

    Returns
    -------
    ndarray of bool, shape (T,)
    """
    stacked = np.isfinite(np.column_stack(arrays))
    return np.asarray(stacked.all(axis=1), dtype=np.bool_)
