"""A specification curve as a record: ends, middle, shares and rows, by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from analysis.context.curve import CurvePoint, Multiverse, SpecificationCurve
from analysis.context.curve_joint import JointTest
from analysis.impact import Impact
from analysis.windows import Window

NONE = JointTest.missing("not drawn here")


def point(abnormal: float, family: str = "M", p: float | None = 0.01, **more) -> CurvePoint:
    known = {
        "estimand": "total", "holds_firm": False, "family": family, "model": "market",
        "benchmark": family, "length": 250, "gap": 10, "window": Window(0, 0), "returns": "simple",
        "abnormal": abnormal, "low": abnormal - 0.01, "high": abnormal + 0.01, "p": p,
        "impact": None, "headline": False, **more,
    }  # fmt: skip
    return CurvePoint(**known)


def curve(*points: CurvePoint, level: float = 0.95) -> SpecificationCurve:
    return SpecificationCurve("total", False, points, level, NONE)


def test_ends_middle_and_the_studys_own_place() -> None:
    points = [point(-0.1 * k, headline=k == 2) for k in (5, 4, 3, 2, 1)]
    found = curve(*points)
    assert found.range == (points[0], points[4])
    assert (found.middle_place, found.middle) == (2, points[2])
    assert found.headline_rank == 4
    assert curve(*points[:3]).headline_rank is None
    assert curve(points[3]).range == (points[3], points[3])
    summary = found.summary
    assert (summary["lowest"], summary["median"], summary["highest"]) == pytest.approx(
        (-0.5, -0.3, -0.1)
    )
    assert (summary["specifications"], summary["families"]) == (5, 1)


def test_the_middle_is_where_half_of_the_weight_is_reached() -> None:
    """Three of one family weigh as one of another."""
    points = [point(-0.4), point(-0.3), point(-0.2), point(-0.1, "W")]
    found = curve(*points)
    assert found.weights.tolist() == pytest.approx([1 / 6] * 3 + [1 / 2])
    assert found.middle is points[2]
    assert found.families == 2


@pytest.mark.parametrize(
    ("ps", "level", "share"),
    [
        ((0.01, 0.04, 0.2, 0.5), 0.95, 0.5),
        ((0.01, 0.04, 0.2, None), 0.95, 2 / 3),
        ((0.01, 0.04, None, None), 0.95, 1.0),
        ((None, None), 0.95, 0.0),
        ((0.2, 0.5), 0.95, 0.0),
        ((0.01, 0.04, 0.2, 0.5), 0.75, 0.75),
        ((0.25, 0.5), 0.75, 0.0),  # on the level is not below it
    ],
)
def test_the_share_that_rejects_is_of_those_with_a_p(ps, level, share) -> None:
    points = [point(-0.1 * k, p=p) for k, p in enumerate(ps)]
    assert curve(*points, level=level).share_significant == pytest.approx(share)


def test_the_share_weighs_families_alike() -> None:
    """One of three of M and all of W reject: (1/6 + 1/2) of 1."""
    points = [point(-0.4, p=0.01), point(-0.3, p=0.5), point(-0.2, p=0.5), point(-0.1, "W")]
    assert curve(*points).share_significant == pytest.approx(2 / 3)
    untested = [*points[:3], replace(points[3], p=None)]
    assert curve(*untested).share_significant == pytest.approx(1 / 3)


def test_rows_hold_money_in_its_currency_and_in_dollars() -> None:
    money = Impact(200.0, -21.0, -1.0, -20.0, 2.0, -24.0, -16.0, "EUR", 1.1)
    plain, dear = point(-0.2), point(-0.1, impact=money)
    unknown = point(-0.1, impact=replace(money, rate=None, low=None))
    rows = curve(plain, dear, unknown).rows
    assert [row["rank"] for row in rows] == [1, 2, 3]
    assert [row["currency"] for row in rows] == [None, "EUR", "EUR"]
    assert rows[1]["impact_usd"] == pytest.approx(-22.0)
    assert rows[1]["impact_high_usd"] == pytest.approx(-17.6)
    assert (rows[2]["impact"], rows[2]["impact_usd"], rows[2]["impact_low"]) == (-20.0, None, None)
    assert (rows[0]["impact"], rows[0]["impact_usd"]) == (None, None)
    assert (plain.answer, dear.answer) == (-0.2, -20.0)
    assert curve(plain).summary["currency"] is None
    assert curve(dear).summary["currency"] == "EUR"
    assert plain.choice("length") == "250"


def test_the_first_curve_leads_and_all_are_laid_out() -> None:
    one, two = curve(point(-0.1)), curve(point(-0.2), point(-0.1, gap=20))
    whole = Multiverse("A", "e", (one, two), ())
    assert whole.leading is one
    assert len(whole.tidy) == 3
    assert whole.summary["specifications"].tolist() == [1, 2]
    assert Multiverse("A", "e", (), ()).leading is None


def test_what_choices_explain_of_the_answers() -> None:
    """Only the gap matters here; where all answers are the same nothing does."""
    points = [
        point(-0.1 - 0.1 * (gap == 20), gap=gap, length=length)
        for gap in (10, 20)
        for length in (120, 250)
    ]
    ordered = sorted(points, key=lambda p: p.answer)
    effects = curve(*ordered).effects
    assert effects["gap"] == pytest.approx(1)
    assert effects["length"] == pytest.approx(0, abs=1e-9)
    assert curve(point(-0.1), point(-0.1, gap=20)).effects == {}
