"""Tests of firm-events and regressions of them against R: lm(), sandwich, lmtest, wilcox.test."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.sample.longrun import long_run
from analysis.sample.policies import Policies
from analysis.sample.regression import explain
from analysis.sample.run import run_sample
from analysis.sample.spec import SampleSpec
from analysis.windows import Window
from tests.sample.conftest import make_data, make_events

GOLDEN = Path(__file__).parents[1] / "golden"
WINDOWS = (Window(0, 0), Window(-1, 1))


@pytest.fixture(scope="module")
def golden():
    return pd.read_csv(GOLDEN / "many_events_golden.csv")


@pytest.fixture(scope="module")
def result():
    returns = pd.read_csv(GOLDEN / "many_events_returns.csv").to_numpy()
    pairs = pd.read_csv(GOLDEN / "many_events_pairs.csv")
    data = make_data(returns[:, :-1], returns[:, -1])
    events = make_events(
        data,
        pairs["firm"],
        pairs["position"],
        group=pairs["group"].tolist(),
        characteristics=pairs[["size", "lev"]],
    )
    spec = SampleSpec(
        benchmark="MKT",
        estimation=Window(-100, -11),
        windows=WINDOWS,
        path=Window(-1, 1),
        policies=Policies(other_events="keep"),
    )
    return run_sample(events, data, spec)


def agree(found, row):
    statistic, df, p = found
    assert statistic == pytest.approx(row["statistic"], rel=1e-9, abs=1e-12)
    assert p == pytest.approx(row["p"], rel=1e-9)
    if np.isfinite(row["df"]):
        assert df == row["df"]


def test_tests_of_the_mean(result, golden):
    rows = golden[(golden["term"] == "mean") & (golden["what"] != "group-difference")]
    assert len(rows) == 19
    for _, row in rows.iterrows():
        average = result.of("all", Window.parse(row["window"]))
        outcome = next(o for o in average.battery.outcomes if o.test == row["what"])
        agree((outcome.statistic, outcome.df, outcome.p), row)
        if row["what"] in {"cross-t", "date-cluster", "two-way-cluster"}:
            assert average.mean == pytest.approx(row["estimate"], rel=1e-10)
            assert average.mean / outcome.statistic == pytest.approx(row["se"], rel=1e-9)


def test_difference_between_groups(result, golden):
    row = golden[golden["what"] == "group-difference"].iloc[0]
    average = result.of("a - b", Window(0, 0))
    estimate, outcome = average.extra[0]
    assert estimate == pytest.approx(row["estimate"], rel=1e-10)
    agree((outcome.statistic, outcome.df, outcome.p), row)


@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_regressions_on_characteristics(result, golden, window):
    table = explain(result, "car ~ log(size) + lev", window).rows
    checked = 0
    for covariance in ("HC3", "date"):
        for weighting in ("none", "1/S^2"):
            own = table[(table["covariance"] == covariance) & (table["weighting"] == weighting)]
            known = golden[
                (golden["what"] == f"{covariance} {weighting}") & (golden["window"] == str(window))
            ]
            for (_, ours), (_, theirs) in zip(own.iterrows(), known.iterrows(), strict=True):
                assert ours["term"] == theirs["term"]
                assert ours["estimate"] == pytest.approx(theirs["estimate"], rel=1e-9)
                assert ours["se"] == pytest.approx(theirs["se"], rel=1e-9)
                agree((ours["t"], ours["df"], ours["p"]), theirs)
                checked += 1
    assert checked == 12


def test_calendar_time_alpha_by_newey_and_west(result, golden):
    row = golden[golden["what"] == "calendar-time"].iloc[0]
    found = long_run(result, [20])
    ours = found[found["against"] == "equal portfolio, alpha a session"].iloc[0]
    assert ours["mean"] == pytest.approx(row["estimate"], rel=1e-9)
    agree((ours["statistic"], ours["df"], ours["p"]), row)
