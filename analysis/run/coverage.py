"""
What of a firm can be measured around an event: a missing return costs what it must and no more.

A window with a gap is not measured, and the others are. A firm that stopped trading within a window
is measured up to its last return. A firm with too few returns before an event is left out of that
event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.errors import DataError, WindowError
from analysis.results import Unmeasured
from analysis.run.fit import rows_of
from analysis.run.records import Coverage
from analysis.windows import Window

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from analysis._typing import FloatArray
    from analysis.results import PlacedEvent
    from analysis.run.records import Pair
    from analysis.study import Study


def cover(
    study: Study,
    columns: Mapping[str, FloatArray],
    sessions: pd.Index,
    events: Sequence[PlacedEvent],
    pairs: Sequence[Pair],
    quoted: Mapping[str, FloatArray] | None = None,
) -> dict[tuple[str, str], Coverage]:
    """
    Find what can be measured of every pair of a firm and an event.

    Parameters
    ----------
    study : Study
    columns : mapping of str to ndarray of shape (T,)
        Simple returns; NaN where there is none.
    sessions : pandas.Index of shape (T,)
    events : sequence of PlacedEvent
    pairs : sequence of Pair
    quoted : mapping of str to ndarray of shape (T,), optional
        Returns as they are quoted, where `columns` are in a common currency.

    Returns
    -------
    dict of (str, str) to Coverage
        By symbol and event.

    Raises
    ------
    DataError, WindowError
        If the cell that the study leads with cannot be measured.
    """
    placed = {event.event.id: event for event in events}
    found = {
        (pair.symbol, pair.event): _cover(
            study,
            columns[pair.symbol],
            sessions,
            placed,
            pair,
            (quoted or columns)[pair.symbol],
        )
        for pair in pairs
    }
    head = study.headline
    lead = found.get((head.symbol, head.event))
    if lead is not None and head.window not in lead.windows:
        _refuse(study, placed[head.event], lead)
    return found


def _cover(
    study: Study,
    returns: FloatArray,
    sessions: pd.Index,
    placed: Mapping[str, PlacedEvent],
    pair: Pair,
    quoted: FloatArray,
) -> Coverage:
    position = placed[pair.event].position
    count = int(np.isfinite(returns[rows_of(position, study.estimation)]).sum())
    if count < study.min_estimation:
        local = int(np.isfinite(quoted[rows_of(position, study.estimation)]).sum())
        rated = " with an exchange rate" if local > count else ""
        reason = (
            f"{count} returns{rated} in the estimation window {study.estimation}; "
            f"{study.min_estimation} are needed"
        )
        return Coverage({}, (Unmeasured(pair.event, pair.symbol, None, reason),))
    known = np.flatnonzero(np.isfinite(returns))
    last = int(known[-1]) - position
    windows: dict[Window, Window] = {}
    missing: list[Unmeasured] = []
    for window in study.windows:
        traded = Window(window.start, max(window.start, min(window.end, last)))
        gaps = np.flatnonzero(~np.isfinite(returns[rows_of(position, traded)]))
        if last < window.start:
            reason = f"last traded on {sessions[position + last].date()}, before the window"
        elif gaps.size:
            day = sessions[position + window.start + int(gaps[0])].date()
            lacking = rows_of(position, traded).start + int(gaps[0])
            what = "exchange rate" if np.isfinite(quoted[lacking]) else "return"
            reason = f"no {what} on {day}, within the window"
        else:
            windows[window] = traded
            continue
        missing.append(Unmeasured(pair.event, pair.symbol, window, reason))
    end = max(window.end for window in study.windows)
    return Coverage(windows, tuple(missing), sessions[position + last] if last < end else None)


def _refuse(study: Study, placed: PlacedEvent, lead: Coverage) -> None:
    """Raise what stands in the way of the headline, with the mend."""
    head = study.headline
    lacking = next(m for m in lead.missing if m.window in {None, head.window})
    event = f"event '{head.event}' ({placed.session.date()})"
    if lacking.window is None:
        found, _, needed = lacking.reason.partition(";")
        raise WindowError(
            f"{head.symbol} has {found} of {event};{needed}: shorten the window, lower "
            "min_estimation, or leave the firm out with --symbols"
        )
    raise DataError(
        f"{head.symbol} has {lacking.reason} {head.window} of {event}; a return needs the levels, "
        "and in another currency the rates, of that session and of the one before: add them, or "
        "leave the firm out with --symbols"
        if lacking.reason.startswith("no ")
        else f"{head.symbol} {lacking.reason} {head.window} of {event}; choose another window, or "
        "leave the firm out with --symbols"
    )
