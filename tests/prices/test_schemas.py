"""Contracts of frames of levels and factors, at their edges."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.errors import DataError
from analysis.prices.schemas import (
    FACTOR_COLUMNS,
    check_factors,
    check_levels,
    interior_gaps,
    on_sessions,
)

DAYS = pd.DatetimeIndex(["2025-01-23", "2025-01-24", "2025-01-27", "2025-01-28"], name="session")


def levels(**columns) -> pd.DataFrame:
    return pd.DataFrame(columns or {"A": [1.0, 2.0, 3.0, 4.0]}, DAYS)


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        (levels().set_axis([pd.NaT, *DAYS[1:]]), "is not all dates"),
        (levels().set_axis(range(4)), "is not all dates"),
        (levels().set_axis([*DAYS[:3], DAYS[2]]), "session 2025-01-27 occurs twice"),
        (levels().iloc[[0, 2, 1, 3]], r"2025-01-24 \(data row 3\) comes after 2025-01-27"),
        (levels().iloc[[0, 1, 3]], r"1 session\(s\) of XNYS absent between 2025-01-23 and .*27;"),
        (levels(A=[1.0, 2.0, np.inf, 4.0]), "A at 2025-01-27 is inf: a level must be finite$"),
        (levels(A=[1.0, 0.0, 3.0, 4.0]), "A at 2025-01-24 is 0.0: a level must be positive$"),
        (levels(A=[1.0, -1.0, 3.0, -4.0]), r"24 is -1.0: .* \(and 1 more like it\)"),
        (levels(A=[1.0] * 4, B=[np.nan] * 4), "no level at all for B; drop"),
        (levels(A=[1, 2, 3, 4]), "A holds values of type int64"),
        (pd.DataFrame({"A": [1.0]}, ["x"]).iloc[:0], "no levels in it"),
        (pd.DataFrame(index=DAYS), "no levels in it"),
    ],
)
def test_levels_that_break_their_contract(frame, says) -> None:
    with pytest.raises(DataError, match=says):
        check_levels(frame, calendar="XNYS", where="f")


def test_levels_may_begin_late_and_end_early_and_a_gap_is_listed() -> None:
    frame = levels(A=[np.nan, 1.0, 2.0, np.nan], B=[1.0, np.nan, 1e-9, 2.0])
    assert check_levels(frame, calendar="XNYS", where="f") is frame
    assert interior_gaps(frame) == {"B": [DAYS[1]]}


def test_columns_occur_once_and_many_names_are_counted() -> None:
    twice = pd.concat([levels(), levels()], axis=1)
    with pytest.raises(DataError, match="column 'A' occurs twice"):
        check_levels(twice, calendar="XNYS", where="f")
    for count, said in ((5, "A, B, C, D, E; drop"), (6, "A, B, C, D, E and 1 more; drop")):
        empty = {name: [np.nan] * 4 for name in "ABCDEF"[:count]}
        with pytest.raises(DataError, match=f"no level at all for {said}"):
            check_levels(levels(Z=[1.0] * 4, **empty), calendar="XNYS", where="f")


def test_outside_the_sessions_of_a_study_rows_are_put_on_those_of_the_exchange() -> None:
    """A Saturday and an absent session before it; within it both stay for the contract."""
    frame = levels().drop(DAYS[1])
    stranger = pd.DataFrame({"A": [9.0]}, pd.DatetimeIndex(["2025-01-25"], name="session"))
    mixed = pd.concat([frame, stranger]).sort_index()

    def placed(first: str, last: str):
        needed = pd.Timestamp(first), pd.Timestamp(last)
        return on_sessions(mixed, calendar="XNYS", where="f", needed=needed)

    found, note = placed("2025-01-27", "2025-01-28")
    assert note == "sessions absent outside the study: 1; rows on no session outside it: 1"
    assert list(found.index) == list(DAYS)
    assert found["A"].isna().tolist() == [False, True, False, False]
    assert placed("2025-01-25", "2025-01-28")[1] == "sessions absent outside the study: 1"
    assert placed("2025-01-24", "2025-01-28") == (mixed, "")
    found, note = placed("2025-01-22", "2025-01-23")
    assert note == "sessions absent outside the study: 1; rows on no session outside it: 1"
    assert placed("2025-01-23", "2025-01-24")[1] == "rows on no session outside it: 1"
    assert on_sessions(mixed, calendar="XNYS", where="f", needed=None) == (mixed, "")


def test_factors_are_whole_and_in_decimals() -> None:
    frame = pd.DataFrame(0.01, DAYS, [*FACTOR_COLUMNS, "more"])
    assert list(check_factors(frame, calendar="XNYS", where="f")) == list(FACTOR_COLUMNS)
    with pytest.raises(DataError, match="column hml is missing; needed: mkt_rf, smb"):
        check_factors(frame.drop(columns="hml"), calendar="XNYS", where="f")
    frame.loc[DAYS[2], "mom"] = np.nan
    with pytest.raises(DataError, match="mom at 2025-01-27 is nan: a value is missing"):
        check_factors(frame, calendar="XNYS", where="f")
    frame.loc[DAYS[2], "mom"] = 1.5
    with pytest.raises(DataError, match=r"mom at 2025-01-27 is 1\.5: .* give decimals"):
        check_factors(frame, calendar="XNYS", where="f")
