"""A firm's worst sessions on record, and the largest one-day losses as published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.run.valuation import OLDEST_COUNT, count_at

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from analysis.claims.ledger import PublishedLoss
    from analysis.prices.reference import ShareCount

COUNT = 15
"""Rows of each table."""


@dataclass(frozen=True, slots=True)
class WorstDay:
    """
    One of a firm's worst sessions.

    Attributes
    ----------
    session : datetime.date
    move : float
        Return, dividends included, simple, decimal.
    loss : float or None
        USD, positive; None where no count of shares supports a figure.
    basis : str
        ``computed`` from shares and closes, ``published``, or empty.
    since : datetime.date
        First session of the history that it is one of the worst of.
    """

    session: dt.date
    move: float
    loss: float | None
    basis: str
    since: dt.date

    @property
    def row(self) -> dict[str, Any]:
        """As a tidy row; the loss in USD."""
        return {
            "session": str(self.session),
            "return": self.move,
            "loss_usd": self.loss,
            "basis": self.basis or "no share count",
        }


@dataclass(frozen=True, slots=True)
class LargestLoss:
    """
    A published one-day loss and how far its publishers differ.

    Attributes
    ----------
    company : str
    date : datetime.date
    loss : float
        USD, positive; the first source's.
    others : tuple of float
        What other rows give for the same day.
    percent : float or None
    note : str
    """

    company: str
    date: dt.date
    loss: float
    others: tuple[float, ...]
    percent: float | None
    note: str

    @property
    def row(self) -> dict[str, Any]:
        """As a tidy row; the loss in USD."""
        return {
            "company": self.company,
            "date": str(self.date),
            "loss_usd": self.loss,
            "others_usd_bn": ", ".join(f"{value / 1e9:g}" for value in self.others),
            "percent": self.percent,
            "note": self.note,
        }


def worst_days(
    symbol: str,
    history: pd.DataFrame,
    shares: tuple[ShareCount, ...],
    losses: Sequence[PublishedLoss],
) -> tuple[WorstDay, ...]:
    """
    List a firm's worst sessions.

    Parameters
    ----------
    symbol : str
    history : pandas.DataFrame
        Columns ``close`` and ``adj_close`` on one split basis, rows are sessions.
    shares : tuple of ShareCount
        Counts of the firm; one more than `OLDEST_COUNT` days from a session gives it no dollars.
    losses : sequence of PublishedLoss
        Supplies dollars for earlier sessions where one is published.

    Returns
    -------
    tuple of WorstDay
        The `COUNT` lowest returns, lowest first.
    """
    moves = (history["adj_close"] / history["adj_close"].shift(1) - 1).dropna().nsmallest(COUNT)
    published = {
        row.date: row.loss for row in reversed(losses) if row.company == symbol and row.loss
    }
    fall = history["close"].shift(1) - history["close"]
    since = pd.Timestamp(str(history.index[0])).date()
    days = []
    for session, move in moves.items():
        stamp = pd.Timestamp(str(session))
        day = stamp.date()
        loss, basis = published.get(day), "published" if day in published else ""
        count = count_at(shares, day)
        if count is not None and abs((count.as_of - day).days) <= OLDEST_COUNT:
            loss, basis = count.shares * float(fall.loc[stamp]), "computed"
        days.append(WorstDay(day, float(move), loss, basis, since))
    return tuple(days)


def largest_losses(losses: Sequence[PublishedLoss]) -> tuple[LargestLoss, ...]:
    """
    List the largest published losses of single firms, one row a firm and day.

    Returns
    -------
    tuple of LargestLoss
        The `COUNT` largest, largest first.
    """
    rows: dict[tuple[str, dt.date], list[tuple[float, PublishedLoss]]] = {}
    for row in losses:
        if row.loss is not None and row.single_firm:
            rows.setdefault((row.company, row.date), []).append((row.loss, row))
    found = [
        LargestLoss(
            company=company,
            date=date,
            loss=same[0][0],
            others=tuple(loss for loss, _ in same[1:]),
            percent=same[0][1].percent,
            note="; ".join(row.note for _, row in same if row.note),
        )
        for (company, date), same in rows.items()
    ]
    return tuple(sorted(found, key=lambda item: -item.loss)[:COUNT])
