"""The bundled levels as a source: the snapshot's returns, from a store filled without network."""

from __future__ import annotations

import datetime as dt
import shutil

import pytest

from analysis._bundle import bundled_data
from analysis.errors import IntegrityError
from analysis.prices.snapshot import LEVELS, load_snapshot
from analysis.prices.sources.snapshot_levels import snapshot_source


def test_it_hands_over_the_bundled_levels() -> None:
    source = snapshot_source()
    levels = load_snapshot().levels
    assert list(source.symbols) == list(levels.columns)
    bars = source.fetch("ARM", dt.date(2023, 1, 1)).bars
    assert bars["adj_close"].tolist() == levels["ARM"].dropna().tolist()


def test_a_changed_byte_is_refused(tmp_path) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(bundled_data(), bundle)
    path = bundle / LEVELS
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(IntegrityError, match=r"total_return_index\.parquet"):
        snapshot_source(bundle)
