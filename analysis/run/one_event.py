"""An event study in one call, from a frame of levels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis.overrides import make_study
from analysis.run.study import run_study

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    import pandas as pd

    from analysis.prices.market_data import MarketData
    from analysis.results import StudyResult


def event_study(
    levels: pd.DataFrame | MarketData,
    *,
    firm: str | Sequence[str],
    market: str,
    when: dt.date | dt.datetime | str,
    **choices: Any,  # noqa: ANN401 - fields of Study, each of its own type
) -> StudyResult:
    """
    Measure the abnormal return of one or more firms around one event.

    Parameters
    ----------
    levels : pandas.DataFrame of shape (sessions, symbols) or MarketData
        Total-return levels (adjusted closes), any base; the index holds the sessions.
    firm : str or sequence of str
        Columns of the levels; the first is the event firm.
    market : str
        Column of the levels that stands for the market.
    when : datetime.date, timezone-aware datetime.datetime or str
        When the news was public; a date where the hour is not known.
    **choices
        Other fields of `analysis.study.Study`, as in ``windows="-1..1"`` or ``models="mean"``.

    Returns
    -------
    StudyResult
        ``result.headline_window`` holds the firm's CAR (simple, decimal) with its test.

    Raises
    ------
    StudyError, WindowError, DataError
        If the study cannot be, or cannot run on these levels.

    Examples
    --------
    >>> import analysis
    >>> levels = analysis.load_snapshot().levels
    >>> result = analysis.event_study(levels, firm="NVDA", market="SPY", when="2025-01-27")
    >>> round(result.headline_window.car, 3)
    -0.134
    """
    firms = [name.strip() for name in firm.split(",")] if isinstance(firm, str) else list(firm)
    study = make_study(
        {
            "id": "event-study",
            "event_firm": firms[0] if firms else "",
            "symbols": firms,
            "benchmarks": [{"id": market}],
            "events": [{"id": "event", "title": f"Event of {when}", "when": when}],
            **choices,
        }
    )
    return run_study(study, levels)
