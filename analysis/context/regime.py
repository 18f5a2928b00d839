"""How nervous the market was: the VIX on the eve of each event, and its place in its own year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from analysis.context.absent import Absent
from analysis.prices.tables import held_tables

if TYPE_CHECKING:
    from analysis.prices.manifest import InputFile
    from analysis.prices.market_data import MarketData
    from analysis.results import PlacedEvent

YEAR = 252
"""Sessions of the year that a level is placed in; the eve is the last of them."""

FEWEST = 120
"""Sessions below which there is no place."""


@dataclass(frozen=True, slots=True)
class EventRegime:
    """
    The volatility index around one event.

    Attributes
    ----------
    event : str
    eve, session : pandas.Timestamp
    before, on : float
        Closes of the eve and of the event session, index points (percent a year).
    place : float
        Share of the `YEAR` sessions up to the eve with a level as low or lower, decimal.
    sessions : int
        How many there were.
    """

    event: str
    eve: pd.Timestamp
    session: pd.Timestamp
    before: float
    on: float
    place: float
    sessions: int


@dataclass(frozen=True, slots=True)
class Regimes:
    """
    The volatility regime of every event that the data cover.

    Attributes
    ----------
    rows : tuple of EventRegime
    inputs : tuple of InputFile
    """

    rows: tuple[EventRegime, ...]
    inputs: tuple[InputFile, ...]

    @property
    def tidy(self) -> pd.DataFrame:
        """One row an event."""
        return pd.DataFrame(
            [
                {
                    "event": row.event,
                    "session": str(row.session.date()),
                    "vix_eve": row.before,
                    "vix_session": row.on,
                    "place_in_year": row.place,
                    "sessions": row.sessions,
                }
                for row in self.rows
            ]
        )


def regimes(events: tuple[PlacedEvent, ...], data: MarketData) -> Regimes | Absent:
    """
    Place the VIX of each event's eve in the year before it.

    Returns
    -------
    Regimes or Absent
        Absent where the data hold no volatility index around any event.
    """
    found = _vix(data)
    if isinstance(found, Absent):
        return found
    vix, identity = found
    rows = []
    for placed in events:
        at = int(vix.index.searchsorted(placed.session))
        if at >= len(vix) or vix.index[at] != placed.session or at < FEWEST:
            continue
        year = vix.iloc[max(0, at - YEAR) : at]
        before = float(year.iloc[-1])
        rows.append(
            EventRegime(
                placed.event.id,
                vix.index[at - 1],
                placed.session,
                before,
                float(vix.iloc[at]),
                float((year <= before).mean()),
                len(year),
            )
        )
    if not rows:
        return Absent("the volatility index of the data does not cover the events")
    return Regimes(tuple(rows), (identity,))


def _vix(data: MarketData) -> tuple[pd.Series, InputFile] | Absent:
    held = held_tables(data.folder, "volatility-indices")
    if held is None:
        return Absent("the data hold no volatility index")
    ((frame, identity),) = held
    return frame.set_index("session")["vix_close"], identity
