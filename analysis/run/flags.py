"""What a reader must know about a row of results, as short texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analysis.benchmarks import benchmark_of
from analysis.results.placed import SHORT_CLOSURE

if TYPE_CHECKING:
    import pandas as pd

    from analysis.prices.reference import IndexWeight
    from analysis.study import Study


LEAST_WEIGHT = 0.003
"""A firm of a smaller weight in an index does not move it: its fall of 10 % costs 3 bp."""


CONTROL_FIT = "control-fit:"
"""Begins the flag of a control that fits worse than the market model."""


def estimation_flag(used: int, study: Study) -> tuple[str, ...]:
    """Say when fewer estimation sessions were used than asked for: ``estimation:USED/ASKED``."""
    asked = len(study.estimation)
    return (f"estimation:{used}/{asked}",) if used < asked else ()


def longest_closure(sessions: pd.DatetimeIndex | pd.Index) -> tuple[pd.Timestamp, int] | None:
    """
    Find the session that came most weekdays after the one before it.

    Parameters
    ----------
    sessions : pandas.Index
        The eve of a window, then its sessions.

    Returns
    -------
    tuple of (pandas.Timestamp, int) or None
        None where it is no more than `SHORT_CLOSURE`.

    Examples
    --------
    >>> import pandas as pd
    >>> longest_closure(pd.DatetimeIndex(["2025-01-24", "2025-01-31", "2025-02-03"]))
    (Timestamp('2025-01-31 00:00:00'), 5)
    """
    days = sessions.to_numpy().astype("datetime64[D]")
    weekdays = np.busday_count(days[:-1], days[1:])
    longest = int(np.argmax(weekdays))
    count = int(weekdays[longest])
    return (sessions[longest + 1], count) if count > SHORT_CLOSURE else None


def benchmark_flag(
    symbol: str, benchmark: str, study: Study, weights: tuple[IndexWeight, ...]
) -> tuple[str, ...]:
    """
    Say ``benchmark-holds-firm`` when the benchmark is known to hold the very firm.

    From a weight of `LEAST_WEIGHT` on; part of the firm's move is then taken for the market's, and
    the abnormal return is too small.

    Parameters
    ----------
    symbol : str
    benchmark : str
        Id of the benchmark; that of a model without one gives no flag.
    study : Study
    weights : tuple of IndexWeight
        Known weights; the first word of an index's name is its symbol.
    """
    found = benchmark_of(study, benchmark, symbol)
    held = (
        found is not None
        and symbol not in found.firms
        and any(
            w.symbol == symbol and w.weight >= LEAST_WEIGHT and w.index.split()[0] == found.symbol
            for w in weights
        )
    )
    return ("benchmark-holds-firm",) if held else ()


def control_flag(own: float, market: float | None) -> tuple[str, ...]:
    """
    Say when a control misses the firm by more than the market model on the same sessions.

    Parameters
    ----------
    own, market : float
        Root mean squared residuals, decimal a session; None where there is no market to compare.

    Returns
    -------
    tuple of str
        ``control-fit:OWN/MARKET`` in percent; nothing where the control fits as well or better.

    Examples
    --------
    >>> control_flag(0.0302, 0.0297), control_flag(0.01, 0.02), control_flag(0.01, None)
    (('control-fit:3.02/2.97',), (), ())
    """
    worse = market is not None and own > market
    return (f"{CONTROL_FIT}{100 * own:.2f}/{100 * market:.2f}",) if worse and market else ()
