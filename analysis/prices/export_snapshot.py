"""Write the store's figures as a new bundled snapshot, with manifest."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis._bundle import bundled_data
from analysis.atomic import replaced
from analysis.errors import DataError, OutputError
from analysis.prices.from_store import load_store
from analysis.prices.manifest import MANIFEST, read_manifest, write_manifest
from analysis.prices.schemas import interior_gaps
from analysis.prices.snapshot import (
    BASE,
    CALENDAR,
    FACTORS,
    LEVELS,
    history_files,
    index_base,
    load_history,
    load_snapshot,
)
from analysis.prices.store import PriceStore
from analysis.sessions import sessions_between

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd


@dataclass(frozen=True, slots=True)
class Exported:
    """
    What an export wrote.

    Attributes
    ----------
    folder : pathlib.Path
    renewed, carried : tuple of str
        Files written from the store, and files taken over as they were.
    symbols, sessions : int
    first, last : datetime.date
    """

    folder: Path
    renewed: tuple[str, ...]
    carried: tuple[str, ...]
    symbols: int
    sessions: int
    first: dt.date
    last: dt.date


def export_snapshot(
    store: Path,
    folder: Path,
    *,
    now: dt.datetime,
    symbols: Sequence[str] | None = None,
    since: dt.date | None = None,
    until: dt.date | None = None,
) -> Exported:
    """
    Write a snapshot in the layout of the bundled one; what the store cannot renew is taken over.

    Levels and factors keep the same sessions: they end where the factors end. Printed closes,
    share counts, weights, bars, chronology and studies are gathered by hand and carried over, from
    the folder if it holds a snapshot already, else from the bundled one. The folder is replaced as
    a whole, after the new one has been read back.

    Parameters
    ----------
    store : pathlib.Path
        The price store.
    folder : pathlib.Path
        Absent, empty, or a snapshot.
    now : timezone-aware datetime
        Date of retrieval.
    symbols : sequence of str, optional
        By default those of the bundled snapshot.
    since, until : datetime.date, optional
        By default from the bundled snapshot's first session to the last of both levels and factors.

    Raises
    ------
    StoreError, DataError
        If the store cannot give every symbol without a gap.
    OutputError
        If the folder holds something else, or cannot be written.
    """
    bundle = load_snapshot()
    names = list(symbols or bundle.levels.columns)
    data = load_store(store, names, calendar=CALENDAR, companion=bundle)
    assert data.factors is not None  # noqa: S101 - the companion has some
    first = max(since or bundle.levels.index[0].date(), data.levels.index[0].date())
    last = min(
        day for day in (until, data.levels.index[-1].date(), data.factors.index[-1].date()) if day
    )
    levels = _rebased(data.levels.loc[str(first) : str(last)], index_base(bundle.levels))
    factors = data.factors.loc[str(first) : str(last)] * 100
    tables = {
        LEVELS: _parquet(levels),
        FACTORS: _csv(factors.round(6), None).encode(),
    }
    tables |= _histories(store)
    base = folder if (folder / MANIFEST).is_file() else bundled_data()
    _replace_folder(base, folder, tables, _entries(base, tables, levels, store, now))
    every = [entry["path"] for entry in read_manifest(folder).values()]
    return Exported(
        folder,
        tuple(sorted(tables)),
        tuple(sorted(set(every) - set(tables))),
        len(names),
        len(levels),
        levels.index[0].date(),
        levels.index[-1].date(),
    )


def _rebased(levels: pd.DataFrame, base: pd.Timestamp) -> pd.DataFrame:
    """Put every symbol at `BASE` on one session; refuse gaps."""
    gaps = interior_gaps(levels)
    if gaps:
        symbol, days = next(iter(gaps.items()))
        raise DataError(
            f"{symbol} has no price on {days[0].date()}, inside its history; read it again with "
            f"'market-impact refresh --symbols {symbol} --since {days[0].date()}'"
        )
    if base not in levels.index or levels.loc[base].isna().any():
        raise DataError(f"a symbol has no price on {base.date()}, the index base")
    return levels / levels.loc[base] * BASE


def _histories(store: Path) -> dict[str, bytes]:
    """Renew the longer histories of which the store's reach as far back as the bundled ones."""
    found = {}
    for symbol, name in history_files().items():
        text = _history(store, symbol)
        if text is not None:
            found[name] = text.encode()
    return found


def _history(store: Path, symbol: str) -> str | None:
    bundled = load_history(symbol)
    with PriceStore(store).reading() as reader:
        bars = reader.bars(symbol)
    if bars.empty or bars.index[0] > bundled.index[0]:
        return None
    bars = bars.loc[bundled.index[0] :]
    if len(sessions_between(CALENDAR, bars.index[0].date(), bars.index[-1].date())) != len(bars):
        return None
    return _csv(bars.assign(volume=bars["volume"].fillna(0).astype("int64")), "%.6f")


def _parquet(frame: pd.DataFrame) -> bytes:
    """Write levels with the eight digits of the bundled ones."""
    rounded = frame.map(lambda level: float(f"{level:.8g}"))
    return bytes(rounded.rename_axis("session").reset_index().to_parquet(compression="zstd"))


def _csv(frame: pd.DataFrame, float_format: str | None) -> str:
    text = frame.to_csv(
        float_format=float_format,
        lineterminator="\n",
        date_format="%Y-%m-%d",
        index_label="session",
    )
    return str(text)


def _entries(
    base: Path, tables: dict[str, bytes], levels: pd.DataFrame, store: Path, now: dt.datetime
) -> list[dict[str, Any]]:
    """Describe every file: the renewed ones anew, the others as they were."""
    with PriceStore(store).reading() as reader:
        clients = sorted({state.client for state in reader.states(list(levels.columns))})
        _, vintage = reader.factors()
    span = f"{len(levels)} NYSE sessions {levels.index[0].date()} to {levels.index[-1].date()}"
    prices = f"Yahoo Finance or a vendor's file through {', '.join(clients)}; adjusted closes"
    fresh: dict[str, dict[str, str]] = {
        LEVELS: {
            "title": f"Total-return index of {len(levels.columns)} firms and funds, {span}",
            "source": prices,
            "limits": "rounded to 8 digits. Not prices paid: dollars need a "
            "printed close and a share count.",
        },
        FACTORS: {
            "title": f"Daily Fama-French five factors, momentum and the risk-free rate, {span}"
        },
    }
    fresh |= {
        name: {
            "title": f"{symbol} daily open, high, low, close, adjusted close and volume",
            "source": prices,
            "limits": f"adjusted to the split basis of {now.date()}",
        }
        for symbol, name in history_files(base).items()
    }
    if vintage is not None:
        fresh[FACTORS]["source"] = (
            f"Kenneth R. French data library, CRSP vintage {vintage}; "
            "copyright Eugene F. Fama and Kenneth R. French"
        )
    return [
        {**entry, **fresh[path], "retrieved": now.date().isoformat()} if path in tables else entry
        for path, entry in read_manifest(base).items()
    ]


def _replace_folder(
    base: Path, folder: Path, tables: dict[str, bytes], entries: list[dict[str, Any]]
) -> None:
    """Make the new folder beside the old one, read it back, then swap the two."""
    if folder.exists() and not (folder / MANIFEST).is_file() and any(folder.iterdir()):
        raise OutputError(f"{folder} holds something that is no snapshot; name an empty folder")
    try:
        with replaced(folder.resolve()) as fresh:
            shutil.copytree(base, fresh)
            for name, content in tables.items():
                (fresh / name).write_bytes(content)
            write_manifest(fresh, entries)
            load_snapshot(fresh)
    except OSError as error:
        raise OutputError(f"{folder} cannot be written ({error})") from error
