"""
Small panels, every number of every cell held to least squares written out.

Each of the ways in which the kernel solves a fit (shared tables, a firm's own, rows, no constant)
meets each kind of window: whole, with gaps, long, beyond the data.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from analysis.panel.engine import estimate_windows
from analysis.panel.estimates import LinearModel
from analysis.panel.layout import (
    COLLINEAR,
    EVENT_OUTSIDE,
    MISSING_FACTOR,
    MISSING_RETURN,
    NO_VARIANCE,
    OK,
    TOO_FEW,
    WINDOW_OUTSIDE,
)
from analysis.panel.returns import PanelReturns
from analysis.windows import Window

SESSIONS, FIRMS = 46, 3
ESTIMATION = Window(-24, -4)
WINDOWS = [Window(0, 0), Window(-2, 1), Window(0, 6)]
MODELS = [
    LinearModel((0,)),
    LinearModel((1, 0)),
    LinearModel(()),
    LinearModel((0,), "fixed"),
    LinearModel((1,), "origin"),
    LinearModel((0, 1), "origin"),
]
AT = [0, 2, 4, 20, 27, 31, 38, 40, 44, 45]


def market(seed=1):
    rng = np.random.default_rng(seed)
    factors = 0.002 + 0.01 * rng.standard_normal((SESSIONS, 2))
    betas = rng.uniform(0.5, 1.5, (2, FIRMS))
    returns = 0.004 + factors @ betas + 0.02 * rng.standard_normal((SESSIONS, FIRMS))
    return returns, factors


def fit_by_rows(model, y, x, rows):
    """Coefficients (constant first), residual variance, inverse cross products and freedom."""
    design = x[rows]
    if model.kind == "constant":
        design = np.column_stack([np.ones(len(rows)), design])
    if model.kind == "fixed":
        values, inverse = np.ones(design.shape[1]), np.zeros((design.shape[1],) * 2)
    else:
        values = np.linalg.lstsq(design, y[rows], rcond=None)[0]
        inverse = np.linalg.inv(design.T @ design)
    df = len(rows) - model.parameters
    residuals = y[rows] - design @ values
    coefficients = values if model.kind == "constant" else np.append(0.0, values)
    return coefficients, float(residuals @ residuals) / df, inverse, df


def window_by_rows(model, fit, raw, base, x, days, *, long, log):
    """CAR, its error, SCAR and BHAR of the sessions that are used."""
    coefficients, variance, inverse, _ = fit
    counts = model.kind == "constant" and not long
    expected = coefficients[0] * counts + x[days] @ coefficients[1:]
    sums = x[days].sum(axis=0)
    if model.kind == "constant":
        sums = np.append(len(days) * counts, sums)
    error = np.sqrt(variance * (len(days) + sums @ inverse @ sums))
    car = (raw[days] - base[days] - expected).sum()
    if log:
        bhar = np.exp(raw[days].sum()) - np.exp((expected + base[days]).sum())
    else:
        bhar = np.prod(1 + raw[days]) - np.prod(1 + expected + base[days])
    return car, error, car / error, bhar


def hold(returns, factors, **how):
    """Hold every cell to its rows; count the fits and the windows that were measured."""
    given = {
        "models": MODELS, "estimation": ESTIMATION, "windows": WINDOWS, "min_estimation": 4,
        "base": None, "skip_missing": False, "log": False, "out": np.zeros(returns.shape, bool),
        "rtol": 1e-9, "at": AT,
    } | how  # fmt: skip
    out, rtol, at = given.pop("out"), given.pop("rtol"), given.pop("at")
    firm, position = np.array(list(itertools.product(range(returns.shape[1]), at))).T
    panel = PanelReturns.from_matrix(returns)
    for f, day in np.argwhere(out.T):
        panel = _also(panel, f, day)
    found = estimate_windows(panel, factors, firm, position, **given)
    fits = measured = 0
    for event, (f, p) in enumerate(zip(firm, position, strict=True)):
        seen = np.flatnonzero(np.isfinite(returns[:, f]))
        alive = len(seen) and seen[0] <= p <= seen[-1]
        for m, model in enumerate(given["models"]):
            base = given["base"] if model.excess else np.zeros(len(returns))
            x = factors[:, list(model.factors)]
            usable = np.isfinite(x).all(axis=1) & np.isfinite(base)
            y = returns[:, f] - base
            whole = usable & np.isfinite(y)
            rows = np.arange(p + given["estimation"].start, p + given["estimation"].end + 1)
            rows = rows[(rows >= 0) & (rows < len(y))]
            rows = rows[whole[rows] & ~out[rows, f]]
            assert found.n_estimation[event, m] == len(rows)
            status = OK if alive else EVENT_OUTSIDE
            if alive and (len(rows) < given["min_estimation"] or len(rows) - model.parameters < 1):
                status = TOO_FEW
            assert found.status[event, m] == status
            if status == OK:
                fits += 1
                fit = fit_by_rows(model, y, x, rows)
                width = len(fit[0])
                got = found.coefficients[event, m]
                np.testing.assert_allclose(got[:width], fit[0], rtol=rtol, atol=rtol * 1e-2)
                assert np.isnan(got[width:]).all()
                assert found.sigma2[event, m] == pytest.approx(fit[1], rel=rtol)
            else:
                assert np.isnan(found.coefficients[event, m]).all()
                assert np.isnan(found.sigma2[event, m])
            for w, window in enumerate(given["windows"]):
                cell = event, m, w
                numbers = [getattr(found, name)[cell] for name in ("car", "car_se", "scar", "bhar")]
                days = np.arange(p + window.start, p + window.end + 1)
                state, used = _state(days, whole, np.isfinite(returns[:, f]), usable, given, alive)
                assert found.window_status[cell] == state, (f, p, m, window)
                assert found.n_window[cell] == len(used)
                if status != OK or state != OK:
                    assert np.isnan(numbers).all()
                    continue
                measured += 1
                wanted = window_by_rows(
                    model, fit, returns[:, f], base, x, used, long=window.long, log=given["log"]
                )
                np.testing.assert_allclose(numbers, wanted, rtol=rtol, atol=rtol)
    return fits, measured


def _also(panel, firm, day):
    marked = panel.leaving_out(np.array([firm]), np.array([day]), Window(0, 0)).rows.left_out
    before = panel.rows.left_out
    both = marked | before if len(before) else marked
    return PanelReturns(panel.rows._replace(left_out=both), panel.n_sessions)


def _state(days, whole, finite, usable, given, alive):
    """Status of a window, and the sessions that it is measured on (or counted in)."""
    if not alive:
        return EVENT_OUTSIDE, days[:0]
    life = np.flatnonzero(finite)
    inside = days[(days >= life[0]) & (days <= life[-1])]
    if len(inside) == len(days) and whole[days].all():
        return OK, days
    used = inside[whole[inside]]
    if given["skip_missing"] and len(used):
        return OK, used
    seen = inside[finite[inside]]
    if len(inside) < len(days):
        return WINDOW_OUTSIDE, seen
    first = inside[~whole[inside]][0]
    return (MISSING_FACTOR if finite[first] else MISSING_RETURN), seen


@pytest.mark.parametrize("log", [False, True])
def test_firms_that_miss_no_day(log):
    fits, measured = hold(*market(), log=log)
    assert fits > 80
    assert measured > 150


@pytest.mark.parametrize("skip", [False, True])
def test_firms_and_factors_that_miss_days(skip):
    returns, factors = market(2)
    returns[[8, 12, 19, 28, 41], 0] = np.nan
    returns[[26, 27, 30], 1] = np.nan
    returns[:9, 2] = returns[43:, 2] = np.nan
    factors[[10, 29, 39], 1] = np.nan
    fits, measured = hold(returns, factors, skip_missing=skip)
    assert fits > 70
    assert measured > (150 if skip else 100)


@pytest.mark.parametrize("skip", [False, True])
def test_models_in_excess_of_a_rate_that_misses_days(skip):
    returns, factors = market(3)
    rate = np.random.default_rng(4).uniform(0.001, 0.003, SESSIONS)
    rate[[15, 40]] = np.nan
    models = [
        LinearModel((0,), excess=True),
        LinearModel((), excess=True),
        LinearModel((0, 1), "origin", excess=True),
        LinearModel((1,), "fixed", excess=True),
        LinearModel((0,)),
    ]
    for log in (False, True):
        fits, _ = hold(returns, factors, models=models, base=rate, skip_missing=skip, log=log)
        assert fits > 60


@pytest.mark.parametrize("seed", [5, 6, 7])
def test_sessions_left_out_wherever_they_lie(seed):
    """At the borders of windows and blocks, next to each other, beside missing days."""
    returns, factors = market(seed)
    rng = np.random.default_rng(seed)
    out = rng.random(returns.shape) < 0.25
    returns[rng.random(returns.shape) < 0.1] = np.nan
    at = list(range(18, SESSIONS, 3))
    fits, _ = hold(returns, factors, out=out, at=at, models=MODELS[:3], windows=WINDOWS[:2])
    assert fits > 40


@pytest.mark.parametrize("length", [3, 5, 12, 13])
def test_short_estimation_windows_down_to_one_degree_of_freedom(length):
    returns, factors = market(8)
    returns[30, 0] = np.nan
    estimation = Window(-3 - length, -4)
    fits, _ = hold(returns, factors, estimation=estimation, min_estimation=1, rtol=1e-7)
    assert fits > 60


def test_half_the_window_is_needed_by_default_and_no_fit_without_freedom():
    returns, factors = market(9)
    how = {"models": [LinearModel((0, 1))], "windows": [Window(0, 0)]}
    found = estimate_windows(
        returns, factors, [0] * 3, [14, 13, 12], estimation=ESTIMATION, min_estimation=None, **how
    )
    assert found.n_estimation[:, 0].tolist() == [11, 10, 9]
    assert found.status[:, 0].tolist() == [OK, TOO_FEW, TOO_FEW]
    found = estimate_windows(
        returns, factors, [0] * 2, [7, 6], estimation=ESTIMATION, min_estimation=0, **how
    )
    assert found.status[:, 0].tolist() == [OK, TOO_FEW]


def test_factors_that_nearly_move_together():
    """Solved from rows, where products of factors have lost their digits."""
    returns, factors = market(10)
    for gap in (1e-3, 1e-5):
        factors[:, 1] = factors[:, 0] + gap * np.random.default_rng(11).standard_normal(SESSIONS)
        fits, _ = hold(returns, factors, models=MODELS[1:2], windows=WINDOWS, rtol=1e-6)
        assert fits > 10
    returns[[12, 28], :] = np.nan
    assert hold(returns, factors, models=MODELS[1:2], skip_missing=True, rtol=1e-6)[0] > 10


def test_a_level_that_dwarfs_the_window():
    """Running sums then hold none of its digits; what is given is rounded the same."""
    returns, factors = market(12)
    returns[:8] += 1e6
    returns[33, 1] = np.nan
    at = [34, 38]
    fits, _ = hold(
        returns, factors, at=at, models=MODELS[:3], estimation=Window(-20, -4), rtol=1e-7
    )
    assert fits == 18


@pytest.mark.parametrize("missing", [False, True])
def test_factors_that_are_copies_or_constant_are_collinear(missing):
    returns, factors = market(13)
    factors = np.column_stack([factors[:, 0], 3 * factors[:, 0], np.full(SESSIONS, 0.013)])
    if missing:
        returns[20] = np.nan
    models = [
        LinearModel((0, 1)), LinearModel((2,)), LinearModel((2, 0)), LinearModel((0, 1), "origin"),
        LinearModel((2,), "origin"), LinearModel((0,)),
    ]  # fmt: skip
    for estimation in (ESTIMATION, Window(-9, -4)):
        found = estimate_windows(
            returns, factors, [0, 1], [30, 30], models=models, estimation=estimation,
            windows=WINDOWS, min_estimation=3,
        )  # fmt: skip
        wanted = [COLLINEAR, COLLINEAR, COLLINEAR, COLLINEAR, OK, OK]
        assert found.status.tolist() == [wanted, wanted]
        assert np.isnan(found.car[:, :4]).all()
        assert np.isfinite(found.car[:, 4:]).all()


@pytest.mark.parametrize("missing", [False, True])
def test_returns_without_errors_have_no_standard_error(missing):
    _, factors = market(14)
    exact = factors @ [1.0, 0.5]
    exact = np.column_stack([0.01 + exact, exact, factors[:, 0]])
    if missing:
        exact[20] = np.nan
    for firm, models in (
        (0, [LinearModel((0, 1))]),
        (1, [LinearModel((0, 1)), LinearModel((0, 1), "origin")]),
        (2, [LinearModel((0,)), LinearModel((0,), "origin"), LinearModel((0,), "fixed")]),
    ):
        found = estimate_windows(
            exact, factors, [firm], [30], models=models, estimation=ESTIMATION, windows=WINDOWS
        )
        assert (found.status == NO_VARIANCE).all()
        assert np.isnan(found.car_se).all()
        assert np.isnan(found.scar).all()
        np.testing.assert_allclose(found.car[..., :2], 0, atol=1e-12)
        np.testing.assert_allclose(found.bhar[..., :2], 0, atol=1e-12)


def test_a_firm_of_more_events_than_are_handed_over_at_once():
    rng = np.random.default_rng(15)
    returns = rng.standard_normal((300, 2)) / 100
    position = np.tile(np.arange(20, 290), 2)
    firm = np.repeat([1, 0], 270)
    found = estimate_windows(
        returns, np.zeros((300, 1)), firm, position, models=[()], estimation=Window(-3, -1),
        windows=[Window(0, 0)], min_estimation=2,
    )  # fmt: skip
    means = np.stack([returns[position - k, firm] for k in (1, 2, 3)]).mean(axis=0)
    np.testing.assert_allclose(found.car[:, 0, 0], returns[position, firm] - means, atol=1e-15)
    np.testing.assert_allclose(found.coefficients[:, 0, 0], means, atol=1e-15)


def test_the_difference_from_a_copy_of_the_benchmark_is_nought_even_on_one_session():
    """Nothing is estimated: no other session is asked for, and no slope of the only one."""
    factor = np.array([0.25, -0.25, 0.5, -0.5])
    found = estimate_windows(
        factor, factor, [0], [2], models=[LinearModel((0,), "fixed")], estimation=Window(-1, -1),
        windows=[Window(0, 0)], min_estimation=1,
    )  # fmt: skip
    assert found.status[0, 0] == NO_VARIANCE
    assert found.sigma2[0, 0] == 0
    assert found.car[0, 0, 0] == 0
    assert found.coefficients[0, 0].tolist() == [0.0, 1.0]
