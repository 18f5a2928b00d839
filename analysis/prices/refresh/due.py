"""Which session a symbol should be stored to at an instant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.sessions import exchange_calendar

if TYPE_CHECKING:
    import datetime as dt

SETTLING = pd.Timedelta(minutes=30)
"""Time after a close until its bar counts as complete: closing auctions and late prints."""


def last_complete_session(calendar: str, now: dt.datetime) -> pd.Timestamp:
    """
    Find the last session of an exchange that is over, and settled, at an instant.

    Examples
    --------
    >>> import datetime as dt
    >>> noon = dt.datetime(2025, 1, 27, 17, 0, tzinfo=dt.timezone.utc)
    >>> last_complete_session("XNYS", noon).date()
    datetime.date(2025, 1, 24)
    """
    closes = exchange_calendar(calendar).closes
    position = int(
        closes.searchsorted(pd.Timestamp(now).tz_convert("UTC") - SETTLING, side="right")
    )
    return pd.Timestamp(closes.index[position - 1]).as_unit("us")
