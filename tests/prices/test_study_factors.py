"""The factors that a study brings along, read from its file."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.errors import DataError
from analysis.prices.study_factors import FACTOR_COLUMNS, load_factors


@pytest.mark.parametrize(
    ("written", "percent", "decimal"),
    [("1.25", True, 0.0125), ("-3", True, -0.03), ("0.0125", False, 0.0125), ("", False, np.nan)],
)
def test_figures_are_in_the_unit_that_is_stated(tmp_path, written, percent, decimal):
    path = tmp_path / "own.csv"
    path.write_text(f"date,Mkt-RF,RF\n2025-01-02,{written},0\n2025-01-03,0,0\n")
    factors, identity = load_factors(path, percent=percent)
    assert identity.name == "own.csv"
    assert list(factors.columns) == list(FACTOR_COLUMNS)
    assert factors.index.tolist() == [pd.Timestamp("2025-01-02"), pd.Timestamp("2025-01-03")]
    np.testing.assert_allclose(factors["mkt_rf"], [decimal, 0.0], rtol=1e-15)
    assert factors["smb"].isna().all()


@pytest.mark.parametrize(
    ("text", "percent", "words"),
    [
        ("date,rf\n2025-01-02,51\n", True, "0.51 cannot be, taken as percent.*\"decimals\""),
        ("date,rf\n2025-01-02,0.51\n", False, "0.51 cannot be, taken as decimals.*\"percent\""),
        ("date,beta\n2025-01-02,0\n", False, "column 'beta' is no factor"),
        ("date\n2025-01-02\n", False, "no factor in it"),
        ("rf\n0\n", False, "column 'session' is missing"),
        ("date,rf\n2025-01-02,0\nsoon,0\n", False, "data row 2 has no date"),
        ("date,rf\n2025-01-03,0\n2025-01-02,0\n", False, "sort the rows by session, each once"),
        ("date,rf\n2025-01-02,0\n2025-01-02,0\n", False, "sort the rows by session, each once"),
        ("date,rf\n2025-01-02,0\n2025-01-03,x\n", False, "data row 2 holds no number"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_place(tmp_path, text, percent, words):
    path = tmp_path / "own.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=words):
        load_factors(path, percent=percent)


def test_half_in_a_day_is_the_largest_factor(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text("date,rf\n2025-01-02,50\n")
    assert load_factors(path, percent=True)[0]["rf"].tolist() == [0.5]
