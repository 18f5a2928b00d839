"""A shock to the whole market is recognised, by hand from the bundled figures."""

from __future__ import annotations

from dataclasses import replace

import crowd_market
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from analysis.errors import StudyError
from analysis.narrative import summary_paragraph
from analysis.overrides import Overrides, override
from analysis.run.plan import plan_study
from analysis.run.shock import _lines, market_shock
from analysis.run.study import run_study
from analysis.study_file import load_study
from analysis.windows import Window

FIRMS = ("AAPL", "NVDA", "MSFT", "TSM", "CEG", "QCOM")


@pytest.fixture(scope="module")
def tariffs():
    """Six of the firms of the bundled study, on RSP."""
    choices = Overrides(
        events=("april-3",),
        symbols=FIRMS,
        models=("market",),
        benchmarks=("RSP",),
        windows=(Window(0, 0),),
    )
    return override(load_study("tariffs-2025"), choices)


@pytest.fixture(scope="module")
def found(tariffs, snapshot):
    return run_study(tariffs, snapshot)


@pytest.fixture(scope="module")
def returns(snapshot):
    frame = snapshot.levels[[*FIRMS, "RSP", "XLP"]].pct_change(fill_method=None)
    return frame, frame.index.get_loc(pd.Timestamp("2025-04-03"))


def by_hand(series: np.ndarray, at: int) -> tuple[float, float, float]:
    """Give the abnormal return by the mean, and its ranks, by the recursion of RiskMetrics."""
    abnormal = {t: series[t] - series[t - 260 : t - 10].mean() for t in range(261, at + 1)}
    spread = {t: series[t - 260 : t - 10].std(ddof=1) for t in abnormal}
    variance, scaled = np.nan, {}
    seen: list[float] = []
    for t, value in abnormal.items():
        if len(seen) == 20:
            variance = np.mean(np.square(seen))
        if len(seen) >= 20:
            scaled[t] = value / np.sqrt(variance)
            variance = 0.94 * variance + 0.06 * value**2
        seen.append(value)
    t = {day: abnormal[day] / spread[day] for day in abnormal}

    def rank(values: dict[int, float]) -> float:
        draws = [abs(v) for day, v in values.items() if day <= at - 11]
        return (1 + sum(d >= abs(values[at]) for d in draws)) / (len(draws) + 1)

    return abnormal[at], rank(scaled), rank(t)


def test_the_benchmark_is_ranked_among_its_own_days(found, returns) -> None:
    frame, at = returns
    shock = found.shock
    car, scaled, plain = by_hand(frame["RSP"].to_numpy(), at)
    assert shock.benchmark.abnormal == pytest.approx(car, abs=1e-12)
    assert shock.benchmark.scaled.p == pytest.approx(scaled, abs=1e-12)
    assert shock.benchmark.placebo.p == pytest.approx(plain, abs=1e-12)
    assert shock.beyond
    assert scaled < 0.002
    assert plain < 0.004


def test_the_firm_against_its_own_mean(found, returns) -> None:
    frame, at = returns
    own = frame["AAPL"].to_numpy()
    car, scaled, plain = by_hand(own, at)
    measured = found.shock.mean_adjusted
    assert measured.abnormal == pytest.approx(car, abs=1e-12)
    assert (measured.scaled.p, measured.placebo.p) == pytest.approx((scaled, plain), abs=1e-12)
    fit = sm.OLS(own[at - 260 : at - 10], np.ones(250)).fit()
    interval = fit.get_prediction([[1.0]]).summary_frame(alpha=0.05)
    low = own[at] - interval["obs_ci_upper"].item()
    assert measured.t.low == pytest.approx(low, rel=1e-9)


def test_the_line_over_the_betas(found, returns) -> None:
    frame, at = returns
    x = sm.add_constant(frame["RSP"].to_numpy())
    betas = [
        sm.OLS(frame[s].to_numpy()[at - 260 : at - 10], x[at - 260 : at - 10]).fit().params[1]
        for s in FIRMS
    ]
    day = frame[list(FIRMS)].to_numpy()[at]
    line = sm.OLS(day, sm.add_constant(np.array(betas))).fit()
    exposure = found.shock.exposure
    assert exposure.firms == 6
    assert (exposure.intercept, exposure.slope) == pytest.approx(line.params, rel=1e-9)
    assert exposure.distance == pytest.approx(line.resid[0], rel=1e-8)
    assert 0 < exposure.rank.p < 1


def test_an_index_named_as_untreated(tariffs, snapshot, returns) -> None:
    frame, at = returns
    wanted = override(tariffs, Overrides(benchmarks=("RSP", "XLP")))
    named = replace(wanted, headline=replace(wanted.headline, benchmark="RSP", untreated="XLP"))
    result = run_study(named, snapshot)
    x = sm.add_constant(frame["XLP"].to_numpy())
    own = frame["AAPL"].to_numpy()
    fit = sm.OLS(own[at - 260 : at - 10], x[at - 260 : at - 10]).fit()
    measured = result.shock.untreated
    assert measured.abnormal == pytest.approx(own[at] - x[at] @ fit.params, abs=1e-12)
    assert list(result.shock.tidy["what"]) == [
        "benchmark",
        "mean-adjusted",
        "untreated",
        "exposure",
    ]
    assert "which the study names as untreated, it is -9." in summary_paragraph(result)
    with pytest.raises(StudyError, match="headline names untreated 'GOLD'"):
        replace(wanted, headline=replace(wanted.headline, untreated="GOLD"))


def test_the_text_says_that_a_market_model_cannot_separate_it(found) -> None:
    text = summary_paragraph(found)
    for part in (
        "itself returned -4.76 %, beyond its ordinary days (rank among 3,041 dates, by its own",
        "a shock to the whole market, which a market model takes for expected. It cannot be",
        "Against its own mean alone, the market’s move included, Apple returned -9.34 %, a fall",
        "across 6 firms a unit of beta went with",
    ):
        assert part in text


def test_an_ordinary_day_of_the_benchmark_is_no_shock(small) -> None:
    """On 27 January 2025 the index without NVIDIA lost a quarter of a percent."""
    shock = small.shock
    assert not shock.beyond
    assert (shock.mean_adjusted, shock.exposure, shock.untreated) == (None, None, None)
    assert shock.benchmark.raw == pytest.approx(-0.0029, abs=2e-4)
    assert list(shock.tidy["what"]) == ["benchmark"]
    assert "whole market" not in summary_paragraph(small)


@pytest.mark.slow
def test_the_bundled_tariff_days_are_shocks_all(snapshot) -> None:
    study = load_study("tariffs-2025")
    returned = {"april-3": -0.0476, "april-4": -0.0561, "april-9": 0.0800}
    for event, expected in returned.items():
        head = replace(study.headline, event=event)
        shock = run_study(replace(study, headline=head, models=("market",)), snapshot).shock
        assert shock.beyond, event
        assert shock.benchmark.raw == pytest.approx(expected, abs=1e-4)


class TestInAMadeUpMarket:
    """Six firms and a market that falls by a twentieth on the day."""

    @staticmethod
    def shocked(study=None, fall: float = -0.05, holes: tuple[tuple[int, str], ...] = ()):
        growth = crowd_market.levels().pct_change(fill_method=None)
        growth.iloc[crowd_market.EVENT] += fall
        growth.iloc[0] = 0.0
        levels = 100 * (1 + growth).cumprod()
        for row, name in holes:
            levels.iloc[row, levels.columns.get_loc(name)] = np.nan
        plan = plan_study(study or crowd_market.asked(), crowd_market.crowd(levels=levels))
        return market_shock(plan), levels.pct_change(fill_method=None)

    def test_the_window_of_two_sessions_is_added_up(self) -> None:
        found, returns = self.shocked()
        at = crowd_market.EVENT
        market = returns["M"].to_numpy()
        assert found.beyond
        assert found.benchmark.raw == pytest.approx(market[at : at + 2].sum(), rel=1e-12)
        mean = market[crowd_market.ROWS].mean()
        assert found.benchmark.abnormal == pytest.approx(
            market[at : at + 2].sum() - 2 * mean, rel=1e-9
        )
        assert found.benchmark.placebo.draws == at + (-11) - 1 - 111 + 1

        def t(day: int) -> float:
            own = market[day - 110 : day - 10]
            return abs(market[day : day + 2].sum() - 2 * own.mean()) / own.std(ddof=1)

        draws = [t(day) for day in range(111, at - 11)]
        rank = (1 + sum(draw >= t(at) for draw in draws)) / (len(draws) + 1)
        assert found.benchmark.placebo.p == pytest.approx(rank)

    def test_the_interval_of_the_benchmarks_return_is_a_prediction_of_its_mean(self) -> None:
        """Of two sessions: s² (2 + 4 / n), on the sessions that the event's own window has."""
        at = crowd_market.EVENT
        for holes, used in (((), 100), (((at - 12, "M"),), 98)):
            study = crowd_market.asked(model="mean", min_estimation=60)
            found, returns = self.shocked(study, holes=holes)
            market = returns["M"].to_numpy()
            own = market[crowd_market.ROWS]
            own = own[np.isfinite(own)]
            assert len(own) == used
            half = stats.t.ppf(0.975, used - 1) * own.std(ddof=1) * np.sqrt(2 + 4 / used)
            car = market[at : at + 2].sum() - 2 * own.mean()
            t = found.benchmark.t
            assert (t.low, t.high) == pytest.approx((car - half, car + half), rel=1e-9)
            assert t.df == used - 1

    def test_an_event_within_the_estimation_window_is_no_day_to_rank(self) -> None:
        one = Window(1, 1)
        for end, there in ((-1, True), (0, False)):
            head = replace(crowd_market.asked().headline, window=one)
            study = crowd_market.asked(estimation=Window(-110, end), windows=(one,), headline=head)
            found, _ = self.shocked(study)
            assert (found is not None) is there

    def test_the_line_of_the_firms_and_the_headlines_place_beside_it(self) -> None:
        found, returns = self.shocked()
        at, rows = crowd_market.EVENT, crowd_market.ROWS
        x = sm.add_constant(returns["M"].to_numpy())
        names = list(crowd_market.FIRMS)
        betas = [sm.OLS(returns[s].to_numpy()[rows], x[rows]).fit().params[1] for s in names]
        raw = returns[names].to_numpy()[at : at + 2].sum(axis=0)
        line = sm.OLS(raw, sm.add_constant(np.array(betas))).fit()
        exposure = found.exposure
        assert (exposure.intercept, exposure.slope) == pytest.approx(line.params, rel=1e-8)
        assert exposure.distance == pytest.approx(line.resid[0], rel=1e-7)
        assert found.tidy["subject"].tolist()[-1] == "6 firms"
        slopes = []
        for day in [*range(111, at - 11), at]:
            window = slice(day - 110, day - 10)
            beta = [np.polyfit(x[window, 1], returns[s].to_numpy()[window], 1)[0] for s in names]
            own = returns[names].to_numpy()[day : day + 2].sum(axis=0)
            slopes.append(abs(np.polyfit(beta, own, 1)[0]))
        rank = (1 + sum(s >= slopes[-1] for s in slopes[:-1])) / len(slopes)
        assert exposure.rank.draws == len(slopes) - 1
        assert exposure.rank.statistic == exposure.slope
        assert exposure.rank.p == pytest.approx(rank)

    def test_five_firms_are_enough_for_a_line_and_four_are_not(self) -> None:
        for names, there in ((crowd_market.FIRMS[:5], True), (crowd_market.FIRMS[:4], False)):
            found, _ = self.shocked(crowd_market.asked(symbols=names, groups=()))
            assert found.beyond
            assert (found.exposure is not None) is there
        at = crowd_market.EVENT
        five = crowd_market.asked(symbols=crowd_market.FIRMS[:5], groups=())
        found, _ = self.shocked(five, holes=((at + 1, "C"),))
        assert found.exposure is None  # of four alone the return of both sessions is known

    def test_a_line_is_of_the_firms_of_which_both_are_known(self) -> None:
        """Listed late, a firm has no beta for years; the day of the event it may not trade."""
        at = crowd_market.EVENT
        found, _ = self.shocked(holes=((at + 1, "C"),))
        assert (found.exposure.firms, found.exposure.rank.draws) == (5, at - 122)
        x = np.array([[0.5, 1.0, 1.5, 2.0, 2.5, np.nan], [0.5, 1.0, 1.5, 2.0, np.nan, np.nan]])
        y = np.array([[3.0, np.nan, 1.0, 4.0, 2.0, 9.0], [3.0, 7.0, 1.0, 4.0, 2.0, np.nan]])
        wide = np.column_stack([x, [[3.0], [3.0]]]), np.column_stack([y, [[6.0], [6.0]]])
        slope, intercept, count = _lines(*wide)
        assert count.tolist() == [5, 5]
        for row, places in ((0, [0, 2, 3, 4, 6]), (1, [0, 1, 2, 3, 6])):
            line = np.polyfit(wide[0][row, places], wide[1][row, places], 1)
            assert [slope[row], intercept[row]] == pytest.approx(line)
        few, _, count = _lines(x, y)
        assert count.tolist() == [4, 4]
        assert np.isnan(few).all()

    def test_an_ordinary_day_or_a_hole_in_the_benchmark(self) -> None:
        calm, _ = self.shocked(fall=0.0)
        assert not calm.beyond
        assert calm.exposure is None
        mean = crowd_market.asked(model="mean")  # which needs no return of the market
        none, _ = self.shocked(mean, holes=((crowd_market.EVENT + 1, "M"),))
        assert none is None

    def test_logarithms_are_added_up_in_a_study_of_them(self) -> None:
        found, returns = self.shocked(crowd_market.asked(returns="log"))
        at = crowd_market.EVENT
        market = np.log1p(returns["M"].to_numpy())
        assert found.benchmark.raw == pytest.approx(market[at : at + 2].sum(), rel=1e-12)
