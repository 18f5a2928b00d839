"""
WRDS/CRSP daily stock extracts, the legacy format (SIZ/FIZ) and the one since 2025 (CIZ).

CRSP's conventions: a negative PRC is the mean of bid and ask where there was no trade; a missing
RET is a letter or a code of -44 and below; CFACPR and CFACSHR put prices and shares on one split
basis; a distribution repeats the day's row. Returns, not prices, carry dividends, so adjusted
closes are chained from RET (and DLRET, the return of a delisting).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.plausible import LARGEST_PRICE, LARGEST_VOLUME, impossible_returns
from analysis.prices.bars import bars_frame, no_actions
from analysis.prices.sources.cells import read_dates, read_numbers
from analysis.prices.sources.protocol import BadAnswer, Fetched

CRSP_COLUMNS = ({"PERMNO", "DATE", "PRC", "RET"}, {"PERMNO", "DLYCALDT", "DLYPRC", "DLYRET"})
"""Columns by which an extract is known, upper case: legacy and CIZ."""

MISSING_RETURN = -44.0
"""Codes of missing returns are this or lower; a true return is above -1."""

LEAST_SIZE = 1e-9
"""No figure of an extract but 0 is smaller; a smaller divisor would make prices infinite."""

LARGEST_BASIS = 1e9
"""No splits have come to a larger cumulative factor."""

_LARGEST = {"VOL": LARGEST_VOLUME, "CFACPR": LARGEST_BASIS, "CFACSHR": LARGEST_BASIS}

_CIZ = {
    "DLYCALDT": "DATE",
    "DLYPRC": "PRC",
    "DLYRET": "RET",
    "DLYVOL": "VOL",
    "DLYOPEN": "OPENPRC",
    "DLYHIGH": "ASKHI",
    "DLYLOW": "BIDLO",
    "DLYCUMFACPR": "CFACPR",
    "DLYCUMFACSHR": "CFACSHR",
    "DLYORDDIVAMT": "DIVAMT",
    "DLYFACPRC": "FACTOR",
}


def read_crsp(table: pd.DataFrame, *, where: str) -> dict[str, Fetched]:
    """
    Read every security of an extract.

    Parameters
    ----------
    table : pandas.DataFrame
        As WRDS delivers it.
    where : str
        The file, for messages.

    Returns
    -------
    dict of str to Fetched
        By the security's last ticker, or its PERMNO where there is none or it is not unique.
        Closes and volume on the split basis of the extract, ``adj_close`` chained from returns so
        that it ends on the last close. Sessions without a price are left out.

    Raises
    ------
    BadAnswer
        If dates or returns cannot be read, or a return is missing between two prices.
    """
    table = table.rename(columns=lambda name: str(name).upper())
    table = table.rename(columns=_CIZ)
    _refuse_broken(table, where)
    table["DATE"] = read_dates(table["DATE"], where=where)
    found: dict[str, Fetched] = {}
    last_tickers = _tickers(table)
    for permno, rows in table.groupby("PERMNO", sort=True):
        ticker = last_tickers.get(permno, "")
        symbol = ticker if ticker and ticker not in found else str(permno)
        found[symbol] = _security(rows.sort_values("DATE", kind="stable"), symbol, where)
    return found


def _refuse_broken(table: pd.DataFrame, where: str) -> None:
    twice = table.columns[table.columns.duplicated()]
    if len(twice):
        raise BadAnswer(f"{where}: column '{twice[0]}' occurs twice; keep one of them")
    if not len(table):
        raise BadAnswer(f"{where}: no rows in it; export the extract again")
    unnamed = table["PERMNO"].isna().to_numpy()
    if unnamed.any():
        raise BadAnswer(f"{where}: no PERMNO in data row {int(np.argmax(unnamed)) + 1}")
    for name in ("PRC", "VOL", "OPENPRC", "ASKHI", "BIDLO", "CFACPR", "CFACSHR", "DIVAMT"):
        if name in table.columns:
            figures = read_numbers(table[name], name, where=where)
            _refuse_beyond(figures.abs(), _LARGEST.get(name, LARGEST_PRICE), f"{where}: {name}")


def _refuse_beyond(sizes: pd.Series, most: float, what: str) -> None:
    """Want sizes from `LEAST_SIZE` to `most`; 0 and none are unknown ones."""
    broken = ((sizes < LEAST_SIZE) | (sizes > most)).to_numpy() & (sizes != 0).to_numpy()
    if broken.any():
        row = int(np.argmax(broken))
        raise BadAnswer(
            f"{what} of size {sizes.iloc[row]:g} in data row {row + 1} cannot be: there is none "
            f"beyond {LEAST_SIZE:g} to {most:g}"
        )


def _tickers(table: pd.DataFrame) -> dict[object, str]:
    if "TICKER" not in table.columns:
        return {}
    named = table.dropna(subset=["TICKER"]).sort_values("DATE", kind="stable")
    return {
        key: str(value).upper() for key, value in named.groupby("PERMNO")["TICKER"].last().items()
    }


def _security(rows: pd.DataFrame, symbol: str, where: str) -> Fetched:
    days = rows.drop_duplicates("DATE").set_index("DATE")
    price = _number(days, "PRC").abs()
    days = days[price > 0]
    price = price[price > 0]
    if price.empty:
        permno = rows["PERMNO"].iloc[0]
        raise BadAnswer(f"{where}: no price in it for PERMNO {permno}; leave the security out")
    basis = _basis(days, "CFACPR")
    close = price / basis
    bars = bars_frame(
        pd.DatetimeIndex(days.index),
        {
            "open": (_number(days, "OPENPRC").abs() / basis).to_numpy(),
            "high": (_number(days, "ASKHI").abs() / basis).to_numpy(),
            "low": (_number(days, "BIDLO").abs() / basis).to_numpy(),
            "close": close.to_numpy(),
            "adj_close": _chained(days, close, symbol, where),
            "volume": _volume(days).to_numpy(),
        },
    )
    return Fetched(symbol, where, "file", bars, _actions(rows), currency="USD", calendar="XNYS")


def _chained(days: pd.DataFrame, close: pd.Series, symbol: str, where: str) -> np.ndarray:
    """Chain total-return levels from returns; they end on the last close."""
    returns = _number(days, "RET")
    returns = returns.where(~impossible_returns(returns.to_numpy()))
    absent = returns.iloc[1:].isna()
    if absent.any():
        day = absent.index[absent][0].date()
        raise BadAnswer(
            f"{where}: {symbol} has a price but no RET on {day}: its return cannot be chained; "
            "begin the extract after it"
        )
    delisting = _number(days, "DLRET")
    coded = delisting <= MISSING_RETURN
    lost = delisting.index[impossible_returns(delisting.to_numpy()) & ~coded]
    if len(lost):
        raise BadAnswer(
            f"{where}: {symbol} has a delisting return of {delisting[lost[0]]:g} on "
            f"{lost[0].date()}: no level can follow a loss of everything; end the extract before it"
        )
    delisting = delisting.where(~coded).fillna(0.0)
    growth = (1 + returns.fillna(0.0)) * (1 + delisting)
    level = growth.cumprod().to_numpy(dtype=float)
    end = float(close.iloc[-1]) * (1 + float(delisting.iloc[-1]))
    return np.asarray(level / level[-1] * end)


def _volume(days: pd.DataFrame) -> pd.Series:
    volume = _number(days, "VOL")
    return volume.where(volume >= 0) * _basis(days, "CFACSHR")


def _basis(rows: pd.DataFrame, column: str) -> pd.Series:
    """Read a cumulative factor of splits: 1 without the column, missing where it is 0."""
    return _number(rows, column, 1.0).where(lambda factor: factor > 0)


def _actions(rows: pd.DataFrame) -> pd.DataFrame:
    """Read cash dividends and splits, dividends on the extract's split basis."""
    basis = _basis(rows, "CFACPR")
    code = rows["DISTCD"].astype(str) if "DISTCD" in rows.columns else None
    cash, split = _number(rows, "DIVAMT"), _number(rows, "FACPR") + 1
    if code is not None:
        cash, split = cash.where(code.str.startswith("1")), split.where(code.str.startswith("5"))
    if "FACTOR" in rows.columns:
        split = _number(rows, "FACTOR")
    parts = [no_actions()]
    for kind, values in (("dividend", cash / basis), ("split", split)):
        there = (values > 0) & (True if kind == "dividend" else (values - 1).abs() > 1e-9)
        if there.any():
            found = pd.DataFrame({"session": rows["DATE"], "kind": kind, "value": values})[there]
            parts.append(found)
    actions = pd.concat(parts[1:], ignore_index=True) if len(parts) > 1 else parts[0]
    actions["session"] = pd.DatetimeIndex(actions["session"]).as_unit("us")
    return actions.drop_duplicates(ignore_index=True)


def _number(frame: pd.DataFrame, column: str, default: float = float("nan")) -> pd.Series:
    if column not in frame.columns:
        return pd.Series(default, index=frame.index)
    return pd.to_numeric(frame[column], errors="coerce").astype(float)
