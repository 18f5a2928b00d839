"""
Fama-French factors and momentum from Kenneth R. French's library, through pandas-datareader.

The library speaks in percent, writes missing values as -99.99 or -999 and indexes by period; here
factors are decimals by session, complete, with the CRSP vintage that they were made from.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any
from zipfile import BadZipFile

import pandas as pd

from analysis.errors import DataError
from analysis.prices.schemas import FACTOR_COLUMNS, check_factors
from analysis.prices.sources.protocol import BadAnswer, SourceUnavailable

FIVE_FACTORS = "F-F_Research_Data_5_Factors_2x3_daily"
MOMENTUM = "F-F_Momentum_Factor_daily"
MISSING = -99.0
"""The library writes -99.99 or -999; no daily factor comes near."""

CALENDAR = "XNYS"
FIRST = dt.date(1990, 1, 2)
"""Sessions before are not known here."""

_NAMES = {
    "Mkt-RF": "mkt_rf",
    "SMB": "smb",
    "HML": "hml",
    "RMW": "rmw",
    "CMA": "cma",
    "Mom": "mom",
    "RF": "rf",
}


@dataclass(frozen=True, slots=True, eq=False)
class FactorLibrary:
    """
    The factors as the library had them.

    Attributes
    ----------
    factors : pandas.DataFrame of shape (sessions, 7)
        Decimals; columns `FACTOR_COLUMNS`.
    vintage : str
        CRSP database that they were made from, as ``202604``.
    client : str
        Program and version that read them.
    """

    factors: pd.DataFrame
    vintage: str
    client: str


def read_factors(now: dt.datetime, *, timeout: float = 10.0, tries: int = 3) -> FactorLibrary:
    """
    Read the daily factors since `FIRST`.

    Parameters
    ----------
    now : timezone-aware datetime.datetime
        Nothing after this date is asked for.
    timeout : float
        Seconds without a byte.
    tries : int

    Raises
    ------
    SourceUnavailable
        If the library does not answer, or with an error.
    BadAnswer
        If what it answers is not what it used to be.
    """
    try:
        five, described = _read(FIVE_FACTORS, now, timeout, tries)
        momentum, _ = _read(MOMENTUM, now, timeout, tries)
        factors = tidy(five.join(momentum, how="inner"))
        factors = check_factors(factors, calendar=CALENDAR, where="the factor library")
    except OSError as error:
        reason = str(error).partition("\n")[0]
        raise SourceUnavailable(f"Kenneth French's library cannot be read ({reason})") from error
    except (DataError, KeyError, TypeError, ValueError, BadZipFile) as error:
        raise BadAnswer(f"Kenneth French's library has changed its form: {error}") from error
    return FactorLibrary(factors, vintage_of(described), _client())


def tidy(table: pd.DataFrame) -> pd.DataFrame:
    """
    Turn a table as the library has it into factors.

    Parameters
    ----------
    table : pandas.DataFrame
        Percent, indexed by daily period; names as the library's, with stray spaces; missing codes.

    Returns
    -------
    pandas.DataFrame
        Decimals by session, rows with a missing value left out.

    Examples
    --------
    >>> import pandas as pd
    >>> days = pd.PeriodIndex(["2025-01-24", "2025-01-27"], freq="D")
    >>> names = ["Mkt-RF", "SMB", "HML", "RMW", "CMA", "RF", "Mom   "]
    >>> rows = [[-0.3, 0, 0, 0, 0, 0.02, 0.1], [-1.58, 0, 0, 0, 0, 0.02, -99.99]]
    >>> tidy(pd.DataFrame(rows, days, names))["mkt_rf"].to_dict()
    {Timestamp('2025-01-24 00:00:00'): -0.003}
    """
    named = table.rename(columns=lambda name: _NAMES.get(str(name).strip(), str(name).strip()))
    factors = named[list(FACTOR_COLUMNS)].astype(float)
    factors = factors.where(factors > MISSING).dropna() / 100
    index = pd.PeriodIndex(factors.index).to_timestamp().as_unit("us")
    return factors.set_axis(index.rename("session"), axis=0)


def vintage_of(description: str) -> str:
    """
    Find the CRSP vintage in the library's description of a table.

    Examples
    --------
    >>> vintage_of("This file was created by using the 202604 CRSP database. The Tbill ...")
    '202604'
    """
    found = re.search(r"using the (\d{6}) CRSP", description)
    return found[1] if found else "unknown"


def _read(name: str, now: dt.datetime, timeout: float, tries: int) -> tuple[pd.DataFrame, str]:
    from pandas_datareader.famafrench import FamaFrenchReader  # noqa: PLC0415 - slow to import

    reader: Any = FamaFrenchReader(
        name, start=FIRST, end=now.date(), timeout=timeout, retry_count=tries - 1, pause=0.5
    )
    tables = reader.read()
    return tables[0], str(tables["DESCR"])


def _client() -> str:
    return f"pandas-datareader {version('pandas-datareader')}"
