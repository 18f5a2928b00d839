"""What the stored sessions of a reading say: revisions, another series, unexplained rescaling."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.prices.refresh.restatement import CONSTANT
from analysis.prices.store.records import Finding

if TYPE_CHECKING:
    import pandas as pd

    from analysis.prices.refresh.restatement import Overlap
    from analysis.prices.sources.protocol import Fetched


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """What the store holds of a symbol: bars, actions, currency; empty and None for a new one."""

    bars: pd.DataFrame
    actions: pd.DataFrame
    currency: str | None = None


def unknown_actions(stored: Stored, fetched: Fetched) -> list[tuple[pd.Timestamp, str, float]]:
    """List the actions of a reading that the store has not, or has otherwise."""
    known = set(map(tuple, stored.actions[["session", "kind", "value"]].to_numpy()))
    return [row for row in map(tuple, fetched.actions.to_numpy()) if row not in known]


def overlap_findings(
    symbol: str,
    stored: Stored,
    fetched: Fetched,
    good: pd.DataFrame,
    overlap: Overlap,
    *,
    full: bool,
) -> list[Finding]:
    """
    Report what an overlap shows beside a plain restatement.

    Parameters
    ----------
    symbol : str
    stored : Stored
    fetched : Fetched
    good : pandas.DataFrame
        The reading's rows that can be bars.
    overlap : Overlap
        What `analysis.prices.refresh.restatement.compare` makes of stored and good bars.
    full : bool
        Whether the reading covers all that is stored.
    """
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
    findings = _revisions(symbol, stored, good, overlap)
    if overlap.kind == "restated" and full:
        lost = stored.bars.index.difference(good.index)
        if len(lost):
            detail = (
                f"the restated history lacks {len(lost)} stored session(s), {lost[0].date()} first"
            )
            findings.append(error("lost-session", float(len(lost)), detail))
        findings += _unexplained(symbol, stored, fetched, overlap)
    if overlap.kind in ("same", "revised"):
        findings += _unapplied(symbol, stored, fetched, good)
    return findings


def _revisions(symbol: str, stored: Stored, good: pd.DataFrame, overlap: Overlap) -> list[Finding]:
    return [
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


def _unexplained(symbol: str, stored: Stored, fetched: Fetched, overlap: Overlap) -> list[Finding]:
    """Compare the constant of a restatement with the actions that came with it."""
    fresh = unknown_actions(stored, fetched)
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


def _unapplied(symbol: str, stored: Stored, fetched: Fetched, good: pd.DataFrame) -> list[Finding]:
    """Find new splits on stored sessions by which no earlier close was rescaled."""
    oldest = stored.bars.index.intersection(good.index)[0]
    return [
        Finding(
            symbol,
            None,
            "split-without-adjustment",
            ratio,
            "error",
            f"a {ratio:g}:1 split on {session.date()} is announced but earlier closes were not "
            "adjusted for it",
        )
        for session, kind, ratio in unknown_actions(stored, fetched)
        if kind == "split" and oldest < session <= stored.bars.index[-1]
    ]
