"""The shape of daily bars and of actions, wherever they come from."""

from __future__ import annotations

import pandas as pd

BAR_COLUMNS = ("open", "high", "low", "close", "adj_close", "volume")
"""Columns of bars: USD (or the listing's currency) a share on today's split basis; ``adj_close``
also carries dividends; ``volume`` in shares on the same basis."""

ACTION_COLUMNS = ("session", "kind", "value")
"""Columns of actions: a dividend in currency a share on today's split basis, or a split's ratio of
new shares to old."""


def bars_frame(sessions: pd.DatetimeIndex, columns: dict[str, object]) -> pd.DataFrame:
    """
    Bring columns into the shape of bars.

    Parameters
    ----------
    sessions : pandas.DatetimeIndex
        Dates; a time zone or a time of day is dropped.
    columns : dict of str to sequence
        Any of `BAR_COLUMNS`; an absent one becomes NaN.
    """
    index = pd.DatetimeIndex(sessions).tz_localize(None).normalize().as_unit("us")
    values = {name: columns.get(name, float("nan")) for name in BAR_COLUMNS}
    return pd.DataFrame(values, index=index.rename("session")).astype(float)


def no_actions() -> pd.DataFrame:
    """Make an empty frame of actions."""
    return pd.DataFrame(
        {
            "session": pd.DatetimeIndex([], dtype="datetime64[us]"),
            "kind": pd.Series([], dtype="str"),
            "value": pd.Series([], dtype="float64"),
        }
    )
