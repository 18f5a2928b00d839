"""The ledger of claims: what was said, by whom, and how each statement is held against figures."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from analysis._bundle import bundled_data
from analysis.errors import DataError
from analysis.keys import Records, key, make_record, understand_fields
from analysis.kinds import (
    DAY,
    DEFINITIONS,
    FILE,
    FLAG,
    NUMBER,
    NUMBERS,
    SOME_TEXTS,
    TEXT,
    FilePlace,
)
from analysis.prices.manifest import read_verified
from analysis.prices.study_data import read_companion
from analysis.toml_text import parse_toml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from analysis.prices.manifest import InputFile

LOSSES = "reference/published_losses.csv"

Verdict = Literal[
    "holds",
    "holds within rounding",
    "consistent",
    "differs slightly",
    "does not hold",
    "not derivable",
    "cannot be tested here",
]


@dataclass(frozen=True, slots=True)
class Claim:
    """
    A statement and how it is checked.

    A claim is held against the figure that `value` computes, by its own tolerances; or holds where
    the condition `holds` is true; or cannot be tested, for the reason in `untestable`.

    Attributes
    ----------
    id, says, source : str
        Name, statement in our words, and who said it.
    unit : str
        Of the figures claimed and computed.
    claimed : tuple of float
        The figures claimed; empty where the statement has none.
    value : tuple of str
        Expressions of the computed figures, in `unit`.
    holds : str
        Condition; empty to go by the distance of computed from claimed.
    shown : str
        Text for the computed figure where a bare number says too little.
    reasoning : str
        One line, with expressions in braces.
    untestable : str
        Why figures cannot decide; empty where they can.
    exact, rounding : float
        How far the computed figure may lie from the claimed one for "holds" and for "holds within
        rounding"; in `unit`.
    near : float
        How far it may lie, in percent of the claimed figure, for "differs slightly"; the reader is
        told the distance.
    own_inputs : bool
        Whether the claim is arithmetic on its source's own inputs: what holds is then
        "consistent", as nothing independent confirms the inputs.
    underivable : str
        Why the figure claimed does not follow from those computed, which are shown beside it, or
        from any that are at hand, where nothing is computed.
    names : mapping of str to object
        The claim's own definitions.
    """

    id: str = key(TEXT, "Name of the claim.")
    says: str = key(TEXT, "The statement in our words.")
    source: str = key(TEXT, "Who said it.")
    unit: str = key(TEXT, "Unit of the figures.", default="")
    claimed: tuple[float, ...] = key(NUMBERS, "The figures claimed.", default=())
    value: tuple[str, ...] = key(SOME_TEXTS, "Expressions of the computed figures.", default=())
    holds: str = key(TEXT, "Condition under which the claim holds.", default="")
    shown: str = key(TEXT, "Text for the computed figure, with expressions in braces.", default="")
    reasoning: str = key(TEXT, "One line, with expressions in braces.", default="")
    untestable: str = key(TEXT, "Why figures cannot decide.", default="")
    exact: float = key(NUMBER, "Distance within which the claim holds.", default=0.0)
    rounding: float = key(NUMBER, "Distance within which it holds within rounding.", default=0.0)
    near: float = key(NUMBER, "Percent within which it differs slightly.", default=0.0)
    own_inputs: bool = key(FLAG, "Whether it is arithmetic on its own inputs.", default=False)
    underivable: str = key(TEXT, "Why it does not follow from the figures.", default="")
    names: Mapping[str, Any] = key(DEFINITIONS, "The claim's own definitions.", default=None)

    def __post_init__(self) -> None:
        """Refuse a claim that says in no way, or in two, how it is checked."""
        understand_fields(self)
        if not self.source or not self.says:
            raise DataError(f"claim '{self.id}' names no statement or no source")
        computed = bool(self.value or self.holds)
        if bool(self.untestable) == (computed or bool(self.underivable)):
            raise DataError(
                f"claim '{self.id}': give value or holds, or say in untestable why neither can be, "
                "or in underivable why the figure does not follow"
            )
        if self.value and not self.holds and len(self.value) != len(self.claimed):
            raise DataError(
                f"claim '{self.id}': {len(self.value)} computed figures cannot be held against "
                f"{len(self.claimed)} claimed ones; give holds, or one value a figure"
            )


@dataclass(frozen=True, slots=True)
class Fact:
    """A published primitive: value, unit, source."""

    id: str = key(TEXT, "Name that expressions use.")
    value: float = key(NUMBER, "The figure.")
    unit: str = key(TEXT, "Its unit.")
    source: str = key(TEXT, "Where it is published.")
    note: str = key(TEXT, "What a reader must know of it.", default="")

    def __post_init__(self) -> None:
        """Refuse a figure of no kind."""
        understand_fields(self)


@dataclass(frozen=True, slots=True)
class ClaimsFile:
    """
    A file of claims as it stands.

    Attributes
    ----------
    firm : str
        The firm that the claims are about.
    eve, session : datetime.date
        The session before its move, and the move's.
    claims : tuple of Claim
        One or more.
    facts, abroad : str
        Files of published primitives, and of moves on other exchanges; empty for none.
    names : mapping of str to object
        Definitions that every claim may use.
    """

    firm: str = key(TEXT, "The firm that the claims are about.")
    eve: dt.date = key(DAY, "The session before its move.")
    session: dt.date = key(DAY, "The session of its move.")
    claims: tuple[Claim, ...] = key(Records(Claim), "The claims.")
    facts: str = key(FILE, "File of published primitives.", default="")
    abroad: str = key(FILE, "File of moves on other exchanges as published.", default="")
    names: Mapping[str, Any] = key(DEFINITIONS, "Definitions for every claim.", default=None)

    def __post_init__(self) -> None:
        """Refuse two claims of one name."""
        understand_fields(self)
        ids = [claim.id for claim in self.claims]
        for name in ids:
            if ids.count(name) > 1:
                raise DataError(f"claim '{name}' occurs twice; keep one")


@dataclass(frozen=True, slots=True)
class FactsFile:
    """A file of published primitives."""

    facts: tuple[Fact, ...] = key(Records(Fact), "The primitives.")


@dataclass(frozen=True, slots=True)
class PublishedLoss:
    """
    A one-day loss of market value as it was published.

    Attributes
    ----------
    company : str
        Symbol, or the name of a group or index.
    date : datetime.date
        The session.
    loss : float or None
        USD, positive; None where only a percentage was published.
    percent : float or None
        The move, in percent, a fall negative.
    source, note : str
        Who published it, and what disagrees.
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
    file : ClaimsFile
        The claims, their firm and its sessions.
    where : str
        The file's name, for messages.
    facts : mapping of str to Fact
        By id.
    losses : tuple of PublishedLoss
        The bundled table of them.
    abroad : pandas.DataFrame or None
        Moves on other exchanges as published, one row each with source and note.
    inputs : tuple of InputFile
        The files read.
    """

    file: ClaimsFile
    where: str
    facts: Mapping[str, Fact]
    losses: tuple[PublishedLoss, ...]
    abroad: pd.DataFrame | None
    inputs: tuple[InputFile, ...]


def load_ledger(path: str) -> Ledger:
    """
    Load a ledger of claims and the files that it names, which lie beside it.

    Parameters
    ----------
    path : str
        As `analysis.study.Study.claims` gives it.

    Returns
    -------
    Ledger

    Raises
    ------
    IntegrityError
        If a bundled file is missing or not the one that the manifest names.
    DataError, StudyError
        If a file cannot be read, or an entry of it is none; the message names file and entry.

    Examples
    --------
    >>> from analysis.study_file import load_study
    >>> ledger = load_ledger(load_study("deepseek-2025").claims)
    >>> ledger.file.firm, ledger.facts["v3_hours_total"].value
    ('NVDA', 2788000.0)
    """
    content, identity = read_companion(path)
    document: ClaimsFile = _document(ClaimsFile, content, identity.name)
    inputs = [identity]
    facts: dict[str, Fact] = {}
    if document.facts:
        content, identity = read_companion(document.facts, beside=path)
        inputs.append(identity)
        facts = {fact.id: fact for fact in _document(FactsFile, content, identity.name).facts}
    losses, identity = load_published_losses()
    inputs.append(identity)
    abroad = None
    if document.abroad:
        content, identity = read_companion(document.abroad, beside=path)
        inputs.append(identity)
        abroad = _frame(content, identity.name)
    return Ledger(document, inputs[0].name, facts, losses, abroad, tuple(inputs))


def _document(record: type[Any], content: bytes, where: str) -> Any:  # noqa: ANN401 - an instance of `record`
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{where}: no text in UTF-8 ({error})") from error
    return make_record(record, parse_toml(text, where=where), FilePlace(where))


def _frame(content: bytes, where: str) -> pd.DataFrame:
    try:
        return pd.read_csv(io.BytesIO(content), keep_default_na=False)
    except (ValueError, UnicodeDecodeError) as error:
        raise DataError(f"{where}: no table in CSV ({error})") from error


def load_published_losses(
    folder: Path | None = None,
) -> tuple[tuple[PublishedLoss, ...], InputFile]:
    """
    Load the bundled table of one-day losses as published.

    Parameters
    ----------
    folder : pathlib.Path, optional
        A bundle with a manifest; by default the one that travels with the program.

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
