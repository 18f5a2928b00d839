"""Only the sessions that a study needs are judged; what is wrong elsewhere is counted."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from crowd_market import asked

import analysis as mi
from analysis.cli import main
from analysis.errors import DataError
from analysis.overrides import make_study
from analysis.prices.load import load_market_data
from analysis.run.needs import needed_sessions
from analysis.sessions import exchange_calendar, sessions_between


@pytest.fixture(scope="module")
def levels(snapshot) -> pd.DataFrame:
    return snapshot.levels[["NVDA", "SPY"]]


def run(levels: pd.DataFrame):
    return mi.event_study(levels, firm="NVDA", market="SPY", when="2025-01-27", windows="-1..1")


def test_the_needed_sessions_are_those_of_the_windows_and_the_eve_before(small_study) -> None:
    first, last = needed_sessions(small_study)
    sessions = sessions_between("XNYS", first.date(), last.date())
    at = sessions.get_loc(pd.Timestamp("2025-01-27"))
    starts = [small_study.estimation.start, *(w.start for w in small_study.windows)]
    assert at == 1 - min(starts)
    assert len(sessions) - 1 - at == max(w.end for w in small_study.windows)


def test_gaps_years_before_and_a_stray_row_change_no_number(levels) -> None:
    whole = run(levels)
    years = levels.index.year
    kept = levels[(years > 2020) | (years < 2018)]
    stray = pd.DataFrame(
        {"NVDA": [1.0], "SPY": [2.0]}, index=pd.DatetimeIndex(["2014-07-05"], name="session")
    )
    gaps = run(pd.concat([stray.astype(float), kept]).sort_index())
    assert "sessions absent outside the study: 756" in gaps.data_name
    assert "rows on no session outside it: 1" in gaps.data_name
    for name in ("car", "se", "t", "p", "car_low", "car_high", "n_estimation"):
        assert gaps.tidy[name].tolist() == whole.tidy[name].tolist()
    draws = gaps.headline_window.placebo.draws
    assert draws is not None
    assert draws < whole.headline_window.placebo.draws


def test_within_the_sessions_of_the_study_nothing_may_lack(levels) -> None:
    for day in ("2025-01-27", "2024-06-03"):
        with pytest.raises(DataError, match=f"absent between .*: {day}"):
            run(levels.drop(pd.Timestamp(day)))
    stranger = levels.iloc[[0]].set_axis(pd.DatetimeIndex(["2024-12-25"], name="session"))
    with pytest.raises(DataError, match="2024-12-25 is no session of XNYS"):
        run(pd.concat([levels, stranger]).sort_index())


def test_the_command_counts_them_too(levels, tmp_path, capsys) -> None:
    path = tmp_path / "levels.csv"
    levels.drop(levels.index[5]).to_csv(path, date_format="%Y-%m-%d")
    with pytest.raises(DataError, match="1 session"):
        load_market_data(str(path), calendar="XNYS")
    chosen = ["--symbols", "NVDA", "--model", "market", "--event", "sell-off", "--benchmark", "SPY"]
    with pytest.raises(SystemExit) as ended:
        main(["study", "--data", str(path), *chosen])
    assert ended.value.code in (0, None)
    assert "levels.csv (sessions absent outside the study: 1)" in capsys.readouterr().out


def test_a_day_that_the_calendar_does_not_know_needs_nothing_certain() -> None:
    known = {"id": "s", "event_firm": "A", "symbols": ["A"], "benchmarks": [{"id": "B"}]}
    event = {"id": "e", "title": "e", "when": "1950-01-03"}
    assert needed_sessions(make_study({**known, "events": [event]})) is None


def test_sessions_end_where_the_calendar_does() -> None:
    known = exchange_calendar("XNYS").sessions
    event = asked().events[0]
    early = replace(event, when=known[5].date())
    found = needed_sessions(asked(events=(early,)))
    assert found[0] == known[0]
    assert found[1] == known[6]
    late = replace(event, when=known[-1].date())
    found = needed_sessions(asked(events=(late,)))
    assert found[0] == known[len(known) - 1 - 111]
    assert found[1] == known[-1]
