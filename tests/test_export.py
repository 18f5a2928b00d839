"""Results to files."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis import export
from analysis.export import to_json, versions
from analysis.spreadsheets import to_csv

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from analysis.results import StudyResult

COLUMNS = [
    "event",
    "session",
    "symbol",
    "group",
    "model",
    "benchmark",
    "estimation",
    "window",
    "n_estimation",
    "alpha",
    "beta",
    "sigma",
    "raw_return",
    "expected_return",
    "car",
    "se",
    "t",
    "df",
    "p",
    "p_sq",
    "p_placebo",
    "bhar",
    "market_value_usd",
    "impact_raw_usd",
    "impact_usd",
    "impact_low_usd",
    "impact_high_usd",
    "flags",
]


def test_csv_has_one_row_a_specification_and_window_with_every_column(full: StudyResult) -> None:
    frame = pd.read_csv(io.StringIO(to_csv(full.tidy)))
    assert set(COLUMNS) <= set(frame.columns)
    assert len(frame) == 4 * 26 * 17 * 5
    key = ["event", "symbol", "model", "benchmark", "window"]
    assert not frame.duplicated(key).any()
    assert (frame["p"] > 0).all()
    assert (frame["p_placebo"] > 0).all()
    assert frame.loc[frame["window"] == "0..0", "p_sq"].gt(0).all()
    assert frame.loc[frame["window"] != "0..0", "p_sq"].isna().all()


def test_csv_loses_no_digit(full: StudyResult) -> None:
    frame = pd.read_csv(io.StringIO(to_csv(full.tidy)))
    for name in ("alpha", "beta", "car", "se", "p", "impact_usd"):
        np.testing.assert_array_equal(frame[name], full.tidy[name].astype(float))


def test_rows_hold_together(full: StudyResult) -> None:
    """Realised is expected plus abnormal, in returns and in dollars."""
    frame = full.tidy
    np.testing.assert_allclose(
        frame["raw_return"], frame["expected_return"] + frame["car"], atol=1e-15
    )
    dollars = frame.dropna(subset=["impact_usd"])
    np.testing.assert_allclose(
        dollars["impact_raw_usd"],
        dollars["impact_expected_usd"] + dollars["impact_usd"],
        rtol=1e-9,
        atol=1.0,
    )
    assert (dollars["impact_low_usd"] < dollars["impact_usd"]).all()
    assert (dollars["impact_usd"] < dollars["impact_high_usd"]).all()


def test_json_carries_rows_study_versions_and_hashes(small: StudyResult, bundle: Path) -> None:
    document = json.loads(to_json(small))
    assert document["study"]["id"] == "deepseek-2025"
    assert set(document["versions"]) >= {"python", "numpy", "pandas", "scipy", "market-impact"}
    assert {i["name"] for i in document["inputs"]} >= {"prices/total_return_index.parquet"}
    assert all(len(i["sha256"]) == 64 for i in document["inputs"])
    assert document["events"][0]["session"] == "2025-01-27"
    assert len(document["rows"]) == len(small.tidy)
    row = document["rows"][0]
    assert set(COLUMNS) <= set(row)
    assert row["car"] == small.tidy["car"].iloc[0]
    assert document["rows"][1]["p_sq"] is None
    assert len(document["groups"]) == len(small.tidy_groups)


def test_json_has_no_number_that_json_has_not(full: StudyResult) -> None:
    assert "NaN" not in to_json(full)


def test_a_package_that_is_not_installed_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "_PACKAGES", ("no-such-package",))
    assert versions()["no-such-package"] == "not installed"
