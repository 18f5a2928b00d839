"""What the benchmark itself felt of the news: the headline between bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from analysis.impact import INTERVAL, money_columns

if TYPE_CHECKING:
    import datetime as dt

    from analysis.impact import Impact
    from analysis.windows import Window

ABNORMAL_SHARE = 0.9
"""Share of the raw return for which the break-even of the benchmark is given."""


@dataclass(frozen=True, slots=True)
class Bound:
    """
    The headline with other firms, or another weight, taken out of its index.

    Attributes
    ----------
    kind : {"firms", "weight"}
        Whether it varies the firms that are taken out, or the weight of the study's own.
    without : tuple of str
        Firms taken out, in the order in which they were; empty for the index as it is.
    weight : float
        Their weight at the close before the window, decimal.
    stated : float or None
        Weight as it is stated for `anchor`, where `kind` is ``weight``.
    anchor : datetime.date or None
    index_return : float
        Sum over the window of the returns of what is left of the index, in the study's returns.
    beta : float
    expected, car : float
        Decimal, over the window.
    low, high : float or None
        Interval of `car`.
    impact : Impact or None
        In the currency of the firm's market value.
    own : bool
        Whether this is the study's own purged benchmark.
    """

    kind: Literal["firms", "weight"]
    without: tuple[str, ...]
    weight: float
    stated: float | None
    anchor: dt.date | None
    index_return: float
    beta: float
    expected: float
    car: float
    low: float | None
    high: float | None
    impact: Impact | None
    own: bool = False

    @property
    def answer(self) -> float:
        """Money, or the abnormal return where there is none."""
        return self.car if self.impact is None else self.impact.abnormal

    @property
    def row(self) -> dict[str, Any]:
        """As a tidy row; returns in decimals, money as changes."""
        return {
            "kind": self.kind,
            "firms": len(self.without),
            "added": self.without[-1] if self.without else "",
            "weight": self.weight,
            "stated_weight": self.stated,
            "stated_for": None if self.anchor is None else str(self.anchor),
            "index_return": self.index_return,
            "beta": self.beta,
            "expected_return": self.expected,
            "car": self.car,
            "car_low": self.low,
            "car_high": self.high,
            **money_columns(self.impact, INTERVAL),
            "own": self.own,
        }


@dataclass(frozen=True, slots=True)
class Bounds:
    """
    The headline by what is taken out of its index.

    What the news did to the rest of the index is not identified: purging one firm leaves the other
    treated ones in, and what other members gained may be an effect too.

    Attributes
    ----------
    benchmark : str
        Id of the study's purged benchmark: the headline's own, else the first of the study.
    index : str
        Its symbol.
    window : Window
    raw : float
        Return of the firm over the window, as the study measures returns.
    steps : tuple of Bound
        The index as it is, without the firms of the study's own benchmark, then without one more
        firm of the study at a time, those of the largest contribution first.
    weights : tuple of Bound
        The study's own benchmark under other weights of its firm.
    """

    benchmark: str
    index: str
    window: Window
    raw: float
    steps: tuple[Bound, ...]
    weights: tuple[Bound, ...]

    @property
    def own(self) -> Bound:
        """That of the study's own benchmark."""
        return next(bound for bound in self.steps if bound.own)

    @property
    def purged(self) -> tuple[Bound, ...]:
        """The steps from the study's own on."""
        return tuple(step for step in self.steps if len(step.without) >= len(self.own.without))

    @property
    def range(self) -> tuple[Bound, Bound]:
        """The lowest and the highest answer of `purged`."""
        ordered = sorted(self.purged, key=lambda bound: bound.answer)
        return ordered[0], ordered[-1]

    def break_even(self, share: float = ABNORMAL_SHARE) -> float | None:
        """
        Find what the benchmark would have had to return for a share of the move to be abnormal.

        Parameters
        ----------
        share : float
            Abnormal part of the raw return, decimal.

        Returns
        -------
        float or None
            Sum of its returns over the window, all else as it was; None where the firm does not
            move with it, or did not move.
        """
        own = self.own
        if not own.beta or not self.raw:
            return None
        return own.index_return + ((1 - share) * self.raw - own.expected) / own.beta

    @property
    def tidy(self) -> pd.DataFrame:
        """One row a step, then one a weight."""
        return pd.DataFrame([bound.row for bound in (*self.steps, *self.weights)])
