"""Levels after the event beside those after earlier falls, by hand and against pandas."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from crowd_market import EVENT, SESSIONS, case_of, crowd, simple

from analysis.context.absent import Absent
from analysis.context.recovery import HORIZON, RecoveryPath, recovery_path
from analysis.inference.effects.recovery import FEWEST_FALLS, RecoveryTime
from analysis.inference.outcome import Outcome
from analysis.prices.snapshot import load_history
from analysis.run.plan import plan_headline

DAY = "2025-01-27"


def fallen(falls: dict[int, float], event: float = -0.10, tail: int = 40):
    """Levels of A that move in the middle of nowhere but where told; rows count from the event."""
    data = crowd()
    returns = np.full(len(SESSIONS), 0.001)
    for row, fall in falls.items():
        returns[EVENT + row] = fall
    returns[EVENT] = event
    levels = data.levels.copy()
    levels["A"] = 100 * np.cumprod(1 + returns)
    levels = levels.iloc[: EVENT + tail + 1]
    return recovery_path(case_of(data=crowd(levels=levels))), levels["A"]


def test_recovery_uses_the_long_history(study, snapshot) -> None:
    case = plan_headline(study, snapshot)
    history = load_history("NVDA")["adj_close"]
    long, short = recovery_path(case, history), recovery_path(case)
    assert long.recovery.sessions == short.recovery.sessions == 92
    np.testing.assert_allclose(long.path, short.path)
    returns = history / history.shift(1) - 1
    deep = returns[(returns <= returns.loc[DAY]) & (returns.index < DAY)]
    assert list(long.days) == list(deep.index)
    assert (long.depth, short.depth) == (1.0, 0.5)  # the shorter figures have too few as deep
    first = snapshot.levels["NVDA"].index[1]
    half = returns[(returns <= returns.loc[DAY] / 2) & (returns.index < DAY)]
    assert list(short.days) == list(half.loc[first:].index)
    low, middle, high = long.band
    assert (low <= middle).all()
    assert (middle <= high).all()


def test_paths_are_levels_over_those_of_the_eve() -> None:
    rows = [-200, -150, -100, -60, -30, -20]
    found, levels = fallen(dict.fromkeys(rows, -0.11))
    assert found.depth == 1.0
    assert list(found.days) == [levels.index[EVENT + row] for row in rows]
    np.testing.assert_allclose(found.path, levels.iloc[EVENT:] / levels.iloc[EVENT - 1], rtol=1e-12)
    assert found.placebo.shape == (len(rows), HORIZON + 1)
    for row, path in zip(rows, found.placebo, strict=True):
        known = (levels.iloc[EVENT + row :] / levels.iloc[EVENT + row - 1])[: HORIZON + 1]
        np.testing.assert_allclose(path[: len(known)], known, rtol=1e-12)
        assert np.isnan(path[len(known) :]).all()
    tidy = found.tidy
    assert tidy["sessions_after"].tolist() == list(range(41))
    whole = pd.DataFrame(found.placebo).iloc[:, :41]
    for share in (10, 50, 90):
        np.testing.assert_allclose(
            tidy[f"earlier_falls_{share}"], whole.quantile(share / 100), rtol=1e-12
        )
    assert found.recovery.sessions == 40


def test_a_path_is_followed_for_250_sessions() -> None:
    data = crowd()
    history = pd.Series(
        100 * np.cumprod(np.full(300, 1.001)),
        index=pd.bdate_range(end=SESSIONS[0] - pd.Timedelta(days=1), periods=300),
    )
    history.iloc[20:] *= 0.8
    levels = data.levels["A"]
    both = pd.concat([history * levels.iloc[0] / history.iloc[-1], levels])
    found = recovery_path(case_of(data=data), both)
    row = found.placebo[0]
    assert list(found.days[:1]) == [history.index[20]]
    assert len(row) == 251
    np.testing.assert_allclose(row, both.iloc[20:271] / both.iloc[19], rtol=1e-12)


@pytest.mark.parametrize(
    ("deep", "mid", "flat", "depth", "count"),
    [(5, 3, 3, 1.0, 5), (4, 1, 3, 0.75, 5), (4, 0, 1, 0.5, 5), (1, 1, 1, 0.5, 3)],
)
def test_the_deepest_kind_of_fall_of_which_there_are_enough(deep, mid, flat, depth, count) -> None:
    """As deep as -10 %, as -7.5 %, as -5 %; those on the edge count."""
    falls = [-0.1001] * deep + [-0.0751] * mid + [-0.0501] * flat + [-0.0499]
    found, _ = fallen({-20 * (k + 1): fall for k, fall in enumerate(falls)})
    assert FEWEST_FALLS == 5
    assert (found.depth, len(found.days)) == (depth, count)


def test_a_fall_on_the_eve_is_an_earlier_one_and_the_event_itself_is_not() -> None:
    found, levels = fallen({-1: -0.2})
    assert list(found.days) == [levels.index[EVENT - 1]]


def test_history_is_spliced_by_its_ratio_on_the_first_session_of_both() -> None:
    data = crowd()
    levels = data.levels["A"]
    before = pd.bdate_range(end=SESSIONS[0] - pd.Timedelta(days=1), periods=60)
    growth = np.full(60, 1.0)
    growth[30] = 0.7
    history = pd.concat(
        [pd.Series(np.cumprod(growth), index=before), levels.iloc[:5] / levels.iloc[0] * 3.0]
    )
    found = recovery_path(case_of(data=data), history)
    assert before[30] in found.days
    place = list(found.days).index(before[30])
    whole = pd.concat([history.iloc[:60] * levels.iloc[0] / 3.0, levels])
    np.testing.assert_allclose(
        found.placebo[place], (whole.iloc[30:] / whole.iloc[29])[: HORIZON + 1], rtol=1e-12
    )
    short = recovery_path(case_of(data=data), history.iloc[:60])  # no session in common
    assert list(short.days) == list(recovery_path(case_of(data=data)).days)


@pytest.mark.parametrize("event", [0.0, 0.02])
def test_a_firm_that_did_not_fall_has_none(event) -> None:
    found, _ = fallen({}, event=event)
    assert isinstance(found, Absent)
    assert "did not fall" in found.reason


def test_a_session_must_follow() -> None:
    found, _ = fallen({}, tail=1)
    assert len(found.path) == 2
    data = crowd()
    ends = data.levels.copy()
    ends.iloc[EVENT + 1 :, ends.columns.get_loc("A")] = np.nan
    study = case_of().study
    case = case_of(replace(study, windows=study.windows[:1]), data)
    found = recovery_path(replace(case, plan=replace(case.plan, data=crowd(levels=ends))))
    assert isinstance(found, Absent)
    assert found.reason == "the data end with session 0"


def test_without_an_earlier_fall_there_is_no_band() -> None:
    time = RecoveryTime(3, False, np.empty(0), Outcome.missing("recovery", "none"))
    path = RecoveryPath("A", np.array([0.9, 1.0]), np.empty((0, HORIZON + 1)), (), 0.5, time)
    assert all(np.isnan(part).all() for part in path.band)
    assert path.tidy[["earlier_falls_10", "earlier_falls_90"]].isna().all(axis=None)
    assert simple(pd.DataFrame({"A": path.path}))["A"].iloc[1] > 0


def test_a_fall_is_from_the_eve_and_not_from_the_session_before_it() -> None:
    found, levels = fallen({-1: 0.3}, event=-0.1)
    assert levels.iloc[EVENT] > levels.iloc[EVENT - 2]
    assert found.path[0] == pytest.approx(0.9)
    assert found.placebo.shape == (0, HORIZON + 1)


def test_a_fall_exactly_as_deep_counts() -> None:
    """Halved and doubled again, without rounding, five times before the event."""
    data = crowd()
    growth = np.ones(len(SESSIONS))
    for row in (-200, -160, -120, -80, -40, 0):
        growth[EVENT + row : EVENT + row + 2] = 0.5, 2.0
    levels = data.levels.assign(A=128.0 * np.cumprod(growth))
    found = recovery_path(case_of(data=crowd(levels=levels)))
    assert (found.depth, len(found.days)) == (1.0, 5)
