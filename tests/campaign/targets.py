"""
Readers of what a user or a vendor brings, each as a function of bytes.

Whatever the bytes, a target returns or raises a `MarketImpactError`; anything else is a fault.
"""

from __future__ import annotations

import datetime as dt
import tempfile
import warnings
from pathlib import Path

import numpy as np

from analysis.batch.batch import BatchRequest, run_batch
from analysis.batch.inputs import FactorModel
from analysis.batch.scan import ScanRequest, run_scan
from analysis.claims.expressions import Scope, evaluate
from analysis.columns import moments, numbers, texts
from analysis.errors import MarketImpactError
from analysis.prices.files import load_levels_file
from analysis.prices.market_data import MarketData
from analysis.prices.sources.files import FileSource
from analysis.sample.events import read_events
from analysis.study_file import dump_study, parse_study
from analysis.windows import Window

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
PAIRS = "symbol,when,group\nA,2025-01-07,g\nB,2025-01-08T22:00:00Z,h\n"


def _written(folder: str, name: str, content: bytes) -> Path:
    path = Path(folder) / name
    path.write_bytes(content)
    return path


def study(content: bytes) -> None:
    """A study file, read; what is read is written and read again to an equal study."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return
    found = parse_study(text)
    assert parse_study(dump_study(found)) == found


def levels(content: bytes) -> None:
    """A file of levels: what is accepted is finite and positive."""
    with tempfile.TemporaryDirectory() as folder:
        companion = MarketData("none", "XNYS", None)
        path = _written(folder, "levels.csv", content)
        values = load_levels_file(path, companion, calendar="XNYS").levels.to_numpy()
    assert (values[~np.isnan(values)] > 0).all()
    assert not np.isinf(values).any()


def vendor(content: bytes) -> None:
    """A vendor's file for the store."""
    with tempfile.TemporaryDirectory() as folder:
        source = FileSource(_written(folder, "vendor.csv", content))
        for symbol in source.symbols:
            bars = source.fetch(symbol, DAY).bars
            assert not np.isinf(bars.to_numpy(dtype=float)).any()


def _batch(folder: str, **given: bytes) -> None:
    content = {"returns": RETURNS, "factors": FACTORS, "events": EVENTS}
    paths = [
        _written(folder, f"{name}.csv", given.get(name, text.encode()))
        for name, text in content.items()
    ]
    request = BatchRequest(
        *paths, Path(folder) / "out.csv", models=(FactorModel.parse("mktrf"),),
        estimation=Window(-3, -1), window=Window(0, 0), min_estimation=3, calendar="XNYS",
    )  # fmt: skip
    run_batch(request)


def returns(content: bytes) -> None:
    """A file of returns, through a batch."""
    with tempfile.TemporaryDirectory() as folder:
        _batch(folder, returns=content)


def factors(content: bytes) -> None:
    """A file of factors, through a batch."""
    with tempfile.TemporaryDirectory() as folder:
        _batch(folder, factors=content)


def events(content: bytes) -> None:
    """A file of events, through a batch."""
    with tempfile.TemporaryDirectory() as folder:
        _batch(folder, events=content)


def prices(content: bytes) -> None:
    """A file of prices, through a scan."""
    with tempfile.TemporaryDirectory() as folder:
        path = _written(folder, "prices.csv", content)
        run_scan(
            ScanRequest(path, DAY_OF_SCAN, estimation=Window(-3, -1), placebos=1, min_estimation=3)
        )


def pairs(content: bytes) -> None:
    """A list of firm-events."""
    with tempfile.TemporaryDirectory() as folder:
        read_events(_written(folder, "pairs.csv", content))


def cells(content: bytes) -> None:
    """Single cells: as numbers, dates and symbols."""
    import pyarrow as pa

    words = pa.array(content.decode("utf-8", "replace").split(","))
    values, _ = numbers(words)
    assert not np.isinf(values).any()
    moments(words)
    texts(words)


def claims(content: bytes) -> None:
    """The expression of a claim: parsed and evaluated over two figures."""
    scope = Scope({"a": 2.5, "b": 4.0}, {"abs": abs, "max": max})
    evaluate(content.decode("utf-8", "replace"), scope)


TARGETS = {
    "study": (study, [STUDY]),
    "levels": (levels, [LEVELS.encode(), LONG.encode()]),
    "vendor": (vendor, [CRSP.encode(), YAHOO.encode()]),
    "returns": (returns, [RETURNS.encode()]),
    "factors": (factors, [FACTORS.encode()]),
    "events": (events, [EVENTS.encode()]),
    "prices": (prices, [PRICES.encode()]),
    "pairs": (pairs, [PAIRS.encode()]),
    "claims": (claims, [b"abs(a) / 1e9 + max(b, 2) * 3"]),
    "cells": (cells, [b"1.5,-2,2025-01-27,1e5,2025-01-24T22:30:00Z,NVDA,NaN,,0x1"]),
}
"""Name to the target and the sound inputs that it starts from."""


def outcome(name: str, content: bytes) -> str:
    """Try one input: "accepted", "refused", or what went wrong."""
    target = TARGETS[name][0]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            target(content)
    except MarketImpactError as error:
        return "refused" if str(error).strip() else "refused without a word"
    except Exception as error:  # noqa: BLE001 - what the campaign is after
        return f"{type(error).__name__}: {str(error)[:80]}"
    return "accepted"
