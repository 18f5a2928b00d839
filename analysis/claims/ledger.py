"""The ledger of claims: what was said, by whom, and the primitives that published sources give."""

from __future__ import annotations

import datetime as dt
import io
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from analysis._bundle import bundled_data
from analysis.errors import DataError
from analysis.prices.manifest import InputFile, read_verified

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CLAIMS = "claims/claims.toml"
FACTS = "claims/cost_facts.toml"
LOSSES = "claims/published_losses.csv"
ABROAD = "claims/first_reactions.csv"

Verdict = Literal["holds", "holds within rounding", "does not hold", "cannot be tested here"]


@dataclass(frozen=True, slots=True)
class Claim:
    """
    A statement and how it is checked.

    Attributes
    ----------
    id, says, source : str
    claimed : tuple of float
        The figures claimed, in `unit`; empty where the statement has none.
    unit : str
    formula : str
        Key of `analysis.claims.formulas.FORMULAS`.
    exact, rounding : float
        How far the computed figure may lie from the claimed one for "holds" and for "holds within
        rounding"; `unit`.
    options : mapping
        What else the formula takes.
    """

    id: str
    says: str
    source: str
    claimed: tuple[float, ...]
    unit: str
    formula: str
    exact: float
    rounding: float
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fact:
    """A published primitive: value, unit, source."""

    id: str
    value: float
    unit: str
    source: str


@dataclass(frozen=True, slots=True)
class PublishedLoss:
    """
    A one-day loss of market value as it was published.

    Attributes
    ----------
    company : str
        Symbol, or the name of a group or index.
    date : datetime.date
    loss : float or None
        USD, positive; None where only a percentage was published.
    percent : float or None
        The move, in percent, a fall negative.
    source, note : str
    """

    company: str
    date: dt.date
    loss: float | None
    percent: float | None
    source: str
    note: str

    @property
    def single_firm(self) -> bool:
        """Whether the row is of one listed firm, named by its symbol."""
        return self.company.isupper() and " " not in self.company


@dataclass(frozen=True, slots=True, eq=False)
class Ledger:
    """
    Claims with what they are about.

    Attributes
    ----------
    study : str
        Id of the study that they belong to.
    firm : str
    eve, session : datetime.date
        The session before the fall, and the fall's.
    claims : tuple of Claim
    facts : mapping of str to Fact
    losses : tuple of PublishedLoss
    abroad : pandas.DataFrame
        Moves on other exchanges as published, one row each with source and note.
    inputs : tuple of InputFile
        The files read.
    """

    study: str
    firm: str
    eve: dt.date
    session: dt.date
    claims: tuple[Claim, ...]
    facts: Mapping[str, Fact]
    losses: tuple[PublishedLoss, ...]
    abroad: pd.DataFrame
    inputs: tuple[InputFile, ...]


def load_ledger(folder: Path | None = None) -> Ledger:
    """
    Load the bundled ledger.

    Parameters
    ----------
    folder : pathlib.Path, optional
        A bundle with a manifest; by default the one that travels with the program.

    Returns
    -------
    Ledger

    Raises
    ------
    IntegrityError
        If a file is missing or not the one that the manifest names.
    DataError
        If an entry lacks a key.

    Examples
    --------
    >>> ledger = load_ledger()
    >>> ledger.firm, ledger.facts["v3_hours_total"].value
    ('NVDA', 2788000.0)
    """
    folder = folder or bundled_data()
    claims, claims_file = read_verified(folder, CLAIMS)
    facts, facts_file = read_verified(folder, FACTS)
    document = tomllib.loads(claims.decode())
    losses, losses_file = load_published_losses(folder)
    abroad, abroad_file = read_verified(folder, ABROAD)
    return Ledger(
        study=document["study"],
        firm=document["firm"],
        eve=document["eve"],
        session=document["session"],
        claims=tuple(_claim(item) for item in document["claim"]),
        facts={
            item["id"]: Fact(item["id"], float(item["value"]), item["unit"], item["source"])
            for item in tomllib.loads(facts.decode())["fact"]
        },
        losses=losses,
        abroad=pd.read_csv(io.BytesIO(abroad), keep_default_na=False),
        inputs=(claims_file, facts_file, losses_file, abroad_file),
    )


def load_published_losses(
    folder: Path | None = None,
) -> tuple[tuple[PublishedLoss, ...], InputFile]:
    """
    Load the table of one-day losses as published.

    Returns
    -------
    losses : tuple of PublishedLoss
    identity : InputFile

    Raises
    ------
    IntegrityError
        As `load_ledger`.
    """
    content, identity = read_verified(folder or bundled_data(), LOSSES)
    frame = pd.read_csv(io.BytesIO(content), keep_default_na=False, dtype=str)
    losses = tuple(
        PublishedLoss(
            company=row["company"],
            date=dt.date.fromisoformat(row["date"]),
            loss=1e9 * float(row["loss_usd_bn"]) if row["loss_usd_bn"] else None,
            percent=float(row["percent"]) if row["percent"] else None,
            source=row["source"],
            note=row["note"],
        )
        for row in frame.to_dict("records")
    )
    return losses, identity


_KEYS = ("id", "says", "source", "claimed", "unit", "formula", "exact", "rounding")


def _claim(item: Mapping[str, Any]) -> Claim:
    try:
        claimed = item.get("claimed", ())
        return Claim(
            id=item["id"],
            says=item["says"],
            source=item["source"],
            claimed=tuple(map(float, claimed if isinstance(claimed, list) else [claimed]))
            if claimed != ()
            else (),
            unit=item["unit"],
            formula=item["formula"],
            exact=float(item.get("exact", 0.0)),
            rounding=float(item.get("rounding", 0.0)),
            options={key: value for key, value in item.items() if key not in _KEYS},
        )
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{CLAIMS}: claim {item.get('id', '?')}: {error!r}") from error
