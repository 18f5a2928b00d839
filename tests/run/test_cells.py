"""Every part of a cell by an independent calculation, and every guard before it."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis.context.absent import Absent
from analysis.context.synthetic import synthetic_path
from analysis.errors import DataError, StudyError
from analysis.inference.catalog import TESTS
from analysis.inference.effects.buy_and_hold import bhar_bootstrap_test
from analysis.inference.registry import Settings
from analysis.models.catalog import MODELS
from analysis.overrides import Overrides, override
from analysis.prices.reference import PrintedClose, Reference, ShareCount
from analysis.run.designs import designs_of
from analysis.run.donors import donor_pool
from analysis.run.flags import benchmark_flag, estimation_flag
from analysis.run.plan import plan_headline, plan_study
from analysis.run.records import Pair
from analysis.run.study import run_study
from analysis.run.valuation import value_at
from analysis.tables.summary import summary_text
from analysis.windows import Window

if TYPE_CHECKING:
    from analysis.results import StudyResult
    from analysis.study import Study

WEEK = Window(0, 4)


@pytest.fixture(scope="module")
def three(study: Study) -> Study:
    asked = override(
        study,
        Overrides(
            events=("sell-off",),
            symbols=("NVDA", "AMD", "MSFT"),
            models=("market",),
            benchmarks=("RSP",),
            windows=(WEEK,),
        ),
    )
    return replace(asked, level=0.9)


@pytest.fixture(scope="module")
def week(three: Study, snapshot) -> StudyResult:
    return run_study(three, snapshot)


def test_a_window_sums_its_sessions(week: StudyResult, snapshot) -> None:
    returns = snapshot.levels / snapshot.levels.shift(1) - 1
    at = snapshot.levels.index.get_loc(pd.Timestamp("2025-01-27"))
    before = returns[["NVDA", "RSP"]].iloc[at - 260 : at - 10]
    fit = sm.OLS(before["NVDA"], sm.add_constant(before["RSP"])).fit()
    expected = fit.predict(sm.add_constant(returns["RSP"].iloc[at : at + 5])).sum()
    cell = week.headline_window
    realised = returns["NVDA"].iloc[at : at + 5].sum()
    assert cell.raw == pytest.approx(realised, abs=1e-12)
    assert cell.expected == pytest.approx(expected, abs=1e-12)
    assert cell.car == pytest.approx(realised - expected, abs=1e-12)


def test_a_model_of_excess_returns_shows_whole_ones(three: Study, snapshot) -> None:
    """The risk-free rate is in what the firm returned and in what was expected of it."""
    asked = replace(three, models=("ff3",), headline=replace(three.headline, model="ff3"))
    cell = run_study(asked, snapshot).headline_window
    returns = (snapshot.levels["NVDA"] / snapshot.levels["NVDA"].shift(1) - 1).to_numpy()
    at = snapshot.levels.index.get_loc(pd.Timestamp("2025-01-27"))
    rate = snapshot.factors["rf"].to_numpy()
    x = sm.add_constant(snapshot.factors[["mkt_rf", "smb", "hml"]].to_numpy())
    fit = sm.OLS((returns - rate)[at - 260 : at - 10], x[at - 260 : at - 10]).fit()
    expected = (fit.predict(x[at : at + 5]) + rate[at : at + 5]).sum()
    assert rate[at : at + 5].sum() > 5e-4
    assert cell.raw == pytest.approx(returns[at : at + 5].sum(), abs=1e-12)
    assert cell.expected == pytest.approx(expected, abs=1e-10)


class TestValuation:
    levels = pd.DataFrame(
        {"A": [50.0, 100.0, 80.0]}, index=pd.to_datetime(["2025-01-23", "2025-01-24", "2025-01-27"])
    )
    close = pd.Timestamp("2025-01-24")
    reference = Reference(
        shares={"A": (ShareCount("A", 1e9, dt.date(2025, 1, 2), "a filing"),)},
        closes={"A": (PrintedClose("A", close, 20.0, "a paper"),)},
    )

    def test_on_the_day_of_the_printed_close(self) -> None:
        value = value_at("A", self.close, self.levels, self.reference)
        assert (value.amount, value.flag) == (20e9, "")

    @pytest.mark.parametrize(("day", "usd"), [("2025-01-27", 16e9), ("2025-01-23", 10e9)])
    def test_on_another_day_it_goes_with_the_level(self, day: str, usd: float) -> None:
        value = value_at("A", pd.Timestamp(day), self.levels, self.reference)
        assert value.amount == pytest.approx(usd)
        assert value.flag == "value-carried-from:2025-01-24"

    def test_without_a_figure_there_is_none(self) -> None:
        nothing = replace(self.reference, shares={})
        assert value_at("A", self.close, self.levels, nothing).flag == "no-share-count"
        nothing = replace(self.reference, closes={})
        assert value_at("A", self.close, self.levels, nothing).flag == "no-printed-close"
        levels = self.levels.drop(self.close)
        value = value_at("A", self.levels.index[2], levels, self.reference)
        assert (value.amount, value.flag) == (None, "printed-close-outside-data:2025-01-24")


def test_a_flag_says_what_is_and_nothing_else(study: Study, snapshot) -> None:
    asked = len(study.estimation)
    assert estimation_flag(asked, study) == ()
    assert estimation_flag(asked - 1, study) == (f"estimation:{asked - 1}/{asked}",)
    weights = snapshot.reference.weights
    assert benchmark_flag("NVDA", "SPY", study, weights) == ("benchmark-holds-firm",)
    assert benchmark_flag("NVDA", "SPY-ex", study, weights) == ()
    assert benchmark_flag("VST", "SPY", study, weights) == ()
    assert benchmark_flag("NVDA", "none", study, weights) == ()


class TestBatteries:
    def test_the_verdict_is_at_the_studys_level(self, week: StudyResult) -> None:
        battery = next(b for b in week.batteries if b.subject == "all")
        lead = battery.outcome("placebo-scaled")
        assert battery.significant == (lead.p <= 0.1)
        assert "at 10%" in battery.verdict
        assert TESTS["placebo-scaled"].null in battery.verdict

    def test_intervals_are_at_the_studys_level(self, week: StudyResult) -> None:
        from scipy import stats

        group = next(g for g in week.headline_groups if g.group == "all")
        half = stats.t.ppf(0.95, 248) * group.se
        for outcome in (group.t, week.batteries[-1].outcome("portfolio")):
            assert outcome.low == pytest.approx(group.caar - half, rel=1e-9)
            assert outcome.high == pytest.approx(group.caar + half, rel=1e-9)

    def test_the_portfolio_is_that_of_the_firms(self, week: StudyResult, snapshot) -> None:
        """An event dummy on the mean return, by statsmodels."""
        returns = snapshot.levels / snapshot.levels.shift(1) - 1
        at = snapshot.levels.index.get_loc(pd.Timestamp("2025-01-27"))
        rows = [*range(at - 260, at - 10), *range(at, at + 5)]
        mean = returns[["NVDA", "AMD", "MSFT"]].mean(axis=1).iloc[rows].to_numpy()
        dummy = np.arange(255) >= 250
        design = np.column_stack([dummy, np.ones(255), returns["RSP"].iloc[rows]])
        fit = sm.OLS(mean, design).fit()
        outcome = week.batteries[-1].outcome("calendar-time")
        assert outcome.statistic == pytest.approx(fit.tvalues[0], rel=1e-9)
        assert (outcome.low, outcome.high) == pytest.approx(tuple(fit.conf_int(0.1)[0]), rel=1e-9)

    def test_buy_and_hold_returns_compound_both_sides(self, three: Study, study, snapshot) -> None:
        result = run_study(replace(three, symbols=study.symbols, groups=()), snapshot)
        own = {firm.symbol: firm.at(WEEK) for firm in result.headline_firms}
        values = np.array([own[symbol].bhar for symbol in sorted(own)])
        found = result.batteries[-1].outcome("bhar")
        expected = bhar_bootstrap_test(values, Settings().rng("bhar"), draws=Settings().draws)
        assert found.available
        assert (found.statistic, found.p) == pytest.approx((expected.statistic, expected.p))
        assert (np.abs(values - [own[symbol].car for symbol in sorted(own)]) > 1e-5).all()


class TestGuards:
    def test_a_regressor_is_never_fitted_on_the_event(self, three: Study, snapshot) -> None:
        """The wiring of the guard: a lead, and an industry's own model, know both windows."""
        asked = replace(three, models=("dimson-lead", "market-industry"), headline=replace(
            three.headline, model="dimson-lead"))  # fmt: skip
        poisoned = snapshot.levels.copy()
        at = poisoned.index.get_loc(pd.Timestamp("2025-01-27"))
        poisoned.iloc[at:] *= np.linspace(2, 9, len(poisoned) - at)[:, None]
        plans = [
            plan_study(asked, replace(snapshot, levels=x)) for x in (snapshot.levels, poisoned)
        ]
        for number in range(2):
            clean, other = (
                designs_of(plan, plan.events[0], plan.specifications[number], ("NVDA",))["NVDA"]
                for plan in plans
            )
            np.testing.assert_array_equal(clean.x[: at - 10], other.x[: at - 10])
            np.testing.assert_array_equal(clean.y[:at], other.y[:at])
        lead = designs_of(plans[0], plans[0].events[0], plans[0].specifications[0], ("NVDA",))
        assert math.isnan(lead["NVDA"].x[at - 1, -1])
        assert not lead["NVDA"].x[at:, -1].any()

    def test_the_industrys_model_is_fitted_on_the_estimation_window(
        self, three: Study, snapshot
    ) -> None:
        asked = replace(
            three,
            models=("market-industry",),
            headline=replace(three.headline, model="market-industry"),
        )
        case = plan_headline(asked, snapshot)
        rows = case.design("NVDA").x[case.rows]
        assert rows[:, 1].mean() == pytest.approx(0, abs=1e-16)
        assert rows[:, 0] @ rows[:, 1] == pytest.approx(0, abs=1e-15)

    @pytest.mark.parametrize(
        ("model", "change", "message"),
        [
            ("synthetic", {"donors": ()}, "needs 'donors'; list symbols under that key"),
            ("synthetic", {"donors": ("XLP", "XLQ")}, "'donors' names XLQ, which is not in"),
            ("market-industry", {"industry": ()}, "needs 'industry'; list symbols"),
            ("market-industry", {"industry": ("NVDA", "AMB")}, "'industry' names AMB, which is"),
            ("synthetic", {"donors": ("XLP", "MSFT")}, "donors MSFT are firms that the event"),
            ("synthetic", {"donors": ("XLP",)}, "needs 2 donors or more, bundled snapshot.* 1;"),
            ("synthetic", {"donors": ("XLP", "CSCO")}, r"CSCO \(is close to NVDA\) move with"),
            ("synthetic", {"donors": ("XLP", "QQQ")}, r"QQQ \(holds AMD, MSFT, NVDA\) move with"),
            ("synthetic", {"donors": ("XLP", "VUG")}, r"VUG \(holds NVDA, MSFT\) move with"),
            ("synthetic", {"donors": ("all",)}, "donors AMD, MSFT, NVDA|NVDA cannot be a donor"),
        ],
    )
    def test_series_that_a_model_needs(self, three, snapshot, model, change, message) -> None:
        asked = replace(
            three, models=(model,), headline=replace(three.headline, model=model), **change
        )
        with pytest.raises(StudyError, match=message):
            run_study(asked, snapshot)

    def test_a_donor_that_the_event_touched_is_taken_by_force_only(self, three, snapshot) -> None:
        asked = replace(
            three,
            symbols=("NVDA",),
            models=("synthetic",),
            donors=("XLP", "XLV", "IWM"),
            headline=replace(three.headline, model="synthetic"),
        )
        assert run_study(asked, snapshot).headline_window.car < 0
        touched = replace(
            asked, donors=("XLP", "XLV", "AMD"), symbols=("NVDA", "AMD"), force_donors=True
        )
        result = run_study(touched, snapshot)
        own = {firm.symbol: firm.coefficients for firm in result.firms}
        assert set(own["AMD"]) == {"alpha", "XLP", "XLV"}  # no donor of itself
        assert set(own["NVDA"]) == {"alpha", "XLP", "XLV", "AMD"}
        with pytest.raises(StudyError, match="NVDA cannot be a donor of itself"):
            run_study(replace(touched, donors=("XLP", "NVDA")), snapshot)

    def test_all_untreated_are_those_that_nothing_ties_to_the_firms(self, three, snapshot) -> None:
        asked = replace(
            three,
            models=("did",),
            donors=("all-untreated",),
            headline=replace(three.headline, model="did"),
        )
        plan = plan_study(asked, snapshot)
        assert {"PG", "XOM", "XLP", "IWM"} <= set(plan.donors.names)
        treated = {*asked.symbols, *asked.industry, "RSP"}
        assert treated.isdisjoint(plan.donors.names)
        assert {"CSCO", "IBM", "XLK", "VUG", "MTUM", "SPY"} <= set(plan.donors.refused)
        result = run_study(asked, snapshot)
        assert result.study.donors == plan.donors.names
        assert "donors (" in summary_text(result)
        with pytest.raises(StudyError, match="'all-untreated' stands alone"):
            replace(asked, donors=("all-untreated", "PG"))

    def test_of_a_users_levels_nothing_is_taken_that_is_not_named(self, three, snapshot) -> None:
        levels = snapshot.levels[["NVDA", "AMD", "MSFT", "RSP", "XLP", "XLV"]]
        own = replace(snapshot, levels=levels, inputs=(), name="own levels")
        assert isinstance(synthetic_path(plan_headline(replace(three, donors=()), own)), Absent)
        asked = replace(
            three,
            models=("did",),
            donors=("all-untreated",),
            headline=replace(three.headline, model="did"),
        )
        assert plan_study(asked, own).donors.names == ("XLP", "XLV")
        with pytest.raises(StudyError, match="'donors' names PG, which is not in own levels"):
            plan_study(replace(asked, donors=("XLP", "PG")), own)
        gap = levels.copy()
        gap.loc["2025-01-28", "XLP"] = np.nan
        with pytest.raises(DataError, match=r"donors XLP lack returns around.*2025-01-28"):
            plan_study(replace(asked, donors=("XLP", "XLV")), replace(own, levels=gap))

    @pytest.mark.slow
    def test_more_donors_than_memory(self, three, snapshot) -> None:
        many = {f"D{i}": snapshot.levels["XLP"] for i in range(30)}
        levels = pd.DataFrame({**dict(snapshot.levels.items()), **many})
        asked = replace(three, donors=tuple(many))
        pool = donor_pool(asked, replace(snapshot, levels=levels))
        assert len(pool.names) == 30
        wide = replace(asked, donors=("all-untreated",))
        long = pd.concat([levels] * 700, ignore_index=True)
        with pytest.raises(DataError, match="GB of memory; name fewer donors"):
            donor_pool(wide, replace(snapshot, levels=long))

    def test_a_model_without_its_factor_on_the_day(self, three, snapshot) -> None:
        factors = snapshot.factors.copy()
        factors.loc["2025-01-28", "smb"] = np.nan
        asked = replace(three, models=("ff3",), headline=replace(three.headline, model="ff3"))
        with pytest.raises(DataError, match="'ff3' with benchmark Mkt-RF has no regressors on 2025-01-28"):  # fmt: skip  # noqa: E501
            run_study(asked, replace(snapshot, factors=factors))


def test_a_study_is_the_cross_of_its_firms_and_events(study: Study, snapshot) -> None:
    asked = override(study, Overrides(symbols=("NVDA", "AMD"), models=("mean",)))
    plan = plan_study(asked, snapshot)
    assert plan.pairs[:3] == (
        Pair("NVDA", "v3-release"),
        Pair("AMD", "v3-release"),
        Pair("NVDA", "v3-report"),
    )
    assert len(plan.pairs) == 2 * 4
    assert plan.symbols_of("sell-off") == ("NVDA", "AMD")
    assert plan.symbols_of("nothing") == ()
    assert plan.headline_specification.key == ("mean", "none")
    assert MODELS["mean"].id == "mean"
    assert plan.headline_event.session == pd.Timestamp(dt.date(2025, 1, 27))
