"""What a reading may do to what is stored, frame by frame."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.prices.bars import bars_frame, no_actions
from analysis.prices.refresh.judge import judge
from analysis.prices.refresh.overlap import Stored
from analysis.prices.sources.protocol import Fetched
from tests.loopback.listings import after_close, day, sessions

LAST = "2024-12-31"
DAYS = sessions("2024-11-01", LAST)


def bars(days=DAYS, seed=5, volume=1e6) -> pd.DataFrame:
    whole = 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.015, len(DAYS))))
    close = pd.Series(whole, DAYS).reindex(days).to_numpy()
    columns = dict.fromkeys(("open", "high", "low", "close", "adj_close"), close)
    return bars_frame(days, {**columns, "volume": np.full(len(days), volume)})


def acts(*rows) -> pd.DataFrame:
    if not rows:
        return no_actions()
    frame = pd.DataFrame(rows, columns=["session", "kind", "value"])
    frame["session"] = pd.DatetimeIndex([day(text) for text in frame["session"]])
    return frame


def stored(until="2024-12-27", since="2024-11-01", actions=(), currency="USD") -> Stored:
    return Stored(bars(DAYS[(since <= DAYS) & (until >= DAYS)]), acts(*actions), currency)


NOTHING = Stored(bars(DAYS[:0]), no_actions(), None)


def ruled(held, frame, actions=(), *, full=False, accept=False, currency="USD", **more):
    fetched = Fetched("X", "yahoo", "test", frame, acts(*actions), currency, "XNYS")
    now = more.pop("now", after_close(LAST))
    return judge(held, fetched, calendar="XNYS", now=now, full=full, accept=accept, **more)


def checks(judgement, *, blocked: bool) -> list[tuple[str, str | None]]:
    return [
        (f.check, None if f.session is None else str(f.session.date()))
        for f, out in judgement.change.findings
        if out == blocked
    ]


def scaled(frame: pd.DataFrame, factor: float, until: str, adjusted_only=False) -> pd.DataFrame:
    frame = frame.copy()
    names = ["adj_close"] if adjusted_only else ["open", "high", "low", "close", "adj_close"]
    frame.loc[:until, names] *= factor
    return frame


def test_new_sessions_are_added_and_the_others_stay_to_the_last_digit():
    rounded = bars(DAYS[-12:]) * (1 + 2e-8)
    done = ruled(stored(), rounded)
    assert (done.result.outcome, done.result.added, done.result.changed) == ("updated", 2, 0)
    assert done.result.message == ""
    held = done.change.bars.loc[:"2024-12-27"]
    pd.testing.assert_frame_equal(held, stored().bars.loc[held.index])
    assert done.change.actions_since == DAYS[-12]
    assert (done.change.currency, done.change.calendar) == ("USD", "XNYS")
    assert done.change.quarantine.empty


def test_a_first_reading_is_all_new():
    done = ruled(NOTHING, bars(), full=True)
    assert (done.result.outcome, done.result.added) == ("updated", len(DAYS))


def test_the_same_again_changes_nothing():
    done = ruled(stored(LAST), bars(DAYS[-10:]))
    assert (done.result.outcome, done.result.added, done.result.changed) == ("unchanged", 0, 0)


def test_a_volume_that_changes_is_a_change_of_that_session():
    frame = bars(DAYS[-10:])
    frame.loc[DAYS[-3], "volume"] *= 2
    done = ruled(stored(LAST), frame)
    assert (done.result.outcome, done.result.added, done.result.changed) == ("updated", 0, 1)
    assert done.change.reason == "revised by the vendor"


def test_no_complete_session_is_a_refusal():
    morning = after_close(LAST).replace(hour=15)
    done = ruled(NOTHING, bars(DAYS[-1:]), full=True, now=morning)
    assert done.result.outcome == "refused"
    assert done.result.message == "yahoo has no complete session in the span asked for"
    assert (done.change.bars, done.change.findings) == (None, ())


def test_only_rows_that_are_none_is_a_quarantine_and_not_a_refusal():
    frame = bars(DAYS[-2:])
    frame["close"] = -1.0
    done = ruled(NOTHING, frame, full=True)
    assert done.result.outcome == "quarantined"
    assert done.result.message == (
        "bad-price on 2024-12-30: no positive close, or a price that is none (and 1 more)"
    )
    assert list(done.change.quarantine.index) == list(DAYS[-2:])
    assert done.change.bars is None


def test_no_stored_session_in_the_reading_is_kept_out_unless_accepted():
    held = stored("2024-11-15")
    done = ruled(held, bars(DAYS[-5:]))
    assert done.result.outcome == "quarantined"
    assert done.result.message == "no-overlap: no stored session is in the reading"
    assert list(done.change.quarantine.index) == list(DAYS[-5:])
    taken = ruled(held, bars(DAYS[-5:]), accept=True)
    assert (taken.result.outcome, taken.result.added) == ("updated", 5)
    assert ("no-overlap", None) in checks(taken, blocked=False)


def test_another_series_is_kept_out_unless_accepted():
    held = stored()
    done = ruled(held, bars(DAYS[-12:], seed=9))
    assert done.result.outcome == "quarantined"
    assert done.result.message.startswith("another-series: 100% of the stored sessions read other")
    assert done.change.bars is None
    taken = ruled(held, bars(seed=9), full=True, accept=True)
    assert taken.result.outcome == "updated"
    np.testing.assert_allclose(taken.change.bars["close"], bars(seed=9)["close"], rtol=1e-4)


def test_a_revision_is_told_with_its_size():
    frame = bars(DAYS[-12:])
    frame.loc[DAYS[-5], ["open", "high", "low", "close", "adj_close"]] *= 1.01
    done = ruled(stored(), frame)
    assert (done.result.outcome, done.result.added, done.result.changed) == ("updated", 2, 1)
    (finding,) = [f for f, _ in done.change.findings if f.check == "revision"]
    assert (finding.session, finding.severity) == (DAYS[-5], "warning")
    assert finding.value == pytest.approx(1.01)
    old = stored().bars["close"][DAYS[-5]]
    assert finding.detail == f"read {old * 1.01:.6g}, stored {old:.6g}"


SPLIT = ("2024-12-30", "split", 2.0)
PAID = ("2024-12-30", "dividend", 1.0)


def test_a_restatement_is_read_in_full_first():
    halved = scaled(bars(), 0.5, "2024-12-27")
    assert ruled(stored(), halved.iloc[-12:], [SPLIT]) is None
    done = ruled(stored(), halved, [SPLIT], full=True)
    assert (done.result.outcome, done.result.added) == ("restated", 2)
    assert done.result.changed == len(stored().bars)
    assert done.change.reason == "restated: earlier closes times 0.5 (split)"
    assert done.result.message == done.change.reason
    assert done.change.actions.to_numpy().tolist() == [[day("2024-12-30"), "split", 2.0]]


def test_a_restatement_with_an_error_is_kept_out_at_once_unless_accepted():
    halved = scaled(bars(), 0.5, "2024-12-27").iloc[-12:]
    held = stored()
    done = ruled(held, halved, [SPLIT], currency="EUR")
    assert done.result.outcome == "quarantined"
    assert done.result.message.startswith("currency: quoted in EUR, expected USD")
    assert ruled(held, halved, [SPLIT], currency="EUR", accept=True) is None


def test_an_unexplained_restatement_is_kept_out_unless_accepted():
    tenth = scaled(bars(), 0.1, "2024-12-27")
    tenth.loc["2024-12-30":, ["open", "high", "low", "close", "adj_close"]] *= 0.1
    done = ruled(stored(), tenth, full=True)
    assert done.result.outcome == "quarantined"
    assert done.result.message.startswith(
        "adjustment-without-split: earlier closes were multiplied by 0.1, the splits announced "
        "since the last reading say 1"
    )
    taken = ruled(stored(), tenth, full=True, accept=True)
    assert taken.result.outcome == "restated"


def test_a_wrong_split_does_not_explain_a_restatement():
    halved = scaled(bars(), 0.5, "2024-12-27")
    done = ruled(stored(), halved, [("2024-12-30", "split", 3.0)], full=True)
    assert "say 0.333333" in done.result.message


def test_a_split_known_before_explains_nothing_new():
    held = stored(actions=[("2024-11-15", "split", 2.0)])
    halved = scaled(bars(), 0.5, LAST)
    done = ruled(held, halved, [("2024-11-15", "split", 2.0)], full=True)
    assert done.result.message.startswith("adjustment-without-split")


def test_a_dividend_restates_adjusted_closes():
    paid = scaled(bars(), 0.99, "2024-12-27", adjusted_only=True)
    done = ruled(stored(), paid, [PAID], full=True)
    assert done.result.outcome == "restated"
    assert done.result.message == "restated: earlier adjusted closes times 0.99 (dividend)"
    assert checks(done, blocked=True) == []
    assert ("restated-without-action", None) not in checks(done, blocked=False)


def test_adjusted_closes_restated_without_a_dividend_are_stored_and_told():
    paid = scaled(bars(), 0.99, "2024-12-27", adjusted_only=True)
    done = ruled(stored(), paid, full=True)
    assert done.result.outcome == "restated"
    assert ("restated-without-action", None) in checks(done, blocked=False)
    (finding,) = [f for f, _ in done.change.findings if f.check == "restated-without-action"]
    assert finding.value == pytest.approx(0.99)
    assert finding.detail == "earlier adjusted closes were multiplied by 0.99"


def test_a_split_alone_is_no_dividend_without_action():
    done = ruled(stored(), scaled(bars(), 0.5, "2024-12-27"), [SPLIT], full=True)
    assert checks(done, blocked=False) == checks(done, blocked=True) == []


def test_a_restated_history_that_lacks_stored_sessions_is_kept_out():
    paid = scaled(bars(), 0.99, "2024-12-27", adjusted_only=True).drop([DAYS[3], DAYS[7]])
    done = ruled(stored(), paid, [PAID], full=True)
    assert done.result.outcome == "quarantined"
    assert done.result.message == (
        f"lost-session: the restated history lacks 2 stored session(s), {DAYS[3].date()} first"
    )
    (finding,) = [f for f, out in done.change.findings if out]
    assert finding.value == 2.0
    assert ruled(stored(), paid, [PAID], full=True, accept=True).result.outcome == "restated"


def test_a_row_that_is_none_stays_out_even_when_accepted():
    frame = bars(DAYS[-12:])
    frame.loc[DAYS[-1], "close"] = np.nan
    for accept in (False, True):
        done = ruled(stored(), frame, accept=accept)
        assert (done.result.outcome, done.result.added) == ("partly", 1)
        assert done.result.message.startswith("1 session(s) kept out: bad-price on 2024-12-31: ")
        assert list(done.change.quarantine.index) == [DAYS[-1]]
        assert DAYS[-1] not in done.change.bars.index


def test_what_ends_early_is_behind():
    done = ruled(stored(), bars(DAYS[-12:-1]))
    assert (done.result.outcome, done.result.added) == ("behind", 1)
    assert done.result.message == "ends 2024-12-30, due 2024-12-31"


def test_a_jump_is_kept_out_unless_accepted_and_stays_accepted():
    wild = scaled(bars(), 1 / 40, "2024-12-30")
    done = ruled(NOTHING, wild, full=True)
    assert done.result.outcome == "quarantined"
    assert checks(done, blocked=True) == [("impossible-move", "2024-12-31")]
    taken = ruled(NOTHING, wild, full=True, accept=True)
    assert taken.result.outcome == "updated"
    held = Stored(taken.change.bars, no_actions(), "USD")
    paid = scaled(wild, 0.98, "2024-12-27", adjusted_only=True)
    again = ruled(held, paid, [PAID], full=True)
    assert again.result.outcome == "restated"  # the jump is known
    assert ("impossible-move", "2024-12-31") in checks(again, blocked=False)
    other = scaled(bars(), 1 / 50, "2024-12-30")
    assert ruled(held, other, full=True).result.outcome == "quarantined"


def test_a_new_jump_beside_a_known_one_is_kept_out():
    held = Stored(scaled(bars(), 1 / 40, "2024-11-15").loc[:"2024-12-27"], no_actions(), "USD")
    wild = scaled(bars(), 1 / 40, "2024-11-15")
    wild.loc[LAST, ["open", "high", "low", "close", "adj_close"]] *= 40
    done = ruled(held, wild, full=True)
    assert checks(done, blocked=True) == [("impossible-move", "2024-12-31")]
    assert ("impossible-move", "2024-11-18") in checks(done, blocked=False)


def test_an_old_error_does_not_block_what_is_new():
    held = Stored(scaled(bars(), 1 / 40, "2024-11-15").loc[:"2024-12-27"], no_actions(), "USD")
    done = ruled(held, bars(DAYS[-12:]))
    assert (done.result.outcome, done.result.added) == ("updated", 2)


@pytest.mark.parametrize(
    ("when", "outcome"),
    [
        ("2024-12-16", "updated"),  # on the oldest session of the reading: nothing to see yet
        ("2024-12-17", "quarantined"),
        ("2024-12-27", "quarantined"),
        ("2024-12-30", "updated"),  # on a new session: its own check looks
    ],
)
def test_a_split_by_which_nothing_was_rescaled(when, outcome):
    frame = bars(sessions("2024-12-16", LAST))
    done = ruled(stored(), frame, [(when, "split", 1.04)])
    assert done.result.outcome == outcome
    told = done.result.message.startswith("split-without-adjustment: a 1.04:1 split on " + when)
    assert told == (outcome == "quarantined")


def test_a_dividend_on_a_stored_session_that_cannot_be_is_kept_out():
    frame = bars(DAYS[-12:])
    done = ruled(stored(), frame, [("2024-12-20", "dividend", 1e6)])
    assert done.result.outcome == "quarantined"
    assert checks(done, blocked=True) == [("bad-dividend", "2024-12-20")]
    known = stored(actions=[("2024-12-20", "dividend", 1e6)])
    assert ruled(known, frame, [("2024-12-20", "dividend", 1e6)]).result.outcome == "updated"


def test_earlier_actions_stay_known_to_the_checks():
    held = stored(actions=[("2024-11-15", "dividend", 1.0)])
    applied = scaled(held.bars, 0.99, "2024-11-14", adjusted_only=True)
    done = ruled(Stored(applied, held.actions, "USD"), bars(DAYS[-12:]))
    assert done.change.findings == ()
    withdrawn = ruled(Stored(applied, no_actions(), "USD"), bars(DAYS[-12:]))
    assert checks(withdrawn, blocked=False) == [("adjustment-without-action", "2024-11-15")]


def test_an_action_withdrawn_in_the_reading_is_no_longer_known():
    held = stored(actions=[("2024-12-20", "dividend", 1.0)])
    applied = scaled(held.bars, 0.99, "2024-12-19", adjusted_only=True)
    frame = scaled(bars(DAYS[-12:]), 0.99, "2024-12-19", adjusted_only=True)
    done = ruled(Stored(applied, held.actions, "USD"), frame)
    assert checks(done, blocked=False) == [("adjustment-without-action", "2024-12-20")]


def test_what_is_kept_out_is_what_is_new_or_in_error_and_no_more():
    frame = bars(DAYS[-12:])
    frame.loc[DAYS[-1], ["open", "high", "low", "close", "adj_close"]] *= 40
    frame.loc[DAYS[-4], "high"] *= 0.9  # a warning, on a stored session that this changes
    frame.loc[DAYS[-4], "volume"] = 1e6
    held = stored(until="2024-12-30")
    held.bars.loc[DAYS[-6], "high"] *= 0.9  # a warning of old
    frame.loc[DAYS[-6], "high"] *= 0.9
    done = ruled(held, frame)
    assert done.result.outcome == "quarantined"
    assert list(done.change.quarantine.index) == [DAYS[-4], DAYS[-1]]


def test_a_figure_that_was_never_there_is_no_change():
    held = stored(LAST)
    held.bars["open"] = np.nan
    frame = bars(DAYS[-10:]) * (1 + 2e-8)
    frame["open"] = np.nan
    done = ruled(held, frame)
    assert (done.result.outcome, done.result.changed) == ("unchanged", 0)


def test_an_action_on_the_first_session_of_the_reading_is_the_readings():
    held = stored(actions=[("2024-12-16", "dividend", 1.0)])
    applied = scaled(held.bars, 0.99, "2024-12-13", adjusted_only=True)
    frame = bars(sessions("2024-12-16", LAST))
    done = ruled(Stored(applied, held.actions, "USD"), frame)  # which has it no longer
    assert checks(done, blocked=False) == [("adjustment-without-action", "2024-12-16")]


def test_a_finding_without_a_session_says_its_value():
    done = ruled(stored("2024-11-15"), bars(DAYS[-5:]))
    (finding,) = [f for f, out in done.change.findings if out]
    assert (finding.check, finding.session, finding.value) == ("no-overlap", None, 0.0)
