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
class Stored:
    """What the store holds of a symbol: bars, actions, currency; empty and None for a new one."""

    bars: pd.DataFrame
    actions: pd.DataFrame
    currency: str | None = None


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
    symbol = fetched.symbol
    last = last_complete_session(calendar, now)
    exchange = exchange_calendar(calendar)
    today = pd.Timestamp(pd.Timestamp(now).tz_convert(exchange.tz).date()).as_unit("us")
    good, row_findings = check_rows(
        symbol, fetched.bars, calendar=calendar, last_complete=last, today=today
    )
    findings = check_currency(symbol, fetched.currency, stored=stored.currency, calendar=calendar)
    overlap = compare(stored.bars, good, steps=list(fetched.actions["session"]))
    findings += _overlap_findings(symbol, stored, fetched, good, overlap, full=full)
    blocking = any(finding.severity == "error" for finding in findings) and not accept
    if overlap.kind == "restated" and not full and not blocking:
        return None
    candidate = _settled(stored.bars, good)
    actions = _merged_actions(stored.actions, fetched, good)
    merged = pd.concat(
        [stored.bars[~stored.bars.index.isin(candidate.index)], candidate]
    ).sort_index()
    touched = _touched(stored.bars, candidate)
    series = Series(symbol, calendar, merged, actions, snapshot)
    marked = [(f, not accept and f.severity == "error") for f in findings]
    marked += [(f, f.severity == "error") for f in row_findings]
    marked += [
        (f, not accept and blocks)
        for f, blocks in _news(series, stored, touched | _new_actions(stored, fetched))
    ]
    if good.empty or any(blocked for f, blocked in marked if f not in row_findings):
        return _kept_out(fetched, calendar, tuple(marked), touched)
    result = _result(stored, symbol, candidate, merged, tuple(marked), overlap, touched, last)
    change = Change(
        bars=candidate,
        actions=fetched.actions,
        actions_since=fetched.bars.index.min(),
        reason=_reason(overlap),
        currency=fetched.currency,
        calendar=calendar,
        findings=tuple(marked),
        quarantine=_rows_of(fetched, {f.session for f, blocked in marked if blocked}),
    )
    return Judgement(result, change)


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


def _new_actions(stored: Stored, fetched: Fetched) -> set[pd.Timestamp]:
    """Sessions of the actions that the store has not, or has otherwise."""
    return {pd.Timestamp(session) for session, _, _ in _unknown_actions(stored, fetched)}


def _unknown_actions(stored: Stored, fetched: Fetched) -> list[tuple[pd.Timestamp, str, float]]:
    known = set(map(tuple, stored.actions[["session", "kind", "value"]].to_numpy()))
    return [row for row in map(tuple, fetched.actions.to_numpy()) if row not in known]


def _result(
    stored: Stored,
    symbol: str,
    candidate: pd.DataFrame,
    merged: pd.DataFrame,
    marked: _Marked,
    overlap: Overlap,
    touched: set[pd.Timestamp],
    last: pd.Timestamp,
) -> SymbolOutcome:
    added = len(candidate.index.difference(stored.bars.index))
    changed = len(touched) - added
    out = {f.session for f, blocked in marked if blocked}
    outcome: Outcome = "updated" if added or changed else "unchanged"
    message = ""
    if overlap.kind == "restated":
        outcome, message = "restated", _reason(overlap)
    if merged.index[-1] < last:
        outcome, message = "behind", f"ends {merged.index[-1].date()}, due {last.date()}"
    if out:
        outcome, message = "partly", f"{len(out)} session(s) kept out: {_first(marked)}"
    return SymbolOutcome(symbol, outcome, added, changed, message)


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


def _overlap_findings(
    symbol: str,
    stored: Stored,
    fetched: Fetched,
    good: pd.DataFrame,
    overlap: Overlap,
    *,
    full: bool,
) -> list[Finding]:
    """Report what an overlap shows beside a plain restatement."""
    if stored.bars.empty or good.empty:
        return []

    def error(check: str, value: float, detail: str) -> Finding:
        return Finding(symbol, None, check, value, "error", detail)

    if overlap.kind == "none":
        return [error("no-overlap", 0.0, "no stored session is in the reading")]
    if overlap.kind == "another":
        share = len(overlap.revised) / overlap.sessions
        return [
            error("another-series", share, f"{share:.0%} of the stored sessions read otherwise")
        ]
    findings = [
        Finding(
            symbol,
            day,
            "revision",
            now / then,
            "warning",
            f"read {now:.6g}, stored {then:.6g}",
        )
        for day, now, then in zip(
            overlap.revised,
            good["close"].reindex(overlap.revised).to_numpy(dtype=float).tolist(),
            stored.bars["close"].reindex(overlap.revised).to_numpy(dtype=float).tolist(),
            strict=True,
        )
    ]
    if overlap.kind == "restated" and full:
        lost = stored.bars.index.difference(good.index)
        if len(lost):
            detail = (
                f"the restated history lacks {len(lost)} stored session(s), {lost[0].date()} first"
            )
            findings.append(error("lost-session", float(len(lost)), detail))
        findings += _unexplained(symbol, stored, fetched, overlap)
    if overlap.kind in ("same", "revised"):
        oldest = stored.bars.index.intersection(good.index)[0]
        last = stored.bars.index[-1]
        for session, kind, ratio in _unknown_actions(stored, fetched):
            if kind == "split" and oldest < session <= last:
                detail = (
                    f"a {ratio:g}:1 split on {session.date()} is announced but earlier closes "
                    "were not adjusted for it"
                )
                findings.append(error("split-without-adjustment", ratio, detail))
    return findings


def _unexplained(symbol: str, stored: Stored, fetched: Fetched, overlap: Overlap) -> list[Finding]:
    """Hold the constant of a restatement against the actions that came with it."""
    fresh = _unknown_actions(stored, fetched)
    ratio = math.prod(float(value) for _, kind, value in fresh if kind == "split")
    findings = []
    if abs(np.log(overlap.close_ratio * ratio)) > 1e-3:
        detail = (
            f"earlier closes were multiplied by {overlap.close_ratio:.6g}, the splits announced "
            f"since the last reading say {1 / ratio:.6g}"
        )
        findings.append(
            Finding(symbol, None, "adjustment-without-split", overlap.close_ratio, "error", detail)
        )
    elif abs(overlap.adj_close_ratio / overlap.close_ratio - 1) > CONSTANT and not any(
        kind == "dividend" for _, kind, _ in fresh
    ):
        detail = f"earlier adjusted closes were multiplied by {overlap.adj_close_ratio:.6g}"
        findings.append(
            Finding(
                symbol, None, "restated-without-action", overlap.adj_close_ratio, "warning", detail
            )
        )
    return findings


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
