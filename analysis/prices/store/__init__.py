"""The price store: a DuckDB database of bars and actions that forgets nothing."""

from __future__ import annotations

from analysis.prices.store.database import DB_VARIABLE, PriceStore, default_store

__all__ = ["DB_VARIABLE", "PriceStore", "default_store"]
