"""Each check on a series that has its fault, and on one that has not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.prices.bars import bars_frame, no_actions
from analysis.prices.refresh.quality import SERIES_CHECKS, Series, check_series
from analysis.prices.refresh.rows import check_currency, check_rows
from analysis.prices.snapshot import load_history, load_snapshot
from tests.loopback.listings import day, sessions

REAL_SPLITS = [
    ("NVDA", "2024-06-10"),
    ("AVGO", "2024-07-15"),
    ("LRCX", "2024-10-03"),
    ("SMCI", "2024-10-01"),
]


def bars(first="2024-03-01", last="2024-12-31", scale=0.02, seed=5) -> pd.DataFrame:
    index = sessions(first, last)
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, scale, len(index))))
    return bars_frame(
        index,
        {
            "open": close,
            "high": close * 1.01,
            "low": close * 0.99,
            "close": close,
            "adj_close": close,
            "volume": np.full(len(index), 1e6),
        },
    )


def actions(*rows) -> pd.DataFrame:
    if not rows:
        return no_actions()
    return pd.DataFrame(
        [(day(session), kind, value) for session, kind, value in rows],
        columns=["session", "kind", "value"],
    )


def found(frame, acted=None, snapshot=None) -> list[tuple]:
    series = Series("X", "XNYS", frame, no_actions() if acted is None else acted, snapshot)
    return [
        (f.check, None if f.session is None else str(f.session.date()), f.severity)
        for f in check_series(series)
    ]


def test_a_good_series_has_no_findings():
    assert found(bars()) == []


def test_the_bundled_history_of_nvidia_has_no_error():
    history = load_history("NVDA")
    series = Series("NVDA", "XNYS", history, no_actions(), load_snapshot().levels["NVDA"])
    assert [f for f in check_series(series) if f.severity == "error"] == []
    assert [f for f in check_series(series) if f.check == "snapshot"] == []


def test_the_fall_of_january_2025_is_no_outlier():
    history = load_history("NVDA").loc["2024":]
    assert [f for f in found(history) if f[0] == "outlier"] == []


@pytest.mark.parametrize(("symbol", "session"), REAL_SPLITS)
def test_a_recorded_split_that_is_not_applied(symbol, session):
    """The bundled series, put back on the basis before its ten for one split."""
    levels = load_snapshot().levels[symbol].loc["2024-01":"2024-12"]
    raw = levels.where(levels.index >= day(session), levels * 10)
    frame = bars_frame(levels.index, {"close": raw, "adj_close": raw, "volume": 1.0})
    split = actions((session, "split", 10.0))
    assert ("split-not-applied", session, "error") in found(frame, split)
    # without a record it is a jump like a split
    assert ("jump-like-a-split", session, "error") in found(frame)
    # and applied, with its record, it is nothing
    good = bars_frame(levels.index, {"close": levels, "adj_close": levels, "volume": 1.0})
    assert not [f for f in found(good, split) if f[2] == "error"]


@pytest.mark.parametrize("ratio", [0.1, 0.5, 2.0, 4.0, 10.0, 20.0])
def test_an_adjustment_of_part_of_the_history_is_a_jump(ratio):
    frame = bars(scale=0.005)
    columns = ["open", "high", "low", "close", "adj_close"]
    frame.loc[: day("2024-07-01"), columns] *= ratio
    assert ("jump-like-a-split", "2024-07-02", "error") in found(frame)


def test_a_gap_is_counted_in_sessions():
    frame = bars().drop([day("2024-07-03"), day("2024-07-05"), day("2024-11-29")])
    gaps = [f for f in check_series(Series("X", "XNYS", frame, no_actions())) if f.check == "gap"]
    # the fourth of July lies between the first two
    assert [(str(f.session.date()), f.value) for f in gaps] == [
        ("2024-07-03", 2.0),
        ("2024-11-29", 1.0),
    ]


@pytest.mark.parametrize(("length", "expected"), [(4, 0), (5, 1), (9, 1)])
def test_a_stale_run(length, expected):
    frame = bars()
    i = frame.index.get_loc(day("2024-07-01"))
    frame.iloc[i : i + length, frame.columns.get_loc("close")] = frame["close"].iloc[i]
    frame["adj_close"] = frame["close"]
    frame["high"], frame["low"] = frame["close"] * 1.1, frame["close"] * 0.9
    runs = [
        f for f in check_series(Series("X", "XNYS", frame, no_actions())) if f.check == "stale-run"
    ]
    assert len(runs) == expected
    assert all((str(f.session.date()), f.value) == ("2024-07-01", length) for f in runs)


def test_volume_zero_on_a_moving_price():
    frame = bars()
    frame.loc[day("2024-07-01"), "volume"] = 0
    assert found(frame) == [("zero-volume", "2024-07-01", "warning")]


def test_a_close_outside_its_bar():
    frame = bars()
    frame.loc[day("2024-07-01"), "high"] = frame.loc[day("2024-07-01"), "close"] * 0.95
    assert found(frame) == [("bar-range", "2024-07-01", "warning")]


def test_an_outlier_needs_an_action():
    frame = bars(scale=0.005)
    frame.loc[day("2024-07-01") :, ["open", "high", "low", "close", "adj_close"]] *= 0.75
    assert found(frame) == [("outlier", "2024-07-01", "warning")]
    frame["adj_close"] = frame["close"].where(
        frame.index >= day("2024-07-01"), frame["close"] * 0.75
    )
    due = frame["close"].shift(1)[day("2024-07-01")] * 0.25
    assert found(frame, actions(("2024-07-01", "dividend", due))) == []


def test_an_adjustment_without_a_dividend_and_a_dividend_without_one():
    frame = bars()
    adjusted = frame.copy()
    adjusted.loc[: day("2024-06-28"), "adj_close"] *= 0.99
    assert found(adjusted) == [("adjustment-without-action", "2024-07-01", "warning")]
    paid = actions(("2024-07-01", "dividend", 1.0))
    assert found(adjusted, paid) == []
    assert found(frame, paid) == [("dividend-not-applied", "2024-07-01", "warning")]


def test_disagreement_with_the_snapshot_is_one_finding_at_its_worst():
    frame = bars()
    other = frame["adj_close"].copy() / 3
    assert found(frame, snapshot=other) == []
    other.loc[day("2024-07-01") :] *= 1.01
    assert found(frame, snapshot=other) == [("snapshot", "2024-07-01", "warning")]


@pytest.mark.parametrize(
    ("currency", "stored", "calendar", "wrong"),
    [
        ("USD", None, "XNYS", False),
        ("EUR", None, "XNYS", True),
        ("GBP", "GBp", "XLON", True),
        ("KRW", "KRW", "XKRX", False),
        (None, "USD", "XNYS", False),
    ],
)
def test_currency(currency, stored, calendar, wrong):
    assert bool(check_currency("X", currency, stored=stored, calendar=calendar)) == wrong


def rows(frame, last="2024-12-31", today="2024-12-31"):
    good, findings = check_rows(
        "X", frame, calendar="XNYS", last_complete=day(last), today=day(today)
    )
    return good, [(f.check, str(f.session.date()), f.severity) for f in findings]


def test_good_rows_pass_unchanged():
    good, findings = rows(bars())
    pd.testing.assert_frame_equal(good, bars())
    assert findings == []


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
@pytest.mark.parametrize("column", ["close", "adj_close"])
def test_a_bad_price_is_kept_out(value, column):
    frame = bars()
    frame.loc[day("2024-07-01"), column] = value
    good, findings = rows(frame)
    assert findings == [("bad-price", "2024-07-01", "error")]
    assert day("2024-07-01") not in good.index
    assert len(good) == len(frame) - 1


def test_two_different_bars_for_one_session_are_both_kept_out():
    frame = bars()
    twice = pd.concat([frame, frame.loc[[day("2024-07-01")]] * 2])
    good, findings = rows(twice)
    assert findings == [("duplicate-session", "2024-07-01", "error")]
    assert day("2024-07-01") not in good.index


def test_the_same_bar_twice_is_one():
    frame = bars()
    good, findings = rows(pd.concat([frame, frame.iloc[[5]]]))
    pd.testing.assert_frame_equal(good, frame)
    assert findings == []


def test_the_future_is_an_error_and_an_open_session_is_not():
    good, findings = rows(bars(last="2024-12-31"), last="2024-12-26", today="2024-12-27")
    assert [f[:2] for f in findings] == [
        ("future-session", "2024-12-30"),
        ("future-session", "2024-12-31"),
    ]
    assert good.index[-1] == day("2024-12-26")


def test_a_bar_on_a_holiday_is_left_out():
    frame = bars()
    holiday = frame.iloc[[0]].set_axis([day("2024-07-04")])
    good, findings = rows(pd.concat([frame, holiday]))
    assert findings == [("no-session", "2024-07-04", "warning")]
    assert len(good) == len(frame)


def test_every_check_has_a_docstring_that_names_its_value():
    assert all("value" in (check.__doc__ or "") for check in SERIES_CHECKS)


def one(check: str, frame, acted=None, snapshot=None):
    series = Series("X", "XNYS", frame, no_actions() if acted is None else acted, snapshot)
    (finding,) = [f for f in check_series(series) if f.check == check]
    return finding


def test_the_snapshot_finding_is_our_return_less_theirs():
    frame = bars()
    other = frame["adj_close"].copy() / 3
    other.loc[day("2024-07-01") :] *= 1.01
    finding = one("snapshot", frame, snapshot=other)
    i = frame.index.get_loc(day("2024-07-01"))
    ours = frame["adj_close"].iloc[i] / frame["adj_close"].iloc[i - 1] - 1
    assert finding.value == pytest.approx(ours - ((1 + ours) * 1.01 - 1))
    count = f"1 of {len(frame)} sessions differ"
    assert finding.detail == (
        f"return {ours:+.4f}, in the bundled snapshot {(1 + ours) * 1.01 - 1:+.4f}; {count}"
    )


def test_values_are_what_each_check_says():
    frame = bars(scale=0.005)
    at = day("2024-07-01")
    i = frame.index.get_loc(at)
    before = frame["close"].iloc[i - 1]
    fall = frame.copy()
    fall.loc[at:, ["open", "high", "low", "close", "adj_close"]] *= 0.75
    move = fall["close"].iloc[i] / before - 1
    assert one("outlier", fall).value == pytest.approx(move)
    half = frame.copy()
    half.loc[at:, ["open", "high", "low", "close", "adj_close"]] *= 0.5
    jump = half["close"].iloc[i] / before
    assert one("jump-like-a-split", half).value == pytest.approx(jump)
    assert one("split-not-applied", half, actions(("2024-07-01", "split", 2.0))).value == (
        pytest.approx(jump)
    )
    quiet = frame.copy()
    quiet.loc[at, "volume"] = 0
    assert one("zero-volume", quiet).value == pytest.approx(frame["close"].iloc[i] / before - 1)
    adjusted = frame.copy()
    adjusted.loc[: frame.index[i - 1], "adj_close"] *= 0.8
    assert one("adjustment-without-action", adjusted).value == pytest.approx(1 / 0.8)
    paid = one("dividend-not-applied", frame, actions(("2024-07-01", "dividend", 1.5)))
    assert paid.value == 1.5


@pytest.mark.parametrize("when", ["2024-03-01", "2024-03-04", "2024-12-31"])
def test_a_dividend_at_either_end_is_looked_at_where_it_can_be(when):
    checks = [f[0] for f in found(bars(), actions((when, "dividend", 1.0)))]
    assert checks == ([] if when == "2024-03-01" else ["dividend-not-applied"])


@pytest.mark.parametrize(("share", "bad"), [(0.99, False), (1.01, True)])
def test_a_dividend_on_the_first_session_is_bounded_by_its_own_close(share, bad):
    frame = bars()
    paid = actions(("2024-03-01", "dividend", share * frame["close"].iloc[0]))
    assert ("bad-dividend" in {f[0] for f in found(frame, paid)}) == bad


@pytest.mark.parametrize(
    ("factor", "check"),
    [(0.5 * 1.04, "jump-like-a-split"), (0.5 * 1.07, "outlier"), (1.07 / 3, "jump-like-a-split")],
)
def test_how_near_a_split_a_jump_must_be(factor, check):
    frame = bars(scale=0.0005)
    frame.loc[day("2024-07-01") :, ["open", "high", "low", "close", "adj_close"]] *= factor
    assert [f[0] for f in found(frame)] == [check]


@pytest.mark.parametrize("when", ["2024-02-01", "2024-07-06", "2025-06-02"])
def test_an_action_on_no_session_of_the_series_is_passed_over(when):
    assert found(bars(), actions((when, "dividend", 1.0), (when, "split", 2.0))) == []


@pytest.mark.parametrize(
    ("kind", "value", "bad"),
    [
        ("dividend", 0.0, True),
        ("dividend", -1.0, True),
        ("dividend", np.nan, True),
        ("dividend", np.inf, True),
        ("split", 0.0, True),
        ("split", -2.0, True),
        ("split", np.nan, True),
        ("split", 10_001.0, True),
        ("split", 1 / 10_001, True),
        ("split", 1.5, False),
    ],
)
def test_an_action_that_cannot_be(kind, value, bad):
    checks = {f[0] for f in found(bars(), actions(("2024-07-01", kind, value)))}
    assert (f"bad-{kind}" in checks) == bad


@pytest.mark.parametrize(("share", "bad"), [(0.99, False), (1.01, True)])
def test_a_dividend_is_bounded_by_the_close_before(share, bad):
    frame = bars()
    before = frame["close"].iloc[frame.index.get_loc(day("2024-07-01")) - 1]
    checks = {f[0] for f in found(frame, actions(("2024-07-01", "dividend", share * before)))}
    assert ("bad-dividend" in checks) == bad


@pytest.mark.parametrize(("factor", "bad"), [(3.05, True), (1 / 3.05, True), (2.7, False)])
def test_a_move_beyond_threefold_is_impossible(factor, bad):
    index = bars().index
    close = np.where(index >= day("2024-07-01"), 100 * factor, 100.0) * np.where(
        np.arange(len(index)) % 2, 1.3, 1 / 1.3
    )  # so wild that no jump is an outlier, or like a split, against it
    i = index.get_loc(day("2024-07-01"))
    close[i] = close[i - 1] * factor
    frame = bars_frame(index, {"close": close, "adj_close": close, "volume": 1e6})
    assert (("impossible-move", "2024-07-01", "error") in found(frame)) == bad


def test_a_dividend_explains_a_fall_and_no_rise():
    frame = bars(scale=0.001)
    columns = ["open", "high", "low", "close", "adj_close"]
    due = float(frame["close"].iloc[frame.index.get_loc(day("2024-07-01")) - 1]) * 0.8
    paid = actions(("2024-07-01", "dividend", due))
    fall, rise = frame.copy(), frame.copy()
    fall.loc[day("2024-07-01") :, columns] *= 0.22
    rise.loc[day("2024-07-01") :, columns] *= 4.6
    assert ("jump-like-a-split", "2024-07-01", "error") in found(fall)
    fall["adj_close"] = frame["adj_close"]
    assert {f[2] for f in found(fall, paid)} <= {"warning"}
    assert ("jump-like-a-split", "2024-07-01", "error") in found(rise, paid)


def test_an_adjusted_close_that_jumps_alone_is_impossible():
    frame = bars()
    frame.loc[day("2024-07-01") :, "adj_close"] /= 8
    finding = one("impossible-move", frame)
    assert (finding.session, finding.severity) == (day("2024-07-01"), "error")
    adjusted = frame["adj_close"]
    i = frame.index.get_loc(finding.session)
    assert finding.value == pytest.approx(adjusted.iloc[i] / adjusted.iloc[i - 1] - 1)
    assert finding.detail.startswith("the adjusted close moves from ")


@pytest.mark.parametrize("column", ["open", "high", "low"])
@pytest.mark.parametrize(
    ("value", "bad"), [(-1.0, True), (np.inf, True), (1.1e12, True), (0.0, False), (np.nan, False)]
)
def test_other_prices_that_are_none_keep_a_bar_out(column, value, bad):
    frame = bars()
    frame.loc[day("2024-07-01"), column] = value
    good, findings = rows(frame)
    assert findings == ([("bad-price", "2024-07-01", "error")] if bad else [])
    assert len(good) == len(frame) - bad


@pytest.mark.parametrize(
    ("value", "bad"), [(-1.0, True), (1.1e15, True), (np.inf, True), (0.0, False), (np.nan, False)]
)
def test_a_volume_that_is_none_keeps_a_bar_out(value, bad):
    frame = bars()
    frame.loc[day("2024-07-01"), "volume"] = value
    good, findings = rows(frame)
    assert findings == ([("bad-volume", "2024-07-01", "error")] if bad else [])
    assert len(good) == len(frame) - bad


def test_an_outlier_is_measured_from_the_middle_of_the_moves():
    index = bars().index
    moves = np.random.default_rng(1).normal(0.04, 0.002, len(index))
    i = index.get_loc(day("2024-07-01"))
    moves[i] = 0.3
    close = 100 * np.exp(np.cumsum(moves))
    frame = bars_frame(index, {"close": close, "adj_close": close, "volume": 1e6})
    assert ("outlier", "2024-07-01", "warning") in found(frame)


def test_the_direction_of_a_split_is_said():
    frame = bars(scale=0.0005)
    columns = ["open", "high", "low", "close", "adj_close"]
    half, double = frame.copy(), frame.copy()
    half.loc[day("2024-07-01") :, columns] *= 0.5
    double.loc[day("2024-07-01") :, columns] *= 2
    assert "as in a 2:1 split" in one("jump-like-a-split", half).detail
    assert "as in a 1:2 split" in one("jump-like-a-split", double).detail
