"""
Levels to returns, and a benchmark purged of a firm. Returns are simple and in decimals.

A return needs the level of its session and of the session before: a missing level costs two
returns, and nothing is filled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

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


def purged_returns(
    firm: pd.Series, index: pd.Series, weight: float, session: pd.Timestamp
) -> pd.Series:
    """
    Take a firm's own weight out of an index's returns.

    ``(R_index - w R_firm) / (1 - w)`` with w the weight at the close before; see `drifted_weight`.

    Parameters
    ----------
    firm, index : pandas.Series of shape (T,)
        Levels.
    weight : float
        The firm's weight in the index at the close of `session`, decimal; 0 changes nothing.
    session : pandas.Timestamp

    Returns
    -------
    pandas.Series of shape (T,)
        Simple returns of the index without the firm; the index's own return where the firm had no
        level yet.

    Raises
    ------
    DataError
        As `drifted_weight`; also if the drifted weight reaches 1.
    """
    before = drifted_weight(firm, index, weight, session).shift(1)
    if (before >= 1).any():
        raise DataError(f"the weight of {firm.name} in {index.name} drifts to 1 or beyond")
    index_return = index / index.shift(1) - 1
    firm_return = firm / firm.shift(1) - 1
    purged = (index_return - before * firm_return) / (1 - before)
    listed = firm.first_valid_index()
    return purged.where(purged.index > listed, index_return)


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
