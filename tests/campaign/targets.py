"""
Readers of what a user or a vendor brings, each as a function of bytes.

Whatever the bytes, a target returns or raises a `MarketImpactError`; anything else is a fault. What
it returns is held against what such data can be. A target judges a file as the commands do; where a
whole batch or scan behind the reader can be run too, `WHOLE` has it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import re
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from analysis.batch.batch import BatchRequest, locate, run_batch
from analysis.batch.inputs import FactorModel, Factors, FirmReturns, read_factors, read_returns
from analysis.batch.prices import read_prices
from analysis.batch.scan import ScanRequest, run_scan
from analysis.claims.expressions import Scope, evaluate
from analysis.columns import MISSING, NO_DAY, moments, numbers, texts
from analysis.errors import MarketImpactError
from analysis.pieces import Problems
from analysis.plausible import LARGEST_FACTOR
from analysis.prices.files import load_levels_file
from analysis.prices.market_data import MarketData
from analysis.prices.sources.files import FileSource
from analysis.sample.events import read_events
from analysis.sample.file import load_sample
from analysis.study_file import dump_study, parse_study
from analysis.tabular import read_pieces
from analysis.windows import Window

if TYPE_CHECKING:
    from collections.abc import Callable

DAY = dt.date(1990, 1, 1)
DAY_OF_SCAN = dt.date(2025, 1, 8)
DAYS = [str(day) for day in np.arange("2025-01-02", "2025-01-09", dtype="datetime64[D]")]
DAYS = [day for day in DAYS if day not in {"2025-01-04", "2025-01-05"}]

STUDY = b"""id = "mine"
event_firm = "NVDA"
symbols = ["NVDA", "AMD"]
models = ["market"]
windows = ["0..0", "-1..1"]
level = 0.95
[[events]]
id = "e"
title = "An event"
when = 2025-01-27T12:00:00Z
[[benchmarks]]
id = "SPY-ex"
weight = 0.07
weight_session = 2025-01-24
[[groups]]
id = "g"
symbols = ["VST"]
"""
FOUR = list(enumerate(DAYS[:4]))
ALL = list(enumerate(DAYS))
LEVELS = "session,A,B\n" + "".join(f"{d},{10 + i},{2.5 - i / 9}\n" for i, d in FOUR)
LONG = "session,symbol,close\n" + "".join(f"{d},{s},{5 + i}\n" for i, d in FOUR for s in "AB")
RETURNS = "symbol,session,return\n" + "".join(
    f"{s},{d},{(i * 7 + k) % 5 / 100 - 0.02}\n" for k, s in enumerate("AB") for i, d in ALL
)
FACTORS = "session,mktrf\n" + "".join(f"{d},{(i * 3) % 4 / 100 - 0.01}\n" for i, d in ALL)
EVENTS = f"symbol,event_date\nA,{DAYS[-1]}\nB,{DAYS[-2]}\n"
PRICES = "symbol,session,close,volume\n" + "".join(
    f"{s},{d},{50 + (i * 7 + k) % 5},9000\n" for k, s in enumerate(("A", "SPY")) for i, d in ALL
)
CRSP = (
    "PERMNO,date,TICKER,PRC,VOL,RET,CFACPR,CFACSHR\n"
    "86580,2024-06-06,NVDA,1209.98,66470000,C,10,10\n"
    "86580,2024-06-07,NVDA,1208.88,41238600,-0.000909,10,10\n"
    "86580,2024-06-10,NVDA,-121.79,314163000,0.007461,1,1\n"
)
YAHOO = (
    "Date,Open,High,Low,Close,Adj Close,Volume\n"
    "2025-01-24,148.37,148.97,141.88,142.62,142.60,234657600\n"
    "2025-01-27,124.80,128.40,116.70,118.42,118.40,818830900\n"
)
SAMPLE = b"""id = "mine"
title = "Mine"
events_file = "pairs.csv"
by = "group"
windows = ["0..0", "-1..1"]
level = 0.9
placebos = 0
draws = 99
[policies]
missing = "traded"
around = "-5..5"
[[benchmarks]]
id = "SPY-ex"
purged_of = "A"
weight = 0.05
weight_session = 2025-01-24
[[fx]]
currency = "JPY"
symbol = "JPY=X"
"""
LISTED = b"""title = "Listed"
model = "mean"
[[firm_events]]
symbol = "A"
when = 2025-01-07
group = "g"
size = 1.5
[[firm_events]]
symbol = "B"
when = 2025-01-08T22:00:00Z
weight = 0.5
"""
PAIRS = "symbol,when,group\nA,2025-01-07,g\nB,2025-01-08T22:00:00Z,h\n"


def study(content: bytes, folder: Path) -> None:
    """A study file, read; what is read is written and read again to an equal study."""
    del folder
    found = parse_study(content.decode("utf-8", "replace"))
    assert parse_study(dump_study(found)) == found


def sample(content: bytes, folder: Path) -> None:
    """A study of many firm-events, beside its list of them."""
    _written(folder, "pairs.csv", PAIRS.encode())
    load_sample(_written(folder, "sample.toml", content))


def levels(content: bytes, folder: Path) -> None:
    """A file of levels: what is accepted is finite and positive."""
    companion = MarketData("none", "XNYS", None)
    path = _written(folder, "levels.csv", content)
    values = load_levels_file(path, companion, calendar="XNYS").levels.to_numpy()
    assert (values[~np.isnan(values)] > 0).all()
    assert not np.isinf(values).any()


def vendor(content: bytes, folder: Path) -> None:
    """A vendor's file for the store: figures are finite."""
    source = FileSource(_written(folder, "vendor.csv", content))
    for symbol in source.symbols:
        bars = source.fetch(symbol, DAY).bars
        assert not np.isinf(bars.to_numpy(dtype=float)).any()


def returns(content: bytes, folder: Path) -> None:
    """A file of returns: none is a loss of everything or more, problems are told in lines."""
    problems = Problems()
    found = read_returns(
        _written(folder, "returns.csv", content), _sound(folder)[0].sessions,
        symbol_column="symbol", date_column="session", return_column="return", problems=problems,
    )  # fmt: skip
    values = found.panel.rows.values
    assert (values[~np.isnan(values)] > -1).all()
    assert not np.isinf(values).any()
    _told(problems)


def factors(content: bytes, folder: Path) -> None:
    """A file of factors: what is left is a daily return in decimals, sessions ascend."""
    problems = Problems()
    found = _factors(_written(folder, "factors.csv", content), problems)
    assert (np.diff(found.sessions) > 0).all()
    assert (np.abs(found.values[~np.isnan(found.values)]) <= LARGEST_FACTOR).all()
    _told(problems)


def events(content: bytes, folder: Path) -> None:
    """A file of events: each has a session of the factors, or a fault in words."""
    problems = Problems()
    known, data = _sound(folder)
    path = _written(folder, "events.csv", content)
    for piece in read_pieces(path, ["symbol", "event_date"]):
        found = locate(piece, data, known, problems)
        assert len(found.position) == len(found.firm) == piece.table.num_rows
        assert all(found.faults.values())
        assert found.position.max(initial=-1) < known.sessions.size
        placed = found.position >= 0
        assert (found.session[placed] >= known.sessions[0]).all()
        assert not (placed & (found.day == NO_DAY)).any()
    _told(problems)


def prices(content: bytes, folder: Path) -> None:
    """A file of prices: closes are above zero, volumes not below it."""
    problems = Problems()
    found = read_prices(
        _written(folder, "prices.csv", content),
        columns=("symbol", "session", "close", "volume"),
        benchmark="SPY",
        problems=problems,
    )
    closes, volumes = found.closes.rows.values, found.volumes.rows.values
    assert (closes[~np.isnan(closes)] > 0).all()
    assert (volumes[~np.isnan(volumes)] >= 0).all()
    assert (np.diff(found.sessions) > 0).all()
    _told(problems)


def pairs(content: bytes, folder: Path) -> None:
    """A list of firm-events: a row each, weights finite."""
    found = read_events(_written(folder, "pairs.csv", content))
    assert len(found.symbol.codes) == len(found) == len(found.characteristics)
    assert not np.isinf(found.weight).any()
    _told(found.problems)


_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


def cells(content: bytes, folder: Path) -> None:
    """Single cells as numbers, dates and symbols; numbers are what Python reads in such a cell."""
    import pyarrow as pa

    del folder
    given = content.decode("utf-8", "replace").split(",")
    words = pa.array(given)
    values, bad = numbers(words)
    for row, text in enumerate(given):
        word = text.strip()
        expected = float(word) if _NUMBER.fullmatch(word) else np.nan
        assert np.isfinite(expected) or np.isnan(values[row]), word
        assert (row in bad) == (not np.isfinite(expected) and word not in MISSING), word
        assert row in bad or np.isnan(expected) or values[row] == expected, word
    moments(words)
    codes, distinct = texts(words)
    assert [distinct[code] if code >= 0 else "" for code in codes] == [t.strip() for t in given]


def claims(content: bytes, folder: Path) -> None:
    """The expression of a claim: parsed and evaluated over two figures."""
    del folder
    scope = Scope({"a": 2.5, "b": 4.0}, {"abs": abs, "max": max})
    evaluate(content.decode("utf-8", "replace"), scope)


def _written(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def _told(problems: Problems) -> None:
    """Hold the lines of the problems against their number."""
    lines = problems.lines()
    assert len(lines) <= problems.most + 1
    assert bool(lines) == bool(problems.count)


def _factors(path: Path, problems: Problems) -> Factors:
    return read_factors(path, ("mktrf",), date_column="session", calendar="XNYS", problems=problems)


@functools.lru_cache(1)
def _sound(folder: Path) -> tuple[Factors, FirmReturns]:
    """Factors and returns without a fault, read once."""
    known = _factors(_written(folder, "sound.csv", FACTORS.encode()), Problems())
    data = read_returns(
        _written(folder, "sound.csv", RETURNS.encode()), known.sessions,
        symbol_column="symbol", date_column="session", return_column="return", problems=Problems(),
    )  # fmt: skip
    return known, data


def _batch(folder: Path, **given: bytes) -> None:
    """Run a batch over the sound files, some replaced."""
    content = {"returns": RETURNS, "factors": FACTORS, "events": EVENTS}
    paths = [
        _written(folder, f"{name}.csv", given.get(name, text.encode()))
        for name, text in content.items()
    ]
    request = BatchRequest(
        *paths, folder / "out.parquet", models=(FactorModel.parse("mktrf"),),
        estimation=Window(-3, -1), window=Window(0, 0), min_estimation=3, calendar="XNYS",
    )  # fmt: skip
    run_batch(request)


def _scan(folder: Path, prices: bytes) -> None:
    """Run a scan over a file of prices."""
    path = _written(folder, "prices.csv", prices)
    run_scan(
        ScanRequest(path, DAY_OF_SCAN, estimation=Window(-3, -1), placebos=1, min_estimation=3)
    )


TARGETS = {
    "study": (study, [STUDY]),
    "sample": (sample, [SAMPLE, LISTED]),
    "levels": (levels, [LEVELS.encode(), LONG.encode()]),
    "vendor": (vendor, [CRSP.encode(), YAHOO.encode(), LEVELS.encode(), LONG.encode()]),
    "returns": (returns, [RETURNS.encode()]),
    "factors": (factors, [FACTORS.encode()]),
    "events": (events, [EVENTS.encode()]),
    "prices": (prices, [PRICES.encode()]),
    "pairs": (pairs, [PAIRS.encode()]),
    "claims": (claims, [b"abs(a) / 1e9 + max(b, 2) * 3"]),
    "cells": (cells, [b"1.5,-2,2025-01-27,1e5,2025-01-24T22:30:00Z,NVDA,NaN,,0x1"]),
}
"""Name to the target and the sound inputs that it starts from."""

WHOLE: dict[str, Callable[[bytes, Path], None]] = {
    "returns": lambda content, folder: _batch(folder, returns=content),
    "factors": lambda content, folder: _batch(folder, factors=content),
    "events": lambda content, folder: _batch(folder, events=content),
    "prices": lambda content, folder: _scan(folder, content),
}
"""Targets whose files can be followed through a whole batch or scan, end to end."""


class Outcome(NamedTuple):
    """What came of an input: accepted, refused in words, or a fault that is named."""

    kind: str
    words: str = ""


def outcome(
    name: str, content: bytes, folder: Path | None = None, *, whole: bool = False
) -> Outcome:
    """Try one input, in a folder for its files; `whole` runs what is behind the reader too."""
    target = WHOLE[name] if whole else TARGETS[name][0]
    with contextlib.ExitStack() as stack:
        if folder is None:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        try:
            target(content, folder)
        except MarketImpactError as error:
            words = str(error)
            return Outcome(
                "refused" if words.strip() else "fault", words or "refused without a word"
            )
        except Exception as error:  # noqa: BLE001 - what the campaign is after
            return Outcome("fault", f"{type(error).__name__}: {str(error)[:80]}")
    return Outcome("accepted")
