"""The bundled tables: what they hold, against figures printed elsewhere, and what is refused."""

from __future__ import annotations

import io
import json
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from analysis.errors import DataError, IntegrityError
from analysis.prices.manifest import read_manifest, sha256_of
from analysis.prices.snapshot import load_snapshot
from analysis.prices.tables import TABLES, read_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FALL = pd.Timestamp("2025-01-27")


@pytest.fixture
def copy(tmp_path: Path, bundle: Path) -> Path:
    shutil.copytree(bundle, tmp_path / "data")
    return tmp_path / "data"


def rewrite(folder: Path, name: str, change: Callable[[pd.DataFrame], object]) -> None:
    """Change a table and its hash in the manifest: sound by hash, wrong by content."""
    path = folder / TABLES[name].path
    if path.suffix == ".parquet":
        frame = pd.DataFrame(
            {c: pd.read_parquet(path)[c].array.copy() for c in pd.read_parquet(path)}
        )
        change(frame)
        content = frame.to_parquet(index=False)
    else:
        frame = pd.read_csv(path)
        change(frame)
        content = frame.to_csv(index=False).encode()
    path.write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    for entry in manifest["files"]:
        if entry["path"] == TABLES[name].path:
            entry["sha256"] = sha256_of(content)
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize("name", TABLES)
def test_every_table_is_in_the_manifest_and_sound(bundle: Path, name: str) -> None:
    frame, identity = read_table(name)
    assert len(frame) > 20
    assert identity.sha256 == read_manifest(bundle)[TABLES[name].path]["sha256"]


def test_a_changed_byte_is_an_error_that_names_the_file(copy: Path) -> None:
    path = copy / TABLES["daily-bars"].path
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(IntegrityError, match=r"daily_bars\.parquet is not the file"):
        read_table("daily-bars", copy)
    with pytest.raises(IntegrityError, match=r"daily_bars\.parquet is not the file"):
        load_snapshot(copy)


def set_cell(row: int, column: str, value: object) -> Callable[[pd.DataFrame], object]:
    def change(frame: pd.DataFrame) -> None:
        frame.loc[row, column] = value

    return change


def twice(frame: pd.DataFrame) -> None:
    frame.loc[1] = frame.loc[0]


WRONG = [
    ("daily-bars", set_cell(0, "high", 1.0), "NVDA on 2023-01-03 has a high below another price"),
    ("daily-bars", set_cell(0, "low", 1e3), "NVDA on 2023-01-03 has a low above another price"),
    ("daily-bars", set_cell(0, "close", -1.0), "has a price that is not positive"),
    ("daily-bars", set_cell(3, "volume", -5), "has a negative volume"),
    ("daily-bars", twice, "NVDA on 2023-01-03 occurs twice"),
    ("daily-bars", set_cell(0, "session", pd.Timestamp("2023-01-02")), "is no session of XNYS"),
    (
        "intraday-bars",
        set_cell(0, "start", pd.Timestamp("2025-01-24T14:25Z")),
        "NVDA on 2025-01-24T14:25:00+00:00 lies outside the session of XNYS",
    ),
    (
        "intraday-bars",
        set_cell(0, "start", pd.Timestamp("2025-01-25T15:00Z")),
        "lies outside the session",
    ),
    ("intraday-bars", set_cell(0, "minutes", 400), "lies outside the session"),
    ("world-daily", set_cell(5, "high", 1.0), "has a high below another price"),
    ("volatility-indices", set_cell(2, "vix_close", 0.0), "2023-01-05.* has a figure"),
    ("volatility-indices", lambda f: f.drop(index=5, inplace=True), "each once"),
    ("index-holdings", set_cell(0, "eve_percent", 12.0), "sums to 105"),
    ("index-holdings", set_cell(0, "eve_percent", -1.0), "has a negative eve_percent"),
    ("results-days", set_cell(0, "reaction_session", "2016-02-16"), "is before the filing"),
    ("results-days", set_cell(0, "reaction_session", "2016-02-20"), "is no session"),
    ("donors", set_cell(7, "PG", 0.0), "a level must be positive"),
    ("world-markets", twice, "occurs twice"),
]


@pytest.mark.parametrize(("name", "change", "message"), WRONG)
def test_a_row_that_cannot_be_is_refused(
    copy: Path, name: str, change: Callable[[pd.DataFrame], object], message: str
) -> None:
    rewrite(copy, name, change)
    with pytest.raises(DataError, match=message.replace("+", r"\+")) as caught:
        read_table(name, copy)
    assert TABLES[name].path in str(caught.value)


def test_an_unknown_table_is_named() -> None:
    with pytest.raises(DataError, match="did you mean 'daily-bars'"):
        read_table("daily-bar")


def test_daily_bars_give_the_returns_of_the_index(snapshot) -> None:
    """Two downloads of different dates: closes as printed and total-return levels."""
    bars, _ = read_table("daily-bars")
    printed = bars[bars["basis"] == "split"].pivot(
        index="session", columns="symbol", values="close"
    )
    ours = snapshot.levels.reindex(printed.index).pct_change(fill_method=None)
    theirs = printed.pct_change(fill_method=None)
    common = [name for name in printed if name in ours]
    apart = (ours[common] - theirs[common]).abs()
    # they differ on the days on which a dividend is detached, at most by the dividend
    assert (apart.median() < 1e-5).all()
    assert (apart.quantile(0.98) < 2e-4).all()
    assert apart.max().max() < 0.03


def test_nvidia_opened_at_124_80_and_traded_3_4_times_its_median() -> None:
    bars, _ = read_table("daily-bars")
    nvidia = bars[bars["symbol"] == "NVDA"].set_index("session")
    day = nvidia.loc[FALL]
    assert (day["open"], day["close"], day["low"]) == (124.80, 118.42, 116.70)
    before = nvidia["volume"].loc[:"2025-01-24"].iloc[-120:]
    assert day["volume"] / before.median() == pytest.approx(3.4, abs=0.05)


def test_bars_of_the_day_equal_the_printed_closes_to_the_cent(snapshot) -> None:
    """VRT apart, whose bars are rounded after adjustment for dividends."""
    printed = pd.read_csv(io.BytesIO((snapshot.folder / "prices/printed_closes.csv").read_bytes()))
    bars, _ = read_table("daily-bars")
    merged = bars.assign(session=bars["session"].dt.strftime("%Y-%m-%d")).merge(
        printed, on=["symbol", "session"], suffixes=("_bar", "")
    )
    merged = merged[merged["basis"] == "split"]
    assert len(merged["symbol"].unique()) >= 30
    np.testing.assert_allclose(merged["close_bar"], merged["close"], atol=0.00501)
    opened = merged.dropna(subset=["open"])
    np.testing.assert_allclose(opened["open_bar"], opened["open"], atol=0.0051)


def test_index_baskets_return_what_the_indices_returned(shared: Path, snapshot) -> None:
    """
    Weights of 24 January times returns: to 2 basis points.

    Returns of 105 firms are the bundled ones, those of the rest from closes of a single exchange.
    """
    holdings, _ = read_table("index-holdings")
    closes = pd.read_parquet(
        shared / "testdata/us_daily.parquet",
        columns=["symbol", "session", "close"],
        filters=[("session", ">=", pd.Timestamp("2025-01-24")), ("session", "<=", FALL)],
    )
    closes["symbol"] = closes["symbol"].astype(str).str.replace(r"[-/ ]", ".", regex=True)
    wide = closes.pivot(index="symbol", columns="session", values="close").dropna()
    moves = (wide.iloc[:, -1] / wide.iloc[:, 0] - 1).astype(float)
    donors, _ = read_table("donors")
    for levels in (donors.set_index("session"), snapshot.levels):
        official = levels.pct_change(fill_method=None).loc[FALL].dropna()
        official.index = official.index.str.replace("-", ".")
        moves = official.combine_first(moves)
    for index, printed in (("SPY (S&P 500)", -0.014581), ("QQQ (Nasdaq-100)", -0.02970)):
        basket = holdings[holdings["index"] == index].set_index("symbol")["eve_percent"]
        basket.index = basket.index.str.replace(r"[-/ ]", ".", regex=True)
        common = basket.index.intersection(moves.index)
        covered = basket[common]
        assert covered.sum() > 99
        assert covered @ moves[common] / covered.sum() == pytest.approx(printed, abs=2e-4)


def test_weights_of_nvidia_on_the_eve(snapshot) -> None:
    eve = {
        weight.index.split()[0]: weight.weight
        for weight in snapshot.reference.weights
        if weight.symbol == "NVDA" and str(weight.as_of) == "2025-01-24"
    }
    assert eve["SPY"] == pytest.approx(0.0677, abs=5e-5)
    assert eve["QQQ"] == pytest.approx(0.0869, abs=5e-5)
    assert eve["MKT"] == pytest.approx(0.0569, abs=5e-5)


KNOWN_FIRST_REACTIONS = {
    "000660.KS": ("2025-01-31", -9.86),  # Korea Times
    "005930.KS": ("2025-01-31", -2.42),  # Korea Times
    "9984.T": ("2025-01-27", -8.3),  # AP
    "2330.TW": ("2025-02-03", -5.73),
    "SU.PA": ("2025-01-27", -9.5),  # Reuters
}


@pytest.mark.parametrize("symbol", KNOWN_FIRST_REACTIONS)
def test_first_reactions_abroad_are_those_printed(symbol: str) -> None:
    day, printed = KNOWN_FIRST_REACTIONS[symbol]
    world, _ = read_table("world-daily")
    close = world[world["symbol"] == symbol].set_index("session")["close"]
    position = close.index.get_loc(pd.Timestamp(day))
    move = 100 * (close.iloc[position] / close.iloc[position - 1] - 1)
    assert move == pytest.approx(printed, abs=0.05)
    assert close.index[position - 1] <= pd.Timestamp("2025-01-24")


def test_forty_results_days_and_two_warnings() -> None:
    days, _ = read_table("results-days")
    assert days["kind"].value_counts().to_dict() == {"results": 40, "warning": 2}
    moves = load_snapshot().levels["NVDA"].pct_change(fill_method=None)
    reactions = moves.loc[pd.DatetimeIndex(days["reaction_session"])].abs()
    ordinary = moves.drop(pd.DatetimeIndex(days["reaction_session"])).abs()
    assert reactions.mean() > 3.5 * ordinary.mean()
