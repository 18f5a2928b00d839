"""Regressions on characteristics against statsmodels' own formulas."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from analysis.errors import DataError, StudyError
from analysis.sample.regression import CHARACTERISTIC_COLUMNS, explain, pair_table, residual_matrix
from analysis.sample.run import run_sample
from analysis.windows import Window
from tests.sample.conftest import make_data, make_events
from tests.sample.test_pairs import SPEC

FORMULA = "car ~ log(size) + lev + C(group)"


@pytest.fixture(scope="module")
def scattered(world):
    rng = np.random.default_rng(8)
    firm = np.arange(60) % 12
    position = np.repeat(rng.choice(np.arange(140, 680), 30, replace=False), 2)
    traits = pd.DataFrame(
        {"size": rng.lognormal(size=60), "lev": rng.uniform(size=60), "const": 1.0}
    )
    traits.loc[3, "size"] = np.nan
    data = make_data(*world)
    groups = [["a", "b", "c"][at % 3] for at in range(60)]
    events = make_events(data, firm, position, characteristics=traits, group=groups)
    return run_sample(events, data, SPEC)


@pytest.mark.parametrize("weighting", ["none", "1/S^2"])
def test_against_statsmodels(scattered, weighting):
    found = explain(scattered, FORMULA, Window(-1, 1))
    assert tuple(found.rows.columns) == CHARACTERISTIC_COLUMNS
    table = pair_table(scattered, Window(-1, 1)).dropna(subset="size").copy()
    assert found.n == len(table)
    assert found.left_out == 1
    weights = np.ones(len(table)) if weighting == "none" else 1 / table["se"] ** 2
    model = smf.wls("car ~ np.log(size) + lev + C(group)", table, weights=weights)
    own = found.rows[found.rows["weighting"] == weighting]
    names = {"log(size)": "np.log(size)", "C(group)[T.b]": "C(group)[T.b]", "lev": "lev"}
    for covariance, options in (
        ("HC3", {"cov_type": "HC3"}),
        ("date", {"cov_type": "cluster", "cov_kwds": {"groups": table["position"]}}),
    ):
        fit = model.fit(use_t=True, **options)
        rows = own[own["covariance"] == covariance].set_index("term")
        for ours, theirs in names.items():
            row = rows.loc[ours]
            assert row["estimate"] == pytest.approx(fit.params[theirs], rel=1e-8)
            assert row["se"] == pytest.approx(fit.bse[theirs], rel=1e-8)
            assert row["p"] == pytest.approx(fit.pvalues[theirs], rel=1e-7)
            assert row["low"] == pytest.approx(fit.conf_int().loc[theirs, 0], rel=1e-6)
    assert found.note == ""


def test_one_common_date_takes_the_error_of_the_portfolio(world):
    rng = np.random.default_rng(4)
    traits = pd.DataFrame({"size": rng.lognormal(size=12)})
    data = make_data(*world)
    events = make_events(data, np.arange(12), np.full(12, 400), characteristics=traits)
    result = run_sample(events, data, SPEC)
    found = explain(result, "car ~ size", Window(0, 0))
    assert "Sefcik and Thompson" in found.note
    rows = found.rows.set_index(["weighting", "covariance", "term"])
    slope = rows.loc[("none", "portfolio", "size")]
    assert slope["estimate"] == pytest.approx(rows.loc[("none", "HC3", "size")]["estimate"])
    # the same by hand: a portfolio of the firms with the regression's weights, one market model
    returns, market = world
    table = pair_table(result, Window(0, 0))
    x = np.column_stack([np.ones(12), table["size"]])
    weight = np.linalg.solve(x.T @ x, x.T)[1]
    order = [int(symbol[1:]) for symbol in table["symbol"]]
    portfolio = returns[:, order] @ weight
    at = np.arange(280, 390)
    design = np.column_stack([np.ones(110), market[at]])
    ahead = np.array([1.0, market[400]])
    beta, rss = np.linalg.lstsq(design, portfolio[at], rcond=None)[:2]
    h = ahead @ np.linalg.solve(design.T @ design, ahead)
    assert slope["estimate"] == pytest.approx(portfolio[400] - ahead @ beta, rel=1e-8)
    assert slope["se"] == pytest.approx(np.sqrt(rss[0] / 108 * (1 + h)), rel=1e-8)
    assert slope["df"] == 108
    residuals = residual_matrix(result, table["place"].to_numpy())
    np.testing.assert_allclose(residuals.sum(axis=0), 0, atol=1e-12)


@pytest.mark.parametrize(
    ("formula", "error", "words"),
    [
        ("size ~ lev", StudyError, "no formula of a sample"),
        ("car", StudyError, "no formula of a sample"),
        ("car ~ log(sise)", StudyError, "did you mean 'size'"),
        ("car ~ lev +", StudyError, "cannot be"),
        ("car ~ const", DataError, "the same for all pairs"),
        ("car ~ lev + I(2 * lev)", DataError, "leave one out"),
    ],
)
def test_what_cannot_be_regressed(scattered, formula, error, words):
    with pytest.raises(error, match=words):
        explain(scattered, formula)


def test_too_few_pairs(world):
    data = make_data(*world)
    traits = pd.DataFrame({"size": [1.0, np.nan, 3.0]})
    events = make_events(data, [0, 1, 2], [300, 400, 500], characteristics=traits)
    with pytest.raises(DataError, match="2 pairs with all"):
        explain(run_sample(events, data, replace(SPEC, ranks=False)), "car ~ size")
