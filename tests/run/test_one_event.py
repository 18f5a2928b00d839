"""A study in one call, from a frame of levels, is the study that a file would ask for."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import analysis as mi
from analysis.errors import DataError, StudyError

if TYPE_CHECKING:
    from analysis.prices.market_data import MarketData
    from analysis.results import StudyResult

ASKED: dict[str, Any] = {"firm": "NVDA", "market": "SPY", "when": "2025-01-27"}


def test_one_line_against_statsmodels(snapshot: MarketData) -> None:
    sm = pytest.importorskip("statsmodels.api")
    result = mi.event_study(snapshot.levels, **ASKED)
    returns = snapshot.levels.pct_change(fill_method=None)
    row = returns.index.get_loc(pd.Timestamp("2025-01-27"))
    sample, day = returns.iloc[row - 260 : row - 10], returns.iloc[row]
    fit = sm.OLS(sample["NVDA"], sm.add_constant(sample["SPY"])).fit()
    expected = day["NVDA"] - fit.params["const"] - fit.params["SPY"] * day["SPY"]
    assert result.headline_window.car == pytest.approx(expected, rel=1e-9)


def test_choices_and_several_firms(snapshot: MarketData) -> None:
    when = dt.datetime(2025, 1, 24, 22, 30, tzinfo=dt.UTC)  # after the close of the Friday
    result = mi.event_study(
        snapshot.levels,
        firm=["NVDA", "AMD"],
        market="SPY",
        when=when,
        windows="-1,1",
        models="mean",
    )
    assert [f.symbol for f in result.firms] == ["NVDA", "AMD"]
    assert str(result.headline.session.date()) == "2025-01-27"
    assert str(result.study.headline.window) == "-1..1"
    with pytest.raises(StudyError, match="model 'marekt' is unknown"):
        mi.event_study(snapshot.levels, **ASKED, models="marekt")
    with pytest.raises(StudyError, match="symbol 'NVDAA' is not in levels given by the caller"):
        mi.event_study(snapshot.levels, **{**ASKED, "firm": "NVDAA"})


def as_text(levels: pd.DataFrame) -> pd.DataFrame:
    return levels.set_axis(levels.index.strftime("%Y-%m-%d"), axis=0)


def in_new_york(levels: pd.DataFrame) -> pd.DataFrame:
    return levels.set_axis(levels.index.tz_localize("America/New_York"), axis=0)


@pytest.mark.parametrize(
    "written",
    [
        as_text,
        in_new_york,
        lambda f: f.rename_axis("Date").reset_index(),
        lambda f: f.reset_index(),
    ],
)
def test_frames_as_callers_have_them(snapshot: MarketData, written: Any) -> None:
    plain = mi.event_study(snapshot.levels, **ASKED)
    other = mi.event_study(written(snapshot.levels), **ASKED)
    pd.testing.assert_frame_equal(other.tidy, plain.tidy, check_exact=True)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (lambda f: f.reset_index(drop=True), "the rows are numbered; make the sessions the index"),
        (lambda f: pd.concat({"Close": f}, axis=1), "the columns have 2 levels; take one price"),
        (lambda f: f.astype(object).replace({f["NVDA"].iloc[9]: "x"}), "not all dates and numbers"),
        (lambda f: f.set_axis(["x"] * len(f), axis=0), "not all dates and numbers"),
        (lambda f: f.iloc[::-1], "not sorted"),
        (lambda f: f.to_numpy(), "data are ndarray; give MarketData, or a pandas DataFrame"),
        (lambda f: f.assign(NVDA=-f["NVDA"]), "a level must be positive"),
    ],
)
def test_what_is_no_frame_of_levels(snapshot: MarketData, frame: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        mi.event_study(frame(snapshot.levels), **ASKED)


def test_only_what_was_used_is_named_as_an_input(snapshot: MarketData) -> None:
    names = [item.name for item in mi.event_study(snapshot.levels, **ASKED).inputs]
    assert names[0] == "levels given by the caller"
    assert not [name for name in names if "history_" in name or "total_return_index" in name]
    assert mi.as_market_data(snapshot.levels, calendar="XNYS").histories == {}


def test_a_study_runs_on_a_frame_as_on_market_data(
    small: StudyResult, snapshot: MarketData
) -> None:
    again = mi.run_study(small.study, snapshot.levels)
    assert again.headline_window.car == small.headline_window.car
    assert again.headline_window.t == small.headline_window.t


def test_a_result_shows_itself_in_a_line(small: StudyResult) -> None:
    text = repr(small)
    assert len(text) < 250
    assert text.startswith(
        "<StudyResult 'deepseek-2025': events 1, firms 1, models 1; NVDA on 2025"
    )
    assert f"CAR {small.headline_window.car:.4f}" in text
