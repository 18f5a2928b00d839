"""Names of firms and benchmarks: known ones in words, unknown ones as they stand."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from analysis.prices.snapshot import companion_of
from analysis.results.names import benchmark_words, introduced, name_of
from analysis.results.records import FACTOR_MARKET, NO_BENCHMARK


@pytest.mark.parametrize(
    ("benchmark", "words"),
    [
        ("SPY", "S&P 500"),
        ("SPY-ex", "S&P 500 without NVIDIA"),
        (FACTOR_MARKET, "the market factor"),
        (NO_BENCHMARK, "no benchmark"),
    ],
)
def test_benchmarks_in_words(small, benchmark: str, words: str) -> None:
    assert benchmark_words(small, benchmark) == words


def test_firms_by_name_and_without_one_by_symbol(small) -> None:
    assert name_of(small, "AVGO") == "Broadcom"
    assert introduced(small, "AVGO") == "Broadcom (AVGO)"
    unnamed = replace(small, names={})
    assert name_of(unnamed, "AVGO") == introduced(unnamed, "AVGO") == "AVGO"
    assert benchmark_words(unnamed, "SPY-ex") == "SPY without NVDA"


def test_every_bundled_firm_and_fund_of_a_study_has_a_name(snapshot, bundle) -> None:
    assert set(snapshot.levels) <= set(snapshot.reference.names)
    table = pd.read_csv(bundle / "reference/names.csv", keep_default_na=False)
    assert table["symbol"].is_unique
    assert set(table["kind"]) == {"firm", "fund"}
    assert (table["name"].str.len().between(2, 40)).all()


def test_names_of_the_bundle_are_of_its_own_exchange(snapshot) -> None:
    assert companion_of(snapshot, "XNYS").reference.names == snapshot.reference.names
    assert companion_of(snapshot, "XETR").reference.names == {}
