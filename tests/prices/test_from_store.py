"""The store as the figures of a study."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from analysis.errors import DataError
from analysis.prices.from_store import load_store, printed_close
from analysis.prices.snapshot import load_snapshot
from tests.loopback.listings import after_close, day, listing


def test_levels_are_adjusted_closes_on_every_session(night):
    night.vendor.add(
        listing("NVDA", dividends={day("2024-09-12"): 0.5}),
        listing("NEW", first="2024-06-03", missing={day("2024-07-01")}),
    )
    night("2025-03-31", "NVDA", "NEW")
    data = load_store(night.store.path, ["NVDA", "NEW"])
    shown = night.vendor.listings["NVDA"].view()
    np.testing.assert_allclose(data.levels["NVDA"], shown["adjclose"], rtol=1e-12)
    assert data.levels["NEW"].first_valid_index() == day("2024-06-03")
    assert np.isnan(data.levels.loc[day("2024-07-01"), "NEW"])  # never filled
    assert list(data.levels.columns) == ["NVDA", "NEW"]
    assert (data.calendar, data.name) == ("XNYS", "price store, 2024-01-02 to 2025-03-31")


def test_what_was_known_then(night):
    night.vendor.add(listing("NVDA", splits={day("2024-06-10"): 10.0}))
    night("2024-06-07", "NVDA")
    before = load_store(night.store.path, ["NVDA"])
    night("2024-06-10")
    then = load_store(night.store.path, ["NVDA"], as_of=after_close("2024-06-07"))
    pd.testing.assert_frame_equal(then.levels, before.levels)
    now = load_store(night.store.path, ["NVDA"])
    assert now.levels["NVDA"].iloc[0] == pytest.approx(before.levels["NVDA"].iloc[0] / 10)
    assert now.inputs[0].sha256 != before.inputs[0].sha256 == then.inputs[0].sha256


def test_factors_come_from_the_store_when_it_has_some(night):
    night.vendor.add(listing("NVDA"))
    night("2025-03-31", "NVDA")
    bundled = load_snapshot()
    assert load_store(night.store.path).factors is bundled.factors or (
        load_store(night.store.path).factors.equals(bundled.factors)
    )
    with night.store.writing(after_close("2025-03-31")) as writer:
        writer.put_factors(bundled.factors.iloc[:5], "202604", after_close("2025-03-31"))
    data = load_store(night.store.path)
    pd.testing.assert_frame_equal(data.factors, bundled.factors.iloc[:5], check_freq=False)
    assert "CRSP vintage 202604" in data.inputs[1].name


def test_a_filed_share_count_is_never_overridden(night):
    night.vendor.add(listing("NVDA"), listing("ZZZ"))
    night("2025-03-31", "NVDA", "ZZZ")
    now = after_close("2025-03-31")
    with night.store.writing(now) as writer:
        for symbol in ("NVDA", "ZZZ"):
            counts = pd.Series({day("2024-11-20"): 7e9, day("2025-02-26"): 8e9})
            writer.put_shares(symbol, counts, "yahoo, yfinance 1", now)
    reference = load_store(night.store.path).reference
    assert reference.shares["NVDA"] == load_snapshot().reference.shares["NVDA"]
    found = [(count.shares, str(count.as_of)) for count in reference.shares["ZZZ"]]
    assert found == [(7e9, "2024-11-20"), (8e9, "2025-02-26")]
    assert all("not held against a filing" in count.note for count in reference.shares["ZZZ"])


def test_a_printed_close_is_on_the_basis_of_its_day():
    index = pd.DatetimeIndex([day("2024-06-07"), day("2024-06-10")])
    bars = pd.DataFrame({"close": [120.888, 121.79]}, index)
    split = pd.DataFrame([(day("2024-06-10"), "split", 10.0)], columns=["session", "kind", "value"])
    before = printed_close(bars, split, "NVDA", index[0])
    assert before.close == pytest.approx(1208.88)  # as printed on 7 June 2024
    assert printed_close(bars, split, "NVDA", index[1]).close == 121.79
    assert printed_close(bars, split, "NVDA", day("2024-06-11")) is None


def test_a_symbol_that_is_not_there_is_named_with_the_mend(night):
    night.vendor.add(listing("NVDA"))
    night("2025-03-31", "NVDA")
    with pytest.raises(DataError, match=r"no prices of NVDIA; .*fetch NVDIA.*did you mean 'NVDA'"):
        load_store(night.store.path, ["NVDIA"])


def test_the_anchor_is_a_choice(night):
    night.vendor.add(listing("ZZZ"))
    night("2025-03-31", "ZZZ")
    data = load_store(night.store.path, anchor=dt.date(2025, 3, 3))
    (close,) = data.reference.closes["ZZZ"]
    assert close.session == day("2025-03-03")
