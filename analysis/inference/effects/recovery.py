"""How long until the level is back, and how long it took after other falls as deep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.errors import WindowError
from analysis.inference.outcome import Outcome

if TYPE_CHECKING:
    from analysis._typing import FloatArray

FEWEST_FALLS = 5
"""Fewer falls as deep give no distribution worth a rank."""


@dataclass(frozen=True, slots=True, eq=False)
class RecoveryTime:
    """
    The time to recovery.

    Attributes
    ----------
    sessions : int
        Sessions until the level was back; where censored, those observed so far.
    censored : bool
        Whether the figures end before the level is back.
    placebo : ndarray of shape (B,)
        The same after other falls that were followed until they were back, or longer than
        `sessions`; where censored, the sessions observed.
    outcome : Outcome
        Share of those falls that took at least as long.
    """

    sessions: int
    censored: bool
    placebo: FloatArray
    outcome: Outcome


def recovery_time(levels: FloatArray, event: int) -> tuple[int, bool]:
    """
    Count the sessions after a fall until the level is at or above that before it.

    Parameters
    ----------
    levels : ndarray of shape (T,)
        Total-return levels, or one plus the cumulative abnormal return; NaN is no recovery.
    event : int
        Row of the fall, at least 1.

    Returns
    -------
    tuple of int and bool
        Sessions (1 is the session after the event's), and whether they are censored by the end.

    Raises
    ------
    WindowError
        If the row has none before it, or lies outside.

    Examples
    --------
    >>> import numpy as np
    >>> recovery_time(np.array([100.0, 83.0, 90.0, 101.0]), 1)
    (2, False)
    >>> recovery_time(np.array([100.0, 83.0, 90.0]), 1)
    (1, True)
    """
    if not 1 <= event < len(levels):
        raise WindowError(f"row {event} has no session before it among the {len(levels)} given")
    back = np.flatnonzero(levels[event + 1 :] >= levels[event - 1])
    return (int(back[0]) + 1, False) if len(back) else (len(levels) - event - 1, True)


def recovery_test(levels: FloatArray, event: int, *, depth: float = 1.0) -> RecoveryTime:
    """
    Compare the time to recovery with that after other falls at least as deep.

    Parameters
    ----------
    levels : ndarray of shape (T,)
        As `recovery_time`, with years of history before the event.
    event : int
        Row of the fall.
    depth : float
        How deep other falls must be, as a share of the event's return.

    Returns
    -------
    RecoveryTime
        One-sided p ``(1 + #{T_b >= T_0}) / (B + 1)`` over falls before the event. A fall whose own
        recovery is censored before T_0 is left out. Statistic: T_0.

    Raises
    ------
    WindowError
        As `recovery_time`.
    """
    sessions, censored = recovery_time(levels, event)
    returns = levels[1:] / levels[:-1] - 1
    fall = float(returns[event - 1])
    if not fall < 0:
        missing = Outcome.missing("recovery", "the level did not fall on the event session")
        return RecoveryTime(sessions, censored, np.empty(0), missing)
    rows = np.flatnonzero(returns[: event - 1] <= depth * fall) + 1
    times = [recovery_time(levels, int(row)) for row in rows]
    placebo = np.array([time for time, open_end in times if not open_end or time >= sessions])
    if len(placebo) < FEWEST_FALLS:
        reason = f"only {len(placebo)} earlier falls are as deep ({FEWEST_FALLS} needed)"
        return RecoveryTime(sessions, censored, placebo, Outcome.missing("recovery", reason))
    longer = int(np.count_nonzero(placebo >= sessions))
    outcome = Outcome(
        "recovery",
        statistic=float(sessions),
        p=(1 + longer) / (len(placebo) + 1),
        draws=len(placebo),
        warning="not yet recovered; the time so far is a lower bound" if censored else "",
    )
    return RecoveryTime(sessions, censored, placebo, outcome)
