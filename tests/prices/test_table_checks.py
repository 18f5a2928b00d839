"""Each check of a table: what is on the edge is allowed, one step beyond it is refused."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.errors import DataError
from analysis.prices import table_checks

DAYS = pd.to_datetime(["2025-01-23", "2025-01-24", "2025-01-27"])


def bars(**changed) -> pd.DataFrame:
    row = {"open": 10.0, "high": 11.0, "low": 9.0, "close": 10.5, "volume": 5.0, **changed}
    return pd.DataFrame({"symbol": "A", "session": DAYS[:1], **{k: [v] for k, v in row.items()}})


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({}, ""),
        ({"volume": 0.0}, ""),
        ({"volume": -1.0}, "negative volume"),
        ({"low": 0.0}, "not positive"),
        ({"low": 1e-9}, ""),
        ({"high": 10.5}, ""),
        ({"high": 10.4}, "high below another price"),
        ({"open": 11.0}, ""),
        ({"open": 11.1}, "high below another price"),
        ({"close": 11.1}, "high below another price"),
        ({"low": 10.0}, ""),
        ({"low": 10.1}, "low above another price"),
        ({"close": 8.9}, "low above another price"),
        ({"open": 8.9}, "low above another price"),
        ({"close": 9.0}, ""),
    ],
)
def test_the_prices_of_a_bar(changed, problem) -> None:
    if not problem:
        table_checks._check_prices(bars(**changed), "t", "session")
        return
    with pytest.raises(DataError, match=problem) as caught:
        table_checks._check_prices(bars(**changed), "t", "session")
    assert "A on 2025-01-23" in str(caught.value)


def test_a_message_names_the_first_row_and_counts_the_others() -> None:
    frame = pd.concat([bars(), bars(low=0.0), bars(low=0.0), bars(low=0.0)], ignore_index=True)
    with pytest.raises(DataError, match=r"\(and 2 more like it\)"):
        table_checks._check_prices(frame, "t", "session")
    with pytest.raises(DataError) as caught:
        table_checks._check_prices(frame.iloc[:2], "t", "session")
    assert "more like it" not in str(caught.value)


def minute(start: str, minutes: int = 5) -> pd.DataFrame:
    row = {"open": 10.0, "high": 11.0, "low": 9.0, "close": 10.5, "volume": 5.0}
    stamp = pd.to_datetime([start], utc=True)
    return pd.DataFrame(
        {"symbol": "A", "start": stamp, "minutes": minutes, **{k: [v] for k, v in row.items()}}
    )


@pytest.mark.parametrize(
    ("start", "minutes", "inside"),
    [
        ("2025-01-27T14:30Z", 5, True),
        ("2025-01-27T14:29Z", 5, False),
        ("2025-01-27T20:55Z", 5, True),
        ("2025-01-27T20:56Z", 5, False),
        ("2025-01-26T15:00Z", 5, False),
    ],
)
def test_bars_of_minutes_lie_within_the_hours(start, minutes, inside) -> None:
    both = pd.concat([minute("2025-01-24T15:00Z"), minute(start, minutes)], ignore_index=True)
    if inside:
        table_checks.check_intraday(both, "t", calendar="XNYS")
        return
    with pytest.raises(DataError, match="outside the session of XNYS"):
        table_checks.check_intraday(both, "t", calendar="XNYS")


def test_a_bar_of_minutes_occurs_once() -> None:
    twice = pd.concat([minute("2025-01-24T15:00Z")] * 2, ignore_index=True)
    with pytest.raises(DataError, match="occurs twice"):
        table_checks.check_intraday(twice, "t", calendar="XNYS")


def test_rows_of_an_exchange_are_its_sessions_each_once_and_positive() -> None:
    check = table_checks.check_dated("XNYS")
    frame = pd.DataFrame({"session": DAYS, "x": [1.0, 2.0, 3.0], "y": [1.0, 1e-9, 1.0]})
    check(frame, "t")
    for bad in (frame.iloc[[0, 2]], frame.iloc[[0, 1, 1, 2]], frame.iloc[[0, 2, 1]]):
        with pytest.raises(DataError, match="are not the sessions of XNYS"):
            check(bad.reset_index(drop=True), "t")
    for column in ("x", "y"):
        zero = frame.assign(**{column: [1.0, 0.0, 1.0]})
        with pytest.raises(DataError, match="a figure that is not positive"):
            check(zero, "t")


def test_holdings_sum_to_a_hundred_within_half_a_percent() -> None:
    for total, fits in ((100.5, True), (99.5, True), (100.6, False), (99.4, False)):
        for column in ("published_percent", "eve_percent"):
            frame = pd.DataFrame(
                {"index": ["I", "I"], "symbol": ["A", "B"], "published_percent": [40.0, 60.0],
                 "eve_percent": [0.0, 100.0]}
            )  # fmt: skip
            frame[column] = [0.0, total]
            if fits:
                table_checks.check_shares_of_index(frame, "t")
                continue
            with pytest.raises(DataError, match="not to 100"):
                table_checks.check_shares_of_index(frame, "t")
    frame["published_percent"], frame["eve_percent"] = [-1.0, 101.0], [50.0, 50.0]
    with pytest.raises(DataError, match="negative published_percent"):
        table_checks.check_shares_of_index(frame, "t")


def test_results_days_are_sessions_and_not_before_the_filing() -> None:
    check = table_checks.check_results_days("XNYS")
    frame = pd.DataFrame({"symbol": "A", "reaction_session": DAYS, "filed": DAYS})
    check(frame, "t")
    with pytest.raises(DataError, match="is before the filing"):
        check(frame.assign(filed=DAYS + pd.Timedelta(days=1)), "t")
    sunday = frame.assign(reaction_session=[DAYS[0], pd.Timestamp("2025-01-26"), DAYS[2]])
    with pytest.raises(DataError, match="is no session"):
        check(sunday, "t")


def test_rows_occur_once_by_their_keys() -> None:
    frame = pd.DataFrame({"a": [1, 1], "b": ["x", "y"], "symbol": "S"})
    table_checks.check_unique("a", "b")(frame, "t")
    with pytest.raises(DataError, match="occurs twice"):
        table_checks.check_unique("a")(frame, "t")


def test_daily_bars_are_of_sessions_where_an_exchange_is_named() -> None:
    sunday = bars().assign(session=pd.Timestamp("2025-01-26"))
    both = pd.concat([bars(), sunday], ignore_index=True)
    table_checks.check_bars(both, "t")
    with pytest.raises(DataError, match="is no session of XNYS"):
        table_checks.check_bars(both, "t", calendar="XNYS")
    with pytest.raises(DataError, match="occurs twice"):
        table_checks.check_bars(pd.concat([bars()] * 2, ignore_index=True), "t")
