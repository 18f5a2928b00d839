"""What a daily look is asked for, and what it found."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Literal

from analysis.windows import Window

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    import pandas as pd

Control = Literal["bh", "by"]
Against = Literal["market", "market and group"]
Kind = Literal["security", "group"]

ESTIMATION = Window(-260, -11)
"""Estimation window where none is asked for, as of a study."""


@dataclass(frozen=True, slots=True)
class WatchRequest:
    """
    Which session is looked at, against what, and how strictly.

    Attributes
    ----------
    session : datetime.date or None
        By default the last one on which the benchmark has a return.
    symbols : tuple of str
        Only these; by default every security of the data but the benchmark and the funds whose
        holdings are known.
    groups : mapping of str to tuple of str
        Members by name of the group.
    benchmark : str
    estimation : Window
        Sessions before each day that its expected return is fitted on.
    min_estimation : int or None
        Fewest returns in it; four fifths by default.
    share : float
        Largest expected share of false discoveries.
    control : {"bh", "by"}
        Benjamini and Hochberg, for tests that depend on each other positively or not at all;
        Benjamini and Yekutieli, for every dependence.
    level : float
        Of the intervals.
    """

    session: dt.date | None = None
    symbols: tuple[str, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    benchmark: str = "SPY"
    estimation: Window = ESTIMATION
    min_estimation: int | None = None
    share: float = 0.05
    control: Control = "bh"
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class Move:
    """
    A security or a group on the session, set against its own ordinary days.

    Returns are simple and decimal; money is in `currency`, on the market value of the eve.

    Attributes
    ----------
    kind : {"security", "group"}
    name, group : str
        Of a group both are its name; a security of none has an empty one.
    against : {"market", "market and group"}
        What the expected return is made of; the second also knows the mean of the group's other
        members.
    raw, abnormal : float
    forecast : float
        Standard deviation of the abnormal return, forecast the day before.
    scaled : float
        Abnormal return over its forecast.
    df : float
        Of the Student t that the scaled returns of the ordinary days follow.
    days : int
        Ordinary days.
    p : float
        Two-sided, by that law.
    p_rank : float
        Rank among the ordinary days; never less than 1 / (days + 1).
    p_adjusted : float
        `p`, adjusted for everything that was looked at in the same way.
    moved : bool
        Whether that is at most the share of false discoveries asked for.
    low, high : float
        Interval of the abnormal return.
    currency : str
        Empty without a market value.
    market_value, impact, impact_low, impact_high : float or None
        Abnormal; of a group the sum over its members with a market value, without an interval.
    note : str
        What a reader must know of the market value, or why there is none.
    """

    kind: Kind
    name: str
    group: str
    against: Against
    raw: float
    abnormal: float
    forecast: float
    scaled: float
    df: float
    days: int
    p: float
    p_rank: float
    p_adjusted: float
    moved: bool
    low: float
    high: float
    currency: str = ""
    market_value: float | None = None
    impact: float | None = None
    impact_low: float | None = None
    impact_high: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Watch:
    """
    A day, looked at.

    Attributes
    ----------
    request : WatchRequest
    data_name : str
    session : pandas.Timestamp
    benchmark_return : float
        Simple, decimal.
    moves : tuple of Move
        Everything that was judged: securities against the market, groups, securities against
        market and group; the most unusual first.
    left_out : mapping of str to str
        Why a security or group was not judged.
    """

    request: WatchRequest
    data_name: str
    session: pd.Timestamp
    benchmark_return: float
    moves: tuple[Move, ...]
    left_out: Mapping[str, str]

    @property
    def found(self) -> tuple[Move, ...]:
        """What moved beyond its ordinary days."""
        return tuple(move for move in self.moves if move.moved)

    def judged(self, kind: str, against: str) -> int:
        """Count what was looked at in one way."""
        return sum(move.kind == kind and move.against == against for move in self.moves)

    def rows(self) -> list[dict[str, object]]:
        """Lay out every move as a row of plain values, the session first."""
        session = self.session.date().isoformat()
        names = [each.name for each in fields(Move)]
        return [
            {"session": session, **{name: getattr(move, name) for name in names}}
            for move in self.moves
        ]

    def document(self) -> dict[str, object]:
        """Lay out the whole look for JSON."""
        return {
            "session": self.session.date().isoformat(),
            "data": self.data_name,
            "benchmark": self.request.benchmark,
            "benchmark_return": self.benchmark_return,
            "share_of_false_discoveries": self.request.share,
            "control": self.request.control,
            "found": len(self.found),
            "moves": self.rows(),
            "left_out": dict(self.left_out),
        }
