"""Several windows a fit, gaps in windows, sessions left out of fits, models without a constant."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from analysis.errors import StudyError, WindowError
from analysis.panel import LinearModel, PanelReturns, estimate_panel, estimate_windows
from analysis.panel.engine import plan_windows
from analysis.panel.layout import MISSING_RETURN, STATUS_TEXT
from analysis.windows import Window

ESTIMATION = Window(-120, -11)
PATH = [Window(day, day) for day in range(-10, 21)]
WINDOWS = [*PATH, Window(-1, 1), Window(-10, 20)]
MODELS = [
    LinearModel((0,)),
    LinearModel((0, 1)),
    LinearModel(()),
    LinearModel((0,), "fixed"),
    LinearModel((0, 1), "origin"),
]


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(7)
    factors = rng.normal(0.0004, 0.01, (600, 2))
    returns = factors @ rng.normal(1, 0.4, (2, 9)) + rng.standard_t(4, (600, 9)) * 0.015
    returns[:, 1][rng.random(600) < 0.1] = np.nan
    returns[:90, 2] = np.nan
    returns[400:, 3] = np.nan
    firm, position = rng.integers(0, 9, 150), rng.integers(150, 570, 150)
    return returns, factors, firm, position


def solve(world, **changes):
    returns, factors, firm, position = world
    given = {"models": MODELS, "estimation": ESTIMATION, "windows": WINDOWS, "min_estimation": 40}
    return estimate_windows(returns, factors, firm, position, **(given | changes))


def test_a_window_alone_or_with_others_is_the_same_to_the_last_bit(world):
    returns, factors, firm, position = world
    found = solve(world)
    for place in (0, 10, 30, 31, 32):
        for m in (0, 1, 2):
            alone = estimate_panel(
                returns,
                factors,
                firm,
                position,
                models=[MODELS[m].factors],
                estimation=ESTIMATION,
                window=WINDOWS[place],
                min_estimation=40,
            )
            together = found.of_window(place)
            np.testing.assert_array_equal(alone.car[:, 0], together.car[:, m])
            np.testing.assert_array_equal(alone.scar[:, 0], together.scar[:, m])
            np.testing.assert_array_equal(alone.bhar[:, 0], together.bhar[:, m])
            np.testing.assert_array_equal(alone.status[:, 0], together.status[:, m])
    assert (found.status == 0).mean() > 0.6


def test_sum_of_the_path_is_the_car_of_its_window(world):
    """Of a long window but for the alphas, which it leaves out."""
    found = solve(world)
    whole = found.window_status[..., -1] == 0
    alphas = 31 * found.coefficients[..., 0]
    path = found.car[..., :31].sum(axis=2) + alphas
    np.testing.assert_allclose(path[whole], found.car[..., -1][whole], rtol=0, atol=1e-13)
    assert np.abs(alphas[whole]).max() > 0.05
    three = np.isfinite(found.car[..., 31])
    path = found.car[..., 9:12].sum(axis=2)
    np.testing.assert_allclose(path[three], found.car[..., 31][three], rtol=0, atol=1e-14)


def dummies(y, x, rows, days, *, constant=True, counts=True):
    """
    Abnormal returns as coefficients of one dummy a day: the textbook's other way.

    Where the constant does not count in the window, its column is 0 on those days.
    """
    both = np.concatenate([rows, days])
    design = np.zeros((len(both), len(days)))
    design[len(rows) :] = np.eye(len(days))
    ones = np.ones((len(both), 1))
    ones[len(rows) :] = counts
    parts = [x[both], design] if not constant else [ones, x[both], design]
    fit = sm.OLS(y[both], np.hstack(parts)).fit()
    total = np.zeros(len(fit.params))
    total[-len(days) :] = 1
    test = fit.t_test(total)
    return float(test.effect[0]), float(test.sd[0, 0]), fit.df_resid


@pytest.mark.parametrize("m", [0, 1, 2, 4])
def test_gaps_and_sessions_left_out_against_dummies_in_statsmodels(world, m):
    returns, factors, firm, position = world
    panel = PanelReturns.from_matrix(returns).leaving_out(firm, position, Window(-1, 1))
    found = solve((panel, factors, firm, position), skip_missing=True)
    model = MODELS[m]
    checked = 0
    for event in range(0, 150, 3):
        y = returns[:, firm[event]]
        at = np.arange(position[event] + ESTIMATION.start, position[event] + ESTIMATION.end + 1)
        near = np.concatenate([np.arange(p - 1, p + 2) for p in position[firm == firm[event]]])
        rows = at[np.isfinite(y[at]) & ~np.isin(at, near)]
        for place in (10, 31, 32):
            window = WINDOWS[place]
            days = np.arange(position[event] + window.start, position[event] + window.end + 1)
            days = days[days < len(y)]
            days = days[np.isfinite(y[days])]
            if found.window_status[event, m, place] or found.status[event, m]:
                continue
            x = factors[:, list(model.factors)]
            car, se, df = dummies(
                y, x, rows, days, constant=model.kind == "constant", counts=len(window) <= 5
            )
            assert found.n_window[event, m, place] == len(days)
            assert found.df[event, m] == df
            assert found.car[event, m, place] == pytest.approx(car, abs=1e-9 * se)
            assert found.car_se[event, m, place] == pytest.approx(se, rel=1e-9)
            checked += 1
    assert checked > 80


def test_market_adjusted_against_its_definition(world):
    returns, factors, firm, position = world
    found = solve(world)
    event = int(np.flatnonzero(found.status[:, 3] == 0)[0])
    gap = returns[:, firm[event]] - factors[:, 0]
    before = gap[position[event] - 120 : position[event] - 10]
    assert found.coefficients[event, 3, :2].tolist() == [0.0, 1.0]
    assert found.sigma2[event, 3] == pytest.approx(np.nanmean(before**2), rel=1e-12)
    assert found.car[event, 3, 31] == pytest.approx(
        gap[position[event] - 1 : position[event] + 2].sum(), abs=1e-14
    )
    assert found.car_se[event, 3, 31] == pytest.approx(np.sqrt(3 * np.nanmean(before**2)))
    assert found.df[event, 3] == np.isfinite(before).sum()


def test_other_rows_do_not_move_when_events_are_added(world):
    returns, factors, firm, position = world
    panel = PanelReturns.from_matrix(returns)
    windows = WINDOWS[10:12]

    def run(firm, position):
        marked = panel.leaving_out(firm, position, Window(-1, 1))
        return solve((marked, factors, firm, position), windows=windows)

    before = run(firm[:60], position[:60])
    after = run(firm, position)
    same = np.ones(60, dtype=bool)
    for event in range(60):
        added = position[60:][firm[60:] == firm[event]] - position[event]
        same[event] = not ((added >= -121) & (added <= -10)).any()
    assert 5 < same.sum() < 55
    np.testing.assert_array_equal(before.car[same], after.car[:60][same])
    np.testing.assert_array_equal(before.car_se[same], after.car_se[:60][same])


@pytest.mark.parametrize("firm", [0, 2, 3])
def test_sessions_left_out_wherever_the_estimation_window_begins(world, firm):
    """Windows that begin before a firm's first return or end after its last are cut there."""
    returns, factors, *_ = world
    position = np.arange(100, 600, 3)
    near = np.random.default_rng(firm).choice(600, 60, replace=False)
    panel = PanelReturns.from_matrix(returns)
    panel = panel.leaving_out(np.full(60, firm), near, Window(-1, 1))
    at = np.full(position.size, firm)
    found = solve((panel, factors, at, position), models=[MODELS[1]], min_estimation=5)
    out = np.unique(near[:, None] + np.arange(-1, 2))
    checked = 0
    for event in np.flatnonzero(found.status[:, 0] == 0):
        rows = np.arange(position[event] + ESTIMATION.start, position[event] + ESTIMATION.end + 1)
        rows = rows[(rows >= 0) & ~np.isin(rows, out)]
        rows = rows[np.isfinite(returns[rows, firm])]
        fit = sm.OLS(returns[rows, firm], sm.add_constant(factors[rows])).fit()
        assert found.n_estimation[event, 0] == rows.size
        assert found.sigma2[event, 0] == pytest.approx(fit.mse_resid, rel=1e-10)
        np.testing.assert_allclose(found.coefficients[event, 0], fit.params, rtol=0, atol=1e-11)
        checked += 1
    assert checked > 80


def test_a_plan_gives_the_same_bits_in_blocks(world):
    returns, factors, firm, position = world
    panel = PanelReturns.from_matrix(returns).leaving_out(firm, position, Window(-1, 1))
    whole = solve((panel, factors, firm, position), skip_missing=True)
    plan = plan_windows(
        panel,
        factors,
        position,
        models=MODELS,
        estimation=ESTIMATION,
        windows=WINDOWS,
        min_estimation=40,
        skip_missing=True,
    )
    parts = [plan.estimate(firm[at : at + 40], position[at : at + 40]) for at in range(0, 150, 40)]
    for name in ("car", "car_se", "bhar", "sigma2", "status", "n_window"):
        joined = np.concatenate([getattr(part, name) for part in parts])
        np.testing.assert_array_equal(joined, getattr(whole, name))
    with pytest.raises(StudyError, match="not planned for"):
        plan.estimate([0], [0])


def test_log_returns_compound_by_their_sum(world):
    returns, factors, firm, position = world
    simple = solve(world)
    log = solve((np.log1p(returns), np.log1p(factors), firm, position), log=True)
    event = int(
        np.flatnonzero((simple.status[:, 0] == 0) & (simple.window_status[:, 0, 31] == 0))[0]
    )
    days = slice(position[event] - 1, position[event] + 2)
    alpha, beta = log.coefficients[event, 0, :2]
    expected = np.exp((alpha + beta * np.log1p(factors[days, 0])).sum())
    held = np.prod(1 + returns[days, firm[event]])
    assert log.bhar[event, 0, 31] == pytest.approx(held - expected, abs=1e-14)


def test_risk_free_rate_is_taken_off_and_added_back(world):
    returns, factors, firm, position = world
    rate = np.random.default_rng(1).uniform(0, 0.0004, 600)
    excess = [LinearModel((0,), excess=True)]
    found = solve(world, models=excess, base=rate, windows=[Window(-1, 1)])
    plain = solve(
        (returns - rate[:, None], factors, firm, position),
        models=[(0,)],
        windows=[Window(-1, 1)],
    )
    np.testing.assert_allclose(found.car, plain.car, rtol=0, atol=1e-14, equal_nan=True)
    event = int(np.flatnonzero(np.isfinite(found.car[:, 0, 0]))[0])
    days = slice(position[event] - 1, position[event] + 2)
    alpha, beta = found.coefficients[event, 0]
    expected = np.prod(1 + rate[days] + alpha + beta * factors[days, 0])
    held = np.prod(1 + returns[days, firm[event]])
    assert found.bhar[event, 0, 0] == pytest.approx(held - expected, abs=1e-13)


def test_a_gap_refuses_its_windows_alone():
    rng = np.random.default_rng(3)
    factors, returns = rng.normal(size=(100, 1)), rng.normal(size=100)
    returns[82] = np.nan
    found = estimate_windows(
        returns,
        factors,
        [0],
        [80],
        models=[(0,)],
        estimation=Window(-60, -11),
        windows=[Window(0, 0), Window(2, 2), Window(0, 3)],
    )
    assert found.status[0, 0] == 0
    assert found.window_status[0, 0].tolist() == [0, MISSING_RETURN, MISSING_RETURN]
    assert found.n_window[0, 0].tolist() == [1, 0, 3]
    assert np.isfinite(found.car[0, 0]).tolist() == [True, False, False]
    assert STATUS_TEXT[MISSING_RETURN] == "missing return in the event window"


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"windows": []}, WindowError, "no event window"),
        ({"windows": [Window(-30, 0)]}, WindowError, "overlaps"),
        ({"models": [LinearModel((), "origin")]}, StudyError, "needs a factor"),
        ({"models": [LinearModel((0,), excess=True)]}, StudyError, "risk-free"),
    ],
)
def test_what_cannot_be_is_refused(world, changes, error, words):
    with pytest.raises(error, match=words):
        solve(world, **changes)
