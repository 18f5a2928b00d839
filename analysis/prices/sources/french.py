"""
Fama-French factors and momentum from Kenneth R. French's library.

The library gives zipped tables between lines of prose, speaks in percent and writes missing values
as -99.99 or -999; here factors are decimals by session, complete, with the CRSP vintage that they
were made from.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from dataclasses import dataclass

import pandas as pd
import stamina

from analysis.errors import DataError, printable
from analysis.prices.schemas import FACTOR_COLUMNS, check_factors
from analysis.prices.sources.http import LARGEST_BODY, BoundedSession, NoAnswer, Patience
from analysis.prices.sources.protocol import BadAnswer

ADDRESS = "https://mba.tuck.dartmouth.edu/pages/faculty/ken.french/ftp/{name}_CSV.zip"
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
    """

    factors: pd.DataFrame
    vintage: str


def read_factors(now: dt.datetime, patience: Patience | None = None) -> FactorLibrary:
    """
    Read the daily factors since `FIRST`.

    Parameters
    ----------
    now : timezone-aware datetime.datetime
        Nothing after this date is taken.
    patience : Patience, optional
        Timeouts and tries.

    Raises
    ------
    SourceUnavailable
        If the library does not answer, or with an error.
    BadAnswer
        If what it answers is not what it used to be.
    """
    patience = patience or Patience()
    session = BoundedSession("Kenneth French's library", "dartmouth.edu", patience)
    try:
        five, prose = parse(_download(session, FIVE_FACTORS, patience))
        momentum, _ = parse(_download(session, MOMENTUM, patience))
        factors = tidy(five.join(momentum, how="inner")).loc[str(FIRST) : str(now.date())]
        factors = check_factors(factors, calendar=CALENDAR, where="the factor library")
    except (DataError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        reason = printable(str(error))
        raise BadAnswer(f"Kenneth French's library has changed its form: {reason}") from error
    finally:
        session.close()
    return FactorLibrary(factors, vintage_of(prose))


def parse(archive: bytes) -> tuple[pd.DataFrame, str]:
    """
    Read a zipped table of the library.

    Parameters
    ----------
    archive : bytes
        A zip file of one CSV: prose, an empty line, the header (whose first cell is empty), one
        row a day, an empty line, a copyright.

    Returns
    -------
    table : pandas.DataFrame
        Percent, indexed by date; columns as in the header, without their spaces.
    prose : str
        The lines before the header.

    Raises
    ------
    zipfile.BadZipFile, ValueError
        If it is none, holds no such table, or unpacks to more than `LARGEST_BODY` bytes.
    """
    with zipfile.ZipFile(io.BytesIO(archive)) as files, files.open(files.namelist()[0]) as file:
        content = file.read(LARGEST_BODY + 1)
    if len(content) > LARGEST_BODY:
        raise ValueError(f"the table is larger than {LARGEST_BODY // 2**20} MB")
    lines = content.decode("utf-8", errors="replace").splitlines()
    start = next((i for i, line in enumerate(lines) if re.match(r"\s*,\s*[A-Za-z]", line)), None)
    if start is None:
        raise ValueError("no header in it")
    rows = []
    for line in lines[start + 1 :]:
        cells = line.split(",")
        if not re.fullmatch(r"\s*[0-9]{8}\s*", cells[0]):
            break
        rows.append(cells)
    names = [name.strip() for name in lines[start].split(",")][1:]
    days = pd.to_datetime([row[0].strip() for row in rows], format="%Y%m%d")
    table = pd.DataFrame([row[1:] for row in rows], index=days, columns=names)
    return table.astype(float), "\n".join(lines[:start])


def tidy(table: pd.DataFrame) -> pd.DataFrame:
    """
    Turn a table as the library has it into factors.

    Parameters
    ----------
    table : pandas.DataFrame
        Percent, indexed by date; names as the library's; missing codes.

    Returns
    -------
    pandas.DataFrame
        Decimals by session, rows with a missing value left out.

    Examples
    --------
    >>> import pandas as pd
    >>> days = pd.DatetimeIndex(["2025-01-24", "2025-01-27"])
    >>> names = ["Mkt-RF", "SMB", "HML", "RMW", "CMA", "RF", "Mom"]
    >>> rows = [[-0.3, 0, 0, 0, 0, 0.02, 0.1], [-1.58, 0, 0, 0, 0, 0.02, -99.99]]
    >>> tidy(pd.DataFrame(rows, days, names))["mkt_rf"].to_dict()
    {Timestamp('2025-01-24 00:00:00'): -0.003}
    """
    factors = table.rename(columns=_NAMES)[list(FACTOR_COLUMNS)].astype(float)
    factors = factors.where(factors > MISSING).dropna() / 100
    index = pd.DatetimeIndex(factors.index, name="session").as_unit("us")
    return factors.set_axis(index, axis=0)


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


def _download(session: BoundedSession, name: str, patience: Patience) -> bytes:
    """Read one file of the library, again where that may help."""
    for attempt in stamina.retry_context(
        on=NoAnswer,
        attempts=patience.attempts,
        timeout=None,
        wait_initial=patience.wait,
        wait_max=patience.longest_wait,
        wait_jitter=patience.wait,
    ):
        with attempt:
            response = session.get(ADDRESS.format(name=name))
            if response.status_code != 200:
                raise NoAnswer(f"Kenneth French's library answered HTTP {response.status_code}")
            return bytes(response.content)
    raise AssertionError("stamina ends by returning or raising")  # pragma: no cover
