"""Weights of pairs: the events' own, a characteristic, or market values."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from analysis.errors import DataError, StudyError, nearest
from analysis.formatting import counted
from analysis.run.valuation import rated, value_at
from analysis.sample.pairs import place_pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.prices.market_data import MarketData
    from analysis.sample.data import SampleData
    from analysis.sample.events import FirmEvents
    from analysis.sample.spec import SampleSpec
    from analysis.study import ExchangeRate

MARKET_VALUE = "market-value"


def weighted_by(events: FirmEvents, column: str) -> FirmEvents:
    """
    Take the pairs' weights from a characteristic.

    Parameters
    ----------
    events : FirmEvents
    column : str
        A column of numbers; empty keeps the events' own weights.

    Raises
    ------
    StudyError, DataError
        If there is no such column, it holds no numbers or negative ones, or market values are asked
        for where none are at hand.
    """
    if not column or column == "weight":
        return events
    if column == MARKET_VALUE:
        raise StudyError(
            "market values are known of the bundled snapshot, the store and plain files of levels; "
            "name a column of the events with --weight"
        )
    known = events.characteristics.columns
    if column not in known:
        hint = nearest(column, [MARKET_VALUE, "weight", *known])
        raise StudyError(f"{events.name}: no column '{column}' to weight by; {hint}")
    if not is_numeric_dtype(events.characteristics[column]):
        raise DataError(f"{events.name}: '{column}' holds no numbers to weight by")
    values = events.characteristics[column].to_numpy(dtype=np.float64)
    below = int(np.count_nonzero(values < 0))
    if below:
        raise DataError(
            f"{events.name}: '{column}' has {counted(below, 'negative value')}; "
            "weights are 0 or more"
        )
    return replace(events, weight=np.where(values > 0, values, np.nan))


def weighted_by_value(
    events: FirmEvents,
    sample: SampleData,
    data: MarketData,
    spec: SampleSpec,
    rates: Sequence[ExchangeRate] = (),
) -> FirmEvents:
    """
    Weight the pairs by the market value of their firms on the eve of the first window.

    Parameters
    ----------
    events : FirmEvents
    sample : SampleData
        Made of `data`.
    data : MarketData
        Whose share counts and closes are used.
    spec : SampleSpec
    rates : sequence of ExchangeRate
        Columns of the levels that hold exchange rates.

    Returns
    -------
    FirmEvents
        Weights in USD; NaN where no value is known, or it is in another currency whose rate is not.

    Raises
    ------
    StudyError
        If no pair has a value.
    """
    pairs = place_pairs(events, sample, spec)
    symbols = {
        at: symbol for symbol, at in sample.symbols.items() if symbol in data.reference.shares
    }
    weight = np.full(len(events), np.nan)
    for row in np.flatnonzero(np.isin(pairs.firm, list(symbols)) & (pairs.position >= 0)).tolist():
        eve = int(pairs.position[row]) + spec.windows[0].start - 1
        if eve < 0:
            continue
        session = pd.Timestamp(data.levels.index[eve])
        value = value_at(symbols[int(pairs.firm[row])], session, data.levels, data.reference)
        value = rated(value, rates, session, data.levels)
        if value.amount is not None and value.rate is not None:
            weight[pairs.row[row]] = value.amount * value.rate
    if not np.isfinite(weight).any():
        raise StudyError(
            f"{events.name}: no market value in USD is known of any pair; "
            "name a column with --weight"
        )
    return replace(events, weight=weight)
