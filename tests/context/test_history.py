"""A firm's worst sessions and the largest published losses, by hand."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from analysis.claims.ledger import PublishedLoss
from analysis.context.history import COUNT, largest_losses, worst_days
from analysis.prices.reference import ShareCount

DAY = dt.date(2025, 1, 27)


def frame(close: list[float], adjusted: list[float] | None = None, end: str = "2025-01-27"):
    sessions = pd.bdate_range(end=end, periods=len(close))
    return pd.DataFrame({"close": close, "adj_close": adjusted or close}, index=sessions)


def test_worst_days_take_dollars_only_where_supported() -> None:
    sessions = pd.to_datetime(["2024-01-02", "2024-01-03", "2024-03-05", "2025-01-27"])
    close = [100.0, 90.0, 80.0, 40.0]
    history = pd.DataFrame({"close": close, "adj_close": close}, index=sessions)
    losses = [PublishedLoss("AAA", dt.date(2024, 3, 5), 7e9, None, "", "")]
    found = worst_days("AAA", history, (ShareCount("AAA", 1e9, DAY, ""),), losses)
    assert [(day.basis, day.loss) for day in found] == [
        ("computed", 40e9),
        ("published", 7e9),
        ("", None),
    ]
    assert [round(day.move, 3) for day in found] == [-0.5, -0.111, -0.1]
    assert [day.row["basis"] for day in found] == ["computed", "published", "no share count"]
    assert {day.since for day in found} == {dt.date(2024, 1, 2)}
    without = worst_days("AAA", history, (), losses)
    assert without[0].loss is None


def test_a_move_has_its_dividend_and_dollars_are_of_closes() -> None:
    """A fall of 4 of which 3 are a dividend: 1 % lost, 4 dollars a share off the price."""
    found = worst_days(
        "AAA", frame([100.0, 96.0], [97.0, 96.03]), (ShareCount("AAA", 2e9, DAY, ""),), []
    )
    assert [(day.session, day.basis) for day in found] == [(DAY, "computed")]
    assert found[0].move == pytest.approx(-0.01)
    assert found[0].loss == pytest.approx(8e9)


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize(("days", "basis"), [(150, "computed"), (151, "")])
def test_a_count_150_days_away_is_the_last_that_gives_dollars(sign, days, basis) -> None:
    count = ShareCount("AAA", 1e9, DAY + dt.timedelta(days=sign * days), "")
    assert worst_days("AAA", frame([100.0, 90.0]), (count,), [])[0].basis == basis


def test_published_losses_are_of_the_firm_itself_and_the_first_source_counts() -> None:
    losses = [
        PublishedLoss("BBB", DAY, 9e9, None, "", ""),
        PublishedLoss("AAA", DAY, None, -3.0, "", ""),
        PublishedLoss("AAA", DAY, 5e9, None, "", "first"),
        PublishedLoss("AAA", DAY, 6e9, None, "", "second"),
    ]
    found = worst_days("AAA", frame([100.0, 90.0]), (), losses)
    assert [(day.loss, day.basis) for day in found] == [(5e9, "published")]
    other = worst_days("CCC", frame([100.0, 90.0]), (), losses)
    assert [(day.loss, day.basis) for day in other] == [(None, "")]


def test_fifteen_worst_days_are_listed_lowest_first() -> None:
    close = [1000.0]
    for fall in range(1, 25):
        close.append(close[-1] * (1 - fall / 1000))
    found = worst_days("AAA", frame(close), (), [])
    assert COUNT == 15
    assert [round(-1000 * day.move) for day in found] == list(range(24, 9, -1))


def test_losses_of_one_day_are_one_row() -> None:
    rows = [
        PublishedLoss("AAA", DAY, 5e9, -2.5, "", "one"),
        PublishedLoss("AAA", DAY, 6e9, None, "", "two"),
        PublishedLoss("BBB", DAY, 9e9, None, "", ""),
        PublishedLoss("A group (sum)", DAY, 99e9, None, "", ""),
        PublishedLoss("CCC", DAY, None, -5.0, "", ""),
    ]
    found = largest_losses(rows)
    assert [(item.company, item.loss, item.others) for item in found] == [
        ("BBB", 9e9, ()),
        ("AAA", 5e9, (6e9,)),
    ]
    assert found[1].row["others_usd_bn"] == "6"
    assert (found[1].row["loss_usd"], found[1].row["percent"]) == (5e9, -2.5)


def test_fifteen_losses_are_listed_largest_first() -> None:
    days = [DAY - dt.timedelta(days=k) for k in range(20)]
    rows = [PublishedLoss("AAA", day, (k + 1) * 1e9, None, "", "") for k, day in enumerate(days)]
    found = largest_losses(rows)
    assert [item.loss for item in found] == [k * 1e9 for k in range(20, 5, -1)]


def test_a_loss_of_nothing_stands_as_it_is_published() -> None:
    rows = [
        PublishedLoss("AAA", DAY, 0.0, None, "", "one"),
        PublishedLoss("AAA", DAY, 0.0, None, "", ""),
        PublishedLoss("AAA", DAY, None, None, "", "of no figure"),
    ]
    (found,) = largest_losses(rows)
    assert (found.loss, found.others, found.note) == (0.0, (0.0,), "one")
