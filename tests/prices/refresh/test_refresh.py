"""Night after night: what a refresh stores, keeps, restates and keeps out."""

from __future__ import annotations

import dataclasses
import datetime as dt
import threading

import duckdb
import numpy as np
import pandas as pd
import pytest

from analysis.errors import StoreError
from analysis.prices.refresh.judge import judge
from analysis.prices.refresh.plan import StoreContents, parse_age, plan
from analysis.prices.refresh.run import RefreshReport
from analysis.prices.sources.protocol import SourceUnavailable
from analysis.prices.store.records import SymbolOutcome
from tests.loopback.listings import after_close, day, listing, sessions
from tests.loopback.server import Fault


def outcomes(report: RefreshReport) -> dict[str, str]:
    return {outcome.symbol: outcome.outcome for outcome in report.outcomes}


def test_first_night_stores_the_history_and_the_next_adds_a_session(night):
    night.vendor.add(listing("NVDA"), listing("AMD"))
    first = night("2025-03-27", "NVDA", "AMD")
    assert outcomes(first) == {"NVDA": "updated", "AMD": "updated"}
    assert first.exit_code == 0
    second = night("2025-03-28")
    assert [o.added for o in second.outcomes] == [1, 1]
    assert [o.changed for o in second.outcomes] == [0, 0]
    bars = night.read(lambda r: r.bars("NVDA"))
    expected = night.vendor.listings["NVDA"].view()
    np.testing.assert_allclose(bars["adj_close"], expected["adjclose"], rtol=1e-12)
    # the second night asked for the overlap only
    asked = dt.datetime.fromtimestamp(int(night.vendor.charts("NVDA")[-1]["period1"][0]), dt.UTC)
    assert asked.date() == dt.date(2025, 3, 14)  # the tenth session up to the 27th


def test_nothing_new_changes_nothing(night):
    night.vendor.add(listing("NVDA"))
    night("2025-03-27", "NVDA")
    assert outcomes(night("2025-03-27")) == {"NVDA": "unchanged"}
    assert night.read(lambda r: r.history("NVDA")).empty


def test_what_is_fresh_is_left_alone(night):
    night.vendor.add(listing("NVDA"))
    night("2025-03-27", "NVDA")
    before = len(night.vendor.requests)
    assert outcomes(night("2025-03-27", max_age=dt.timedelta(hours=18))) == {"NVDA": "fresh"}
    assert len(night.vendor.requests) == before


def test_a_split_restates_the_whole_history_and_the_old_one_is_kept(night):
    night.vendor.add(listing("NVDA", splits={day("2024-06-10"): 10.0}))
    night("2024-06-07", "NVDA")
    before = night.read(lambda r: r.bars("NVDA"))
    report = night("2024-06-10")
    (outcome,) = report.outcomes
    assert (outcome.outcome, outcome.added, outcome.changed) == ("restated", 1, len(before))
    after = night.read(lambda r: r.bars("NVDA"))
    np.testing.assert_allclose(after["close"].iloc[:-1], before["close"] / 10, rtol=1e-6)
    history = night.read(lambda r: r.history("NVDA"))
    np.testing.assert_array_equal(history["close"], before["close"])
    assert history["reason"].unique().tolist() == ["restated: earlier closes times 0.1 (split)"]
    then = night.read(lambda r: r.bars("NVDA", after_close("2024-06-07")))
    pd.testing.assert_frame_equal(then, before)
    assert night.read(lambda r: r.actions("NVDA"))["kind"].tolist() == ["split"]
    assert night.read(lambda r: r.actions("NVDA", after_close("2024-06-07"))).empty


def test_a_dividend_restates_adjusted_closes_only(night):
    night.vendor.add(listing("NVDA", dividends={day("2024-09-12"): 0.02}))
    night("2024-09-11", "NVDA")
    before = night.read(lambda r: r.bars("NVDA"))
    (outcome,) = night("2024-09-12").outcomes
    assert outcome.outcome == "restated"
    after = night.read(lambda r: r.bars("NVDA")).iloc[:-1]
    np.testing.assert_array_equal(after["close"], before["close"])
    ratio = after["adj_close"] / before["adj_close"]
    expected = 1 - 0.02 / before["close"].iloc[-1]
    np.testing.assert_allclose(ratio, expected, rtol=1e-6)


def test_a_dividend_applied_a_week_late_is_a_restatement_too(night):
    whole = listing("NVDA", dividends={day("2024-09-12"): 0.5})
    night.vendor.add(whole.but(dividends={}))
    night("2024-09-19", "NVDA")
    night.vendor.add(whole)
    assert outcomes(night("2024-09-20")) == {"NVDA": "restated"}
    bars = night.read(lambda r: r.bars("NVDA"))
    np.testing.assert_allclose(bars["adj_close"], whole.view()["adjclose"], rtol=1e-6)


def test_one_corrected_close_is_reported_adopted_and_the_old_one_kept(night):
    night.vendor.add(listing("NVDA"))
    night("2025-03-27", "NVDA")
    before = night.read(lambda r: r.bars("NVDA"))["close"][day("2025-03-25")]
    night.vendor.listings["NVDA"].corrections = {day("2025-03-25"): 1.002}
    (outcome,) = night("2025-03-28").outcomes
    assert (outcome.outcome, outcome.added, outcome.changed) == ("updated", 1, 1)
    (finding,) = night.read(lambda r: r.findings("NVDA")).to_dict("records")
    assert (finding["check_name"], finding["blocked"]) == ("revision", False)
    assert finding["value"] == pytest.approx(1.002, rel=1e-5)
    assert night.read(lambda r: r.history("NVDA"))["close"].tolist() == [before]


def test_another_series_under_the_same_symbol_is_kept_out(night):
    night.vendor.add(listing("NVDA"))
    night("2025-03-27", "NVDA")
    before = night.read(lambda r: r.bars("NVDA"))
    night.vendor.listings["NVDA"] = listing("OTHER").but(symbol="NVDA")
    report = night("2025-03-28")
    assert (outcomes(report), report.exit_code) == ({"NVDA": "quarantined"}, 3)
    pd.testing.assert_frame_equal(night.read(lambda r: r.bars("NVDA")), before)
    assert "another-series" in set(night.read(lambda r: r.findings("NVDA"))["check_name"])
    assert len(night.read(lambda r: r.quarantine("NVDA"))) > 0


def test_someone_who_has_looked_can_accept_it(night):
    night.vendor.add(listing("NVDA"))
    night("2025-03-27", "NVDA")
    night.vendor.listings["NVDA"] = listing("OTHER").but(symbol="NVDA")
    report = night("2025-03-28", accept=frozenset({"NVDA"}), since=dt.date(2024, 1, 1))
    assert report.exit_code == 0
    bars = night.read(lambda r: r.bars("NVDA"))
    np.testing.assert_allclose(bars["close"], night.vendor.listings["NVDA"].view()["close"])


def test_a_split_that_the_vendor_announces_but_does_not_apply_is_kept_out(night):
    night.vendor.add(listing("SMCI", splits={day("2024-10-01"): 10.0}, apply_splits=False))
    night("2024-09-30", "SMCI")
    (outcome,) = night("2024-10-01").outcomes
    assert outcome.outcome == "quarantined"
    assert outcome.message.startswith("split-not-applied on 2024-10-01")
    assert night.read(lambda r: r.bars("SMCI")).index[-1] == day("2024-09-30")


def test_an_adjustment_without_a_split_is_kept_out(night):
    night.vendor.add(listing("LRCX", splits={day("2024-10-03"): 10.0}, announce_splits=False))
    night("2024-10-02", "LRCX")
    (outcome,) = night("2024-10-03").outcomes
    assert outcome.outcome == "quarantined"
    assert "adjustment-without-split" in outcome.message


def test_a_missing_day_is_stored_as_a_gap_and_heals(night):
    night.vendor.add(listing("NVDA", missing={day("2025-03-26")}))
    night("2025-03-27", "NVDA")
    (finding,) = night.read(lambda r: r.findings("NVDA")).to_dict("records")
    assert (finding["check_name"], finding["value"]) == ("gap", 1.0)
    night.vendor.listings["NVDA"].missing = set()
    assert night("2025-03-28").outcomes[0].added == 2
    assert night.read(lambda r: r.findings("NVDA")).empty


def test_a_nan_row_is_kept_out_and_said_so(night):
    night.vendor.add(listing("NVDA", nan_rows={day("2025-03-26")}))
    report = night("2025-03-27", "NVDA")
    assert (outcomes(report), report.exit_code) == ({"NVDA": "partly"}, 3)
    assert day("2025-03-26") not in night.read(lambda r: r.bars("NVDA")).index
    checks = set(night.read(lambda r: r.findings("NVDA"))["check_name"])
    assert checks == {"bad-price", "gap"}


def test_a_wrong_currency_is_kept_out(night):
    night.vendor.add(listing("NVDA"))
    night("2025-03-27", "NVDA")
    night.vendor.listings["NVDA"].currency = "EUR"
    (outcome,) = night("2025-03-28").outcomes
    assert outcome.outcome == "quarantined"
    assert outcome.message == "currency: quoted in EUR, expected USD"


def test_a_new_symbol_in_the_wrong_currency_is_kept_out(night):
    night.vendor.add(listing("NVDA", currency="MXN"))
    assert outcomes(night("2025-03-27", "NVDA")) == {"NVDA": "quarantined"}
    assert night.read(lambda r: r.states()) == []


def test_before_the_close_todays_bar_is_not_stored(night):
    night.vendor.add(listing("NVDA"))
    night.vendor.live, night.vendor.live_session = {"NVDA": 55.0}, day("2025-03-28")
    noon = dt.datetime(2025, 3, 28, 16, 0, tzinfo=dt.UTC)
    assert outcomes(night("2025-03-27", "NVDA", now=noon)) == {"NVDA": "updated"}
    assert night.read(lambda r: r.bars("NVDA")).index[-1] == day("2025-03-27")


def test_a_vendor_that_lags_is_behind(night):
    night.vendor.add(listing("NVDA"))
    report = night("2025-03-27", "NVDA", now=after_close("2025-03-28"))
    assert (outcomes(report), report.exit_code) == ({"NVDA": "behind"}, 3)
    assert night.read(lambda r: r.bars("NVDA")).index[-1] == day("2025-03-27")


def test_a_delisted_symbol_keeps_its_history(night):
    night.vendor.add(listing("NVDA"), listing("GONE"))
    night("2025-03-27", "NVDA", "GONE")
    before = night.read(lambda r: r.bars("GONE"))
    del night.vendor.listings["GONE"]
    report = night("2025-03-28")
    assert outcomes(report) == {"GONE": "refused", "NVDA": "updated"}
    assert (report.exit_code, list(report.summary()["failing"])) == (3, ["GONE"])
    pd.testing.assert_frame_equal(night.read(lambda r: r.bars("GONE")), before)
    assert night.read(lambda r: r.last_log())["GONE"].result.outcome == "refused"


@pytest.mark.parametrize("kind", ["500", "html", "429"])
def test_a_vendor_in_trouble_leaves_the_store_as_it_was(night, kind):
    night.vendor.add(listing("NVDA"), listing("AMD"))
    night("2025-03-27", "NVDA", "AMD")
    before = night.read(lambda r: r.bars("NVDA"))
    night.vendor.faults["*"] = Fault(kind)
    report = night("2025-03-28")
    assert report.exit_code == 4
    pd.testing.assert_frame_equal(night.read(lambda r: r.bars("NVDA")), before)


def test_disagreement_with_the_snapshot_is_reported_not_kept_out(night):
    night.vendor.add(listing("NVDA"))
    levels = listing("AMD").view()[["close"]].rename(columns={"close": "NVDA"})
    report = night("2025-03-31", "NVDA", snapshot=levels)
    assert report.exit_code == 0
    assert set(night.read(lambda r: r.findings())["check_name"]) == {"snapshot"}


@pytest.mark.slow
def test_most_symbols_at_once_stay_within_the_concurrency(night):
    night.vendor.add(*(listing(f"S{i}", first="2025-03-03") for i in range(12)))
    night("2025-03-28", "S0")  # the first one goes alone, for the cookie
    night.vendor.gate, night.vendor.crowd = threading.Event(), 3
    report = night("2025-03-31", *(f"S{i}" for i in range(12)), concurrency=3)
    assert report.exit_code == 0
    assert night.vendor.most_in_flight == 3


def test_an_empty_store_has_nothing_to_refresh(night):
    with pytest.raises(StoreError, match="holds no symbols yet; name some"):
        night("2025-03-31")
    assert not night.store.exists()


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (["updated", "fresh", "restated", "unchanged"], 0),
        (["updated", "unavailable"], 3),
        (["quarantined"], 3),
        (["behind", "refused"], 3),
        (["unavailable", "refused"], 4),
        (["fresh", "unavailable"], 3),
    ],
)
def test_exit_codes(found, code):
    report = RefreshReport(tuple(SymbolOutcome(str(i), o) for i, o in enumerate(found)))
    assert report.exit_code == code


def test_plan_reads_a_new_symbol_from_the_beginning():
    (task,), fresh = plan(StoreContents({}, {}), ["NVDA"], now=after_close("2025-03-31"))
    assert (task.since, task.full, fresh) == (dt.date(1990, 1, 2), True, [])


@pytest.mark.parametrize("text", ["", "h", "18", "18 weeks", "-3h", "1.2.3h", "\u0661h", "1e3h"])
def test_what_is_no_age_is_refused(text):
    with pytest.raises(ValueError, match="as in 18h"):
        parse_age(text)


@pytest.mark.parametrize("text", ["99999999999999d", f"{'9' * 400}h", "36501d"])
def test_an_age_beyond_all_stores_is_the_oldest(text):
    assert parse_age(text) == dt.timedelta(days=36_500)


def test_what_is_behind_is_never_fresh(night):
    night.vendor.add(listing("NVDA"))
    night("2025-03-27", "NVDA", now=after_close("2025-03-28"))  # the vendor lags: behind
    night.vendor.show_until(day("2025-03-28"))
    hour_later = after_close("2025-03-28") + dt.timedelta(hours=1)
    report = night("2025-03-28", now=hour_later, max_age=dt.timedelta(hours=18))
    assert outcomes(report) == {"NVDA": "updated"}


def test_a_session_that_has_ended_since_is_read_however_young_the_last_reading(night):
    night.vendor.add(listing("NVDA"))
    before_the_close = after_close("2025-03-28").replace(hour=14)
    night("2025-03-27", "NVDA", now=before_the_close)
    report = night("2025-03-28", max_age=dt.timedelta(hours=18))
    assert outcomes(report) == {"NVDA": "updated"}


def test_a_reading_from_the_future_is_not_fresh(night):
    night.vendor.add(listing("NVDA"))
    night("2025-03-27", "NVDA", now=after_close("2025-03-27") + dt.timedelta(hours=2))
    report = night("2025-03-27", max_age=dt.timedelta(hours=18))
    assert outcomes(report) == {"NVDA": "unchanged"}


def test_what_failed_last_time_is_not_fresh(night):
    night.vendor.add(listing("NVDA"))
    night("2025-03-27", "NVDA")
    night.vendor.faults["*"] = Fault("500")
    night("2025-03-27")
    night.vendor.faults.clear()
    report = night("2025-03-27", max_age=dt.timedelta(hours=18))
    assert outcomes(report) == {"NVDA": "unchanged"}


@pytest.mark.parametrize("error", [RecursionError("deep"), MemoryError(), OverflowError("\x1b[2J")])
def test_no_fault_of_one_symbol_stops_the_others(night, error):
    class Breaking:
        name, client = "breaking", "test 1"

        def fetch(self, symbol, since):
            if symbol == "S1":
                raise error
            return night.source.fetch(symbol, since)

    night.vendor.add(*(listing(f"S{i}", first="2025-03-03") for i in range(4)))
    report = night("2025-03-31", *(f"S{i}" for i in range(4)), source=Breaking())
    assert outcomes(report) == {"S0": "updated", "S1": "refused", "S2": "updated", "S3": "updated"}
    (failing,) = report.failing
    assert failing.message.startswith(f"the answer cannot be read ({type(error).__name__}: ")
    assert failing.message.isprintable()
    assert night.read(lambda r: r.last_log())["S1"].result == failing


def test_what_failed_before_there_was_a_store_is_logged_in_it(night):
    class Breaking:
        name, client = "breaking", "test 1"

        def fetch(self, symbol, since):
            if symbol != "S2":
                raise RecursionError("deep")
            return night.source.fetch(symbol, since)

    night.vendor.add(listing("S2", first="2025-03-03"))
    report = night("2025-03-31", "S0", "S1", "S2", source=Breaking(), concurrency=1, gathering=None)
    log = night.read(lambda reader: reader.last_log())
    assert {symbol: entry.result for symbol, entry in log.items()} == {
        outcome.symbol: outcome for outcome in report.outcomes
    }


def test_no_fault_of_a_judgement_stops_the_others(night, monkeypatch):
    def fails(stored, fetched, **more):
        if fetched.symbol == "S1":
            raise ZeroDivisionError("in a check")
        return judge(stored, fetched, **more)

    monkeypatch.setattr("analysis.prices.refresh.run.judge", fails)
    night.vendor.add(*(listing(f"S{i}", first="2025-03-03") for i in range(3)))
    report = night("2025-03-31", "S0", "S1", "S2")
    assert outcomes(report) == {"S0": "updated", "S1": "refused", "S2": "updated"}


def test_a_store_of_an_earlier_version_is_brought_up_to_date(night, monkeypatch):
    from analysis.prices.store import database, schema

    night.vendor.add(listing("NVDA"))
    with monkeypatch.context() as earlier:
        for module in (database, schema):
            earlier.setattr(module, "MIGRATIONS", schema.MIGRATIONS[:1])
        night("2025-03-27", "NVDA")
    with pytest.raises(StoreError, match="has schema 1"), night.store.reading():
        pass
    assert outcomes(night("2025-03-28")) == {"NVDA": "updated"}
    assert night.read(lambda r: r.shares("NVDA")).empty


def test_a_database_of_something_else_is_left_alone(night):
    with duckdb.connect(str(night.store.path)) as connection:
        connection.execute("CREATE TABLE mine (x INTEGER)")
    with pytest.raises(StoreError, match="something else and no price store"):
        night("2025-03-31", "NVDA")
    with duckdb.connect(str(night.store.path)) as connection:
        assert connection.execute("SHOW TABLES").fetchall() == [("mine",)]


WILD = [12.0, 40.0, 60.0, 100.0, 1000.0, 1e9, 1e300, 1 / 12, 1 / 40, 1 / 100, 1 / 1000]


@pytest.mark.parametrize("factor", WILD)
def test_a_wild_last_bar_is_kept_out(night, factor):
    night.vendor.add(listing("NVDA"))
    night("2025-03-27", "NVDA")
    before = night.read(lambda r: r.bars("NVDA"))
    night.vendor.listings["NVDA"].corrections = {day("2025-03-28"): factor}
    report = night("2025-03-28")
    assert report.exit_code == 3
    pd.testing.assert_frame_equal(night.read(lambda r: r.bars("NVDA")), before)
    night.vendor.listings["NVDA"].corrections = {}
    assert outcomes(night("2025-03-28")) == {"NVDA": "updated"}


@pytest.mark.slow
def test_a_wild_move_that_someone_has_looked_at_stays_accepted_when_history_is_restated(night):
    wild = dict.fromkeys(sessions("2024-10-01", "2025-03-31"), 3.7)
    night.vendor.add(
        listing("NVDA", corrections=wild, dividends={day("2025-03-28"): 1.0}),
    )
    assert outcomes(night("2025-03-26", "NVDA")) == {"NVDA": "quarantined"}
    report = night("2025-03-26", "NVDA", accept=frozenset({"NVDA"}))
    assert outcomes(report) == {"NVDA": "updated"}
    assert outcomes(night("2025-03-27")) == {"NVDA": "updated"}
    assert outcomes(night("2025-03-28")) == {"NVDA": "restated"}
    night.vendor.listings["NVDA"].corrections = dict.fromkeys(wild, 3.9)  # another move there
    assert outcomes(night("2025-03-28", since=dt.date(2024, 1, 1)))["NVDA"] != "restated"


@pytest.mark.parametrize("amount", [1e6, 150.0])
def test_a_dividend_of_more_than_the_share_is_kept_out(night, amount):
    whole = listing("NVDA", first="2024-10-01")
    night.vendor.add(whole)
    night("2025-03-27", "NVDA")
    level = float(whole.printed.iloc[-2])
    announced = whole.but(dividends={day("2025-03-25"): amount / 100 * level})
    announced.view = whole.but(visible_until=day("2025-03-28")).view  # nothing is adjusted for it
    night.vendor.listings["NVDA"] = announced
    (outcome,) = night("2025-03-28").outcomes
    assert (outcome.outcome, outcome.message.partition(" ")[0]) == ("quarantined", "bad-dividend")
    assert night.read(lambda r: r.actions("NVDA")).empty


def test_a_split_on_a_stored_session_that_nothing_was_adjusted_for_is_kept_out(night):
    whole = listing("NVDA", first="2024-10-01")
    night.vendor.add(whole)
    night("2025-03-27", "NVDA")
    night.vendor.listings["NVDA"] = whole.but(splits={day("2025-03-25"): 2.0}, apply_splits=False)
    (outcome,) = night("2025-03-28").outcomes
    assert outcome.outcome == "quarantined"
    assert outcome.message.startswith("split-without-adjustment: a 2:1 split on 2025-03-25")


@pytest.mark.parametrize("volume", [-5.0, 1e300])
def test_a_volume_that_is_none_keeps_its_bar_out(night, volume):
    night.vendor.add(listing("NVDA"))
    night("2025-03-26", "NVDA")
    before = night.read(lambda r: r.bars("NVDA"))
    night.vendor.listings["NVDA"].volumes = {
        day("2025-03-26"): volume,
        day("2025-03-27"): volume,
    }
    report = night("2025-03-27")
    assert (outcomes(report), report.exit_code) == ({"NVDA": "partly"}, 3)
    assert report.outcomes[0].message.startswith("2 session(s) kept out: bad-volume on 2025-03-26")
    pd.testing.assert_frame_equal(night.read(lambda r: r.bars("NVDA")), before)


def test_what_fails_at_first_makes_no_store(night):
    night.vendor.add(listing("NVDA"))
    report = night("2025-03-31", "GONE")
    assert outcomes(report) == {"GONE": "refused"}
    assert not night.store.path.exists()
    night("2025-03-31", "NVDA")
    night("2025-03-31", "GONE")
    assert night.read(lambda r: r.last_log())["GONE"].result.outcome == "refused"


class Cut:
    """A source whose network is gone; it counts how often it is asked."""

    name, client, symbols = "cut", "test 1", None

    def __init__(self) -> None:
        self.asked: list[str] = []

    def fetch(self, symbol, since):
        self.asked.append(symbol)
        raise SourceUnavailable(f"{symbol}: no network", offline=True)


def test_without_a_network_the_others_are_not_asked_for(night):
    names, source, told = [f"S{i}" for i in range(20)], Cut(), []
    report = night(
        "2025-03-31",
        *names,
        source=source,
        concurrency=1,
        progress=lambda text, done, total: told.append((text, done, total)),
    )
    assert len(source.asked) <= 3  # one at a time, of which a second may have begun
    assert outcomes(report) == dict.fromkeys(sorted(names), "unavailable")
    assert {outcome.message for outcome in report.outcomes} == {"no network"}
    assert report.exit_code == 4
    assert told[-1][1:] == (20, 20)


@pytest.mark.parametrize(("told", "kept"), [("XTSE", "XTSE"), (None, "XNYS")])
def test_a_source_that_names_no_exchange_keeps_the_one_that_is_stored(night, told, kept):
    """The first reading names it or leaves New York; of the second nothing is known."""

    class Telling:
        name, client, exchange = "telling", "test 1", told

        def fetch(self, symbol, since):
            return dataclasses.replace(night.source.fetch(symbol, since), calendar=self.exchange)

    source = Telling()
    night.vendor.add(listing("S0", first="2025-03-03"))
    calendar = lambda: night.read(lambda r: r.states(["S0"]))[0].calendar  # noqa: E731
    night("2025-03-27", "S0", source=source)
    assert calendar() == kept
    source.exchange = None
    assert outcomes(night("2025-03-28", source=source)) == {"S0": "updated"}
    assert calendar() == kept
