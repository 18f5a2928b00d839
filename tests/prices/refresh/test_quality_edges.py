"""Each check on both sides of its limit: what is on it is allowed, what is beyond is found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis import plausible
from analysis.prices.bars import bars_frame, no_actions
from analysis.prices.refresh import quality, rows
from analysis.prices.refresh.quality import Series, check_series
from tests.loopback.listings import sessions

INDEX = sessions("2024-06-03", "2024-07-31")
AT = 20
DAY = INDEX[AT]
BEFORE = 1 - 1e-7
BEYOND = 1 + 1e-7


def series(moves: dict[int, float] | None = None, *acted, snapshot=None, **columns) -> Series:
    """Closes that wobble by a tenth of a percent but where told; log moves by row."""
    log = 0.001 * np.tile([1.0, -1.0], len(INDEX))[: len(INDEX)]
    for row, move in (moves or {}).items():
        log[row] = move
    close = 100 * np.exp(np.cumsum(log))
    known = {
        "open": close, "high": close * 1.001, "low": close * 0.999, "close": close,
        "adj_close": close, "volume": np.full(len(close), 1e6), **columns,
    }  # fmt: skip
    actions = pd.DataFrame(acted, columns=["session", "kind", "value"]) if acted else no_actions()
    return Series("X", "XNYS", bars_frame(INDEX, known), actions, snapshot)


def found(which, given: Series) -> list[tuple[pd.Timestamp, float]]:
    return [(f.session, f.value) for f in which(given)]


@pytest.mark.parametrize("ratio", [2, 3, 4, 5, 6, 7, 8, 10, 15, 20, 25, 30, 50, 100])
def test_the_usual_ratios_have_their_names(ratio) -> None:
    for sign, name in ((-1, f"{ratio}:1"), (1, f"1:{ratio}")):
        (one,) = quality.unrecorded_splits(series({AT: sign * np.log(ratio)}))
        assert f"as in a {name} split" in one.detail
        assert (one.session, one.value) == (DAY, pytest.approx(ratio**sign))


@pytest.mark.parametrize(("ratio", "band"), [(2, 0.05), (3, 0.10), (100, 0.10)])
def test_a_jump_is_like_a_split_within_a_band(ratio, band) -> None:
    edge = np.log(ratio) + band
    assert found(quality.unrecorded_splits, series({AT: -edge * BEFORE}))
    assert not found(quality.unrecorded_splits, series({AT: -edge * BEYOND}))


def test_no_split_is_smaller_than_two_for_one() -> None:
    """3:2 is left to the outliers."""
    calm = series({AT: -np.log(1.5)})
    assert not found(quality.unrecorded_splits, calm)
    assert found(quality.outliers, calm) == [(DAY, pytest.approx(1 / 1.5 - 1))]


def test_an_outlier_is_beyond_fifteen_percent_of_a_calm_series() -> None:
    for sign in (-1, 1):
        assert not found(quality.outliers, series({AT: sign * 0.15 * BEFORE}))
        assert found(quality.outliers, series({AT: sign * 0.15 * BEYOND})) == [
            (DAY, pytest.approx(np.expm1(sign * 0.15)))
        ]
    acted = series({AT: -0.3}, (DAY, "dividend", 1.0))
    assert not found(quality.outliers, acted)


def test_an_outlier_of_a_wild_series_is_beyond_ten_robust_deviations() -> None:
    """Moves of 5 % up and down: the median deviation is 5 % and the bound 10 x 1.4826 of it."""
    wild = {row: (0.05 if row % 2 else -0.05) for row in range(len(INDEX))}
    bound = 10 * 1.4826 * 0.05  # 74 %, near a split by two: on the way up there is none at 1.10
    for move, there in ((bound * 0.999, 0), (bound * 1.2, 1)):
        assert len(found(quality.outliers, series({**wild, AT: move}))) == there
    assert quality._robust_bound(np.array([0.07, -0.03, 0.07, -0.03, 0.02])) == pytest.approx(bound)


def test_a_close_that_stands_still() -> None:
    for length, there in ((4, False), (5, True)):
        runs = found(quality.stale_runs, series(dict.fromkeys(range(AT + 1, AT + length), 0.0)))
        assert runs == ([(DAY, float(length))] if there else [])
    first = series(dict.fromkeys(range(1, 6), 0.0))
    assert found(quality.stale_runs, first) == [(INDEX[0], 6.0)]
    last = series(dict.fromkeys(range(len(INDEX) - 4, len(INDEX)), 0.0))
    assert found(quality.stale_runs, last) == [(INDEX[-5], 5.0)]


def test_a_move_without_volume() -> None:
    volume = np.full(len(INDEX), 1e6)
    volume[AT] = 0
    assert found(quality.silent_moves, series(volume=volume)) == [
        (DAY, pytest.approx(np.expm1(0.001)))
    ]
    for move, there in ((1e-9 * 0.9, False), (1e-9 * 1.1, True)):
        assert bool(found(quality.silent_moves, series({AT: move}, volume=volume))) is there
    volume[AT] = 1
    assert not found(quality.silent_moves, series(volume=volume))
    first = np.full(len(INDEX), 1e6)
    first[0] = 0  # of the first session no move is known
    assert not found(quality.silent_moves, series(volume=first))


@pytest.mark.parametrize(("side", "inside", "outside"), [
    ("high", 1 / 1.0099, 1 / 1.0101), ("low", 1.0100, 1.0102),
])  # fmt: skip
def test_a_close_may_lie_one_percent_outside_its_bar(side, inside, outside) -> None:
    close = series().bars["close"].to_numpy()
    for factor, there in ((inside, False), (outside, True)):
        edge = close * (1.02 if side == "high" else 0.98)
        edge[AT] = close[AT] * factor
        other = {"low": close * 0.9, "high": close * 1.2, side: edge}
        assert bool(found(quality.impossible_bars, series(**other))) is there


def test_a_low_above_its_high() -> None:
    close = series().bars["close"].to_numpy()
    for factor, there in ((1.0099, False), (1.0101, True)):
        low, high = close.copy(), close.copy()
        low[AT] = high[AT] * factor
        bars = found(quality.impossible_bars, series(low=low, high=high, close=low * 1.0))
        assert bool(bars) is there


def test_a_recorded_split_that_the_closes_still_jump_by() -> None:
    split = (DAY, "split", 4.0)
    given = series({AT: -np.log(4)}, split)
    assert found(quality.unapplied_splits, given) == [(DAY, pytest.approx(0.25))]
    assert not found(quality.unapplied_splits, series({}, split))
    for extra, there in ((0.19, True), (0.21, False)):  # twice the band beside it
        near = series({AT: -np.log(4) - extra}, split)
        assert bool(found(quality.unapplied_splits, near)) is there
    small = (DAY, "split", 1.2)  # the jump must lie nearer to the split than to nothing
    for share, there in ((0.49, False), (0.51, True)):
        near = series({AT: -share * np.log(1.2)}, small)
        assert bool(found(quality.unapplied_splits, near)) is there
    for outside in (INDEX[0], INDEX[-1] + pd.Timedelta(days=9), DAY + pd.Timedelta(hours=1)):
        lost = series({AT: -np.log(4)}, (outside, "split", 4.0))
        assert not found(quality.unapplied_splits, lost)


def test_dividends_are_above_nothing_and_at_most_the_price() -> None:
    close = series().bars["close"].to_numpy()
    most = close[AT - 1]
    for amount, bad in ((1e-9, 0), (0.0, 1), (-1.0, 1), (most, 0), (most * BEYOND, 1)):
        paid = series({}, (DAY, "dividend", amount))
        assert found(quality.impossible_actions, paid) == [(DAY, amount)] * bad
    first = series({}, (INDEX[0], "dividend", close[0]))
    assert not found(quality.impossible_actions, first)
    first = series({}, (INDEX[0], "dividend", close[0] * BEYOND))
    assert found(quality.impossible_actions, first)


def test_splits_are_by_ten_thousand_at_the_most() -> None:
    for ratio, bad in ((10_000.0, 0), (10_000.5, 1), (1 / 10_000, 0), (1 / 10_001, 1), (0.0, 1)):
        given = series({}, (DAY, "split", ratio))
        assert found(quality.impossible_actions, given) == [(DAY, ratio)] * bad
    absurd = series({}, (DAY, "split", 0.0), (INDEX[3], "split", np.inf), (INDEX[4], "split", 2.0))
    assert absurd.ratios() == {INDEX[4]: 2.0}


def test_a_step_of_the_adjusted_close_needs_an_action() -> None:
    close = series().bars["close"].to_numpy()
    for step, there in ((0.9e-4, False), (1.1e-4, True)):
        adjusted = close.copy()
        adjusted[:AT] *= 1 - step
        given = {"adj_close": adjusted}
        assert bool(found(quality.unexplained_adjustments, series(**given))) is there
        for kind in ("dividend", "split"):
            paid = series({}, (DAY, kind, 2.0), **given)
            assert not found(quality.unexplained_adjustments, paid)
    (one,) = found(quality.unexplained_adjustments, series(**given))
    assert one == (DAY, pytest.approx(1 / (1 - step)))


def test_a_dividend_that_the_adjusted_close_does_not_carry() -> None:
    close = series().bars["close"].to_numpy()
    before = close[AT - 1]
    for share, there in ((2.1e-4, True), (1.9e-4, False)):
        paid = series({}, (DAY, "dividend", share * before))
        assert bool(found(quality.unapplied_dividends, paid)) is there
    due = 0.02
    for carried, there in ((0.09, True), (0.11, False)):  # a tenth of it is enough
        adjusted = close.copy()
        adjusted[:AT] /= 1 + carried * due
        given = series({}, (DAY, "dividend", due * before), adj_close=adjusted)
        assert bool(found(quality.unapplied_dividends, given)) is there
    for day in (INDEX[0], DAY + pd.Timedelta(hours=1), INDEX[-1] + pd.Timedelta(days=1)):
        assert not found(quality.unapplied_dividends, series({}, (day, "dividend", 2.0)))
    second = series({}, (INDEX[1], "dividend", 2.0))
    assert found(quality.unapplied_dividends, second) == [(INDEX[1], 2.0)]


def test_moves_that_no_dividend_explains() -> None:
    """Beyond a factor that no listed firm has made in a day; the level is 100 before."""
    edge = quality.LARGEST_JUMP
    for sign in (-1, 1):
        assert not found(quality.impossible_moves, series({AT: sign * edge * BEFORE}))
        wild = {AT: sign * (edge + 0.3)}
        hits = found(quality.impossible_moves, series(wild))
        like = quality._split_like(sign * (edge + 0.3))
        assert hits == ([] if like else [(DAY, pytest.approx(np.expm1(sign * (edge + 0.3))))])


def test_a_fall_as_large_as_what_was_paid_is_none() -> None:
    """99.5 of 100 are paid out: the price falls by a factor 200, the owner lost nothing."""
    close = series().bars["close"].to_numpy()
    paid = close[AT - 1] * 0.995
    given = series({AT: np.log(0.005)}, (DAY, "dividend", paid))
    adjusted = given.bars["close"].to_numpy().copy()
    adjusted[:AT] *= 0.005
    given = series({AT: np.log(0.005)}, (DAY, "dividend", paid), adj_close=adjusted)
    assert not found(quality.impossible_moves, given)
    assert found(quality.impossible_moves, series({AT: np.log(0.005)}))
    part = series({AT: np.log(0.005)}, (DAY, "dividend", paid))  # adj_close falls all the same
    (hit,) = quality.impossible_moves(part)
    assert "the adjusted close moves" in hit.detail


def test_an_adjusted_close_that_jumps_alone() -> None:
    close = series().bars["close"].to_numpy()
    adjusted = close.copy()
    adjusted[AT:] *= 1000
    (hit,) = quality.impossible_moves(series(adj_close=adjusted))
    assert (hit.session, hit.severity) == (DAY, "error")
    assert hit.value == pytest.approx(1000 * np.exp(0.001) - 1)


def test_a_recorded_split_explains_its_jump_and_no_other() -> None:
    jump = -np.log(1000)
    assert not found(quality.impossible_moves, series({AT: jump}, (DAY, "split", 1000.0)))
    # recorded the wrong way round, it does not
    assert found(quality.impossible_moves, series({AT: jump}, (DAY, "split", 1 / 1000)))
    assert found(quality.impossible_moves, series({AT: jump}, (INDEX[AT + 1], "split", 1000.0)))


def test_the_snapshot_may_differ_by_two_in_a_thousand() -> None:
    levels = series().bars["adj_close"]
    for difference, count in ((0.0019, 0), (0.0021, 2)):
        other = levels.copy()
        other.iloc[AT] *= 1 + difference  # the return of that session and of the next
        hits = list(quality.snapshot_disagreements(series(snapshot=other)))
        assert len(hits) == bool(count)
    assert (hits[0].session, hits[0].check) == (DAY, "snapshot")
    ours, theirs = levels.pct_change().iloc[AT], other.pct_change().iloc[AT]
    assert hits[0].value == pytest.approx(ours - theirs)
    assert f"2 of {len(INDEX)} sessions differ" in hits[0].detail
    holed = other.copy()
    holed.iloc[AT - 3] = np.nan
    (hit,) = quality.snapshot_disagreements(series(snapshot=holed))
    assert f"of {len(INDEX) - 1} sessions differ" in hit.detail
    assert not list(quality.snapshot_disagreements(series()))


def test_findings_are_sorted_by_session_and_an_empty_series_has_none() -> None:
    close = series().bars["close"].to_numpy()
    volume = np.full(len(INDEX), 1e6)
    volume[AT - 5] = 0
    given = series({AT: -np.log(4)}, volume=volume)
    assert [f.session for f in check_series(given)] == [INDEX[AT - 5], DAY]
    nothing = Series("X", "XNYS", given.bars.iloc[:0], no_actions())
    assert check_series(nothing) == []
    assert len(close) == len(INDEX)


def test_gaps_at_several_places() -> None:
    given = series()
    holed = Series("X", "XNYS", given.bars.drop([INDEX[1], INDEX[5], INDEX[6]]), no_actions())
    assert found(quality.gaps, holed) == [(INDEX[1], 1.0), (INDEX[5], 2.0)]


@pytest.mark.parametrize("ratio", [2, 3, 4, 5, 6, 7, 8, 10, 15, 20, 25, 30, 50, 100])
def test_the_splits_that_are_made_are_known_by_their_move(ratio) -> None:
    assert quality._split_like(-np.log(ratio)) == f"{ratio}:1"
    assert quality._split_like(np.log(ratio)) == f"1:{ratio}"


def test_what_a_price_and_a_volume_can_be_at_the_edges() -> None:
    most, traded = plausible.LARGEST_PRICE, plausible.LARGEST_VOLUME
    close = [1e-4, 1.0, most, np.nextafter(most, np.inf), 0.0, -1.0, np.nan]
    days = sessions("2025-01-02", "2025-01-13")[: len(close)]
    (price, _, good), _ = rows._impossible_values(
        bars_frame(days, {"close": close, "adj_close": close, "volume": 1.0})
    )
    assert price == "bad-price"
    assert good.tolist() == [True, True, True, False, False, False, False]
    volume = [0.0, 0.5, traded, np.nextafter(traded, np.inf), -1.0, np.nan, 7.0]
    _, (name, _, good) = rows._impossible_values(
        bars_frame(days, {"close": 1.0, "adj_close": 1.0, "volume": volume})
    )
    assert name == "bad-volume"
    assert good.tolist() == [True, True, True, False, False, True, True]


def test_a_split_is_of_any_ratio_that_is_a_number_above_nought() -> None:
    days = sessions("2025-01-02", "2025-01-10")[:5]
    ratios = [0.25, 1.5, 0.0, -2.0, np.inf]
    actions = pd.DataFrame({"session": days, "kind": "split", "value": ratios})
    bars = bars_frame(days, {"close": 1.0, "adj_close": 1.0, "volume": 1.0})
    assert Series("S", "XNYS", bars, actions).ratios() == {days[0]: 0.25, days[1]: 1.5}
