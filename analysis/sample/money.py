"""What the pairs' abnormal returns were worth, where market values are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.currency import USD
from analysis.impact import dollars_at_stake
from analysis.run.valuation import value_at
from analysis.sample.pairs import OK

if TYPE_CHECKING:
    from analysis._typing import FloatArray
    from analysis.prices.market_data import MarketData
    from analysis.sample.result import SampleResult


def impacts(result: SampleResult, data: MarketData) -> FloatArray:
    """
    Turn the windows of the pairs into dollars, as `analysis.impact` does.

    Parameters
    ----------
    result : SampleResult
    data : MarketData
        Whose share counts and closes are used.

    Returns
    -------
    ndarray of shape (w, n)
        USD; NaN where a window has a gap, no market value is known, or it is in another currency.
    """
    pairs, spec, days = result.pairs, result.spec, result.days
    found = np.full((len(spec.windows), len(pairs)), np.nan)
    known = {str(symbol) for symbol in data.reference.shares}
    names = {at: symbol for symbol, at in result.data.symbols.items() if symbol in known}
    if result.data.log or not names:
        return found
    sessions = data.levels.index
    first = days.windows[0].start
    for row in np.flatnonzero(np.isin(pairs.firm, list(names))).tolist():
        symbol = names[int(pairs.firm[row])]
        for at, window in enumerate(spec.windows):
            eve = int(pairs.position[row]) + window.start - 1
            whole = result.windows.n_window[at, row] == len(window)
            if result.windows.status[at, row] != OK or eve < 0 or not whole:
                continue
            value = value_at(symbol, pd.Timestamp(sessions[eve]), data.levels, data.reference)
            if value.amount is None or value.currency != USD:
                continue
            levels = data.levels[symbol].to_numpy()[eve : eve + len(window) + 1]
            stake = dollars_at_stake(value.amount, levels[1:] / levels[:-1] - 1)
            ar = days.car[window.start - first : window.end - first + 1, row]
            found[at, row] = float(stake @ ar)
    return found
