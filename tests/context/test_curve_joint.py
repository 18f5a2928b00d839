"""A curve among the curves of placebo dates: against a plain recomputation; its size and power."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from curve_market import EVENT, asked, made_up
from scipy import stats

from analysis.context import curve_joint
from analysis.context.curve_joint import CurveDraws, JointTest, joint_test
from analysis.context.multiverse import multiverse
from analysis.prices.reference import Reference
from analysis.study import Benchmark


def plain_curve(returns: np.ndarray, cells, at: int) -> tuple[float, float, float]:
    """Median abnormal return, median t and significant part of a curve, by NumPy alone."""
    abnormal, t, clear = [], [], []
    for model, kind, length, gap in cells:
        values = np.log1p(returns) if kind == "log" else returns
        rows = slice(at - gap - length, at - gap)
        y, x = values[rows, 0], values[rows, 1]
        design = {
            "mean": np.ones((length, 1)),
            "market": np.column_stack([np.ones(length), x]),
            "market, alpha 0": x[:, None],
        }[model]
        day = {
            "mean": np.ones(1),
            "market": np.array([1, values[at, 1]]),
            "market, alpha 0": values[at, 1:2],
        }[model]
        beta = np.linalg.lstsq(design, y, rcond=None)[0]
        df = length - design.shape[1]
        sigma2 = ((y - design @ beta) ** 2).sum() / df
        se = np.sqrt(sigma2 * (1 + day @ np.linalg.inv(design.T @ design) @ day))
        ar = values[at, 0] - day @ beta
        realised = values[at, 0]
        abnormal.append(np.exp(realised) - np.exp(realised - ar) if kind == "log" else ar)
        t.append(ar / se)
        clear.append(2 * stats.t.sf(abs(ar / se), df) < 0.05)
    families = np.array([model == "mean" for model, *_ in cells])
    weights = np.where(families, 0.5 / families.sum(), 0.5 / (~families).sum())

    def median(values) -> float:
        order = np.argsort(values)
        return np.array(values)[order][np.searchsorted(weights[order].cumsum(), 0.5 - 1e-12)]

    side = np.sign(t) == np.sign(median(abnormal))
    return median(abnormal), median(t), float(weights @ (np.array(clear) & side))


def test_ranks_against_a_plain_recomputation() -> None:
    data = made_up(shock=-0.06)
    study = asked(models=("mean", "market"), benchmarks=(Benchmark("W"),))
    curve = multiverse(study, replace(data, reference=Reference())).leading
    returns = (data.levels / data.levels.shift(1) - 1)[["A", "W"]].to_numpy()
    cells = [(p.model, p.returns, p.length, p.gap) for p in curve.points]
    dates = range(1 + max(length + gap for *_, length, gap in cells), EVENT - 11)
    assert len(dates) >= 99
    event = plain_curve(returns, cells, EVENT)
    drawn = np.array([plain_curve(returns, cells, at) for at in dates])
    for place, outcome in enumerate((curve.joint.median, curve.joint.t, curve.joint.share)):
        beyond = (np.abs(drawn[:, place]) >= abs(event[place]) - 1e-10).sum()
        assert outcome.draws == len(dates)
        assert outcome.statistic == pytest.approx(event[place], rel=1e-8)
        assert outcome.p == (1 + beyond) / (1 + len(dates))
    assert 0 < curve.joint.share.statistic < 1


def test_a_date_without_all_specifications_is_no_date() -> None:
    t = np.array([[1.0, 1.0]] * 30 + [[4.0, 4.0]])
    whole = joint_test(CurveDraws(t / 100, t, t * 0 + 99, np.full(2, 0.5)), level=0.95)
    assert (whole.median.draws, whole.median.p) == (30, 1 / 31)
    t[3, 1] = np.nan
    fewer = joint_test(CurveDraws(t / 100, t, t * 0 + 99, np.full(2, 0.5)), level=0.95)
    assert fewer.median.draws == 29
    t[-1, 0] = np.nan
    assert joint_test(CurveDraws(t / 100, t, t * 0 + 99, np.full(2, 0.5)), level=0.95).t.unavailable


def test_the_significant_part_is_of_one_side() -> None:
    """Half of the specifications reject on each side: no more than half counts."""
    t = np.vstack([np.zeros((40, 4)), [[-9.0, -9.0, -9.0, 9.0]]])
    found = joint_test(CurveDraws(t / 100, t, t * 0 + 99, np.full(4, 0.25)), level=0.95)
    assert found.share.statistic == 0.75


@pytest.mark.slow
@pytest.mark.parametrize(("shock", "low", "high"), [(0.0, 0.02, 0.09), (-0.10, 0.95, 1.0)])
def test_size_and_power(shock, low, high) -> None:
    """200 made-up firms (2 % a day): no shock rejects in about 5 %, one of 10 % nearly always."""
    study = asked(benchmarks=(Benchmark("W"), Benchmark("M")))
    rejected = np.zeros(3)
    for seed in range(200):
        joint = multiverse(study, made_up(shock, seed=1000 + seed)).leading.joint
        rejected += [o.p <= 0.05 for o in (joint.median, joint.t, joint.share)]
    assert (rejected / 200 >= low).all(), rejected
    assert (rejected[:2] / 200 <= high).all(), rejected
    assert rejected[2] / 200 <= high  # many dates tie with no significant specification at all


def test_critical_values_are_students_and_without_a_degree_of_freedom_there_is_none() -> None:
    df = np.array([[0.0, 1.0], [5.0, 1.0]])
    limits = curve_joint._critical(df, 0.9)
    assert limits[0, 0] == np.inf
    assert limits[0, 1] == limits[1, 1] == pytest.approx(stats.t.ppf(0.95, 1))
    assert limits[1, 0] == pytest.approx(stats.t.ppf(0.95, 5))


def test_a_t_on_its_critical_value_is_not_beyond_it() -> None:
    limit = curve_joint._critical(np.full((1, 1), 99.0), 0.95)[0, 0]
    for t, share in ((limit, 0.0), (np.nextafter(limit, 9), 1.0)):
        values = np.append(np.zeros(30), t)[:, None]
        draws = CurveDraws(values / 100, values, np.full((31, 1), 99.0), np.ones(1))
        assert joint_test(draws, level=0.95).share.statistic == share


def test_what_is_not_drawn_counts_no_specification() -> None:
    told = JointTest.missing("not here")
    assert told.drawn == 0
    assert {o.unavailable for o in (told.median, told.t, told.share)} == {"not here"}
