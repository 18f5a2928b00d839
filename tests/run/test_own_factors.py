"""Factors and a risk-free rate of the user's own, in the unit that is stated."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pandas as pd
import pytest
import statsmodels.api as sm

from analysis.errors import DataError, StudyError
from analysis.run.study import run_study
from analysis.study import Benchmark, Event, Study


@pytest.fixture(scope="module")
def study():
    event = Event("e", "E", dt.date(2025, 1, 27))
    return Study("own", "NVDA", [event], models=("ff3",), benchmarks=(Benchmark("SPY"),))


@pytest.fixture(scope="module")
def factors(snapshot):
    return snapshot.factors.loc["2023-06":"2025-03"]


def written(path, frame, **how):
    frame.rename_axis("Date").to_csv(path, date_format="%Y-%m-%d", float_format="%.17g", **how)
    return str(path)


def test_the_same_factors_from_a_file_give_the_same_cell(study, factors, snapshot, tmp_path):
    usual = run_study(study, snapshot).headline_window
    decimals = written(tmp_path / "own.csv", factors)
    mine = run_study(replace(study, factors=decimals), snapshot)
    assert mine.headline_window.car == pytest.approx(usual.car, abs=1e-15)
    assert mine.inputs[-1].name == "own.csv"
    heads = {"mkt_rf": "Mkt-RF", "smb": "SMB", "hml": "HML", "rf": "RF"}
    library = (100 * factors[list(heads)]).rename(columns=heads)
    percent = written(tmp_path / "french.csv", library)
    theirs = run_study(replace(study, factors=percent, factors_in="percent"), snapshot)
    assert theirs.headline_window.car == pytest.approx(usual.car, abs=1e-12)


def test_a_rate_alone_is_enough_for_the_capm(study, factors, snapshot, tmp_path):
    rate = factors[["rf"]] * 0 + 0.0002
    path = written(tmp_path / "rf.csv", rate)
    asked = replace(study, models=("capm",), headline=None, factors=path)
    cell = run_study(asked, snapshot).headline_window
    returns = snapshot.levels[["NVDA", "SPY"]].pct_change(fill_method=None) - 0.0002
    at = returns.index.get_loc(pd.Timestamp("2025-01-27"))
    sample = returns.iloc[at - 260 : at - 10]
    fit = sm.OLS(sample["NVDA"], sm.add_constant(sample["SPY"])).fit()
    expected = fit.params["const"] + fit.params["SPY"] * returns["SPY"].iloc[at]
    assert cell.car == pytest.approx(returns["NVDA"].iloc[at] - expected, abs=1e-12)
    with pytest.raises(DataError, match="has no regressors"):
        run_study(replace(study, factors=path), snapshot)


def test_what_cannot_be_is_refused_with_the_mend(study, factors, snapshot, tmp_path):
    percent = written(tmp_path / "percent.csv", 100 * factors)
    with pytest.raises(DataError, match='taken as decimals; say factors_in = "percent"'):
        run_study(replace(study, factors=percent), snapshot)
    strange = written(tmp_path / "strange.csv", factors.rename(columns={"smb": "size"}))
    with pytest.raises(DataError, match="column 'size' is no factor; known: mkt_rf, smb"):
        run_study(replace(study, factors=strange), snapshot)
    with pytest.raises(StudyError, match="factors_in 'bp' is unknown; choose one of: decimals"):
        replace(study, factors_in="bp")
    with pytest.raises(DataError, match="cannot be read"):
        run_study(replace(study, factors=str(tmp_path / "none.csv")), snapshot)


def test_factors_of_new_york_are_of_no_other_exchange(study, snapshot):
    """A file of Tokyo's levels has the bundled factors beside it; they are not used."""
    tokyo = replace(snapshot, calendar="XTKS", name="tokyo.csv")
    with pytest.raises(StudyError, match=r"'ff3' needs daily factors.*--factors FILE"):
        run_study(replace(study, calendar="XTKS"), tokyo)
