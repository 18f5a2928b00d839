"""The way back to the old level, beside the ways back after other falls as deep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.context.absent import Absent
from analysis.inference.effects.recovery import FEWEST_FALLS, RecoveryTime, recovery_test

if TYPE_CHECKING:
    from analysis._typing import FloatArray
    from analysis.run.case import Case

HORIZON = 250
"""Sessions followed."""

DEPTHS = (1.0, 0.75, 0.5)
"""How deep other falls must be, as shares of the event's; the first with enough of them counts."""


@dataclass(frozen=True, slots=True, eq=False)
class RecoveryPath:
    """
    Levels after the event and after earlier falls, each relative to its eve.

    Attributes
    ----------
    symbol : str
    path : ndarray of shape (L,)
        From the event session on; the eve is 1.
    placebo : ndarray of shape (B, L)
        After the earlier falls; NaN beyond the data.
    days : tuple of pandas.Timestamp
        Sessions of the earlier falls.
    depth : float
        How deep they were at least, as a share of the event's fall.
    recovery : RecoveryTime
    """

    symbol: str
    path: FloatArray
    placebo: FloatArray
    days: tuple[pd.Timestamp, ...]
    depth: float
    recovery: RecoveryTime

    @property
    def band(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Their 10, 50 and 90 % quantiles, shape (L,) each; NaN where a path has ended."""
        if not len(self.placebo):
            nothing = np.full(self.placebo.shape[1], np.nan)
            return nothing, nothing, nothing
        low, middle, high = np.quantile(self.placebo, (0.1, 0.5, 0.9), axis=0)
        return low, middle, high

    @property
    def tidy(self) -> pd.DataFrame:
        """One row a session after the event; the levels of the eves are 1."""
        low, middle, high = (part[: len(self.path)] for part in self.band)
        return pd.DataFrame(
            {
                "sessions_after": range(len(self.path)),
                "growth": self.path,
                "earlier_falls_10": low,
                "earlier_falls_50": middle,
                "earlier_falls_90": high,
            }
        )


def recovery_path(case: Case, history: pd.Series | None = None) -> RecoveryPath | Absent:
    """
    Follow the headline's firm after the event and after its earlier falls as deep.

    Parameters
    ----------
    case : Case
    history : pandas.Series, optional
        Longer total-return levels of the firm; spliced before the data's by their ratio.

    Returns
    -------
    RecoveryPath or Absent
        Absent where the firm did not fall on the event session or no session follows it.
    """
    levels = case.plan.data.levels[case.symbol].dropna()
    session = case.placed.session
    if history is not None:
        levels = _spliced(history, levels)
    event = int(levels.index.searchsorted(session))
    values = levels.to_numpy()
    if values[event] >= values[event - 1]:
        return Absent(f"{case.symbol} did not fall on session 0")
    if event == len(values) - 1:
        return Absent("the data end with session 0")
    for depth in DEPTHS:
        recovery = recovery_test(values, event, depth=depth)
        if len(recovery.placebo) >= FEWEST_FALLS:
            break
    returns = values[1:] / values[:-1] - 1
    rows = np.flatnonzero(returns[: event - 1] <= depth * returns[event - 1]) + 1
    return RecoveryPath(
        symbol=case.symbol,
        path=_after(values, event)[: len(values) - event],
        placebo=np.array([_after(values, int(row)) for row in rows]).reshape(
            len(rows), HORIZON + 1
        ),
        days=tuple(levels.index[rows]),
        depth=depth,
        recovery=recovery,
    )


def _after(values: FloatArray, row: int) -> FloatArray:
    path = values[row : row + HORIZON + 1] / values[row - 1]
    return np.concatenate([path, np.full(HORIZON + 1 - len(path), np.nan)])


def _spliced(history: pd.Series, levels: pd.Series) -> pd.Series:
    common = history.index.intersection(levels.index)
    if not len(common):
        return levels
    first = common[0]
    before = history[history.index < first] * (levels.loc[first] / history.loc[first])
    whole: pd.Series = pd.concat([before, levels])
    return whole
