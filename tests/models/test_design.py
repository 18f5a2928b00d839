"""Rows that would read the event, wherever it lies; industries; donors that nothing touched."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from analysis.errors import DataError, StudyError
from analysis.models.catalog import MODELS
from analysis.models.design import ReturnArrays, build_design, check_donors, industry_index
from analysis.models.spec import BENCHMARK_AFTER

ROWS = 40


def returns(seed=1):
    rng = np.random.default_rng(seed)
    benchmark = 0.01 * rng.standard_normal(ROWS)
    firm = benchmark + 0.01 * rng.standard_normal(ROWS)
    members = {name: benchmark + 0.01 * rng.standard_normal(ROWS) for name in "AB"}
    rate = rng.uniform(0, 1e-4, ROWS)
    return ReturnArrays("F", firm, benchmark, {"rf": rate}, {"F": firm, **members}, members)


@pytest.mark.parametrize("event", [0, 1, 2, 5, ROWS - 1, None])
def test_the_session_before_the_event_reads_nothing_of_it(event):
    given = returns()
    at = np.arange(ROWS) == (-1 if event is None else event)
    first = ROWS if event is None else event
    estimation = np.arange(ROWS) < first - 2
    design = build_design(MODELS["dimson-lead"], given, estimation, at)
    after = design.x[:, design.names.index(BENCHMARK_AFTER)]
    wanted = np.append(given.benchmark[1:], np.nan)
    wanted[[row for row in (first - 3, first - 1) if row >= 0]] = np.nan
    wanted[first:] = 0.0
    np.testing.assert_array_equal(after, wanted)
    complete = np.isfinite(design.x).all(axis=1) & np.isfinite(design.y)
    np.testing.assert_array_equal(design.complete, complete)
    assert not design.base.any()


def test_an_estimation_window_ends_before_the_event_begins():
    given = returns()
    event = np.arange(ROWS) == 20
    assert build_design(MODELS["market"], given, np.arange(ROWS) < 20, event).names == (
        "benchmark",
    )
    for late in (20, 25):
        estimation = (np.arange(ROWS) < 15) | (np.arange(ROWS) == late)
        with pytest.raises(DataError, match="must end before"):
            build_design(MODELS["market"], given, estimation, event)


def test_a_model_without_regressors_has_no_column():
    design = build_design(MODELS["mean"], returns(), np.arange(ROWS) < 20, np.arange(ROWS) == 30)
    assert design.x.shape == (ROWS, 0)
    assert design.complete.all()


def test_donors_stand_in_the_order_given():
    given = returns()
    design = build_design(MODELS["did"], given, np.arange(ROWS) < 20, np.arange(ROWS) == 30)
    assert design.names == ("A", "B")
    np.testing.assert_array_equal(design.x, np.column_stack(list(given.donors.values())))


def test_the_industrys_own_market_model_is_fitted_where_all_have_returns():
    given = returns()
    holes = {"firm": 3, "benchmark": 5}
    given.firm[holes["firm"]] = np.nan
    given.benchmark[holes["benchmark"]] = np.nan
    given.members["A"][7] = given.members["B"][7] = np.nan
    estimation = np.arange(ROWS) < 20
    design = build_design(MODELS["market-industry"], given, estimation, np.arange(ROWS) == 30)
    rows = np.setdiff1d(np.arange(20), [3, 5, 7])
    index = (given.members["A"] + given.members["B"]) / 2
    own = sm.OLS(index[rows], sm.add_constant(given.benchmark[rows])).fit()
    wanted = index - own.params[0] - own.params[1] * given.benchmark
    np.testing.assert_allclose(design.x[:, 1], wanted, atol=1e-15)


def test_an_industry_is_the_mean_of_those_that_have_a_return():
    nan = np.nan
    members = {
        "F": np.full(4, 9.0),
        "A": np.array([0.1, nan, nan, 0.2]),
        "B": np.array([0.3, 0.5, nan, nan]),
    }
    np.testing.assert_array_equal(industry_index(members, "F"), [0.2, 0.5, nan, 0.2])
    np.testing.assert_array_equal(
        industry_index({"F": members["F"], "A": members["A"]}, "F"), members["A"]
    )
    with pytest.raises(StudyError, match="no other member"):
        industry_index({"F": members["F"]}, "F")


def test_donors_that_nothing_touched_are_taken():
    check_donors(["XLP", "XLV"], ["AMD"], "NVDA")
    check_donors(["XLP"], [], "NVDA")
    with pytest.raises(StudyError, match="donors AMD, AVGO are firms"):
        check_donors(["XLP", "AVGO", "AMD"], ["AMD", "MU", "AVGO"], "NVDA")
    with pytest.raises(StudyError, match="AMD cannot be a donor of itself"):
        check_donors(["AMD"], [], "AMD")
