"""Statements of the press as cards: what was said, by whom, and what the figures say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from analysis.formatting import percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.claims.check import CheckedClaim

Mark = Literal["holds", "near", "fails", "open"]

MARKS: dict[str, tuple[Mark, str]] = {
    "holds": ("holds", "holds"),
    "holds within rounding": ("holds", "holds within rounding"),
    "consistent": ("holds", "consistent"),
    "differs slightly": ("near", "slightly off"),
    "does not hold": ("fails", "does not hold"),
    "not derivable": ("open", "not derivable"),
    "cannot be tested here": ("open", "cannot be tested here"),
}
"""How a verdict is marked, and said."""

ORDER: tuple[Mark, ...] = ("fails", "near", "open", "holds")
FIRST = 6
"""Cards that stand open; the rest are folded."""

_ADDRESS = re.compile(r"https?://[^\s;,\"'<>()]+")


@dataclass(frozen=True, slots=True)
class Card:
    """
    One statement.

    Attributes
    ----------
    id, says : str
    source : str
        Who said it, without web addresses.
    links : tuple of (str, str)
        Hosts and addresses.
    claimed, computed, error : str
        With their unit; empty for none.
    mark : {"holds", "near", "fails", "open"}
    verdict, reasoning : str
    """

    id: str
    says: str
    source: str
    links: tuple[tuple[str, str], ...]
    claimed: str
    computed: str
    error: str
    mark: Mark
    verdict: str
    reasoning: str


def cards(claims: Sequence[CheckedClaim]) -> tuple[Card, ...]:
    """Lay out checked claims, what fails first; of equals the order of the ledger."""
    made = [_card(item) for item in claims]
    return tuple(sorted(made, key=lambda card: ORDER.index(card.mark)))


def tally(made: Sequence[Card]) -> str:
    """
    Count the verdicts in words.

    Examples
    --------
    >>> tally([])
    ''
    """
    counts = {mark: sum(card.mark == mark for card in made) for mark in ORDER}
    said = {
        "holds": ("holds", "hold"),
        "near": ("is slightly off", "are slightly off"),
        "fails": ("does not hold", "do not hold"),
        "open": ("cannot be decided here", "cannot be decided here"),
    }
    parts = [
        f"{counts[mark]} {said[mark][counts[mark] > 1]}"
        for mark in ("holds", "near", "fails", "open")
        if counts[mark]
    ]
    return ", ".join(parts)


def _card(item: CheckedClaim) -> Card:
    claim, finding = item.claim, item.finding
    addresses = _ADDRESS.findall(claim.source)
    source = _ADDRESS.sub("", claim.source).strip(" ,;")
    mark, verdict = MARKS[finding.verdict]
    unit = claim.unit
    computed = " to ".join(f"{value:.4g}" for value in finding.computed)
    off = finding.error or 0.0
    error = "" if off < 5e-4 else percent(off, 1 if off < 1 else 0)  # 0.0 % says nothing
    return Card(
        id=claim.id,
        says=claim.says,
        source=source or (addresses[0].split("/")[2] if addresses else ""),
        links=tuple((address.split("/")[2], address) for address in addresses),
        claimed=_with(unit, " to ".join(f"{value:g}" for value in claim.claimed)),
        computed=finding.shown or _with(unit, computed),
        error=error,
        mark=mark,
        verdict=verdict,
        reasoning=finding.reasoning,
    )


def _with(unit: str, text: str) -> str:
    if not text or not unit:
        return text
    for code, sign in (("USD ", "$"), ("EUR ", "€")):
        if unit.startswith(code):
            return f"{sign}{text} {unit.removeprefix(code)}"
    return f"{text} {unit}"
