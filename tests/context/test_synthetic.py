"""The path of a firm beside its control, and the band of the donors placed in its stead."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from crowd_market import DONORS, EVENT, ROWS, asked, case_of, crowd, simple
from scipy import optimize

from analysis.context.absent import Absent
from analysis.context.synthetic import DonorReaction, SyntheticPath, synthetic_path
from analysis.inference.controls import PlaceboUnits
from analysis.inference.outcome import Outcome
from analysis.models.latent import InteractiveEffects
from analysis.windows import Window


def path_of(gaps, errors, *, level=0.95, error=0.01):
    sessions = gaps.shape[1]
    names = tuple(f"D{at:02d}" for at in range(len(gaps)))
    control = np.linspace(0.9, 1.1, sessions)
    return SyntheticPath(
        symbol="A",
        weights=dict.fromkeys(names, 1 / len(names)),
        first=-2,
        actual=control * 0.9,
        control=control,
        gap=-0.1,
        error=error,
        market_error=None,
        gap_without_rotation=-0.1,
        reaction=DonorReaction(np.zeros(len(names)), np.zeros(len(names))),
        outcome=Outcome.missing("placebo", "not drawn here"),
        units=PlaceboUnits(names, gaps, errors),
        in_space=Outcome.missing("placebo-space", "not drawn here"),
        level=level,
    )


def test_the_band_is_the_gap_that_few_donors_exceed_for_their_misfit():
    rng = np.random.default_rng(1)
    gaps, errors = rng.normal(0, 0.01, (39, 6)), rng.uniform(0.005, 0.02, 39)
    path = path_of(gaps, errors)
    low, high = path.band
    since = np.cumsum(gaps, axis=1) - np.cumsum(gaps, axis=1)[:, [1]]  # the eve is the second
    for session in range(6):
        half = np.sort(np.abs(since[:, session]) / errors)[-2] * 0.01  # two of forty may exceed
        assert high[session] == pytest.approx(path.control[session] * (1 + half))
        assert low[session] == pytest.approx(path.control[session] * (1 - half))
    assert low[1] == high[1] == path.control[1]
    frame = path.tidy
    assert frame["growth_control_low"].tolist() == low.tolist()
    assert (frame["growth_control_high"] >= frame["growth_control"]).all()


def test_few_donors_or_a_high_level_leave_no_band():
    gaps, errors = np.full((18, 4), 0.01), np.full(18, 0.01)
    assert path_of(gaps, errors).band is None
    assert path_of(gaps, errors).tidy["growth_control_low"].isna().all()
    gaps, errors = np.full((39, 4), 0.01), np.full(39, 0.01)
    assert path_of(gaps, errors, level=0.99).band is None
    assert path_of(gaps, errors, level=0.95).band is not None


@pytest.mark.parametrize(("donors", "rank"), [(19, 1), (38, 1), (39, 2), (58, 2), (59, 3)])
def test_as_many_donors_lie_beyond_the_band_as_a_level_leaves_of_all_units(donors, rank):
    """Five percent of the donors and the firm, rounded down: of 20, 39, 40, 59 and 60 units."""
    size = np.arange(1.0, donors + 1)
    gaps = np.zeros((donors, 4))
    gaps[:, 2] = 0.001 * size
    low, high = path_of(gaps, np.full(donors, 0.002), error=0.004).band
    half = 0.001 * (donors + 1 - rank) / 0.002 * 0.004
    control = path_of(gaps, np.ones(donors)).control
    assert high == pytest.approx(control * np.array([1, 1, 1 + half, 1 + half]))
    assert low == pytest.approx(control * np.array([1, 1, 1 - half, 1 - half]))


def test_a_donor_that_fits_without_error_is_beyond_every_band():
    gaps = np.zeros((19, 4))
    gaps[:, 2] = 1e-6
    errors = np.r_[np.full(18, 1e9), 0.0]
    assert path_of(gaps, errors).band[1][2] > 1e200


@pytest.fixture(scope="module")
def path():
    """Firm A and its four donors."""
    return synthetic_path(case_of())


def donors_and_firm(levels=None):
    returns = simple(crowd().levels if levels is None else levels)
    return returns[list(DONORS)].to_numpy(), returns["A"].to_numpy()


def test_weights_are_the_least_squares_on_the_simplex(path):
    """By SciPy's sequential quadratic programming."""
    x, y = donors_and_firm()

    def loss(w):
        return 1e4 * float(np.square(y[ROWS] - x[ROWS] @ w).sum())

    best = optimize.minimize(
        loss, np.full(4, 0.25), method="SLSQP", bounds=[(0, 1)] * 4,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1}, options={"ftol": 1e-14},
    )  # fmt: skip
    weights = np.array([path.weights[name] for name in DONORS])
    assert weights == pytest.approx(best.x, abs=1e-4)
    assert path.gap == pytest.approx(y[EVENT] - x[EVENT] @ weights, rel=1e-12)
    gaps = y[ROWS] - x[ROWS] @ weights
    assert path.error == pytest.approx(np.sqrt(np.square(gaps).mean()), rel=1e-12)
    assert path.outcome.p == pytest.approx((1 + (abs(gaps) >= abs(path.gap)).sum()) / 101)


def test_growth_is_one_on_the_eve_and_compounds_from_sixty_sessions_before(path):
    x, y = donors_and_firm()
    weights = np.array([path.weights[name] for name in DONORS])
    assert path.first == -60
    assert len(path.actual) == len(path.control) == 60 + 1 + 20
    assert path.actual[59] == path.control[59] == 1
    np.testing.assert_allclose(path.actual[60:], np.cumprod(1 + y[EVENT : EVENT + 21]), rtol=1e-12)
    np.testing.assert_allclose(
        path.control[60:], np.cumprod(1 + (x @ weights)[EVENT : EVENT + 21]), rtol=1e-12
    )
    before = np.cumprod(1 + y[EVENT - 60 : EVENT])
    np.testing.assert_allclose(path.actual[:60], before / before[-1], rtol=1e-12)
    gap = (y - x @ weights)[EVENT - 60 : EVENT + 21]
    since = np.cumsum(gap) - np.cumsum(gap)[59]
    # the first gap is before the first growth and cannot be seen from it
    np.testing.assert_allclose(np.diff(path.line), np.diff(since), atol=1e-12)
    assert path.line[59] == 0
    frame = path.tidy
    assert frame["event_time"].tolist() == list(range(-60, 21))


def test_the_market_model_misses_by_its_own_residuals(path):
    returns = simple(crowd().levels)
    x = sm.add_constant(returns["M"].to_numpy())
    fit = sm.OLS(returns["A"].to_numpy()[ROWS], x[ROWS]).fit()
    assert path.market_error == pytest.approx(np.sqrt(np.square(fit.resid).mean()), rel=1e-9)
    assert path.worse_than_market is (path.error > path.market_error) is True
    equal = replace(path, error=0.01, market_error=0.01)
    assert not equal.worse_than_market
    assert not replace(path, market_error=None).worse_than_market


def test_what_the_donors_did_themselves_against_statsmodels(path):
    returns = simple(crowd().levels)
    x = sm.add_constant(returns["M"].to_numpy())
    fits = [sm.OLS(returns[name].to_numpy()[ROWS], x[ROWS]).fit() for name in DONORS]
    raw = returns[list(DONORS)].to_numpy()[EVENT]
    abnormal = raw - [fit.predict(x[[EVENT]])[0] for fit in fits]
    np.testing.assert_allclose(path.reaction.raw, raw, rtol=1e-12)
    np.testing.assert_allclose(path.reaction.abnormal, abnormal, rtol=1e-9)
    assert path.reaction.median == pytest.approx(np.median(abnormal))
    assert path.reaction.rose == pytest.approx((abnormal > 0).mean())
    assert DonorReaction(np.zeros(4), np.array([-1.0, 0.0, 2.0, 1.0])).rose == 0.5
    frame = path.tidy_weights
    assert frame["donor"].tolist() == list(DONORS)
    np.testing.assert_array_equal(frame["return"], path.reaction.raw)


def test_without_a_market_the_mean_stands_for_it():
    found = synthetic_path(case_of(asked(model="mean")))
    x, _ = donors_and_firm()
    np.testing.assert_allclose(found.reaction.abnormal, x[EVENT] - x[ROWS].mean(axis=0), rtol=1e-9)
    assert found.market_error is None


def test_a_market_with_a_hole_is_no_market():
    levels = crowd().levels.copy()
    levels.iloc[EVENT - 50, levels.columns.get_loc("M")] = np.nan
    found = synthetic_path(case_of(data=crowd(levels=levels)))
    x, _ = donors_and_firm(levels)
    assert found.market_error is None
    np.testing.assert_allclose(found.reaction.abnormal, x[EVENT] - x[ROWS].mean(axis=0), rtol=1e-9)


def test_the_gap_without_rotation_is_that_to_interactive_effects(path):
    x, y = donors_and_firm()
    fit = InteractiveEffects().fit(y[ROWS], x[ROWS], DONORS)
    expected = float(fit.predict(x[[EVENT]], gap=0).expected[0])
    assert path.gap_without_rotation == pytest.approx(y[EVENT] - expected, rel=1e-12)


def test_donors_are_placed_in_the_firms_stead_over_the_sessions_shown(path):
    assert path.units.names == DONORS
    assert path.units.gaps.shape == (4, 81)
    ratios = np.abs(path.units.gaps[:, 60]) / path.units.errors
    own = abs(path.gap) / path.error
    assert path.in_space.p is None or path.in_space.p == (1 + (ratios >= own).sum()) / 5
    frame = path.tidy_units
    assert frame["event_time"].tolist() == list(range(-60, 21)) * 4
    assert frame["donor"].tolist() == [name for name in DONORS for _ in range(81)]
    assert path.largest == pytest.approx(sum(sorted(path.weights.values())[1:]))


def test_the_span_ends_where_the_data_and_the_estimation_window_do():
    levels = crowd().levels
    cut = synthetic_path(case_of(data=crowd(levels=levels.iloc[: EVENT + 6])))
    assert len(cut.actual) == 60 + 1 + 5
    near = synthetic_path(case_of(asked(estimation=Window(-55, -11), min_estimation=30)))
    assert near.first == -55
    assert near.actual[54] == 1


def test_a_donor_needs_every_session_from_the_estimation_window_to_the_last_shown():
    for row, there in ((-112, True), (-110, False), (20, False), (21, True)):
        levels = crowd().levels.copy()
        levels.iloc[EVENT + row, levels.columns.get_loc("D1")] = np.nan
        found = synthetic_path(case_of(data=crowd(levels=levels)))
        assert ("D1" in found.weights) is there, row


def test_what_a_control_cannot_be_made_of_is_told():
    assert synthetic_path(case_of(asked(donors=()))).reason == "the study names no donors"
    levels = crowd().levels.copy()
    levels.iloc[EVENT - 50, [levels.columns.get_loc(name) for name in DONORS[:3]]] = np.nan
    one = synthetic_path(case_of(data=crowd(levels=levels)))
    assert one.reason == (
        "needs two donors with a return on every session from the estimation window on; of the 4 "
        "named, 1 has one"
    )
    levels = crowd().levels.copy()
    levels.iloc[EVENT - 50, [levels.columns.get_loc(name) for name in DONORS[:2]]] = np.nan
    assert not isinstance(synthetic_path(case_of(data=crowd(levels=levels))), Absent)
    levels = crowd().levels.copy()
    levels.iloc[EVENT - 50, levels.columns.get_loc("A")] = np.nan
    own = synthetic_path(case_of(data=crowd(levels=levels)))
    assert own.reason == "A lacks a return on some of the sessions needed"
    for sessions, there in ((40, True), (39, False)):
        study = asked(estimation=Window(-10 - sessions, -11), min_estimation=30)
        found = synthetic_path(case_of(study))
        assert isinstance(found, Absent) is not there


def test_of_twenty_donors_the_day_itself_is_ranked():
    rng = np.random.default_rng(4)
    levels = crowd().levels
    names = tuple(f"E{place:02d}" for place in range(20))
    market = simple(levels)["M"].fillna(0).to_numpy()
    for name in names:
        levels[name] = 100 * np.cumprod(1 + 0.9 * market + rng.normal(0, 0.008, len(levels)))
    found = synthetic_path(case_of(asked(donors=names), crowd(levels=levels)))
    ratios = np.abs(found.units.gaps[:, 60]) / found.units.errors
    own = abs(found.gap) / found.error
    assert found.in_space.statistic == pytest.approx(found.gap / found.error)
    assert found.in_space.p == pytest.approx((1 + (ratios >= own).sum()) / 21)
    half = ratios.max() * found.error
    assert found.in_space.low == pytest.approx(found.gap - half)
    assert found.level == 0.95


def test_a_donor_without_levels_is_left_out_and_all_of_them_are_told(path):
    found = synthetic_path(case_of(replace(asked(), donors=(*DONORS, "ZZ"))))
    assert found.weights == path.weights
    case = case_of()
    none = replace(case.plan, study=replace(case.study, donors=("Y", "ZZ")))
    told = synthetic_path(replace(case, plan=none))
    assert told.reason.startswith("'donors' names Y, which is not in made up")
