"""Levels from users' files: what is read, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from analysis.errors import DataError
from analysis.prices.files import load_levels_file
from analysis.prices.load import load_market_data
from analysis.prices.manifest import sha256_of

if TYPE_CHECKING:
    from pathlib import Path

WIDE = """session,A,B
2025-01-16,10,1.5
2025-01-17,11,1.6
2025-01-21,12,
2025-01-22,12,1.4
"""
LONG = """session,symbol,close
2025-01-16,B,1.5
2025-01-16,A,10
2025-01-17,A,11
2025-01-17,B,1.6
2025-01-21,A,12
2025-01-22,A,12
2025-01-22,B,1.4
"""


@pytest.fixture
def read(tmp_path: Path, snapshot):
    def _read(content: str | bytes, name: str = "levels.csv"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return load_levels_file(path, snapshot, calendar="XNYS")

    return _read


def test_wide_and_long_give_the_same_levels(read) -> None:
    wide, long = read(WIDE).levels, read(LONG).levels
    pd.testing.assert_frame_equal(wide, long[["A", "B"]], check_freq=False)
    assert wide["B"].isna().tolist() == [False, False, True, False]


def test_parquet_gives_the_same_levels(read, tmp_path: Path) -> None:
    frame = pd.read_csv(pd.io.common.StringIO(WIDE), parse_dates=["session"])
    for name, table in (("a.parquet", frame), ("b.parquet", frame.set_index("session"))):
        table.to_parquet(tmp_path / name)
        found = read((tmp_path / name).read_bytes(), name).levels
        pd.testing.assert_frame_equal(found, read(WIDE).levels)


def test_the_file_is_named_with_its_hash_beside_the_companions_inputs(read, snapshot) -> None:
    data = read(WIDE)
    assert data.name == "levels.csv"
    assert data.inputs[0].sha256 == sha256_of(WIDE.encode())
    assert data.inputs[1:] == snapshot.inputs
    assert data.factors is snapshot.factors


def test_windows_line_ends_and_a_byte_order_mark_are_harmless(read) -> None:
    content = b"\xef\xbb\xbf" + WIDE.replace("\n", "\r\n").encode()
    pd.testing.assert_frame_equal(read(content).levels, read(WIDE).levels)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the file is empty"),
        (" \n ", "the file is empty"),
        (WIDE.replace("session", "day"), "column 'session' is missing.*known: A, B, day"),
        (WIDE.replace("session", "sesion"), "did you mean 'sesion'"),
        (WIDE.replace("A,B", "A,A"), "column 'A' occurs twice"),
        (WIDE[:-6], "line 5 has fewer cells than the header; is it truncated"),
        (WIDE.replace("2025-01-17,11,1.6", "2025-01-17,11"), "line 3 has fewer cells"),
        (WIDE.replace("11,1.6", "11,1.6,9"), "line 3 has more cells than the header"),
        (WIDE.replace("11,", "eleven,"), "A on 2025-01-17 is 'eleven', not a number"),
        (WIDE.replace("11,", "0,"), "A at 2025-01-17 is 0.0: a level must be positive"),
        (WIDE.replace("11,", "-1,"), "a level must be positive"),
        (WIDE.replace("11,", "inf,"), "a level must be finite"),
        (WIDE.replace("2025-01-17", "2025-01-16"), "session 2025-01-16 occurs twice"),
        (WIDE.replace("2025-01-16", "2025-01-24"), r"2025-01-17 \(data row 2\) comes after"),
        (WIDE.replace("2025-01-17", "2025-01-18"), "2025-01-18 is no session of XNYS"),
        (WIDE.replace("2025-01-21,12,\n", ""), "absent between .*: 2025-01-21; add the rows"),
        (WIDE.replace("2025-01-17", "17 Jan"), "is not all dates"),
        (WIDE.replace("2025-01-17", ""), "data row 2 has no date in the column 'session'"),
        (WIDE.replace("2025-01-17", "2025-01-17T10:00"), "holds clock times"),
        (WIDE.replace("1.5", "").replace("1.6", "").replace("1.4", ""), "no level at all for B"),
        ("session\n2025-01-16\n", "no levels in it"),
        (LONG.replace("close", "price"), r"'close' \(or 'return'\) is missing beside 'symbol'"),
        (LONG.replace("2025-01-17,A", "2025-01-16,A"), "A on 2025-01-16 occurs twice"),
        (LONG.replace("2025-01-16,A", "2025-01-23,A"), "A is not sorted: 2025-01-17 comes after"),
        (LONG.replace("17,A", "17,"), r"data row 3 \(2025-01-17\) names no symbol"),
        (LONG.replace("A,11", "A,x"), "close on 2025-01-17 is 'x', not a number"),
        (b"PAR1" + bytes(60), "no sound table.*is it truncated"),
    ],
)
def test_what_breaks_the_contract_is_refused_by_place(
    read, content: str | bytes, message: str
) -> None:
    with pytest.raises(DataError, match=message) as caught:
        read(content)
    assert "levels.csv" in str(caught.value)


def test_a_truncated_parquet_file_is_refused(read, tmp_path: Path) -> None:
    pd.DataFrame({"session": ["2025-01-16"], "A": [1.0]}).to_parquet(tmp_path / "x.parquet")
    content = (tmp_path / "x.parquet").read_bytes()
    with pytest.raises(DataError, match="is it truncated"):
        read(content[: len(content) // 2])


def test_a_file_that_is_not_there(tmp_path: Path, snapshot) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        load_levels_file(tmp_path / "no.csv", snapshot, calendar="XNYS")


def test_a_name_leads_to_the_data(tmp_path: Path) -> None:
    assert load_market_data("snapshot", calendar="XNYS").name.startswith("bundled snapshot")
    with pytest.raises(DataError, match="no security of XLON"):
        load_market_data("snapshot", calendar="XLON")
    (tmp_path / "l.csv").write_text(WIDE)
    assert load_market_data(str(tmp_path / "l.csv"), calendar="XNYS").name == "l.csv"


def test_seven_days_a_week_are_refused(read) -> None:
    """Calendar days taken for sessions: a window of 250 rows would then be 173 sessions."""
    days = pd.date_range("2025-01-01", "2025-01-31")
    rows = "\n".join(f"{day.date()},{100 + i}" for i, day in enumerate(days))
    with pytest.raises(DataError, match=r"2025-01-01, 2025-01-04, .* more is no session of XNYS"):
        read(f"session,A\n{rows}\n")


@pytest.mark.parametrize(
    "kind", ["timestamp[us]", "duration[us]", "date32", "bool"], ids=lambda kind: kind[:4]
)
def test_dates_and_durations_are_no_prices(tmp_path: Path, snapshot, kind: str) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    whole = {"date32": pa.int32(), "bool": pa.int8()}.get(kind, pa.int64())
    prices = pa.array([1, 1], whole).cast(pa.type_for_alias(kind))
    table = pa.table({"session": ["2025-01-16", "2025-01-17"], "A": prices, "B": [1.0, 2.0]})
    pq.write_table(table, tmp_path / "l.parquet")
    with pytest.raises(DataError, match=r"l\.parquet: column 'A' holds values of type"):
        load_levels_file(tmp_path / "l.parquet", snapshot, calendar="XNYS")


@pytest.mark.parametrize("number", ["1_0", "\u0661\u0660", "0x10", "1e", "True"])
def test_odd_numbers_are_refused(read, number: str) -> None:
    with pytest.raises(DataError, match=f"A on 2025-01-17 is '{number}', not a number"):
        read(WIDE.replace("11,", f"{number},"))
