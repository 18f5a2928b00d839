"""A new snapshot from the store: read back, complete, and never half there."""

from __future__ import annotations

import datetime as dt
import json
import shutil

import numpy as np
import pandas as pd
import pytest

from analysis._bundle import bundled_data
from analysis.errors import DataError, IntegrityError, OutputError
from analysis.prices.bars import bars_frame
from analysis.prices.export_snapshot import _rebased, export_snapshot
from analysis.prices.manifest import MANIFEST, read_manifest, write_manifest
from analysis.prices.snapshot import index_base, load_history, load_snapshot
from analysis.prices.store import PriceStore
from analysis.prices.store.records import Change, LogEntry, SymbolOutcome
from tests.loopback.listings import after_close, sessions

NOW = after_close("2026-02-02")


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A store that holds the bundled levels, scaled, as if a vendor had sent them."""
    store = PriceStore(tmp_path_factory.mktemp("filled") / "prices.duckdb")
    data = load_snapshot()
    with store.writing(NOW) as writer:
        for symbol in data.levels.columns:
            level = data.levels[symbol].dropna() * 3
            bars = bars_frame(level.index, {"close": level, "adj_close": level, "volume": 1.0})
            log = LogEntry(SymbolOutcome(symbol, "updated"), NOW, "yahoo", "yfinance 1")
            writer.apply(log, Change(bars=bars, currency="USD", calendar="XNYS"))
    return store.path


@pytest.fixture
def filled(original, store):
    shutil.copyfile(original, store.path)
    return store.path


@pytest.mark.slow
def test_the_same_figures_give_the_same_snapshot(filled, tmp_path):
    done = export_snapshot(filled, tmp_path / "new", now=NOW)
    old, new = load_snapshot(), load_snapshot(tmp_path / "new")
    pd.testing.assert_frame_equal(new.levels, old.levels, rtol=5e-8)
    pd.testing.assert_frame_equal(new.factors, old.factors)
    assert (new.levels.loc[index_base(old.levels)] == 100).all()
    assert new.reference == old.reference
    assert done.renewed == ("factors/fama_french_daily.csv", "prices/total_return_index.parquet")
    assert "prices/history_NVDA.csv" in done.carried
    entry = read_manifest(tmp_path / "new")["prices/total_return_index.parquet"]
    assert (entry["retrieved"], "yfinance 1" in entry["source"]) == ("2026-02-02", True)
    assert (tmp_path / "new" / "studies").is_dir()


@pytest.mark.slow
def test_a_snapshot_is_renewed_in_place_and_nothing_is_left_behind(filled, store, tmp_path):
    target = tmp_path / "data"
    shutil.copytree(bundled_data(), target)
    since, until = dt.date(2013, 1, 5), dt.date(2025, 6, 30)  # of which the first is a Saturday
    factors = load_snapshot().factors
    with store.writing(NOW) as writer:
        writer.put_factors(factors + 1.23456e-6, "202604", NOW)
    done = export_snapshot(filled, target, now=NOW, since=since, until=until)
    expected = sessions("2013-01-05", "2025-06-30")
    assert (done.symbols, done.sessions) == (35, len(expected))
    assert (done.first, done.last) == (dt.date(2013, 1, 7), until)
    assert "prices/history_NVDA.csv" in done.carried  # the store's begins in 2012
    new = load_snapshot(target)
    pd.testing.assert_index_equal(new.levels.index, expected, check_names=False, check_freq=False)
    pd.testing.assert_index_equal(new.factors.index, expected, check_names=False, check_freq=False)
    percent = pd.read_csv(target / "factors/fama_french_daily.csv", index_col="session")
    kept = factors.loc["2013-01-05":"2025-06-30"] * 100 + 0.000123  # six decimals of a percent
    np.testing.assert_allclose(percent, kept, rtol=0, atol=1e-9)
    entry = read_manifest(target)["factors/fama_french_daily.csv"]
    assert "CRSP vintage 202604" in entry["source"]
    assert not [p.name for p in tmp_path.iterdir() if p.name.startswith(".data")]


@pytest.mark.slow
def test_the_long_history_is_renewed_when_the_store_reaches_as_far(filled, store, tmp_path):
    history = load_history("NVDA")
    with store.writing(NOW) as writer:
        log = LogEntry(SymbolOutcome("NVDA", "updated"), NOW, "yahoo", "yfinance 1")
        bars = history.combine_first(writer.bars("NVDA").loc["2025-02-15":])[history.columns]
        writer.apply(log, Change(bars=bars, currency="USD", calendar="XNYS"))
    done = export_snapshot(filled, tmp_path / "new", now=NOW)
    assert "prices/history_NVDA.csv" in done.renewed
    assert (str(done.first), str(done.last)) == ("2012-01-03", "2026-04-30")
    renewed = load_history("NVDA", tmp_path / "new")
    np.testing.assert_allclose(renewed.loc[: history.index[-1], "close"], history["close"])


def test_a_gap_is_refused_with_the_mend_and_nothing_is_written(filled, store, tmp_path):
    with store.writing(NOW) as writer:
        writer._connection.execute(
            "DELETE FROM bars WHERE symbol = 'AMD' AND session = '2025-01-27'"
        )
    with pytest.raises(DataError, match=r"AMD has no price on 2025-01-27.*refresh --symbols AMD"):
        export_snapshot(filled, tmp_path / "new", now=NOW)
    assert not (tmp_path / "new").exists()


def test_a_folder_that_is_no_snapshot_is_left_alone(filled, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("years of work")
    with pytest.raises(OutputError, match="no snapshot"):
        export_snapshot(filled, tmp_path / "mine", now=NOW)
    assert (tmp_path / "mine" / "thesis.tex").read_text() == "years of work"


def test_the_manifest_is_written_as_it_is_read(tmp_path):
    shutil.copytree(bundled_data(), tmp_path / "data")
    before = (tmp_path / "data" / MANIFEST).read_bytes()
    write_manifest(tmp_path / "data", list(read_manifest(tmp_path / "data").values()))
    after = (tmp_path / "data" / MANIFEST).read_bytes()
    assert json.loads(after) == json.loads(before)


def test_a_manifest_names_only_files_that_are_there(tmp_path):
    with pytest.raises(IntegrityError, match="write it before the manifest"):
        write_manifest(tmp_path, [{"path": "prices/none.csv", "title": "nothing"}])
    assert not (tmp_path / MANIFEST).exists()


def test_every_symbol_has_a_price_on_the_index_base():
    """The long lists have some that begin later; a level of 100 on a day without one is none."""
    sessions = pd.DatetimeIndex(["2025-01-02", "2025-01-03", "2025-01-06"])
    levels = pd.DataFrame({"A": [50.0, 55.0, 60.0], "B": [np.nan, 20.0, 30.0]}, index=sessions)
    rebased = _rebased(levels, sessions[1])
    np.testing.assert_allclose(rebased["A"], [50 / 55 * 100, 100, 60 / 55 * 100], rtol=1e-15)
    np.testing.assert_array_equal(rebased["B"], [np.nan, 100, 150])
    for base in (sessions[0], pd.Timestamp("2025-01-04")):
        with pytest.raises(DataError, match=f"no price on {base.date()}, the index base"):
            _rebased(levels, base)
