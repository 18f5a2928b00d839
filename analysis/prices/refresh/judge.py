"""
What a fresh reading of a symbol may do to what is stored: a judgement without side effects.

Never worse than before: what fails a check stays out, what is replaced is only replaced by a
series that passes every check as a whole, and readings that differ by rounding change nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.prices.bars import BAR_COLUMNS, no_actions
from analysis.prices.refresh.due import last_complete_session
from analysis.prices.refresh.overlap import Stored, overlap_findings, unknown_actions
from analysis.prices.refresh.quality import Series, check_series
from analysis.prices.refresh.restatement import CONSTANT, Overlap, compare
from analysis.prices.refresh.rows import check_currency, check_rows
from analysis.prices.store.records import Change, Finding, SymbolOutcome
from analysis.sessions import exchange_calendar

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable
    from typing import TypeAlias

    from analysis.prices.sources.protocol import Fetched
    from analysis.prices.store.records import Outcome

    _Marked: TypeAlias = tuple[tuple[Finding, bool], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """What becomes of a symbol by a reading, and what that does to its figures."""

    result: SymbolOutcome
    change: Change


def judge(
    stored: Stored,
    fetched: Fetched,
    *,
    calendar: str,
    now: dt.datetime,
    full: bool,
    accept: bool = False,
    snapshot: pd.Series | None = None,
) -> Judgement | None:
    """
    Compare a reading with what is stored and say what to do.

    Parameters
    ----------
    stored : Stored
    fetched : Fetched
    calendar : str
        Market code of the exchange.
    now : timezone-aware datetime.datetime
    full : bool
        Whether the reading covers all that is stored.
    accept : bool
        Store it although checks fail (someone has looked).
    snapshot : pandas.Series, optional
        Bundled total-return levels to compare with.

    Returns
    -------
    Judgement or None
        None where the whole history must be read before anything can be said.
    """
    zone = exchange_calendar(calendar).tz
    last = last_complete_session(calendar, now)
    good, row_findings = check_rows(
        fetched.symbol,
        fetched.bars,
        calendar=calendar,
        last_complete=last,
        today=pd.Timestamp(pd.Timestamp(now).tz_convert(zone).date()).as_unit("us"),
    )
    overlap = compare(stored.bars, good, steps=list(fetched.actions["session"]))
    findings = [
        *check_currency(
            fetched.symbol, fetched.currency, stored=stored.currency, calendar=calendar
        ),
        *overlap_findings(fetched.symbol, stored, fetched, good, overlap, full=full),
    ]
    whole = [(f, not accept and f.severity == "error") for f in findings]
    if overlap.kind == "restated" and not full and not any(blocked for _, blocked in whole):
        return None
    rows = [(f, f.severity == "error") for f in row_findings]
    reading = _Reading(stored, fetched, calendar, good, overlap, last)
    return _decide(reading, whole, rows, accept=accept, snapshot=snapshot)


@dataclass(frozen=True, slots=True, eq=False)
class _Reading:
    """A reading beside what is stored, its rows sorted out and compared."""

    stored: Stored
    fetched: Fetched
    calendar: str
    good: pd.DataFrame
    overlap: Overlap
    last: pd.Timestamp


def _decide(
    reading: _Reading,
    whole: list[tuple[Finding, bool]],
    rows: list[tuple[Finding, bool]],
    *,
    accept: bool,
    snapshot: pd.Series | None,
) -> Judgement:
    """Check the series that would be; keep all of it out, or the rows in question, or none."""
    stored, fetched, good = reading.stored, reading.fetched, reading.good
    candidate = _settled(stored.bars, good)
    merged = pd.concat(
        [stored.bars[~stored.bars.index.isin(candidate.index)], candidate]
    ).sort_index()
    touched = _touched(stored.bars, candidate)
    actions = _merged_actions(stored.actions, fetched, good)
    series = Series(fetched.symbol, reading.calendar, merged, actions, snapshot)
    new = touched | {day for day, _, _ in unknown_actions(stored, fetched)}
    checked = [(f, not accept and blocks) for f, blocks in _news(series, stored, new)]
    marked = (*whole, *rows, *checked)
    if good.empty or any(blocked for _, blocked in (*whole, *checked)):
        return _kept_out(fetched, reading.calendar, marked, touched)
    change = Change(
        bars=candidate,
        actions=fetched.actions,
        actions_since=fetched.bars.index.min(),
        reason=_reason(reading.overlap),
        currency=fetched.currency,
        calendar=reading.calendar,
        findings=marked,
        quarantine=_rows_of(fetched, {f.session for f, blocked in marked if blocked}),
    )
    return Judgement(_result(reading, candidate, merged, marked, touched), change)


def _news(series: Series, stored: Stored, new: set[pd.Timestamp]) -> list[tuple[Finding, bool]]:
    """Check a series; say of each finding whether it is an error that the store has not yet."""
    found = check_series(series)
    errors = [f for f in found if f.severity == "error" and f.session in new]
    if not errors:
        return [(f, False) for f in found]
    held = check_series(Series(series.symbol, series.calendar, stored.bars, stored.actions))
    known = {(f.check, f.session): f.value for f in held}
    accepted = [
        f for f in errors if math.isclose(known.get((f.check, f.session), 0), f.value, rel_tol=1e-3)
    ]
    return [(f, f in errors and f not in accepted) for f in found]


def _result(
    reading: _Reading,
    candidate: pd.DataFrame,
    merged: pd.DataFrame,
    marked: _Marked,
    touched: set[pd.Timestamp],
) -> SymbolOutcome:
    last = reading.last
    added = len(candidate.index.difference(reading.stored.bars.index))
    changed = len(touched) - added
    out = {f.session for f, blocked in marked if blocked}
    outcome: Outcome = "updated" if added or changed else "unchanged"
    message = ""
    if reading.overlap.kind == "restated":
        outcome, message = "restated", _reason(reading.overlap)
    if merged.index[-1] < last:
        outcome, message = "behind", f"ends {merged.index[-1].date()}, due {last.date()}"
    if out:
        outcome, message = "partly", f"{len(out)} session(s) kept out: {_first(marked)}"
    return SymbolOutcome(reading.fetched.symbol, outcome, added, changed, message)


def _kept_out(
    fetched: Fetched, calendar: str, marked: _Marked, touched: set[pd.Timestamp]
) -> Judgement:
    if not any(blocked for _, blocked in marked):
        message = f"{fetched.source} has no complete session in the span asked for"
        return Judgement(SymbolOutcome(fetched.symbol, "refused", message=message), Change())
    out = touched | {f.session for f, blocked in marked if blocked and f.session is not None}
    change = Change(calendar=calendar, findings=marked, quarantine=_rows_of(fetched, out))
    return Judgement(SymbolOutcome(fetched.symbol, "quarantined", message=_first(marked)), change)


def _rows_of(fetched: Fetched, sessions: Iterable[pd.Timestamp | None]) -> pd.DataFrame:
    return fetched.bars[fetched.bars.index.isin([day for day in sessions if day is not None])]


def _settled(stored: pd.DataFrame, good: pd.DataFrame) -> pd.DataFrame:
    """Give the fresh rows, with the stored ones where they differ by no more than rounding."""
    if stored.empty:
        return good
    both = good.index.intersection(stored.index)
    ours, theirs = stored.loc[both, list(BAR_COLUMNS)], good.loc[both, list(BAR_COLUMNS)]
    same = both[
        np.isclose(
            theirs.to_numpy(float), ours.to_numpy(float), rtol=CONSTANT, atol=0, equal_nan=True
        ).all(axis=1)
    ]
    settled = good.copy()
    settled.loc[same] = stored.loc[same]
    return settled


def _touched(stored: pd.DataFrame, candidate: pd.DataFrame) -> set[pd.Timestamp]:
    """Sessions whose figures would change or be new."""
    before = stored.reindex(candidate.index)[list(BAR_COLUMNS)].to_numpy(dtype=float)
    after = candidate[list(BAR_COLUMNS)].to_numpy(dtype=float)
    same = ((before == after) | (np.isnan(before) & np.isnan(after))).all(axis=1)
    return set(candidate.index[~same])


def _merged_actions(stored: pd.DataFrame, fetched: Fetched, good: pd.DataFrame) -> pd.DataFrame:
    """Give the stored actions from before the reading, and the reading's own."""
    if good.empty or stored.empty:
        return fetched.actions
    earlier = stored[stored["session"] < good.index[0]]
    parts = [part for part in (earlier, fetched.actions) if len(part)]
    return pd.concat(parts, ignore_index=True) if parts else no_actions()


def _reason(overlap: Overlap) -> str:
    if overlap.kind == "restated":
        if abs(overlap.close_ratio - 1) > CONSTANT:
            return f"restated: earlier closes times {overlap.close_ratio:.6g} (split)"
        return f"restated: earlier adjusted closes times {overlap.adj_close_ratio:.6g} (dividend)"
    return "revised by the vendor"


def _first(marked: _Marked) -> str:
    finding = next(f for f, blocked in marked if blocked)
    day = "" if finding.session is None else f" on {finding.session.date()}"
    more = sum(blocked for _, blocked in marked) - 1
    return f"{finding.check}{day}: {finding.detail}" + (f" (and {more} more)" if more else "")
