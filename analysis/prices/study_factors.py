"""Daily factors and risk-free rates that a study brings along, in place of those of its data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.columns import NO_DAY
from analysis.currency import USD
from analysis.errors import DataError, nearest
from analysis.plausible import LARGEST_FACTOR
from analysis.prices.manifest import InputFile
from analysis.prices.schemas import FACTOR_COLUMNS
from analysis.prices.snapshot import CALENDAR
from analysis.tabular import read_whole

if TYPE_CHECKING:
    from analysis.prices.market_data import MarketData
    from analysis.study import Study

DAYS = ("session", "date")
"""Heads of the column of days, in any case."""


def with_factors(study: Study, data: MarketData) -> MarketData:
    """
    Put a study's own factors into its data.

    The factors of the data are those of New York, in dollars: a study that counts the sessions of
    another exchange, or returns in another currency, has none but its own.

    Raises
    ------
    DataError
        As `load_factors`.
    """
    if study.factors:
        factors, identity = load_factors(Path(study.factors), percent=study.factors_in == "percent")
        return replace(data, factors=factors, inputs=(*data.inputs, identity))
    abroad = study.calendar != CALENDAR or study.currency not in {"", USD}
    if abroad and data.factors is not None:
        return replace(data, factors=None)
    return data


def load_factors(path: Path, *, percent: bool) -> tuple[pd.DataFrame, InputFile]:
    """
    Read daily factors.

    Parameters
    ----------
    path : pathlib.Path
        CSV, Parquet or Excel: a column ``session`` (or ``date``) and some of `FACTOR_COLUMNS`, in
        any case, ``Mkt-RF`` for ``mkt_rf``; ``rf`` alone is enough for the CAPM.
    percent : bool
        Whether the figures are in percent; else they are decimals. Nothing is guessed.

    Returns
    -------
    factors : pandas.DataFrame of shape (sessions, 7)
        Decimals; NaN where the file has none.
    identity : InputFile

    Raises
    ------
    DataError
        If the file cannot be read, lacks what is needed, or its unit cannot be the one stated.
    """
    table, digest = read_whole(path)
    heads = [name.strip().lower().replace("-", "_") for name in table.file.names]
    day = next((heads.index(name) for name in DAYS if name in heads), None)
    if day is None:
        raise DataError(f"{path}: column 'session' is missing; {nearest('session', heads)}")
    places = {name: heads.index(name) for name in FACTOR_COLUMNS if name in heads}
    strange = [head for at, head in enumerate(heads) if at != day and head not in places]
    if not places or strange:
        wrong = f"column '{strange[0]}' is no factor" if strange else "no factor in it"
        raise DataError(f"{path}: {wrong}; known: {', '.join(FACTOR_COLUMNS)}")
    days = table.days(day)
    if (days == NO_DAY).any():
        row = int(np.flatnonzero(days == NO_DAY)[0])
        raise DataError(f"{path}: data row {row + 1} has no date; write dates as 2025-01-27")
    sessions = pd.DatetimeIndex(days.astype("datetime64[D]").astype("datetime64[us]"))
    if not sessions.is_monotonic_increasing or sessions.has_duplicates:
        raise DataError(f"{path}: sort the rows by session, each once")
    values, bad = table.matrix(list(places.values()))
    if bad is not None:
        raise DataError(f"{path}: data row {bad[0] + 1} holds no number")
    values = values / 100 if percent else values
    if np.nanmax(np.abs(values), initial=0.0) > LARGEST_FACTOR:
        stated = "percent" if percent else "decimals"
        raise DataError(
            f"{path}: a daily factor of {np.nanmax(np.abs(values)):.3g} cannot be, taken as "
            f'{stated}; say factors_in = "{"decimals" if percent else "percent"}"'
        )
    frame = pd.DataFrame(values, index=sessions.rename("session"), columns=list(places))
    return frame.reindex(columns=list(FACTOR_COLUMNS)), InputFile(path.name, digest)
