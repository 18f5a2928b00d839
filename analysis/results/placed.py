"""Events and windows in their place in the calendar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from analysis.prices.reference import ChronologyEntry
    from analysis.study import Event
    from analysis.windows import Window

SHORT_CLOSURE = 2
"""Weekdays from one session to the next that need no word: a holiday between them."""


@dataclass(frozen=True, slots=True)
class PlacedWindow:
    """
    An event window with its place in the calendar.

    Attributes
    ----------
    window : Window
    eve, first, last : pandas.Timestamp
        The session before the window, its first and its last.
    confounders : tuple of ChronologyEntry
        What else could have moved the firms within it.
    closure : tuple of (pandas.Timestamp, int) or None
        The session of it that came most weekdays after the one before, and how many; None where no
        more than `SHORT_CLOSURE`.
    """

    window: Window
    eve: pd.Timestamp
    first: pd.Timestamp
    last: pd.Timestamp
    confounders: tuple[ChronologyEntry, ...]
    closure: tuple[pd.Timestamp, int] | None = None

    @property
    def flags(self) -> tuple[str, ...]:
        """The confounders as ``confounded:SESSION:ID``, a closure as ``closure:N-weekdays``."""
        closed = () if self.closure is None else (f"closure:{self.closure[1]}-weekdays",)
        return (
            *(f"confounded:{entry.session.date()}:{entry.id}" for entry in self.confounders),
            *closed,
        )


@dataclass(frozen=True, slots=True)
class PlacedEvent:
    """
    An event with its place in the data.

    Attributes
    ----------
    event : Event
    session : pandas.Timestamp
        The first session that could react: event time 0.
    position : int
        Its row in the levels.
    windows : tuple of PlacedWindow
    """

    event: Event
    session: pd.Timestamp
    position: int
    windows: tuple[PlacedWindow, ...]
