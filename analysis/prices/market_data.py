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
    dividends : bool or None
        Whether dividends are in the levels; None where nobody said.
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
    dividends: bool | None = None
    folder: Path | None = None
