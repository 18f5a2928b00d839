"""The specification curves: cells against independent fits, questions kept apart, summaries."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from curve_market import EVENT, SESSIONS, asked, made_up

from analysis.context.curve import CHOICES, equal_by_family
from analysis.context.multiverse import multiverse
from analysis.overrides import Overrides, override
from analysis.prices.reference import IndexWeight, Reference
from analysis.run.study import run_study
from analysis.study import Benchmark


@pytest.fixture(scope="module")
def data():
    return made_up()


@pytest.fixture(scope="module")
def many(data):
    return multiverse(asked(), data)


def by_key(many):
    return {(curve.estimand, curve.holds_firm): curve for curve in many.curves}


def point(curve, **choices):
    found = [p for p in curve.points if all(p.choice(k) == str(v) for k, v in choices.items())]
    assert len(found) == 1
    return found[0]


def test_each_question_has_a_curve_of_its_own(many) -> None:
    curves = by_key(many)
    assert list(curves) == [
        ("total", False),
        ("wider", False),
        ("relative", False),
        ("total", True),
        ("wider", True),
    ]
    total, wider = curves["total", False], curves["wider", False]
    assert {p.benchmark for p in total.points} == {"none", "W", "M-ex"}
    assert {str(p.window) for p in total.points} == {"0..0"}
    assert {str(p.window) for p in wider.points} == {"0..1"}
    assert {p.benchmark for p in curves["relative", False].points} == {"S"}
    assert {p.benchmark for p in curves["total", True].points} == {"M"}
    assert many.leading is total


def test_no_cell_twice(many) -> None:
    """Market-adjusted has no estimation window to choose; alpha 0 is no second market model."""
    for curve in many.curves:
        assert len({tuple(p.choice(c) for c in CHOICES) for p in curve.points}) == len(curve.points)
        assert len({(p.family, p.abnormal, p.p) for p in curve.points}) == len(curve.points)
    total = many.leading
    adjusted = [p for p in total.points if p.model == "market-adjusted"]
    assert {(p.length, p.gap) for p in adjusted} == {(100, 10)}
    assert len(adjusted) == 2  # one a benchmark


def test_capm_is_the_market_model_by_another_name(data) -> None:
    factors = pd.DataFrame(0.0001, index=SESSIONS, columns=["mkt_rf", "smb", "hml", "rf"])
    study = asked(models=("market", "capm"))
    assert {p.model for p in multiverse(study, replace(data, factors=factors)).leading.points} == {
        "market",
        "market, alpha 0",
    }
    alone = multiverse(asked(models=("capm",)), replace(data, factors=factors)).leading
    assert {p.model for p in alone.points} == {"capm"}


def test_factors_are_taken_as_published_and_purged_where_a_weight_is_known(data) -> None:
    """Three factors: relative to them, the market factor with the firm in it and without."""
    rng = np.random.default_rng(8)
    market = data.levels["M"].pct_change().fillna(0.0)
    factors = pd.DataFrame({"mkt_rf": market - 0.0001, "rf": 0.0001}, index=SESSIONS)
    factors[["smb", "hml"]] = rng.normal(0, 0.005, (len(SESSIONS), 2))
    day = SESSIONS[EVENT - 1].date()
    weights = (IndexWeight("MKT", "A", 0.06, day, "made up"),)
    given = replace(data, factors=factors, reference=Reference(weights=weights))
    study = asked(models=("market", "ff3"), benchmarks=(Benchmark("W"),))
    curves = by_key(multiverse(study, given))
    whole, purged = curves["relative", True], curves["relative", False]
    assert {(p.model, p.benchmark, p.family) for p in whole.points} == {("ff3", "Mkt-RF", "MKT")}
    assert {(p.model, p.benchmark, p.family) for p in purged.points} == {("ff3", "MKT-ex", "MKT")}
    returns = data.levels.pct_change()["A"].to_numpy()
    relative = data.levels["A"] / (1 + factors["mkt_rf"] + factors["rf"]).cumprod()
    share = (0.06 * relative / relative.iloc[EVENT - 1]).shift(1).to_numpy()
    gross = (factors["mkt_rf"] + factors["rf"]).to_numpy()
    without = (gross - share * returns) / (1 - share) - factors["rf"].to_numpy()
    rows, choices = slice(EVENT - 130, EVENT - 10), {"length": 120, "gap": 10, "returns": "simple"}
    for curve, first in ((whole, factors["mkt_rf"].to_numpy()), (purged, without)):
        x = sm.add_constant(np.column_stack([first, factors[["smb", "hml"]].to_numpy()]))
        fit = sm.OLS((returns - 0.0001)[rows], x[rows]).fit()
        car = returns[EVENT] - 0.0001 - x[EVENT] @ fit.params
        assert point(curve, **choices).abnormal == pytest.approx(car, rel=1e-7)


def test_the_headline_stands_on_its_own_curve_with_its_own_value(many, data) -> None:
    head = run_study(asked(models=("mean",)), data).headline_window
    curve = many.leading
    marked = [p for c in many.curves for p in c.points if p.headline]
    assert len(marked) == 1
    assert marked[0].abnormal == head.car
    assert curve.points[curve.headline_rank - 1] is marked[0]


def test_a_headline_whose_benchmark_holds_the_firm_leads_with_those_that_do_not(data) -> None:
    study = asked(models=("market",))
    study = replace(study, headline=replace(study.headline, benchmark="M"))
    found = multiverse(study, data)
    assert not found.leading.holds_firm
    assert found.leading.headline_rank is None
    assert by_key(found)["total", True].headline_rank is not None
    sector = replace(study, headline=replace(study.headline, benchmark="S"))
    assert multiverse(sector, data).leading.estimand == "relative"


def test_a_study_of_one_benchmark_and_no_known_weight_has_a_curve() -> None:
    data = made_up(shock=0.12)
    study = asked(models=("market",), benchmarks=(Benchmark("W"),))
    found = multiverse(study, replace(data, reference=Reference()))
    curve = found.leading
    assert curve.families == 1
    assert {p.model for p in curve.points} == {"market", "market, alpha 0"}
    assert all(p.abnormal > 0.1 for p in curve.points)
    assert curve.joint.median.p < 0.05


@pytest.mark.parametrize("kind", ["simple", "log"])
@pytest.mark.parametrize("model", ["market", "market, alpha 0"])
def test_a_cell_against_statsmodels(many, data, kind, model) -> None:
    """Two sessions, 120 of estimation, gap 20, W: dummies for the event sessions."""
    returns = (data.levels / data.levels.shift(1) - 1)[["A", "W"]].to_numpy()
    if kind == "log":
        returns = np.log1p(returns)
    rows = [*range(EVENT - 140, EVENT - 20), EVENT, EVENT + 1]
    dummies = np.zeros((len(rows), 2))
    dummies[-2, 0] = dummies[-1, 1] = 1
    constant = [np.ones(len(rows))] if model == "market" else []
    design = np.column_stack([*constant, returns[rows, 1], dummies])
    fit = sm.OLS(returns[rows, 0], design).fit()
    test = fit.t_test([*[0] * (len(constant) + 1), 1, 1])
    car, (low, high) = float(test.effect[0]), test.conf_int()[0]
    cell = point(
        by_key(many)["wider", False],
        model=model,
        benchmark="W",
        length=120,
        gap=20,
        returns=kind,
    )
    assert cell.p == pytest.approx(float(test.pvalue), rel=1e-6)
    if kind == "log":  # the sum of realised less expected simple returns
        expected = returns[rows[-2:], 0] - fit.params[-2:]
        car = (np.expm1(returns[rows[-2:], 0]) - np.expm1(expected)).sum()
        assert cell.low < cell.abnormal < cell.high
    else:
        assert cell.low == pytest.approx(low, rel=1e-8)
        assert cell.high == pytest.approx(high, rel=1e-8)
    assert cell.abnormal == pytest.approx(car, rel=1e-8)


def test_a_study_of_log_returns_stands_on_its_curve_too(data) -> None:
    study = asked(models=("market",), returns="log", benchmarks=(Benchmark("W"),))
    curve = multiverse(study, data).leading
    marked = [p for p in curve.points if p.headline]
    assert [p.returns for p in marked] == ["log"]
    head = run_study(study, data).headline_window
    assert marked[0].p == head.t.p
    assert marked[0].abnormal == pytest.approx(head.bhar, rel=1e-12)


def test_families_weigh_alike_and_the_median_is_a_cell(many) -> None:
    curve = many.leading
    table = many.tidy[: len(curve.points)]
    assert table.groupby("family")["weight"].sum().tolist() == pytest.approx([1 / 3] * 3)
    assert table["rank"].tolist() == list(range(1, len(table) + 1))
    assert table["abnormal_return"].is_monotonic_increasing
    below = table["weight"][: curve.middle_place].sum()
    assert below < 0.5 <= below + table["weight"][curve.middle_place]
    clear = table["p"] < 0.05
    assert curve.share_significant == pytest.approx(table["weight"][clear].sum())


def test_the_parts_of_the_variance_sum_to_one(many) -> None:
    for curve in many.curves:
        assert sum(curve.effects.values()) == pytest.approx(1)
        assert min(curve.effects.values()) > -1e-9


def test_what_the_data_do_not_allow_is_named(data) -> None:
    found = multiverse(asked(), replace(data, levels=data.levels.iloc[EVENT - 130 : EVENT + 1]))
    assert "window 0..1: outside the data" in found.left_out
    assert any(text.startswith("250 sessions with a gap of 5") for text in found.left_out)
    assert {p.length for p in found.leading.points} == {100, 120}
    assert found.leading.joint.median.unavailable


@pytest.mark.parametrize(("first", "fits"), [(EVENT - 271, True), (EVENT - 270, False)])
def test_the_longest_window_that_fits_is_taken(data, first, fits) -> None:
    """Before the event there are as many returns as the row has number, less one."""
    short = replace(data, levels=data.levels.iloc[first:])
    found = {(p.length, p.gap) for p in multiverse(asked(models=("mean",)), short).leading.points}
    assert ((250, 20) in found) is fits
    assert {(250, 5), (250, 10), (120, 20)} <= found


@pytest.mark.parametrize(("holes", "there"), [(12, True), (13, False)])
def test_an_estimation_window_with_holes_is_left_out(data, holes, there) -> None:
    """A fifth may be missing: of 120 sessions 24; a level that is missing takes two returns."""
    levels = data.levels.copy()
    levels.iloc[EVENT - 60 - 2 * holes : EVENT - 60 : 2, levels.columns.get_loc("A")] = np.nan
    study = asked(models=("market",), benchmarks=(Benchmark("W"),), min_estimation=50)
    found = multiverse(study, replace(data, levels=levels)).leading
    assert (120 in {p.length for p in found.points}) is there
    assert 250 in {p.length for p in found.points}


@pytest.mark.slow
def test_the_bundled_study(study, snapshot) -> None:
    """The figures of an independent computation: 114 cells from -644 to -551, median -595."""
    found = multiverse(study, snapshot)
    curve = found.leading
    assert (curve.estimand, curve.holds_firm) == ("total", False)
    assert {p.family for p in curve.points} == {"SPY", "RSP", "MKT", "none", "donors"}
    clean = [p for p in curve.points if p.family != "donors"]  # controls of stocks that rose
    low, high = clean[0], clean[-1]
    assert -650e9 < low.answer < -630e9
    assert -560e9 < high.answer < -545e9
    assert curve.middle.answer == pytest.approx(-595e9, rel=0.02)
    assert curve.share_significant == 1
    assert curve.joint.median.p < 0.01
    assert curve.joint.t.p < 0.01
    assert curve.joint.drawn == len(clean)
    small = override(study, Overrides(events=("sell-off",), symbols=("NVDA",), models=("market",)))
    marked = [p for p in curve.points if p.headline]
    assert [p.answer for p in marked] == [
        run_study(small, snapshot).headline_window.impact.abnormal
    ]
    apart = by_key(found)
    assert {p.benchmark for p in apart["total", True].points} == {"SPY"}
    assert {p.benchmark for p in apart["relative", False].points} == {"MKT-ex", "MKT-ex-23"}
    for cell in curve.points:
        if cell.returns == "log":
            assert cell.answer / cell.abnormal == pytest.approx(24.477e9 * 142.62, rel=1e-4)
            assert cell.impact.low < cell.answer < cell.impact.high


def test_weights_of_one_family() -> None:
    assert equal_by_family(["SPY"] * 4).tolist() == [0.25] * 4


class TestControls:
    """Control portfolios are a family of their own where a study lists donors."""

    @pytest.fixture
    def with_donors(self):
        data = made_up()
        rng = np.random.default_rng(9)
        market = data.levels["W"].pct_change().fillna(0.0).to_numpy()
        donors = {
            f"D{i}": 100 * np.cumprod(1 + b * market + rng.normal(0, 0.01, len(SESSIONS)))
            for i, b in enumerate((0.6, 0.9, 1.2, 1.6))
        }
        levels = data.levels.join(pd.DataFrame(donors, index=SESSIONS))
        return replace(data, levels=levels)

    def test_each_model_of_donors_is_crossed_and_weighs_with_its_family(self, with_donors):
        names = ("D0", "D1", "D2", "D3")
        found = multiverse(replace(asked(), donors=names), with_donors)
        total = found.leading
        controls = [p for p in total.points if p.family == "donors"]
        assert {p.model for p in controls} == {"did", "synthetic", "sdid", "ife"}
        assert {p.returns for p in controls} == {"simple"}
        share = sum(w for p, w in zip(total.points, total.weights, strict=True) if p in controls)
        assert share == pytest.approx(1 / total.families)
        returns = with_donors.levels.pct_change().to_numpy()
        gaps = returns[:, 0] - returns[:, -4:].mean(axis=1)
        rows = slice(EVENT - 130, EVENT - 10)
        cell = point(total, model="did", length=120, gap=10)
        assert cell.abnormal == pytest.approx(gaps[EVENT] - gaps[rows].mean(), rel=1e-10)
        cell = point(total, model="ife", length=120, gap=10)
        assert cell.p == pytest.approx(1 / 121)
        assert point(total, model="sdid", length=120, gap=10).p is None
        assert 0 < total.share_significant <= 1

    def test_donors_that_cannot_be_are_told_among_the_choices_left_out(self, with_donors):
        found = multiverse(replace(asked(), donors=("A", "D1")), with_donors)
        assert "donors" not in {p.family for p in found.leading.points}
        assert any(text.startswith("control portfolios: A cannot be") for text in found.left_out)
