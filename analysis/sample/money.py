"""What the pairs' abnormal returns were worth, where market values are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.impact import dollars_at_stake
from analysis.run.valuation import rated, value_at
from analysis.sample.pairs import OK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis._typing import FloatArray
    from analysis.prices.market_data import MarketData
    from analysis.sample.result import SampleResult
    from analysis.study import ExchangeRate


def impacts(
    result: SampleResult, data: MarketData, rates: Sequence[ExchangeRate] = ()
) -> FloatArray:
    """
    Turn the windows of the pairs into dollars, as `analysis.impact` does.

    Parameters
    ----------
    result : SampleResult
    data : MarketData
        Whose share counts and closes are used.
    rates : sequence of ExchangeRate
        Columns of the levels that hold exchange rates.

    Returns
    -------
    ndarray of shape (w, n)
        USD at the rate of the eve; NaN where a window has a gap, no market value is known, or it is
        in another currency whose rate is not.
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
            session = pd.Timestamp(sessions[eve])
            value = value_at(symbol, session, data.levels, data.reference)
            value = rated(value, rates, session, data.levels)
            if value.amount is None or value.rate is None:
                continue
            levels = data.levels[symbol].to_numpy()[eve : eve + len(window) + 1]
            stake = dollars_at_stake(value.amount * value.rate, levels[1:] / levels[:-1] - 1)
            ar = days.car[window.start - first : window.end - first + 1, row]
            found[at, row] = float(stake @ ar)
    return found
