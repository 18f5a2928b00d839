"""Every abnormal return, standard error and CAR of the bundled study, held against statsmodels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from oracle import EVENT_SESSIONS, SPECIFICATIONS, WINDOWS, Oracle
from scipy import stats

from analysis.windows import Window

if TYPE_CHECKING:
    from pathlib import Path

    from analysis.results import StudyResult

EXACT = 1e-10
DAY = Window(0, 0)


@pytest.fixture(scope="module")
def oracle(bundle: Path) -> Oracle:
    return Oracle(bundle)


def test_the_study_has_every_event_firm_and_specification(full: StudyResult) -> None:
    found = {(f.event, f.symbol, f.model, f.benchmark) for f in full.firms}
    firms = set(full.study.symbols)
    assert len(firms) == 26
    assert found == {
        (event, symbol, *spec)
        for event in EVENT_SESSIONS
        for symbol in firms
        for spec in SPECIFICATIONS
    }
    assert len(full.firms) == len(found)


@pytest.mark.parametrize("benchmark", ["none", "SPY", "SPY-ex", "RSP", "SOXX", "Mkt-RF"])
@pytest.mark.parametrize(
    "event",
    [
        event if event == "sell-off" else pytest.param(event, marks=pytest.mark.slow)
        for event in EVENT_SESSIONS
    ],
)
def test_every_number_agrees_with_statsmodels(
    full: StudyResult, oracle: Oracle, event: str, benchmark: str
) -> None:
    firms = [f for f in full.firms if (f.event, f.benchmark) == (event, benchmark)]
    assert firms
    for firm in firms:
        where = f"{event} {firm.symbol} {firm.model} {benchmark}"
        expected = oracle.expected(event, firm.symbol, firm.model, benchmark)
        assert str(firm.session.date()) == EVENT_SESSIONS[event], where
        assert firm.n_estimation == 250, where
        assert firm.df == expected.df, where
        coefficients = list(firm.coefficients.values())
        assert coefficients == pytest.approx(expected.coefficients, abs=1e-9), where
        assert firm.sigma == pytest.approx(expected.sigma, abs=EXACT), where
        for name, (car, se) in expected.windows.items():
            cell = firm.at(Window(*WINDOWS[name]))
            assert cell.car == pytest.approx(car, abs=EXACT), (where, name)
            assert cell.se == pytest.approx(se, abs=EXACT), (where, name)
            assert cell.t.statistic == pytest.approx(car / se, rel=1e-8), (where, name)
            p = 2 * stats.t.sf(abs(car / se), expected.df)
            assert cell.t.p == pytest.approx(p, rel=1e-6), (where, name)
            half = stats.t.ppf(0.975, expected.df) * se
            assert cell.t.low == pytest.approx(car - half, abs=EXACT), (where, name)
            assert cell.t.high == pytest.approx(car + half, abs=EXACT), (where, name)
        if expected.se_obs is not None:
            assert firm.at(DAY).se == pytest.approx(expected.se_obs, abs=EXACT), where


@pytest.mark.parametrize(
    ("benchmark", "beta", "ar"),
    [("SPY", 2.672, -0.1337), ("RSP", 1.193, -0.1742), ("SOXX", 1.148, -0.0829)],
)
def test_nvidia_on_the_day_is_what_an_outside_calculation_found(
    full: StudyResult, benchmark: str, beta: float, ar: float
) -> None:
    firm = full.firm("sell-off", "NVDA", "market", benchmark)
    assert firm.beta == pytest.approx(beta, abs=5e-4)
    assert firm.at(DAY).car == pytest.approx(ar, abs=5e-5)
    assert firm.at(DAY).raw == pytest.approx(-0.1697, abs=5e-5)


def test_nvidia_on_spy_has_the_outside_error_and_t(full: StudyResult) -> None:
    cell = full.firm("sell-off", "NVDA", "market", "SPY").at(DAY)
    assert cell.se == pytest.approx(0.0260, abs=5e-5)
    assert cell.t.statistic == pytest.approx(-5.15, abs=5e-3)
    assert cell.t.df == 248


def test_the_sample_quantile_p_counts_the_residuals_below(
    full: StudyResult, oracle: Oracle
) -> None:
    """Twice (1 + residuals at least as low or as high) / (M + 1), by a plain count."""
    import statsmodels.api as sm

    at = oracle.position("v3-report")
    for symbol in ("NVDA", "AMD", "SMCI"):
        rows = slice(at - 260, at - 10)
        x = sm.add_constant(oracle.market["SPY"].to_numpy())
        y = oracle.returns[symbol].to_numpy()
        fit = sm.OLS(y[rows], x[rows]).fit()
        ar = y[at] - x[at] @ fit.params
        tail = min((fit.resid <= ar).sum(), (fit.resid >= ar).sum())
        cell = full.firm("v3-report", symbol, "market", "SPY").at(DAY)
        assert cell.sq.p == pytest.approx(min(1.0, 2 * (1 + tail) / 251), abs=1e-12)


def test_the_placebo_agrees_with_a_slow_loop_of_fits(full: StudyResult, oracle: Oracle) -> None:
    """Every pseudo-date estimated again by statsmodels, out of sample, with no row of the event."""
    import statsmodels.api as sm

    at = oracle.position("sell-off")
    y = oracle.returns["NVDA"].to_numpy()
    x = sm.add_constant(oracle.market["SPY-ex"].to_numpy())
    for window in (Window(0, 0), Window(-1, 1)):
        draws = []
        for date in range(261, at - 11 - window.end + 1):
            rows = slice(date - 260, date - 10)
            fit = sm.OLS(y[rows], x[rows]).fit()
            ahead = slice(date + window.start, date + window.end + 1)
            car = (y[ahead] - x[ahead] @ fit.params).sum()
            total = x[ahead].sum(axis=0)
            spread = total @ fit.normalized_cov_params @ total
            draws.append(car / np.sqrt(fit.scale * (len(window) + spread)))
        cell = full.firm("sell-off", "NVDA", "market", "SPY-ex").at(window)
        assert len(cell.draws) == len(draws)
        np.testing.assert_allclose(cell.draws, draws, atol=1e-9)
        extreme = int((np.abs(draws) >= abs(cell.t.statistic)).sum())
        assert cell.placebo.p == pytest.approx((1 + extreme) / (len(draws) + 1), abs=1e-12)


def test_bhar_compounds_both_sides_and_contains_the_event_day(
    full: StudyResult, oracle: Oracle
) -> None:
    at = oracle.position("sell-off")
    expected = oracle.expected("sell-off", "NVDA", "market", "RSP")
    for name, (start, end) in WINDOWS.items():
        rows = slice(at + start, at + end + 1)
        real = oracle.levels["NVDA"].iloc[at + end] / oracle.levels["NVDA"].iloc[at + start - 1]
        alpha = expected.coefficients[0] if end - start < 5 else 0.0
        model = alpha + expected.coefficients[1] * oracle.market["RSP"].iloc[rows]
        cell = full.firm("sell-off", "NVDA", "market", "RSP").at(Window(start, end))
        assert cell.bhar == pytest.approx(real - np.prod(1 + model), abs=EXACT), name


def test_the_group_total_is_that_of_a_portfolio_regression(
    full: StudyResult, oracle: Oracle
) -> None:
    """Dollars of a group: regress the dollar-weighted portfolio, take its prediction error."""
    import statsmodels.api as sm

    at = oracle.position("sell-off")
    for group in full.groups:
        key = (group.event, group.model, group.benchmark, str(group.window))
        if key != ("sell-off", "market", "SPY-ex", "0..0") or group.impact is None:
            continue
        stakes = np.array(
            [
                full.firm("sell-off", s, "market", "SPY-ex").at(DAY).impact.market_value
                for s in group.valued
            ]
        )
        y = oracle.returns[list(group.valued)].to_numpy() @ stakes
        x = sm.add_constant(oracle.market["SPY-ex"].to_numpy())
        fit = sm.OLS(y[at - 260 : at - 10], x[at - 260 : at - 10]).fit()
        forecast = fit.get_prediction(x[at : at + 1])
        loss = y[at] - forecast.predicted_mean[0]
        half = stats.t.ppf(0.975, fit.df_resid) * forecast.se_obs[0]
        assert group.impact.market_value == pytest.approx(stakes.sum(), rel=1e-12)
        assert group.impact.abnormal == pytest.approx(loss, rel=1e-9)
        assert group.impact.low == pytest.approx(loss - half, rel=1e-9)
        assert group.impact.high == pytest.approx(loss + half, rel=1e-9)


def test_the_group_mean_is_that_of_an_equally_weighted_portfolio(
    full: StudyResult, oracle: Oracle
) -> None:
    import statsmodels.api as sm

    at = oracle.position("sell-off")
    x = sm.add_constant(oracle.market["SPY"].to_numpy())
    for window in (Window(0, 0), Window(0, 4)):
        chosen = [
            g
            for g in full.groups
            if (g.event, g.model, g.benchmark) == ("sell-off", "market", "SPY")
            and g.window == window
        ]
        assert len(chosen) == 10
        for group in chosen:
            y = oracle.returns[list(group.symbols)].mean(axis=1).to_numpy()
            fit = sm.OLS(y[at - 260 : at - 10], x[at - 260 : at - 10]).fit()
            ahead = slice(at + window.start, at + window.end + 1)
            caar = (y[ahead] - x[ahead] @ fit.params).sum()
            total = x[ahead].sum(axis=0)
            se = np.sqrt(fit.scale * (len(window) + total @ fit.normalized_cov_params @ total))
            assert group.caar == pytest.approx(caar, abs=EXACT)
            assert group.se == pytest.approx(se, abs=EXACT)
            assert group.t.df == 248


def test_the_group_tests_use_off_diagonal_correlation_of_residuals(
    full: StudyResult, oracle: Oracle
) -> None:
    import statsmodels.api as sm

    at = oracle.position("sell-off")
    x = sm.add_constant(oracle.market["SPY"].to_numpy())
    rows = slice(at - 260, at - 10)
    group = next(
        g
        for g in full.groups
        if (g.event, g.model, g.benchmark, g.group) == ("sell-off", "market", "SPY", "all")
        and g.window == DAY
    )
    residuals, scars = [], []
    for symbol in group.symbols:
        y = oracle.returns[symbol].to_numpy()
        fit = sm.OLS(y[rows], x[rows]).fit()
        forecast = fit.get_prediction(x[at : at + 1])
        residuals.append(fit.resid)
        scars.append((y[at] - forecast.predicted_mean[0]) / forecast.se_obs[0])
    correlation = np.corrcoef(residuals)
    mean = correlation[np.triu_indices(26, 1)].mean()
    bmp = stats.ttest_1samp(scars, 0)
    adjusted = bmp.statistic * np.sqrt((1 - mean) / (1 + 25 * mean))
    assert group.mean_correlation == pytest.approx(mean, abs=EXACT)
    assert group.bmp.statistic == pytest.approx(bmp.statistic, rel=1e-9)
    assert group.bmp.p == pytest.approx(bmp.pvalue, rel=1e-7)
    assert group.kp.statistic == pytest.approx(adjusted, rel=1e-9)
    assert group.kp.p == pytest.approx(2 * stats.t.sf(abs(adjusted), 25), rel=1e-7)
