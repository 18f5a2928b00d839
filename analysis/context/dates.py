"""On which sessions firms reacted, with the number of firms and sessions asked about counted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.context.absent import Absent
from analysis.inference.announcement import Reaction, reactions
from analysis.inference.placebo import placebo_scars, pseudo_dates
from analysis.inference.student import critical_value
from analysis.run.fit import fit_firm
from analysis.windows import Window

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analysis._typing import FloatArray, IntArray
    from analysis.run.case import Case

MOST_DATES = 246
"""Placebo sessions, the nearest: firms need returns on all, and younger ones would be left out."""

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
    groups : tuple of Reaction
        Of the headline's firm and of each group as an equally weighted portfolio, together.
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
    groups: tuple[Reaction, ...]
    own: tuple[Reaction, ...]

    @property
    def event_day(self) -> int:
        """Row of the event session among those asked about."""
        return -self.first

    @property
    def tidy(self) -> pd.DataFrame:
        """One row a session, of the headline's firm alone."""
        return pd.DataFrame(
            [
                {
                    "session": str(self.sessions[item.day].date()),
                    "event_time": self.first + item.day,
                    "abnormal_return": item.ar,
                    "t": item.statistic,
                    "p_romano_wolf": item.p_all,
                    "p_holm": item.p_holm,
                }
                for item in self.own
            ]
        )

    @property
    def tidy_firms(self) -> pd.DataFrame:
        """One row a firm and session, all tested together."""
        return pd.DataFrame([self._row(item, "symbol") for item in self.reactions])

    @property
    def tidy_groups(self) -> pd.DataFrame:
        """One row a group and session, all tested together."""
        return pd.DataFrame([self._row(item, "series") for item in self.groups])

    def _row(self, item: Reaction, what: str) -> dict[str, Any]:
        return {
            "session": str(self.sessions[item.day].date()),
            what: item.series,
            "abnormal_return": item.ar,
            "t": item.statistic,
            "p_session": item.p_day,
            "p_all": item.p_all,
            "p_holm": item.p_holm,
        }


def reaction_dates(case: Case) -> ReactionDates | Absent:
    """
    Test all firms on the sessions around the event, predicted from before the first of them.

    The model is fitted once, on the estimation window before the first session asked about, and
    predicts them all; the placebo sessions before are predicted out of sample in the same way.

    Returns
    -------
    ReactionDates or Absent
        Absent where the history is too short or the model is not fitted by least squares.
    """
    study = case.study
    if not case.specification.model.estimator.capabilities.linear:
        return Absent(f"model '{study.headline.model}' is not fitted by least squares")
    asked = study.reaction_window
    if asked.start > case.sessions_after:
        return Absent(f"the data end before the sessions {asked} that the study asks about")
    days = Window(asked.start, min(asked.end, case.sessions_after))
    start = case.placed.position + days.start
    dates = pseudo_dates(start, study.estimation, Window(0, 0), most=MOST_DATES)
    if len(dates) <= 2 * len(days):
        return Absent(
            f"needs more than {2 * len(days)} placebo sessions before the first of the {len(days)} "
            f"sessions asked about; the data have {len(dates)}"
        )
    rows = slice(dates[0] + study.estimation.start, start + len(days))
    designs = {symbol: case.design(symbol) for symbol in case.symbols}
    x = designs[case.symbol].x
    returns = {
        symbol: design.y
        for symbol, design in designs.items()
        if design.complete[rows].all() and np.array_equal(design.x[rows], x[rows])
    }
    if case.symbol not in returns:
        lacking = int((~designs[case.symbol].complete[rows]).sum())
        return Absent(
            f"needs a return of {case.symbol} and its benchmark on each of the "
            f"{rows.stop - rows.start} sessions up to the last one asked about; {lacking} lack one"
        )
    firms = _judge(case, returns, dates, days)
    portfolios = {
        group.id: np.mean([returns[s] for s in group.symbols if s in returns], axis=0)
        for group in study.groups
        if any(symbol in returns for symbol in group.symbols)
    }
    own = {case.symbol: returns[case.symbol]}
    levels = case.plan.data.levels
    return ReactionDates(
        symbol=case.symbol,
        first=days.start,
        sessions=tuple(levels.index[start : start + len(days)]),
        series=tuple(returns),
        left_out=tuple(symbol for symbol in designs if symbol not in returns),
        n_placebo=firms.n_placebo,
        band=firms.band,
        reactions=firms.reactions,
        groups=_judge(case, {**own, **portfolios}, dates, days).reactions,
        own=_judge(case, own, dates, days).reactions,
    )


@dataclass(frozen=True, slots=True)
class _Judged:
    """Series tested together; the band is the headline firm's."""

    reactions: tuple[Reaction, ...]
    n_placebo: int
    band: float


def _judge(case: Case, returns: Mapping[str, FloatArray], dates: IntArray, days: Window) -> _Judged:
    """Predict every series from before the first session asked about, and test them together."""
    study, base = case.study, case.design(case.symbol)
    placebo = placebo_scars(
        np.column_stack(list(returns.values())),
        base.x,
        dates,
        estimation=study.estimation,
        window=Window(0, 0),
        min_estimation=study.min_estimation,
    )
    fits = [
        fit_firm(
            replace(base, y=series),
            case.specification.model.estimator,
            case.placed.position + days.start,
            estimation=study.estimation,
        )
        for series in returns.values()
    ]
    paths = [fit.daily(Window(0, len(days) - 1)) for fit in fits]
    abnormal = np.column_stack([path.abnormal for path in paths])
    errors = np.column_stack([path.se for path in paths if path.se is not None])
    df = np.array([fit.model.df for fit in fits], dtype=np.float64)
    own = list(returns).index(case.symbol)
    return _Judged(
        reactions=reactions(
            abnormal,
            abnormal / errors,
            placebo,
            tuple(returns),
            df,
            np.random.default_rng(SEED),
            draws=DRAWS,
        ),
        n_placebo=int(np.isfinite(placebo).all(axis=1).sum()),
        band=critical_value(study.level, df[own]) * float(np.median(errors[:, own])),
    )
