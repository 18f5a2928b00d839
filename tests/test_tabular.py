"""The one reader of tables: what it reads, what it refuses, and at what cost."""

from __future__ import annotations

import errno
import os
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis import tabular
from analysis.errors import DataError
from analysis.tabular import read_pieces, read_whole, table_file


def refused(path, columns=("a",)):
    with pytest.raises(DataError) as caught:
        list(read_pieces(path, list(columns)))
    return str(caught.value)


def test_csv_and_parquet_give_the_same_cells(tmp_path):
    (tmp_path / "t.csv").write_text("\ufeff\n a ,b\nx,1.5\n\ny,\n", encoding="utf-8")
    pq.write_table(pa.table({"a": ["x", "y"], "b": [1.5, None]}), tmp_path / "t.data")
    for name in ("t.csv", "t.data"):
        piece, digest = read_whole(tmp_path / name)
        assert piece.file.names == ("a", "b")
        codes, words = piece.texts(0)
        assert [words[code] for code in codes] == ["x", "y"]
        np.testing.assert_array_equal(piece.numbers(1)[0], [1.5, np.nan])
        assert len(digest) == 64
    assert table_file(tmp_path / "t.data").place(0).endswith("t.data row 1")


def test_lines_are_named_after_a_header_that_is_not_the_first(tmp_path):
    (tmp_path / "t.csv").write_text("\n\na\nx\n")
    assert next(read_pieces(tmp_path / "t.csv", ["a"])).where(0).endswith("line 4")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"\n\n", "the file is empty"),
        (b"a,\xe9\n1,2\n", "line 1 is not UTF-8 text (byte 0xe9 at 3); save the file as UTF-8"),
        (b"a,b,a\n1,2,3\n", "column 'a' occurs twice"),
        (b"a,b\n1\n", "has fewer cells than the header"),
        (b"a,b\n1,2,3\n", "has more cells than the header"),
        (b"a\n\xe9\n", "invalid UTF8"),
        (b"b,c\n1,2\n", "no column 'a'; known: b, c"),
        (b"\x1f\x8b\x08\x00abc", "is compressed; unpack it first"),
        (b"PAR1 and no more", "no sound table"),
    ],
)
def test_what_is_no_table(tmp_path, content, words):
    (tmp_path / "t.csv").write_bytes(content)
    assert words in refused(tmp_path / "t.csv")


@pytest.mark.posix
def test_what_is_no_regular_file(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    assert "a pipe or a device" in refused(tmp_path / "pipe.csv")
    assert os.strerror(errno.ELOOP) in refused(tmp_path / "loop.csv")
    assert "it is a folder" in refused(tmp_path)
    assert "cannot be read (no such file)" in refused(tmp_path / "absent.csv")
    assert "a pipe or a device" in refused(type(tmp_path)("/dev/zero"))
    assert os.strerror(errno.ENAMETOOLONG) in refused(tmp_path / ("x" * 300))
    assert "is no path" in refused(tmp_path / "a\0b")


@pytest.mark.slow
def test_sizes_are_known_before_anything_is_read(tmp_path, monkeypatch):
    many = pa.chunked_array([pa.array(np.zeros(1_000_000, np.int8))] * 300)
    pq.write_table(pa.table({"a": many}), tmp_path / "t.parquet", row_group_size=10**9)
    assert (tmp_path / "t.parquet").stat().st_size < 1_000_000
    assert "has 300,000,000 rows or more; at most 250,000,000" in refused(tmp_path / "t.parquet")
    pq.write_table(pa.table({"a": many.slice(0, 60_000_000)}), tmp_path / "u.parquet")
    with pytest.raises(DataError, match="has 60,000,000 cells; at most 50,000,000"):
        read_whole(tmp_path / "u.parquet")
    (tmp_path / "t.csv").write_text("a,b\n" + "1,2\n" * 100)
    monkeypatch.setattr(tabular, "MOST_CELLS", 200)
    with pytest.raises(DataError, match="has 202 cells; at most 200"):
        read_whole(tmp_path / "t.csv")
    monkeypatch.setattr(tabular, "MOST_BYTES", 300)
    with pytest.raises(DataError, match="has 404 bytes; at most 300"):
        read_whole(tmp_path / "t.csv")
    monkeypatch.setattr(tabular, "MOST_ROWS", 99)
    assert "has 100 rows or more; at most 99" in refused(tmp_path / "t.csv")


def test_work_is_linear_in_the_columns(tmp_path):
    def calls(columns):
        path = tmp_path / f"{columns}.csv"
        path.write_text(
            ",".join(f"S{i}" for i in range(columns)) + "\n" + ",".join(["1.5"] * columns) + "\n"
        )
        count = 0

        def called(frame, event, argument):
            nonlocal count
            count += event in ("call", "c_call")

        before = sys.getprofile()
        sys.setprofile(called)
        try:
            read_whole(path)
        finally:
            sys.setprofile(before)
        return count

    calls(100)
    assert calls(8_000) < 10 * calls(1_000)  # 8 times where linear, 64 where quadratic


def test_a_column_of_another_kind_is_named(tmp_path):
    pq.write_table(pa.table({"a": pa.array([1], pa.duration("us"))}), tmp_path / "t.parquet")
    piece = next(read_pieces(tmp_path / "t.parquet", ["a"]))
    for convert in (piece.numbers, piece.days, piece.moments):
        with pytest.raises(DataError, match=r"t\.parquet: column 'a' holds values of type d"):
            convert(0)
