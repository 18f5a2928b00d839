"""The price store: a DuckDB database of bars and actions that forgets nothing."""

from __future__ import annotations

from analysis.prices.store.database import PriceStore

__all__ = ["PriceStore"]
