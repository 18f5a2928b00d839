"""The specification curve: its cells against independent fits, its summaries by definition."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm

from analysis.overrides import Overrides, override
from analysis.prices.snapshot import load_snapshot
from analysis.robustness import CHOICES, leave_one_out, specification_curve
from analysis.run.study import run_study
from analysis.study_file import load_study
from analysis.windows import Window


@pytest.fixture(scope="module")
def data():
    return load_snapshot()


@pytest.fixture(scope="module")
def study():
    return load_study()


@pytest.fixture(scope="module")
def curve(study, data):
    return specification_curve(study, data)


def point(curve, **choices):
    found = [p for p in curve.points if all(p.choice(k) == str(v) for k, v in choices.items())]
    assert len(found) == 1
    return found[0]


def test_several_hundred_specifications_sorted(curve) -> None:
    assert len(curve.points) > 500
    answers = [p.answer for p in curve.points]
    assert answers == sorted(answers)
    assert len({tuple(p.choice(c) for c in CHOICES) for p in curve.points}) == len(curve.points)


def test_the_headline_stands_on_the_curve_with_its_own_value(curve, study, data) -> None:
    small = override(study, Overrides(events=("sell-off",), symbols=("NVDA",), models=("market",)))
    head = run_study(small, data).headline_window
    marked = [p for p in curve.points if p.headline]
    assert len(marked) == 1
    assert marked[0].abnormal == pytest.approx(head.car, rel=1e-12)
    assert marked[0].impact == pytest.approx(head.impact.abnormal, rel=1e-12)
    assert curve.points[curve.headline_rank - 1] is marked[0]


@pytest.mark.parametrize("kind", ["simple", "log"])
def test_a_cell_against_statsmodels(curve, data, kind) -> None:
    """Two sessions, 120 of estimation, gap 20, RSP: dummies for the event sessions."""
    returns = (data.levels / data.levels.shift(1) - 1)[["NVDA", "RSP"]].to_numpy()
    if kind == "log":
        returns = np.log1p(returns)
    row = data.levels.index.get_loc("2025-01-27")
    rows = [*range(row - 140, row - 20), row, row + 1]
    dummies = np.zeros((len(rows), 2))
    dummies[-2, 0] = dummies[-1, 1] = 1
    design = np.column_stack([np.ones(len(rows)), returns[rows, 1], dummies])
    fit = sm.OLS(returns[rows, 0], design).fit()
    test = fit.t_test([0, 0, 1, 1])
    car, (low, high) = float(test.effect[0]), test.conf_int()[0]
    cell = point(
        curve, model="market", benchmark="RSP", length=120, gap=20, window="0..1", returns=kind
    )
    scale = math.expm1 if kind == "log" else float
    assert cell.abnormal == pytest.approx(scale(car), rel=1e-8)
    assert cell.low == pytest.approx(scale(low), rel=1e-8)
    assert cell.high == pytest.approx(scale(high), rel=1e-8)
    assert cell.p == pytest.approx(float(test.pvalue), rel=1e-6)
    if kind == "log":
        eve = 24.477e9 * 142.62
        assert cell.impact == pytest.approx(eve * math.expm1(car), rel=1e-8)


def test_what_the_data_do_not_allow_is_named(curve, study, data) -> None:
    assert not curve.left_out
    early = replace(study.events[0], id="early", when=dt.date(2014, 1, 27))
    head = replace(study.headline, event="early", benchmark="SPY", beside="")
    # weights of another year would be refused
    whole = tuple(benchmark for benchmark in study.benchmarks if not benchmark.firms)
    short = replace(
        study, events=(early,), headline=head, symbols=("NVDA",), groups=(), benchmarks=whole
    )
    curve = specification_curve(short, data)
    assert any("500 sessions with a gap of 20" in text for text in curve.left_out)
    assert not [p for p in curve.points if p.length == 500 and p.gap == 20]


def test_summaries(curve) -> None:
    values = np.array([p.answer for p in curve.points])
    assert curve.middle.answer == sorted(values)[(len(values) - 1) // 2]
    assert curve.share_significant == np.mean([p.p < 0.05 for p in curve.points])
    total = ((values - values.mean()) ** 2).sum()
    labels = np.array([p.benchmark for p in curve.points])
    between = sum(
        (labels == name).sum() * (values[labels == name].mean() - values.mean()) ** 2
        for name in set(labels)
    )
    assert curve.variance_shares["benchmark"] == pytest.approx(between / total)
    assert list(curve.variance_shares) == sorted(
        curve.variance_shares, key=lambda k: -curve.variance_shares[k]
    )
    assert curve.tidy["rank"].tolist() == list(range(1, len(values) + 1))


def test_a_window_beyond_the_data_is_left_out(study, data) -> None:
    last = override(
        study,
        Overrides(
            events=("sell-off",),
            symbols=("NVDA",),
            models=("market",),
            benchmarks=("SPY",),
            windows=(Window(0, 0),),
        ),
    )
    event = replace(last.events[0], when=dt.date(2026, 4, 30))
    curve = specification_curve(replace(last, events=(event,)), data)
    assert {str(p.window) for p in curve.points} == {"0..0"}
    assert any("window 0..1" in text for text in curve.left_out)


def test_leaving_one_firm_out_averages_the_others(study, data) -> None:
    small = override(
        study,
        Overrides(
            events=("sell-off",),
            symbols=("NVDA", "AMD", "MU"),
            models=("market",),
            benchmarks=("RSP",),
        ),
    )
    result = run_study(small, data)
    car = {f.symbol: f.at(Window(0, 0)).car for f in result.firms}
    means = {item.symbol: item.mean for item in leave_one_out(small, data)}
    assert means["NVDA"] == pytest.approx((car["AMD"] + car["MU"]) / 2)
    assert means["MU"] == pytest.approx((car["NVDA"] + car["AMD"]) / 2)


def test_the_interval_without_a_firm_is_that_of_the_others_as_a_portfolio(study, data) -> None:
    small = override(
        study,
        Overrides(
            events=("sell-off",),
            symbols=("NVDA", "AMD", "MU"),
            models=("market",),
            benchmarks=("RSP",),
        ),
    )
    small = replace(small, level=0.9)
    returns = data.levels / data.levels.shift(1) - 1
    at = data.levels.index.get_loc("2025-01-27")
    x = sm.add_constant(returns["RSP"].to_numpy())
    for item in leave_one_out(small, data):
        others = [symbol for symbol in small.symbols if symbol != item.symbol]
        y = returns[others].mean(axis=1).to_numpy()
        fit = sm.OLS(y[at - 260 : at - 10], x[at - 260 : at - 10]).fit()
        ahead = fit.get_prediction(x[at : at + 1])
        low, high = ahead.conf_int(obs=True, alpha=0.1)[0]
        expected = ahead.predicted_mean[0]
        assert item.low == pytest.approx(y[at] - high, abs=1e-10), item.symbol
        assert item.high == pytest.approx(y[at] - low, abs=1e-10), item.symbol
        assert item.mean == pytest.approx(y[at] - expected, abs=1e-10)
    assert leave_one_out(replace(small, symbols=("NVDA", "AMD"), groups=()), data) == ()


def test_dollars_of_log_returns_are_those_of_their_ends(curve) -> None:
    cells = [p for p in curve.points if p.returns == "log" and p.impact is not None]
    assert len(cells) > 100
    for cell in cells:
        value = cell.impact / cell.abnormal
        ends = (cell.impact_low, cell.impact_high)
        if cell.low is None:
            assert ends == (None, None)
            continue
        assert ends == pytest.approx((value * cell.low, value * cell.high))
        assert ends[0] < cell.impact < ends[1]
    eves = {cell.window.start: cell.impact / cell.abnormal for cell in cells}
    assert eves[0] == pytest.approx(24.477e9 * 142.62, rel=1e-4)


def test_an_estimation_window_with_holes_is_left_out(study, data) -> None:
    """A fifth may be missing: of 120 sessions 24, and no more."""
    small = override(
        study,
        Overrides(events=("sell-off",), symbols=("NVDA",), models=("market",), benchmarks=("RSP",)),
    )
    small = replace(small, min_estimation=150)
    at = data.levels.index.get_loc("2025-01-27")

    def lengths(holes: int) -> set[int]:
        levels = data.levels.copy()
        levels.iloc[at - 60 - 2 * holes : at - 60 : 2, levels.columns.get_loc("NVDA")] = np.nan
        curve = specification_curve(small, replace(data, levels=levels))
        return {p.length for p in curve.points}

    # a level that is missing takes two returns; 12 of them take 24
    assert lengths(12) == {120, 250, 500} & lengths(0)
    assert 120 not in lengths(13)
    assert 250 in lengths(13)


def test_the_longest_window_that_fits_is_taken(study, data) -> None:
    """Before the event there are as many returns as the row has number, less one."""
    small = override(
        study,
        Overrides(
            events=("sell-off",), symbols=("NVDA",), models=("mean",), windows=(Window(0, 0),)
        ),
    )
    at = data.levels.index.get_loc("2025-01-27")
    for first, fits in ((at - 271, True), (at - 270, False)):
        short = replace(data, levels=data.levels.iloc[first:])
        curve = specification_curve(small, short)
        found = {(p.length, p.gap) for p in curve.points}
        assert ((250, 20) in found) is fits
        assert {(250, 5), (250, 10), (120, 20)} <= found
        said = any(text.startswith("250 sessions with a gap of 20") for text in curve.left_out)
        assert said is not fits
