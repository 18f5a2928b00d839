"""What is refreshed beside prices: factors and shares outstanding."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

from analysis.errors import SourceError, printable
from analysis.prices.refresh.plan import BEGINNING
from analysis.prices.sources.french import read_factors
from analysis.prices.sources.protocol import SourceUnavailable
from analysis.prices.store.records import SymbolOutcome

if TYPE_CHECKING:
    from analysis.prices.refresh.run import RefreshReport
    from analysis.prices.sources.http import Patience
    from analysis.prices.sources.yahoo import YahooSource
    from analysis.prices.store import PriceStore
    from analysis.prices.store.records import Outcome

FACTORS = "(factors)"
SHARES = "(shares)"
"""Names under which a report lists what is not a symbol."""


def refresh_factors(
    store: PriceStore, report: RefreshReport, now: dt.datetime, patience: Patience | None = None
) -> RefreshReport:
    """
    Read the factors and keep them; values that a new vintage changes move to the history.

    Returns
    -------
    RefreshReport
        `report` with what became of the factors.

    Raises
    ------
    StoreError
    """
    try:
        library = read_factors(now, patience)
    except SourceError as error:
        return _with(report, FACTORS, _failure(error), printable(str(error)))
    with store.writing(now) as writer:
        writer.put_factors(library.factors, library.vintage, now)
    last = library.factors.index[-1].date()
    return _with(report, FACTORS, "updated", f"to {last}, CRSP vintage {library.vintage}")


def refresh_shares(
    store: PriceStore, yahoo: YahooSource, report: RefreshReport, now: dt.datetime
) -> RefreshReport:
    """
    Read the shares outstanding of every symbol that is up to date; see `refresh_factors`.

    Counts are kept with their dates and as Yahoo's; they never replace a filed figure.
    """
    symbols = [o.symbol for o in report.outcomes if o not in report.failing]
    since = max(BEGINNING, (now - dt.timedelta(days=3650)).date())
    kept = 0
    for symbol in symbols:
        try:
            counts = yahoo.shares(symbol, since)
        except SourceError as error:
            report = _with(report, SHARES, _failure(error), printable(str(error)))
            if isinstance(error, SourceUnavailable):
                return report
            continue
        if len(counts):
            with store.writing(now) as writer:
                writer.put_shares(symbol, counts, f"{yahoo.name}, {yahoo.client}", now)
            kept += 1
    return _with(report, SHARES, "updated", f"{kept} firm(s)")


def _failure(error: SourceError) -> Outcome:
    return "unavailable" if isinstance(error, SourceUnavailable) else "refused"


def _with(report: RefreshReport, name: str, outcome: Outcome, message: str) -> RefreshReport:
    line = SymbolOutcome(name, outcome, message=message)
    return replace(report, outcomes=(*report.outcomes, line))
