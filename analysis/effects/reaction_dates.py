"""On which sessions firms reacted, with the number of firms and sessions asked about counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.inference.announcement import Reaction, reactions
from analysis.inference.placebo import placebo_scars, pseudo_dates
from analysis.inference.student import critical_value
from analysis.models.linear import LeastSquares
from analysis.windows import Window

if TYPE_CHECKING:
    import pandas as pd

    from analysis.effects.setting import Setting

AROUND = Window(-36, 9)
"""Sessions asked about; around 27 January 2025 they are 2 December to 7 February."""

DRAWS = 4999
"""Random sets of sessions."""

SEED = 20250127
"""Of the random sets of sessions; fixed, so that the same input gives the same result."""


@dataclass(frozen=True, slots=True, eq=False)
class ReactionDates:
    """
    Every firm on every session around the event.

    Attributes
    ----------
    symbol : str
        The headline's firm.
    first : int
        Event time of the first session asked about.
    sessions : tuple of pandas.Timestamp
    series : tuple of str
        The firms tested together.
    left_out : tuple of str
        Firms without the history that the joint test needs.
    n_placebo : int
        Earlier sessions that stand for chance.
    band : float
        Half-width of the headline firm's single-session interval, decimal.
    reactions : tuple of Reaction
        Of all firms together.
    own : tuple of Reaction
        Of the headline's firm alone, session by session: what its own dates are judged by.
    """

    symbol: str
    first: int
    sessions: tuple[pd.Timestamp, ...]
    series: tuple[str, ...]
    left_out: tuple[str, ...]
    n_placebo: int
    band: float
    reactions: tuple[Reaction, ...]
    own: tuple[Reaction, ...]

    @property
    def event_day(self) -> int:
        """Row of the event session among those asked about."""
        return -self.first

    def joint_p(self) -> dict[str, float]:
        """Romano-Wolf p of each firm on the event session, over all firms tested together."""
        return {r.series: r.p_day for r in self.reactions if r.day == self.event_day}


def reaction_dates(setting: Setting) -> ReactionDates | None:
    """
    Test all firms on the sessions around the event, predicted from before the first of them.

    The model is fitted once, on the estimation window before the first session asked about, and
    predicts them all; the placebo sessions before are predicted out of sample in the same way.

    Returns
    -------
    ReactionDates or None
        None where the history is too short or the model is not fitted by least squares.
    """
    study = setting.study
    if not isinstance(setting.specification.model.estimator, LeastSquares):
        return None
    days = Window(AROUND.start, min(AROUND.end, setting.sessions_after))
    start = setting.placed.position + days.start
    dates = pseudo_dates(start, study.estimation, Window(0, 0))
    if len(dates) <= 2 * len(days):
        return None
    rows = slice(dates[0] + study.estimation.start, start + len(days))
    series: list[str] = []
    left_out: list[str] = []
    designs = {symbol: setting.design(symbol) for symbol in study.symbols}
    x = designs[setting.symbol].x
    for symbol, design in designs.items():
        whole = design.complete[rows].all() and np.array_equal(design.x[rows], x[rows])
        (series if whole else left_out).append(symbol)
    if setting.symbol not in series:
        return None
    y = np.column_stack([designs[symbol].y for symbol in series])
    placebo = placebo_scars(
        y,
        x,
        dates,
        estimation=study.estimation,
        window=Window(0, 0),
        fewest=study.min_estimation,
    )
    span = Window(0, len(days) - 1)
    fits = [setting.fit(symbol, span, shift=days.start) for symbol in series]
    abnormal = np.column_stack([fit.path.abnormal for fit in fits])
    errors = np.column_stack([fit.path.se for fit in fits if fit.path.se is not None])
    own = series.index(setting.symbol)
    df = np.array([fit.model.df for fit in fits], dtype=np.float64)

    def judged(columns: slice) -> tuple[Reaction, ...]:
        return reactions(
            abnormal[:, columns],
            (abnormal / errors)[:, columns],
            placebo[:, columns],
            tuple(series[columns]),
            df[columns],
            np.random.default_rng(SEED),
            draws=DRAWS,
        )

    levels = setting.plan.data.levels
    return ReactionDates(
        symbol=setting.symbol,
        first=days.start,
        sessions=tuple(levels.index[start : start + len(days)]),
        series=tuple(series),
        left_out=tuple(left_out),
        n_placebo=int(np.isfinite(placebo).all(axis=1).sum()),
        band=critical_value(study.level, df[own]) * float(np.median(errors[:, own])),
        reactions=judged(slice(None)),
        own=judged(slice(own, own + 1)),
    )
