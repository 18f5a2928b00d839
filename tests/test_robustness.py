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
    head = replace(study.headline, event="early")
    short = replace(study, events=(early,), headline=head, symbols=("NVDA",), groups=())
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
            events=("sell-off",), symbols=("NVDA",), models=("market",), windows=(Window(0, 0),)
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
