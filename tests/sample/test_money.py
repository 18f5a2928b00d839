"""Money of pairs in another currency, at the rate of the eve."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pandas as pd
import pytest

from analysis.errors import StudyError
from analysis.prices.reference import PrintedClose, ShareCount
from analysis.sample.events import FirmEvents
from analysis.sample.file import SampleStudy, load_sample
from analysis.sample.spec import SampleSpec
from analysis.study import ExchangeRate
from analysis.windows import Window

RATE = ExchangeRate("JPY", "USDJPY=X", per_dollar=True)


@pytest.fixture(scope="module")
def in_yen(snapshot):
    """AMD counted and closed in yen, with a rate of 150 yen a dollar on its eve."""
    eve = pd.Timestamp("2025-01-24")
    at = snapshot.levels.index.get_loc(eve)
    levels = snapshot.levels[["AMD", "SPY"]].iloc[at - 300 : at + 30].copy()
    levels["USDJPY=X"] = 140.0
    levels.loc[eve, "USDJPY=X"] = 150.0
    count = ShareCount("AMD", 1e9, eve.date(), "made up")
    reference = replace(
        snapshot.reference,
        shares={"AMD": (count,)},
        closes={"AMD": (PrintedClose("AMD", eve, 3000.0, "made up", "JPY"),)},
        daily_closes=None,
    )
    return replace(snapshot, levels=levels, reference=reference)


def asked(fx) -> SampleStudy:
    events = FirmEvents.make(["AMD"], [dt.date(2025, 1, 27)])
    spec = SampleSpec(windows=(Window(0, 0),), path=Window(0, 0))
    return SampleStudy(spec, events, fx=fx)


def test_yen_become_dollars_at_the_rate_of_the_eve(in_yen) -> None:
    result = asked((RATE,)).run_on(in_yen)
    car = result.firm_events["car"].iloc[0]
    assert result.impacts[0, 0] == pytest.approx(1e9 * 3000.0 / 150.0 * car, rel=1e-12)


def test_without_a_rate_there_are_no_dollars(in_yen) -> None:
    assert pd.isna(asked(()).run_on(in_yen).impacts[0, 0])


def test_market_values_in_yen_weigh_by_their_dollars(in_yen) -> None:
    study = replace(asked((RATE,)), weight="market-value")
    assert study.run_on(in_yen).events.weight.tolist() == [1e9 * 3000.0 / 150.0]
    with pytest.raises(StudyError, match="no market value in USD"):
        replace(study, fx=()).run_on(in_yen)


def test_a_rate_that_the_data_lack_is_refused(in_yen) -> None:
    with pytest.raises(StudyError, match="exchange rate of JPY: 'X' is not in"):
        asked((ExchangeRate("JPY", "X"),)).run_on(in_yen)


def test_rates_stand_in_the_study_file(tmp_path) -> None:
    path = tmp_path / "sample.toml"
    path.write_text(
        """
        [[firm_events]]
        symbol = "AMD"
        when = 2025-01-27
        [[fx]]
        currency = "JPY"
        symbol = "USDJPY=X"
        per_dollar = true
        """
    )
    assert load_sample(path).fx == (RATE,)
    path.write_text(path.read_text() + "rate = 3\n")
    with pytest.raises(StudyError, match="rate"):
        load_sample(path)
