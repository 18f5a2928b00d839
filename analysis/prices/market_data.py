"""The figures that a study runs on, however they came here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from analysis.prices.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from analysis.prices.manifest import InputFile


@dataclass(frozen=True, slots=True, eq=False)
class MarketData:
    """
    Levels, factors and reference figures, checked against their contracts.

    Equality is identity: frames do not compare to one truth value.

    Attributes
    ----------
    name : str
        What a result says it rests on.
    calendar : str
        Market code of the exchange whose sessions the rows are.
    levels : pandas.DataFrame of shape (sessions, symbols)
        Total-return levels (any base); NaN where a symbol has none. Never filled.
    factors : pandas.DataFrame of shape (sessions, 7) or None
        Daily factor returns in decimals; columns as `analysis.prices.schemas.FACTOR_COLUMNS`.
    reference : Reference
    inputs : tuple of InputFile
        The files read, with their hashes.
    histories : mapping of str to pandas.DataFrame
        Longer daily histories of single firms: ``open, high, low, close, adj_close, volume``.
    bars : mapping of str to pandas.DataFrame
        Daily bars by symbol that came with the levels: ``open, high, low, close, volume`` as
        printed, NaN where one is not known. Empty where none came: the bundled ones serve.
    dividends : bool or None
        Whether dividends are in the levels; None where nobody said.
    currencies : mapping of str to str
        Currency of the levels (ISO 4217) by symbol, as far as it is known.
    quoted : pandas.DataFrame of shape (sessions, symbols) or None
        The levels as they are quoted, where `levels` are in a common currency.
    folder : pathlib.Path or None
        The bundle whose tables (bars, markets abroad) go with these figures; see
        `analysis.prices.tables.read_table`.
    """

    name: str
    calendar: str
    levels: pd.DataFrame
    factors: pd.DataFrame | None = None
    reference: Reference = field(default_factory=Reference)
    inputs: tuple[InputFile, ...] = ()
    histories: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    bars: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    dividends: bool | None = None
    currencies: Mapping[str, str] = field(default_factory=dict)
    quoted: pd.DataFrame | None = None
    folder: Path | None = None

    @property
    def quoted_levels(self) -> pd.DataFrame:
        """The levels in the currency of each."""
        return self.levels if self.quoted is None else self.quoted
