"""The bundled figures: verified, within their contracts, and what their README says."""

from __future__ import annotations

import hashlib
import json
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from analysis._bundle import bundled_data
from analysis.errors import DataError, IntegrityError
from analysis.prices import snapshot as module
from analysis.prices.manifest import read_manifest, read_verified
from analysis.prices.snapshot import load_history, load_snapshot

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Change = Callable[[pd.DataFrame], pd.DataFrame]

LOADED = [
    module.LEVELS,
    module.FACTORS,
    module.SHARES,
    module.CLOSES,
    module.DAILY_BARS,
    module.WEIGHTS,
    module.RESULTS_DAYS,
    module.NAMES,
    "prices/history_NVDA.csv",
]


@pytest.fixture
def copy(tmp_path: Path, bundle: Path) -> Path:
    shutil.copytree(bundle, tmp_path / "data")
    return tmp_path / "data"


def rewrite(folder: Path, name: str, content: bytes) -> None:
    """Change a bundled file and its hash in the manifest: sound by hash, wrong by content."""
    (folder / name).write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    for entry in manifest["files"]:
        if entry["path"] == name:
            entry["sha256"] = hashlib.sha256(content).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_every_file_of_the_manifest_has_the_hash_it_names(bundle: Path) -> None:
    entries = read_manifest(bundle)
    assert set(LOADED) <= set(entries)
    for name, entry in entries.items():
        assert hashlib.sha256((bundle / name).read_bytes()).hexdigest() == entry["sha256"], name
        for key in ("title", "source", "retrieved", "units", "adjustment", "limits"):
            assert key in entry, (name, key)


@pytest.mark.parametrize("name", LOADED)
def test_a_changed_byte_is_an_error_that_names_the_file(copy: Path, name: str) -> None:
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 0x01
    (copy / name).write_bytes(bytes(content))
    with pytest.raises(IntegrityError, match=f"{name} is not the file that the manifest names"):
        load_snapshot(copy)


def test_a_changed_byte_in_the_long_history(copy: Path) -> None:
    path = copy / "prices/history_NVDA.csv"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(IntegrityError, match=r"prices/history_NVDA\.csv"):
        load_history("NVDA", copy)


def test_a_missing_file_or_manifest_is_an_error(copy: Path) -> None:
    with pytest.raises(IntegrityError, match="is not in the manifest"):
        read_verified(copy, "prices/other.csv")
    (copy / module.WEIGHTS).unlink()
    with pytest.raises(IntegrityError, match=r"index_weights\.csv cannot be read"):
        load_snapshot(copy)
    (copy / "manifest.json").write_text("{")
    with pytest.raises(IntegrityError, match="the manifest cannot be read"):
        load_snapshot(copy)


def test_levels_are_26_firms_and_9_funds_over_3602_sessions(snapshot) -> None:
    assert snapshot.levels.shape == (3602, 35)
    assert str(snapshot.levels.index[0].date()) == "2012-01-03"
    assert str(snapshot.levels.index[-1].date()) == "2026-04-30"
    assert snapshot.levels.loc["2025-01-24"].to_numpy() == pytest.approx(np.full(35, 100.0))
    assert str(snapshot.levels["ARM"].first_valid_index().date()) == "2023-09-14"
    assert [i.name for i in snapshot.inputs] == LOADED


def test_two_days_without_trading_are_no_rows(snapshot) -> None:
    for day in ("2025-01-09", "2025-01-20", "2025-01-25"):
        assert pd.Timestamp(day) not in snapshot.levels.index


def test_factors_are_decimals(snapshot) -> None:
    assert snapshot.factors.abs().to_numpy().max() < 0.2
    raw = pd.read_csv(bundled_data() / module.FACTORS, index_col="session")
    assert snapshot.factors.loc["2025-01-27", "mkt_rf"] == pytest.approx(
        raw.loc["2025-01-27", "mkt_rf"] / 100
    )


def test_the_anchor_of_dollars(snapshot) -> None:
    closes = snapshot.reference.closes["NVDA"]
    assert [(c.close, str(c.session.date())) for c in closes] == [
        (142.62, "2025-01-24"),
        (118.42, "2025-01-27"),
    ]
    assert sum(len(counts) for counts in snapshot.reference.shares.values()) == 48
    assert len(snapshot.reference.shares) == 26


def test_the_first_edition_is_refused_with_the_mend(copy: Path) -> None:
    manifest = json.loads((copy / "manifest.json").read_bytes())
    (copy / "manifest.json").write_text(json.dumps({**manifest, "format": 1}))
    with pytest.raises(IntegrityError, match="edition 1, this program reads edition 2; write one"):
        load_snapshot(copy)


def levels_with(symbol: str, session: str, value: float | None) -> Change:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        frame.loc[frame["session"] == session, symbol] = value
        return frame

    return change


def first_twice(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([frame.iloc[:1], frame])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (first_twice, "session 2012-01-03 occurs twice"),
        (levels_with("NVDA", "2023-01-04", -1.0), "a level must be positive"),
        (levels_with("NVDA", "2023-01-04", None), "NVDA has no level on 2023-01-04, inside"),
    ],
)
def test_levels_are_held_to_their_contract(copy: Path, change: Change, message: str) -> None:
    frame = change(pd.read_parquet(copy / module.LEVELS))
    rewrite(copy, module.LEVELS, frame.to_parquet(index=False))
    with pytest.raises(DataError, match=message) as caught:
        load_snapshot(copy)
    assert module.LEVELS in str(caught.value)


def test_the_long_history_reaches_back_to_1999() -> None:
    history = load_history("NVDA")
    assert str(history.index[0].date()) == "1999-01-22"
    returns = history["adj_close"].pct_change(fill_method=None)
    assert returns["2025-01-27"] == pytest.approx(-0.1697, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        (module.FACTORS, b"mkt_rf", b"mkt", "column mkt_rf is missing; needed: mkt_rf, smb"),
        (module.FACTORS, b"2023-01-03,-0.47", b"2023-01-03,-74.0", "a figure in percent"),
        (module.FACTORS, b"2023-01-03,-0.47", b"2023-01-03,", "a value is missing"),
        (module.SHARES, b"24490000000", b"-1", "shares of NVDA is -1, not positive"),
        (module.SHARES, b"2025-01-26,", b",", "shares of NVDA has no date; write as_of"),
        (module.SHARES, b"2025-01-26,", b"January,", "as_of of NVDA is 'January'; write a date"),
        (
            module.SHARES,
            b"1622807346,10,2024-10-23",
            b"1622807346,10,2025-01-30",
            None,
        ),
        (
            module.SHARES,
            b"1622807346,10,2024-10-23",
            b"1632807346,10,2025-01-30",
            r"two counts of AMD on 2025-01-30, .* differ by more than 0\.5%",
        ),
        (module.CLOSES, b"142.62,", b"x,", "close of NVDA is x, not positive"),
        (module.WEIGHTS, b"NVDA,6.772,", b"NVDA,0,", "weight_percent of NVDA is 0.0, not positive"),
        (module.WEIGHTS, b"NVDA,6.772,", b"NVDA,107,", "NVDA in SPY .S&P 500. is 107.0 percent"),
        (module.WEIGHTS, b"NVDA,6.772,", b"NVDA,97,", "SPY .* on 2025-01-24 .* sum to 1"),
        (module.WEIGHTS, b"6.772,2025-01-24", b"6.772,", "a weight has no date"),
    ],
)
def test_each_frame_is_held_to_its_contract(
    copy: Path, name: str, old: bytes, new: bytes, message: str | None
) -> None:
    content = (copy / name).read_bytes()
    assert old in content
    rewrite(copy, name, content.replace(old, new, 1))
    if message is None:  # a small difference is no contradiction
        load_snapshot(copy)
        return
    with pytest.raises(DataError, match=message) as caught:
        load_snapshot(copy)
    assert name in str(caught.value)


def test_a_history_that_is_not_bundled_is_named() -> None:
    with pytest.raises(DataError, match=r"no longer history of 'NVDIA' is bundled; did you mean"):
        load_history("NVDIA")


def test_daily_closes_are_those_on_the_basis_of_the_counts(bundle: Path, snapshot) -> None:
    bars = pd.read_parquet(bundle / "prices/daily_bars.parquet")
    basis = bars.astype({"symbol": str}).groupby("symbol")["basis"].agg(set)
    printed = {symbol for symbol, kinds in basis.items() if "split" in kinds}
    assert set(snapshot.reference.daily_closes.columns) == printed
    assert printed < set(basis.index)


def test_no_bundle_no_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("analysis._bundle.__file__", str(tmp_path / "analysis" / "_bundle.py"))
    with pytest.raises(IntegrityError, match="bundled data were not found"):
        bundled_data()
