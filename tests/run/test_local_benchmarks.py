"""Each firm against an index of its own: every cell as in a study of that index alone."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from analysis.errors import StudyError
from analysis.narrative import summary_paragraph
from analysis.overrides import Overrides, override
from analysis.prices.market_data import MarketData
from analysis.prices.reference import IndexWeight, Reference
from analysis.results.names import benchmark_words
from analysis.run.needs import needed_symbols
from analysis.run.plan import plan_study
from analysis.run.study import run_study
from analysis.sessions import sessions_between
from analysis.study import Benchmark, Event, Securities, Study
from analysis.tables.summary import summary_text

EVENT = dt.date(2025, 1, 27)
OWN = {"KR1": "KOSPI", "KR2": "KOSPI", "JP1": "TOPIX"}


@pytest.fixture(scope="module")
def data():
    """Three firms, each moving with the index of its market."""
    days = sessions_between("XNYS", dt.date(2024, 6, 3), dt.date(2025, 2, 14))
    draw = np.random.default_rng(7)
    moves = 0.01 * draw.standard_normal((len(days), 5))
    moves[:, 0] += 1.2 * moves[:, 3]
    moves[:, 1] += 0.8 * moves[:, 3]
    moves[:, 2] += 1.1 * moves[:, 4]
    names = ["KR1", "KR2", "JP1", "KOSPI", "TOPIX"]
    levels = pd.DataFrame(100 * np.cumprod(1 + moves, axis=0), days.rename("session"), names)
    weights = (IndexWeight("TOPIX (fund)", "JP1", 0.2, dt.date(2025, 1, 24), "made"),)
    return MarketData("made", "XNYS", levels, reference=Reference(weights=weights))


def asked(**more) -> Study:
    values = {
        "id": "asia",
        "event_firm": "KR1",
        "symbols": tuple(OWN),
        "events": [Event("news", "News", EVENT)],
        "models": ("market", "market-adjusted"),
        "estimation": "-100..-11",
        "windows": ("0..0", "-1..1"),
        "securities": (
            Securities("KR1,KR2", benchmark="KOSPI"),
            Securities("JP1", benchmark="TOPIX"),
        ),
    }
    return Study(**(values | more))


@pytest.fixture(scope="module")
def result(data):
    return run_study(asked(), data)


SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    "symbol", [pytest.param("KR1", marks=SLOW), pytest.param("KR2", marks=SLOW), "JP1"]
)
def test_a_cell_is_that_of_the_index_alone(data, result, symbol) -> None:
    """Bit for bit, all columns: the firm alone against its index, in the file's other order."""
    alone = asked(
        symbols=(symbol,), event_firm=symbol, benchmarks=(Benchmark(OWN[symbol]),), securities=()
    )
    other = run_study(alone, data).tidy.drop(columns=["benchmark", "p_romano_wolf"])
    mine = result.tidy[result.tidy["symbol"] == symbol]
    assert set(mine["benchmark"]) == {"local"}
    pd.testing.assert_frame_equal(
        mine[other.columns].reset_index(drop=True), other.reset_index(drop=True), check_exact=True
    )
    whole = asked(benchmarks=(Benchmark("TOPIX"), Benchmark("local"), Benchmark("KOSPI")))
    many = run_study(whole, data).tidy
    rows = many[(many["symbol"] == symbol) & (many["benchmark"] == "local")]
    pd.testing.assert_frame_equal(
        rows[other.columns].reset_index(drop=True), other.reset_index(drop=True), check_exact=True
    )


def test_the_texts_name_each_index(result) -> None:
    assert benchmark_words(result, "local") == "each firm's own index (KOSPI, TOPIX)"
    assert "The market model on KOSPI, fitted" in summary_paragraph(result)
    text = " ".join(summary_text(result).split())
    assert "Benchmark local is each firm's own index: KOSPI for KR1, KR2; TOPIX for JP1." in text


def test_a_flag_is_of_the_firms_own_index(result) -> None:
    flags = {f.symbol: f.windows[0].flags for f in result.firms}
    assert [symbol for symbol, found in flags.items() if "benchmark-holds-firm" in found] == ["JP1"]


def test_it_may_be_asked_for_on_the_command_line(data) -> None:
    study = asked(benchmarks=(Benchmark("TOPIX"),))
    assert [b.id for b in study.benchmarks] == ["TOPIX"]
    chosen = override(study, Overrides(benchmarks="local", symbols="KR2"))
    assert [b.id for b in chosen.benchmarks] == ["local"]
    assert needed_symbols(chosen) == ("KR2", "KOSPI")
    assert plan_study(chosen, data).specifications[0].own.keys() == {"KR2"}


def test_an_index_may_be_a_benchmark_of_the_study(data) -> None:
    """So that it is purged as that benchmark says."""
    purged = Benchmark("TOPIX-ex", purged_of="JP1")
    study = asked(
        benchmarks=(purged, Benchmark("local")),
        symbols=("JP1",),
        event_firm="JP1",
        securities=(Securities("JP1", benchmark="TOPIX-ex"),),
    )
    first, own, *_ = plan_study(study, data).specifications
    np.testing.assert_array_equal(first.market, own.market_of("JP1"))


def test_what_cannot_be_is_refused(data) -> None:
    with pytest.raises(StudyError, match=r"each firm's own index, and JP1 has none; write"):
        asked(securities=asked().securities[:1])
    with pytest.raises(StudyError, match="symbol, purged_of and weight do not go with it"):
        asked(benchmarks=(Benchmark("local", symbol="KOSPI"),))
    with pytest.raises(StudyError, match="says nothing; give benchmark, currency or both"):
        Securities("KR1")
    with pytest.raises(StudyError, match="the benchmark of 'KR1' occurs twice"):
        asked(securities=(*asked().securities, Securities("KR1", benchmark="TOPIX")))
    with pytest.raises(StudyError, match="benchmark 'DAX' needs DAX, which is not in made"):
        plan_study(asked(securities=(Securities("KR1,KR2,JP1", benchmark="DAX"),)), data)
