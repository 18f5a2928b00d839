"""From the name of a data set to the data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from analysis.prices.place import default_store
from analysis.prices.snapshot import CALENDAR, companion_of, load_snapshot

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from analysis.prices.market_data import MarketData

SNAPSHOT, STORE = "snapshot", "store"


def load_market_data(
    choice: str,
    *,
    calendar: str,
    symbols: Sequence[str] | None = None,
    also: Sequence[str] = (),
    rates: Sequence[str] = (),
    store: Path | None = None,
    needed: tuple[pd.Timestamp, pd.Timestamp] | None = None,
) -> MarketData:
    """
    Load what a study names as its data.

    Parameters
    ----------
    choice : str
        ``snapshot`` for the bundled figures of `calendar`, ``store`` for the price store, else the
        path of a file of levels; its factors and reference figures are those of the snapshot.
    calendar : str
        Market code of the study's exchange.
    symbols : sequence of str, optional
        What to read of the price store; by default every symbol that trades on `calendar`. Files
        are read whole.
    also : sequence of str
        What to read of the store besides, as far as it is there. With `symbols` the funds that are
        known to hold them, and what else these hold, are read as well.
    rates : sequence of str
        Exchange rates, read of the store where they are there, on whatever sessions they have.
    store : pathlib.Path, optional
        The price store to read; by default the one of `analysis.prices.place.default_store`.

    needed : tuple of pandas.Timestamp, optional
        First and last session that a file must have right, see
        `analysis.run.needs.needed_sessions`; all by default.

    Returns
    -------
    MarketData

    Raises
    ------
    StoreError
        If the price store cannot be read.
    DataError
        If the data cannot be read, break their contract, or are of another exchange.
    """
    if choice == SNAPSHOT and calendar != CALENDAR:
        from analysis.prices.abroad import load_abroad  # noqa: PLC0415 - nor other exchanges

        return load_abroad(calendar)
    snapshot = load_snapshot()
    if choice == STORE:
        from analysis.prices.from_store import load_store  # noqa: PLC0415 - no database else

        if symbols is not None:
            also = (*also, *_held_with(symbols, snapshot))
        return load_store(
            store or default_store(),
            symbols,
            also=also,
            rates=rates,
            calendar=calendar,
            companion=companion_of(snapshot, calendar),
        )
    if choice != SNAPSHOT:
        from analysis.prices.files import load_levels_file  # noqa: PLC0415 - nor a reader of others

        return load_levels_file(
            Path(choice), companion_of(snapshot, calendar), calendar=calendar, needed=needed
        )
    return snapshot


def _held_with(symbols: Sequence[str], snapshot: MarketData) -> list[str]:
    """List the funds with a known weight of one of the firms, and what these are known to hold."""
    weights = snapshot.reference.weights
    funds = {weight.index for weight in weights if weight.symbol in symbols}
    held = [weight.symbol for weight in weights if weight.index in funds]
    return [*sorted(fund.split()[0] for fund in funds), *held]
