"""Groups of firms with equal and unequal histories, against statsmodels and closed forms."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import crowd_market
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from crowd_market import SESSIONS
from scipy import stats

from analysis.impact import impact
from analysis.models.linear import LeastSquares
from analysis.overrides import Overrides, override
from analysis.run.groups import group_results, sample_of
from analysis.run.panel_draws import panel_draws
from analysis.run.plan import plan_headline
from analysis.run.study import run_study
from analysis.study import ExchangeRate, MarketValue
from analysis.windows import Window

if TYPE_CHECKING:
    from analysis.prices.market_data import MarketData
    from analysis.study import Study

EXACT = 1e-10
FIRMS = ("NVDA", "AMD", "MSFT", "VST")
DAY, WEEK = Window(0, 0), Window(0, 4)


@pytest.fixture(scope="module")
def four(study: Study) -> Study:
    return override(
        study,
        Overrides(
            events=("sell-off",),
            symbols=FIRMS,
            models=("market",),
            benchmarks=("SPY",),
            windows=(DAY, WEEK),
        ),
    )


@pytest.fixture(scope="module")
def gappy(snapshot: MarketData) -> MarketData:
    levels = snapshot.levels.copy()
    row = levels.index.get_loc(pd.Timestamp("2025-01-27"))
    levels.iloc[row - 90 : row - 60, levels.columns.get_loc("AMD")] = np.nan
    levels.iloc[row - 240 : row - 220, levels.columns.get_loc("VST")] = np.nan
    return replace(snapshot, levels=levels)


def by_statsmodels(data: MarketData) -> dict[str, tuple]:
    """Each firm by OLS on the sessions it has: residuals by session, abnormal returns, errors."""
    returns = data.levels / data.levels.shift(1) - 1
    row = data.levels.index.get_loc(pd.Timestamp("2025-01-27"))
    found = {}
    for symbol in FIRMS:
        before = returns[[symbol, "SPY"]].iloc[row - 260 : row - 10].dropna()
        fit = sm.OLS(before[symbol], sm.add_constant(before["SPY"])).fit()
        ahead = sm.add_constant(returns["SPY"].iloc[row : row + 5])
        ar = returns[symbol].iloc[row : row + 5] - fit.predict(ahead)
        spread = ahead.to_numpy() @ fit.normalized_cov_params.to_numpy() @ ahead.to_numpy().T
        found[symbol] = fit.resid, ar.to_numpy(), fit.scale * (np.eye(5) + spread), fit.df_resid
    return found


def everyone(study: Study, data: MarketData, window: Window):
    result = run_study(study, data)
    return next(g for g in result.groups if g.group == "all" and g.window == window)


@pytest.mark.parametrize(("window", "days"), [(DAY, 1), (WEEK, 5)])
def test_unequal_histories_against_statsmodels(four, gappy, window: Window, days: int) -> None:
    """The mean is of the firms' own; errors correlate as residuals do on common sessions."""
    found, group = by_statsmodels(gappy), everyone(four, gappy, window)
    cars = {s: ar[:days].sum() for s, (_, ar, _, _) in found.items()}
    variances = {s: cov[:days, :days].sum() for s, (_, _, cov, _) in found.items()}
    assert len({len(resid) for resid, _, _, _ in found.values()}) == 3
    assert group.caar == pytest.approx(np.mean(list(cars.values())), abs=EXACT)
    total, pearson, fewest = 0.0, [], 250
    for i in FIRMS:
        for j in FIRMS:
            both = pd.concat([found[i][0], found[j][0]], axis=1, sort=True).dropna().to_numpy()
            rho = (
                both[:, 0]
                @ both[:, 1]
                / math.sqrt((both[:, 0] ** 2).sum() * (both[:, 1] ** 2).sum())
            )
            parts = [np.linalg.cholesky(found[s][2][:days, :days]).sum(axis=0) for s in (i, j)]
            total += rho * (parts[0] @ parts[1])
            fewest = min(fewest, len(both))
            if i < j:
                pearson.append(np.corrcoef(both.T)[0, 1])
    assert group.se == pytest.approx(math.sqrt(total) / 4, abs=EXACT)
    assert group.mean_correlation == pytest.approx(np.mean(pearson), abs=EXACT)
    assert group.t.df == fewest - 2
    assert group.t.p == pytest.approx(2 * stats.t.sf(abs(group.caar / group.se), fewest - 2))
    scars = [cars[s] / math.sqrt(variances[s]) for s in FIRMS]
    bmp = stats.ttest_1samp(scars, 0).statistic
    assert group.bmp.statistic == pytest.approx(bmp, rel=1e-9)
    mean = np.mean(pearson)
    assert group.kp.statistic == pytest.approx(
        bmp * math.sqrt((1 - mean) / (1 + 3 * mean)), rel=1e-9
    )


@pytest.mark.parametrize("days", [1, 5])
def test_shared_histories_are_one_portfolio(four, snapshot, days: int) -> None:
    """With equal rows and regressors: Sigma kron [I + X2 (X1'X1)^-1 X2'], and OLS of the mean."""
    window = Window(0, days - 1)
    case = plan_headline(replace(four, headline=replace(four.headline, window=window)), snapshot)
    sample = sample_of(case, FIRMS, window)
    found = by_statsmodels(snapshot)
    names = sorted(FIRMS)
    residuals = np.column_stack([found[s][0] for s in names])
    sigma = residuals.T @ residuals / 248
    unit = found["AMD"][2][:days, :days] / found["AMD"][0].var(ddof=0) / 250 * 248
    rng = np.random.default_rng(5)
    for weights in (np.full((days, 4), 0.25), rng.uniform(1, 9, (days, 4))):
        closed = np.kron(sigma, unit)
        flat = weights.T.ravel()
        assert sample.sum_variance(weights) == pytest.approx(flat @ closed @ flat, rel=EXACT)
    returns = (snapshot.levels / snapshot.levels.shift(1) - 1)[[*FIRMS, "SPY"]]
    row = snapshot.levels.index.get_loc(pd.Timestamp("2025-01-27"))
    mean = returns[list(FIRMS)].mean(axis=1)
    fit = sm.OLS(
        mean.iloc[row - 260 : row - 10], sm.add_constant(returns["SPY"].iloc[row - 260 : row - 10])
    ).fit()
    ahead = np.column_stack([np.ones(days), returns["SPY"].iloc[row : row + days]]).sum(axis=0)
    spread = ahead @ fit.normalized_cov_params.to_numpy() @ ahead
    assert sample.mean_se == pytest.approx(math.sqrt(fit.scale * (days + spread)), rel=EXACT)
    assert sample.mean_df == fit.df_resid


def test_unequal_histories_by_hand() -> None:
    """
    Two firms, constant mean, one session: A on sessions 1-24, B on sessions 3-26.

    Each residual is +1 or -1 %, the two alike on 20 of their 22 common sessions: rho is
    (20 - 2) / 22. s^2 = 24 / 23 of 1e-4 each, and a forecast of a mean of 24 has 25 / 24 of it.
    """
    a = np.tile([1.0, -1.0], 12) / 100
    b = a.copy()
    b[[4, 5]] = b[[5, 4]]  # sessions 7 and 8 of B: against A's
    residuals = np.full((26, 2), np.nan)
    residuals[:24, 0], residuals[2:, 1] = a, b
    from analysis.inference.group import group_sample
    from analysis.models.base import Prediction

    fits = [LeastSquares().fit(y, np.empty((24, 0)), ()) for y in (a, b)]
    predictions = [fit.predict(np.empty((1, 0)), gap=0) for fit in fits]
    sample = group_sample(
        fits,
        np.isfinite(residuals),
        [Prediction(p.expected, p.covariance) for p in predictions],
        np.array([[-0.05, -0.03]]),
    )
    variance = 1e-4 * 24 / 23 * 25 / 24
    assert sample.common_rows.tolist() == [[24, 22], [22, 24]]
    assert sample.car.mean() == pytest.approx(-0.04, abs=1e-15)
    assert sample.error_correlation[0, 1] == pytest.approx(18 / 22, abs=1e-14)
    assert sample.mean_se == pytest.approx(math.sqrt(variance * (2 + 2 * 18 / 22) / 4), rel=1e-12)
    assert sample.mean_df == 21


def test_one_firm_alone_is_itself(four, snapshot) -> None:
    case = plan_headline(four, snapshot)
    sample = sample_of(case, ("NVDA",), DAY)
    path = case.path("NVDA", DAY)
    assert sample.mean_se == pytest.approx(float(path.se[0]), rel=1e-14)
    assert sample.car[0] == path.abnormal[0]


def test_firms_that_never_met_have_a_mean_and_no_error(four, snapshot) -> None:
    levels = snapshot.levels.copy()
    row = levels.index.get_loc(pd.Timestamp("2025-01-27"))
    levels.iloc[row - 261 : row - 130, levels.columns.get_loc("AMD")] = np.nan
    levels.iloc[row - 140 : row - 3, levels.columns.get_loc("VST")] = np.nan
    few = replace(four, min_estimation=60)
    group = everyone(few, replace(snapshot, levels=levels), DAY)
    assert math.isfinite(group.caar)
    assert (group.se, group.t.p) == (None, None)
    assert "only 0 estimation sessions in common" in group.t.unavailable
    assert "common-sessions:0" in group.flags
    assert group.impact is None or group.impact.se is None


def test_a_flag_is_absent_where_nothing_is_to_say(four, snapshot, gappy) -> None:
    whole = everyone(four, snapshot, DAY)
    assert not [f for f in whole.flags if f.startswith(("estimation", "common"))]
    assert "estimation:198/250" in everyone(replace(four, min_estimation=150), gappy, DAY).flags
    assert not [
        f
        for f in everyone(replace(four, min_estimation=150), gappy, DAY).flags
        if f.startswith("common")
    ]
    for fewest, said in ((198, False), (199, True)):
        flags = everyone(replace(four, min_estimation=fewest), gappy, DAY).flags
        assert ("common-sessions:198" in flags) is said
    valued = override(four, Overrides(symbols=("NVDA", "AMD")))
    assert not [f for f in everyone(valued, snapshot, DAY).flags if f.startswith("no-dollar")]


class TestMoneyInAMadeUpMarket:
    """Of a group in which one firm alone has a market value, the money is that firm's own."""

    EVE = SESSIONS[crowd_market.EVENT - 1].date()

    def study(self, *names: str, **more):
        values = tuple(
            MarketValue(n, 1e6, self.EVE, "made up", close=50.0, close_session=self.EVE)
            for n in names
        )
        return crowd_market.asked(market_values=values, **more)

    def result(self, study):
        case = crowd_market.case_of(study)
        found = group_results(case, panel_draws([case]))
        return case, {group.group: group for group in found}

    @pytest.mark.parametrize("returns", ["simple", "log"])
    def test_one_valued_firm(self, returns) -> None:
        case, groups = self.result(self.study("B", returns=returns))
        window, two = case.study.headline.window, groups["two"]
        own = impact(
            case.path("B", window), 50e6, df=case.fits["B"].model.df, level=case.study.level
        )
        assert two.valued == ("B",)
        for name in ("market_value", "raw", "expected", "abnormal", "se", "low", "high"):
            assert getattr(two.impact, name) == pytest.approx(getattr(own, name), rel=1e-9), name
        assert groups["three"].impact is None
        assert groups["three"].valued == ()

    def test_two_valued_firms_by_the_sum_of_their_returns(self) -> None:
        """Of equal values the sum is a firm of both: statsmodels on the added returns."""
        study = self.study("B", "C")
        head = replace(study.headline, window=Window(0, 0))
        _, groups = self.result(replace(study, headline=head))
        levels = crowd_market.crowd().levels
        returns, at = levels.pct_change(fill_method=None), crowd_market.EVENT
        y = returns[["B", "C"]].sum(axis=1).to_numpy()
        x = sm.add_constant(returns["M"].to_numpy())
        fit = sm.OLS(y[crowd_market.ROWS], x[crowd_market.ROWS]).fit()
        ahead = fit.get_prediction(x[[at]]).summary_frame(alpha=0.05)
        found = groups["two"].impact
        assert found.raw == pytest.approx(50e6 * y[at], rel=1e-9)
        assert found.abnormal == pytest.approx(50e6 * (y[at] - ahead["mean"].item()), rel=1e-8)
        assert found.low == pytest.approx(50e6 * (y[at] - ahead["obs_ci_upper"].item()), rel=1e-8)
        assert found.high == pytest.approx(50e6 * (y[at] - ahead["obs_ci_lower"].item()), rel=1e-8)
        two = groups["two"]
        assert two.caar == pytest.approx((y[at] - ahead["mean"].item()) / 2, rel=1e-8)
        assert two.t.low == pytest.approx((y[at] - ahead["obs_ci_upper"].item()) / 2, rel=1e-8)
        assert two.down == 2
        residuals = [
            sm.OLS(returns[n].to_numpy()[crowd_market.ROWS], x[crowd_market.ROWS]).fit().resid
            for n in ("B", "C")
        ]
        assert two.mean_correlation == pytest.approx(np.corrcoef(residuals)[0, 1], rel=1e-8)

    def test_one_foreign_currency_stays_what_it_is(self) -> None:
        """A rate is known, and with one currency alone the sum is not put into dollars."""
        values = tuple(
            MarketValue(n, 1e6, self.EVE, "m", close=50.0, close_session=self.EVE, currency="JPY")
            for n in ("B", "C")
        )
        levels = crowd_market.levels().assign(FX=0.0067)
        study = crowd_market.asked(market_values=values, fx=(ExchangeRate("JPY", "FX"),))
        case = crowd_market.case_of(study, crowd_market.crowd(levels=levels))
        found = {g.group: g for g in group_results(case, panel_draws([case]))}["two"].impact
        assert (found.currency, found.rate) == ("JPY", pytest.approx(0.0067))
        assert found.market_value == pytest.approx(100e6)
