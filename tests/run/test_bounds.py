"""The headline with firms taken out of its index, against pandas and statsmodels alone."""

from __future__ import annotations

from dataclasses import replace

import crowd_market
import pandas as pd
import pytest
import statsmodels.api as sm
from curve_market import EVENT, asked, made_up

from analysis.overrides import Overrides, override
from analysis.prices.reference import IndexWeight, Reference
from analysis.run.bounds import _counts, headline_bounds
from analysis.run.plan import plan_study
from analysis.run.study import run_study
from analysis.study import Benchmark
from analysis.windows import Window

FIRMS = ("NVDA", "AVGO", "AAPL")


@pytest.fixture(scope="module")
def few(study, snapshot):
    """Three firms, one benchmark, on four hundred sessions."""
    at = snapshot.levels.index.get_loc("2025-01-27")
    cut = replace(snapshot, levels=snapshot.levels.iloc[at - 300 : at + 30])
    small = override(
        study,
        Overrides(
            events=("sell-off",),
            symbols=FIRMS,
            models=("market",),
            benchmarks=("SPY-ex",),
            windows=(Window(0, 0),),
        ),
    )
    return run_study(replace(small, industry=()), cut), cut


def purged(levels: pd.DataFrame, known: pd.DataFrame, firms) -> pd.Series:
    """SPY without firms: each known weight drifts with the firm relative to the fund."""
    returns, total, gone = levels.pct_change(fill_method=None), 0.0, 0.0
    for firm in firms:
        stated = known[known["symbol"] == firm].set_index("as_of")["weight"]
        path = levels[firm] / levels["SPY"]
        days = abs(levels.index.to_numpy()[:, None] - stated.index.to_numpy()[None, :])
        anchor = stated.index[days.argmin(axis=1)]
        weight = (path * stated[anchor].to_numpy() / path[anchor].to_numpy()).shift(1)
        total, gone = total + weight, gone + weight * returns[firm]
    return (returns["SPY"] - gone) / (1 - total)


def test_every_step_against_statsmodels(few) -> None:
    result, data = few
    bounds = result.bounds
    known = pd.DataFrame(
        [
            {"symbol": w.symbol, "as_of": pd.Timestamp(w.as_of), "weight": w.weight}
            for w in data.reference.weights
            if w.index.startswith("SPY ") and w.symbol in FIRMS and w.symbol != "NVDA"
        ]
        # the study states the weight of its own firm
        + [{"symbol": "NVDA", "as_of": pd.Timestamp("2025-01-24"), "weight": 0.0677}]
    ).sort_values("as_of")
    at = data.levels.index.get_loc("2025-01-27")
    y = (data.levels["NVDA"] / data.levels["NVDA"].shift(1) - 1).to_numpy()
    assert [step.without for step in bounds.steps] == [(), *(FIRMS[:n] for n in (1, 2, 3))]
    for step in bounds.steps:
        x = purged(data.levels, known, step.without).to_numpy() if step.without else None
        if x is None:
            x = (data.levels["SPY"] / data.levels["SPY"].shift(1) - 1).to_numpy()
        fit = sm.OLS(y[at - 260 : at - 10], sm.add_constant(x[at - 260 : at - 10])).fit()
        ahead = fit.get_prediction([[1, x[at]]])
        low, high = ahead.conf_int(obs=True, alpha=0.05)[0]
        assert step.index_return == pytest.approx(x[at], rel=1e-10)
        assert step.beta == pytest.approx(fit.params[1], rel=1e-9)
        assert step.car == pytest.approx(y[at] - ahead.predicted_mean[0], rel=1e-9)
        assert (step.low, step.high) == pytest.approx((y[at] - high, y[at] - low), rel=1e-9)
        if step.without:
            assert step.impact.abnormal == pytest.approx(24.477e9 * 142.62 * step.car, rel=1e-4)


def test_the_studys_own_step_is_its_headline_to_the_last_bit(few) -> None:
    result, _ = few
    assert result.bounds.own.car == result.headline_window.car
    assert result.bounds.own.impact == result.headline_window.impact
    assert [bound.own for bound in result.bounds.steps] == [False, True, False, False]


def test_the_break_even_leaves_the_share_asked_for(few) -> None:
    """Put in the benchmark's place, it makes the expected return the rest of the raw one."""
    result, _ = few
    firm, own = result.headline, result.bounds.own
    for share in (0.9, 0.5):
        needed = result.bounds.break_even(share)
        abnormal = own.expected + own.car - (firm.alpha + firm.beta * needed)
        assert abnormal == pytest.approx(share * result.bounds.raw, rel=1e-9)
    assert result.bounds.break_even() == pytest.approx(-0.0094, abs=5e-5)


def test_other_weights_are_anchors_of_their_own_day(few) -> None:
    result, data = few
    found = {(str(b.anchor), b.stated): b for b in result.bounds.weights}
    assert {("2025-01-24", 0.0627), ("2025-01-24", 0.0727)} < {(d, round(w, 9)) for d, w in found}
    older = next(b for b in result.bounds.weights if str(b.anchor) == "2024-12-06")
    path = data.levels["NVDA"] / data.levels["SPY"]
    assert older.weight == pytest.approx(0.0679 * path["2025-01-24"] / path["2024-12-06"])


def led_by_m_ex(study, **head):
    held = Benchmark("M-ex", purged_of="A")
    return replace(
        study, benchmarks=(held,), headline=replace(study.headline, benchmark="M-ex", **head)
    )


def test_a_benchmark_purged_of_nothing_has_no_bounds() -> None:
    data = made_up()
    assert run_study(asked(models=("market",)), data).bounds is None
    assert run_study(led_by_m_ex(asked(models=("mean",))), data).bounds is None


def test_a_headline_on_the_whole_index_is_bounded_by_the_purged_one() -> None:
    study = asked(models=("market",), benchmarks=(Benchmark("W"), Benchmark("M-ex", purged_of="A")))
    result = run_study(study, made_up())
    assert result.headline.benchmark == "W"
    bounds, purged = result.bounds, result.firm("e", "A", "market", "M-ex").windows[0]
    assert (bounds.benchmark, bounds.index) == ("M-ex", "M")
    assert bounds.own.car == purged.car


def test_a_study_of_one_firm_and_several_sessions_has_its_own_step_alone() -> None:
    data = made_up(shock=0.12)
    window = Window(0, 1)
    study = asked(models=("market",), windows=(Window(0, 0), window))
    bounds = run_study(led_by_m_ex(study, window=window), data).bounds
    assert [step.without for step in bounds.steps] == [(), ("A",)]
    assert bounds.own.impact is None
    returns = (data.levels / data.levels.shift(1) - 1).iloc[EVENT : EVENT + 2]
    assert bounds.raw == pytest.approx(returns["A"].sum())
    assert bounds.own.index_return > 0.9 * (returns["M"] - 0.08 * returns["A"]).sum()


def test_of_two_purged_indices_the_headlines_is_bounded() -> None:
    names = ("first", "M-ex")
    benchmarks = tuple(Benchmark(name, symbol="M", purged_of="A") for name in names)
    study = asked(models=("market",))
    for name in names:
        head = replace(study.headline, benchmark=name)
        two = replace(study, benchmarks=benchmarks, headline=head)
        bounds = headline_bounds(plan_study(two, made_up()))
        assert (bounds.benchmark, bounds.index) == (name, "M")


def test_firms_that_outweigh_the_index_are_not_taken_out() -> None:
    data = made_up()
    day = data.levels.index[EVENT - 1].date()
    weights = tuple(IndexWeight("M", name, 0.55, day, "made up") for name in ("A", "S"))
    both = replace(led_by_m_ex(asked(models=("market",))), symbols=("A", "S"), groups=())
    found = run_study(both, replace(data, reference=Reference(weights=weights)))
    assert [step.without for step in found.bounds.steps] == [(), ("A",)]


DAYS_BACK = {150: True, 151: False}
"""Days before the event of weights that the data know, and whether they are near enough."""


@pytest.fixture(scope="module")
def few_weights():
    """A study that states a weight of 0.3 %; the data know three of other days."""
    data, event = made_up(), pd.Timestamp("2025-01-27")
    days = [event - pd.Timedelta(days=days) for days in DAYS_BACK]
    assert all(day in data.levels.index for day in days)
    known = [
        IndexWeight("M", "A", w, d.date(), "made up")
        for w, d in zip((0.05, 0.06), days, strict=True)
    ]
    eve = data.levels.index[EVENT - 1].date()
    known.append(IndexWeight("M", "A", 0.09, eve, "made up"))
    held = Benchmark("M-ex", purged_of="A", weight=0.003, weight_session=eve)
    study = asked(models=("market",))
    study = replace(study, benchmarks=(held,), headline=replace(study.headline, benchmark="M-ex"))
    given = replace(data, reference=Reference(weights=tuple(known)))
    return plan_study(study, given), given, eve


def test_weights_are_tried_half_a_point_beside_the_studys_and_of_near_days(few_weights) -> None:
    """Half a point less than 0.3 % is none; of the eve the study's own stands; others drift."""
    plan, data, eve = few_weights
    found = headline_bounds(plan).weights
    older = (pd.Timestamp("2025-01-27") - pd.Timedelta(days=150)).date()
    assert [(bound.stated, bound.anchor) for bound in found] == [
        (pytest.approx(0.008), eve),
        (0.05, older),
    ]
    assert {(bound.kind, bound.without) for bound in found} == {("weight", ("A",))}
    path = data.levels["A"] / data.levels["M"]
    drifted = 0.05 * path.iloc[EVENT - 1] / path[pd.Timestamp(older)]
    assert [bound.weight for bound in found] == pytest.approx([0.008, drifted])
    returns = data.levels / data.levels.shift(1) - 1
    day = returns.iloc[EVENT]
    assert found[1].index_return == pytest.approx(
        (day["M"] - drifted * day["A"]) / (1 - drifted), rel=1e-9
    )


@pytest.mark.parametrize(("stated", "tried"), [(0.008, [0.003, 0.013]), (0.005, [0.01])])
def test_a_weight_of_nothing_is_none_to_try(few_weights, stated, tried) -> None:
    plan, data, eve = few_weights
    held = Benchmark("M-ex", purged_of="A", weight=stated, weight_session=eve)
    study = replace(plan.study, benchmarks=(held,))
    bounds = headline_bounds(plan_study(study, replace(data, reference=Reference())))
    assert [bound.stated for bound in bounds.weights] == pytest.approx(tried)


def test_of_an_index_without_two_firms_no_other_weights_are_tried() -> None:
    data = made_up()
    day = data.levels.index[EVENT - 1].date()
    weights = tuple(IndexWeight("M", name, 0.05, day, "made up") for name in ("A", "S"))
    study = led_by_m_ex(asked(models=("market",)))
    two = replace(study, benchmarks=(Benchmark("M-ex", purged_of="A,S"),))
    bounds = headline_bounds(plan_study(two, replace(data, reference=Reference(weights=weights))))
    assert bounds.weights == ()
    assert [step.without for step in bounds.steps] == [(), ("A", "S")]
    assert [step.own for step in bounds.steps] == [False, True]


@pytest.mark.parametrize(
    ("model", "own", "most", "counts"),
    [
        ("market", 1, 5, (0, 1, 2, 3, 4, 5)),
        ("market", 2, 2, (0, 2)),
        ("huber", 1, 5, (0, 1, 2, 5)),
        ("huber", 2, 2, (0, 2)),
    ],
)
def test_a_model_of_slow_fits_takes_few_steps(model, own, most, counts) -> None:
    case = crowd_market.case_of(crowd_market.asked(model=model))
    assert _counts(case, own, most) == counts
