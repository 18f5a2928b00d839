"""Market values of firms on the eve of a window, and why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from analysis.prices.reference import Reference


@dataclass(frozen=True, slots=True)
class Valuation:
    """
    A firm's market value at one close.

    Attributes
    ----------
    usd : float or None
        Shares times close; None where a figure is missing.
    flag : str
        What a reader must know of it; empty for nothing.
    """

    usd: float | None
    flag: str = ""


def value_at(
    symbol: str, session: pd.Timestamp, levels: pd.DataFrame, reference: Reference
) -> Valuation:
    """
    Value a firm at a close.

    The share count times the printed close of the anchor session; another session's value follows
    by the ratio of the total-return levels, which leaves out dividends paid between the two.

    Parameters
    ----------
    symbol : str
    session : pandas.Timestamp
    levels : pandas.DataFrame
        Total-return levels.
    reference : Reference

    Returns
    -------
    Valuation
    """
    count, close = reference.shares.get(symbol), reference.closes.get(symbol)
    if count is None:
        return Valuation(None, "no-share-count")
    if close is None:
        return Valuation(None, "no-printed-close")
    anchored = count.shares * close.close
    if session == close.session:
        return Valuation(anchored)
    series = levels[symbol]
    if close.session not in series.index or not series.loc[close.session] > 0:
        return Valuation(None, f"printed-close-outside-data:{close.session.date()}")
    ratio = float(series.loc[session]) / float(series.loc[close.session])
    return Valuation(anchored * ratio, f"value-carried-from:{close.session.date()}")
