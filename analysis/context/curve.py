"""
The headline under every reasonable choice: one specification curve an estimand.

Answers to different questions are not put on one curve. The total abnormal return of the headline's
window, the return relative to a sector or to factors, and the total with the session after have
curves of their own, and benchmarks that hold the firm itself stand apart, since part of the firm's
move is taken for the market's there.

References
----------
Simonsohn, Simmons and Nelson (2020), Nature Human Behaviour 4; Steegen, Tuerlinckx, Gelman and
Vanpaemel (2016), Perspectives on Psychological Science 11.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from analysis.context.curve_effects import main_effects, middle_of
from analysis.impact import INTERVAL, money_columns

if TYPE_CHECKING:
    from analysis._typing import FloatArray
    from analysis.context.curve_joint import JointTest
    from analysis.impact import Impact
    from analysis.prices.manifest import InputFile
    from analysis.windows import Window

Returns = Literal["simple", "log"]
Estimand = Literal["total", "relative", "wider"]

ESTIMANDS: dict[Estimand, str] = {
    "total": "total abnormal return of the headline's window",
    "relative": "abnormal return of that window relative to a sector or to factors",
    "wider": "total abnormal return of that window and the session after it",
}
"""What is estimated, in words."""

CHOICES = ("model", "benchmark", "length", "gap", "returns")
"""The choices that make a specification of one estimand, as columns of the curve."""


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """
    The headline firm's answer under one full choice.

    Attributes
    ----------
    estimand : {"total", "relative", "wider"}
        See `ESTIMANDS`.
    holds_firm : bool
        Whether the benchmark is known to hold the firm itself.
    family : str
        The index that the benchmark is made of, ``none``, or ``donors``.
    model, benchmark : str
    length, gap : int
        Sessions of the estimation window, and between it and the event session.
    window : Window
    returns : {"simple", "log"}
    abnormal : float
        Sum of the abnormal returns of the window, simple, decimal; of a fit on logarithms the
        realised less the expected return, see `analysis.abnormal.AbnormalPath.simple`.
    low, high : float or None
        Its interval.
    p : float or None
        Two-sided Student t, in the returns that are fitted; of a control portfolio without a
        standard error the conformal rank, where its fit allows one.
    impact : Impact or None
        None where no market value is known.
    headline : bool
        Whether this is the study's own choice.
    """

    estimand: Estimand
    holds_firm: bool
    family: str
    model: str
    benchmark: str
    length: int
    gap: int
    window: Window
    returns: Returns
    abnormal: float
    low: float | None
    high: float | None
    p: float | None
    impact: Impact | None
    headline: bool

    @property
    def answer(self) -> float:
        """What the curve is sorted by: money, or the abnormal return where there is none."""
        return self.abnormal if self.impact is None else self.impact.abnormal

    def choice(self, name: str) -> str:
        """Write one of the `CHOICES`."""
        return str(getattr(self, name))


@dataclass(frozen=True, eq=False)
class SpecificationCurve:
    """
    Every answer to one question, sorted from the lowest to the highest.

    Attributes
    ----------
    estimand : {"total", "relative", "wider"}
    holds_firm : bool
        Whether the benchmarks hold the firm itself.
    points : tuple of CurvePoint
        Sorted by `CurvePoint.answer`.
    level : float
    joint : JointTest
        The whole curve among the curves of placebo dates.
    """

    estimand: Estimand
    holds_firm: bool
    points: tuple[CurvePoint, ...]
    level: float
    joint: JointTest

    @cached_property
    def weights(self) -> FloatArray:
        """Weight of each point, shape (n,): families of benchmarks alike, sum 1."""
        return equal_by_family([point.family for point in self.points])

    @property
    def families(self) -> int:
        """How many families of benchmarks there are."""
        return len({point.family for point in self.points})

    @property
    def middle(self) -> CurvePoint:
        """The weighted median: the first point at which half of the weight is reached."""
        return self.points[self.middle_place]

    @cached_property
    def middle_place(self) -> int:
        """Its place among the points, from 0."""
        return int(middle_of(np.arange(len(self.points))[None, :].astype(float), self.weights)[0])

    @property
    def range(self) -> tuple[CurvePoint, CurvePoint]:
        """The lowest and the highest answer."""
        return self.points[0], self.points[-1]

    @property
    def share_significant(self) -> float:
        """Weight of the specifications that reject at 1 - `level`, of those that have a p."""
        tested = np.array([point.p is not None for point in self.points])
        rejected = np.array([p.p is not None and p.p < 1 - self.level for p in self.points])
        if not tested.any():
            return 0.0
        return float(self.weights @ rejected / (self.weights @ tested))

    @property
    def headline_rank(self) -> int | None:
        """Place of the study's own choice, from 1; None where it is not among the points."""
        return next(
            (rank for rank, point in enumerate(self.points, start=1) if point.headline), None
        )

    @cached_property
    def effects(self) -> dict[str, float]:
        """
        Share of the answers' weighted variance by choice, the largest first; they sum to 1.

        Shapley values of the additive fit on the choices, and last ``together``, what is left to
        choices acting together. Empty where all answers are the same. See
        `analysis.context.curve_effects.main_effects`.
        """
        labels = {name: [point.choice(name) for point in self.points] for name in CHOICES}
        return main_effects(np.array([p.answer for p in self.points]), self.weights, labels)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """One tidy row a specification; returns in decimals, money as changes."""
        return [
            {
                "rank": rank,
                "estimand": self.estimand,
                "holds_firm": self.holds_firm,
                "family": point.family,
                "weight": float(weight),
                **{name: getattr(point, name) for name in ("model", "benchmark", "length", "gap")},
                "window": str(point.window),
                "returns": point.returns,
                "abnormal_return": point.abnormal,
                "low": point.low,
                "high": point.high,
                "p": point.p,
                **money_columns(point.impact, INTERVAL),
                "headline": point.headline,
            }
            for rank, (point, weight) in enumerate(
                zip(self.points, self.weights, strict=True), start=1
            )
        ]

    @property
    def summary(self) -> dict[str, Any]:
        """The curve in one tidy row."""
        low, high = self.range
        joint = self.joint
        return {
            "estimand": self.estimand,
            "holds_firm": self.holds_firm,
            "window": str(low.window),
            "specifications": len(self.points),
            "families": self.families,
            "lowest": low.abnormal,
            "median": self.middle.abnormal,
            "highest": high.abnormal,
            "currency": None if low.impact is None else low.impact.currency,
            "impact_lowest": None if low.impact is None else low.answer,
            "impact_median": None if low.impact is None else self.middle.answer,
            "impact_highest": None if low.impact is None else high.answer,
            "share_significant": self.share_significant,
            "headline_rank": self.headline_rank,
            "drawn": joint.drawn,
            "dates": joint.median.draws,
            "p_median": joint.median.p,
            "p_t": joint.t.p,
            "p_share": joint.share.p,
            **{f"part_{name}": self.effects.get(name) for name in (*CHOICES, "together")},
        }


@dataclass(frozen=True, eq=False)
class Multiverse:
    """
    The specification curves of a headline, one an estimand.

    Attributes
    ----------
    symbol, event : str
    curves : tuple of SpecificationCurve
        The headline's own estimand first, on benchmarks without the firm; those whose benchmarks
        hold it after the others. None is empty.
    left_out : tuple of str
        Choices that the data do not allow, and why.
    inputs : tuple of InputFile
        Files read beyond the study's own.
    """

    symbol: str
    event: str
    curves: tuple[SpecificationCurve, ...]
    left_out: tuple[str, ...]
    inputs: tuple[InputFile, ...] = ()

    @property
    def leading(self) -> SpecificationCurve | None:
        """The curve of the headline's own estimand; None where the data allow no specification."""
        return self.curves[0] if self.curves else None

    @cached_property
    def tidy(self) -> pd.DataFrame:
        """One row a specification, curve after curve."""
        return pd.DataFrame([row for curve in self.curves for row in curve.rows])

    @property
    def summary(self) -> pd.DataFrame:
        """One row a curve."""
        return pd.DataFrame([curve.summary for curve in self.curves])


def equal_by_family(families: list[str]) -> FloatArray:
    """
    Weigh specifications so that every family of benchmarks counts alike.

    Examples
    --------
    >>> equal_by_family(["SPY", "SPY", "RSP"]).tolist()
    [0.25, 0.25, 0.5]
    """
    sizes = Counter(families)
    return np.array([1 / (len(sizes) * sizes[family]) for family in families])
