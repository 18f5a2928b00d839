"""What a reader must know about a row of results, as short texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from analysis.prices.reference import ChronologyEntry
    from analysis.results import PlacedEvent
    from analysis.study import Study
    from analysis.windows import Window


def window_flags(
    placed: PlacedEvent,
    window: Window,
    sessions: pd.Index,
    chronology: tuple[ChronologyEntry, ...],
) -> tuple[str, ...]:
    """
    Name what else happened within a window: ``confounded:SESSION:ID``.

    Parameters
    ----------
    placed : PlacedEvent
    window : Window
    sessions : pandas.Index of Timestamp
        Of the data.
    chronology : tuple of ChronologyEntry
    """
    first = sessions[placed.position + window.start]
    last = sessions[placed.position + window.end]
    return tuple(
        f"confounded:{entry.session.date()}:{entry.id}"
        for entry in chronology
        if entry.confounds and first <= entry.session <= last
    )


def estimation_flag(used: int, study: Study) -> tuple[str, ...]:
    """Say when fewer estimation sessions were used than asked for: ``estimation:USED/ASKED``."""
    asked = len(study.estimation)
    return (f"estimation:{used}/{asked}",) if used < asked else ()


def benchmark_flag(symbol: str, benchmark: str, study: Study) -> tuple[str, ...]:
    """Say when the benchmark is known to hold the very firm: ``benchmark-holds-firm``."""
    purged = {b.symbol for b in study.benchmarks if b.purged_of == symbol}
    known = symbol == study.event_firm and benchmark in purged
    return ("benchmark-holds-firm",) if known else ()
