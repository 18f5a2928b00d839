"""What must hold whatever the figures are."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.abnormal import AbnormalPath, buy_and_hold, cumulative, cumulative_se
from analysis.impact import impact
from analysis.inference.outcome import never_zero
from analysis.inference.rank import rank_test
from analysis.overrides import Overrides, override
from analysis.returns import returns_without
from analysis.run.study import run_study
from analysis.study import (
    Benchmark,
    Event,
    Group,
    Headline,
    MarketValue,
    Study,
    default_min_estimation,
)
from analysis.study_file import dump_study, parse_study
from analysis.windows import Window

if TYPE_CHECKING:
    from analysis.prices.market_data import MarketData

few = settings(max_examples=10, deadline=None)
returns = st.floats(-0.5, 0.9)


@pytest.fixture(scope="module")
def pair(study: Study) -> Study:
    """Two firms around the sell-off, market model."""
    choices = Overrides(
        events=("sell-off",), symbols=("NVDA", "AMD"), models=("market",), benchmarks=("SPY-ex",)
    )
    return override(study, choices)


def numbers(study: Study, data: MarketData) -> pd.DataFrame:
    frame = run_study(study, data).tidy
    return frame.sort_values(["symbol", "window"]).reset_index(drop=True)


@pytest.mark.slow
@few
@given(scales=st.lists(st.floats(1e-3, 1e3), min_size=3, max_size=3))
def test_rescaling_levels_changes_nothing(pair, snapshot, scales: list[float]) -> None:
    levels = snapshot.levels.copy()
    for symbol, scale in zip(("NVDA", "AMD", "SPY"), scales, strict=True):
        levels[symbol] *= scale
    pd.testing.assert_frame_equal(
        numbers(pair, replace(snapshot, levels=levels)),
        numbers(pair, snapshot),
        rtol=1e-7,
        atol=1e-10,
    )


@pytest.mark.slow
@few
@given(order=st.permutations(["NVDA", "AMD", "SPY", "RSP", "TXN"]))
def test_the_order_of_columns_changes_nothing(pair, snapshot, order: list[str]) -> None:
    other = replace(snapshot, levels=snapshot.levels[order])
    pd.testing.assert_frame_equal(
        numbers(pair, other), numbers(pair, snapshot), rtol=1e-9, atol=1e-12
    )


@given(
    days=st.lists(st.tuples(returns, returns), min_size=2, max_size=12),
    cut=st.integers(1, 11),
)
def test_cars_of_adjacent_windows_add_up(days: list[tuple[float, float]], cut: int) -> None:
    cut = min(cut, len(days) - 1)
    raw, expected = (np.array(side) for side in zip(*days, strict=True))
    path = AbnormalPath(-1, raw, expected, np.eye(len(raw)))
    first = path.within(Window(-1, cut - 2))
    second = path.within(Window(cut - 1, len(raw) - 2))
    assert cumulative(first) + cumulative(second) == pytest.approx(cumulative(path), abs=1e-12)
    assert cumulative_se(path) == pytest.approx(np.sqrt(len(raw)))
    assert (1 + buy_and_hold(path)) - 1 == pytest.approx(
        np.prod(1 + raw) - np.prod(1 + expected), rel=1e-9, abs=1e-9
    )


@given(days=st.lists(st.tuples(returns, returns), min_size=1, max_size=8), value=st.floats(1, 1e13))
def test_realised_dollars_are_expected_plus_abnormal(days, value: float) -> None:
    raw, expected = (np.array(side) for side in zip(*days, strict=True))
    found = impact(AbnormalPath(0, raw, expected, np.eye(len(raw))), value, df=9, level=0.95)
    size = value * max(1.0, np.abs(np.cumprod(1 + raw)).max())
    assert found.raw == pytest.approx(found.expected + found.abnormal, abs=1e-11 * size)
    assert found.raw == pytest.approx(value * (np.prod(1 + raw) - 1), abs=1e-11 * size)
    assert found.low <= found.abnormal <= found.high


@given(moves=st.lists(st.tuples(returns, returns), min_size=2, max_size=20))
def test_purging_with_weight_zero_changes_nothing(moves) -> None:
    frame = 100 * (1 + pd.DataFrame(moves, columns=["F", "I"])).cumprod()
    purged = returns_without([frame["F"]], frame["I"], [{0: 0.0}])
    plain = frame["I"] / frame["I"].shift() - 1
    np.testing.assert_allclose(purged.iloc[1:], plain.iloc[1:], atol=1e-12)


@few
@given(weight=st.floats(0.001, 0.3), shock=st.floats(-0.6, 0.6))
def test_purging_undoes_what_the_firm_did_to_the_index(weight: float, shock: float) -> None:
    """An index made of the firm and the rest: purged of the firm it is the rest."""
    rest, firm = np.array([0.01, -0.02, 0.003]), np.array([0.02, shock, -0.01])
    share, index = weight, [100.0]
    for r, f in zip(rest, firm, strict=True):
        index.append(index[-1] * (1 + share * f + (1 - share) * r))
        share = share * (1 + f) / (1 + share * f + (1 - share) * r)
    firm_levels = pd.Series(np.concatenate([[50.0], 50 * np.cumprod(1 + firm)]), name="F")
    purged = returns_without([firm_levels], pd.Series(index, name="I"), [{0: weight}])
    np.testing.assert_allclose(purged.iloc[1:], rest, atol=1e-10)


@given(start=st.integers(-999, 999), length=st.integers(0, 999))
def test_a_window_survives_being_written(start: int, length: int) -> None:
    window = Window(start, start + length)
    assert Window.parse(str(window)) == window
    assert len(window) == length + 1


@given(
    statistic=st.floats(-50, 50),
    draws=st.lists(st.floats(-20, 20), min_size=19, max_size=60),
)
def test_a_rank_p_is_a_probability_and_never_zero(statistic: float, draws: list[float]) -> None:
    p = rank_test("placebo", statistic, np.array(draws)).p
    assert 1 / (len(draws) + 1) <= p <= 1
    assert never_zero(p) == p


texts = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=12)
names = st.text("abcdefghijkl-", min_size=1, max_size=8).filter(lambda name: name != "all")
symbols = st.text("ABCDEFGHIJ", min_size=1, max_size=5)
days = st.dates(dt.date(2000, 1, 1), dt.date(2030, 1, 1))


@st.composite
def studies(draw) -> Study:
    firms = draw(st.lists(symbols, min_size=2, max_size=6, unique=True))
    cut = draw(st.integers(0, len(firms) - 1))
    groups = (Group(draw(names), draw(texts), tuple(firms[:cut])),) if cut else ()
    events = tuple(
        Event(name, draw(texts), draw(st.one_of(days, st.datetimes(
            dt.datetime(2000, 1, 1), dt.datetime(2030, 1, 1), timezones=st.just(dt.UTC)  # noqa: DTZ001
        ))), draw(texts))
        for name in draw(st.lists(names, min_size=1, max_size=3, unique=True))
    )  # fmt: skip
    weight = draw(st.floats(1e-6, 0.99))
    benchmarks = (
        Benchmark("SPY", "SPY"),
        Benchmark("SPY-ex", "SPY", firms[0], weight, draw(days), draw(texts)),
    )
    estimation = Window(-draw(st.integers(60, 300)), -11)
    windows = (Window(0, draw(st.integers(0, 9))), Window(-2, 12))
    return Study(
        id=draw(names),
        title=draw(texts),
        calendar="XNYS",
        event_firm=firms[0],
        events=events,
        groups=groups,
        symbols=tuple(firms),
        benchmarks=benchmarks,
        models=("market", "mean"),
        estimation=estimation,
        min_estimation=default_min_estimation(estimation),
        windows=windows,
        level=draw(st.floats(0.51, 0.999)),
        headline=Headline(events[0].id, firms[-1], "mean", "SPY-ex", windows[1], "SPY"),
        market_values=(
            MarketValue(
                firms[0], draw(st.floats(1, 1e11)), draw(days), "x", None, 12.5, draw(days)
            ),
        ),
        data="snapshot",
    )


@settings(max_examples=60, deadline=None)
@given(study=studies())
def test_a_study_survives_being_written(study: Study) -> None:
    assert parse_study(dump_study(study)) == study
