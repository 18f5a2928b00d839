"""Where the price store is; asked for without opening it, so that help answers at once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

DB_VARIABLE = "MARKET_IMPACT_DB"
"""Environment variable that names the store."""


def default_store(environment: Mapping[str, str] | None = None) -> Path:
    """
    Say where the store is: the environment variable `DB_VARIABLE`, else the user's data folder.

    Parameters
    ----------
    environment : mapping, optional
        By default the process's.
    """
    import platformdirs  # noqa: PLC0415 - only where the default is asked for

    named = (os.environ if environment is None else environment).get(DB_VARIABLE)
    if named:
        return Path(named).expanduser()
    return Path(platformdirs.user_data_dir("market-impact", appauthor=False)) / "prices.duckdb"
