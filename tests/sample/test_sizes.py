"""What the simulated sizes of the tests of a sample show, and that the program still has them."""

from __future__ import annotations

import csv
import importlib.util
import sys

import numpy as np
import pytest

from analysis.inference.catalog import SAMPLE_SIZES, TESTS, simulated_sizes

INDEPENDENT_DATES = "60 events: independent dates"
CLUSTERED = "60 events: 8 dates, correlation 0.2"
WIDER = "60 events: 8 dates, correlation 0.2, event variance x 2"
OVERLAPPING = "60 events: windows of 5 that overlap, correlation 0.2"


def rates(scenario):
    with SAMPLE_SIZES.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["scenario"] == scenario]
    return {row["test"]: float(row["at_5"]) for row in rows}


def test_the_lead_holds_its_size_whatever_the_dates():
    scenarios = {size.scenario for found in simulated_sizes().values() for size in found}
    null = [s for s in scenarios if s.startswith("60 events") and "POWER" not in s]
    assert len(null) == 7
    for scenario in null:
        assert 0.04 <= rates(scenario)["lead"] <= 0.065, scenario


def test_every_test_holds_its_size_on_independent_dates():
    for test, rate in rates(INDEPENDENT_DATES).items():
        assert 0.035 <= rate <= 0.065, test


def test_clustering_ruins_the_tests_that_ignore_it_and_no_others():
    found = rates(CLUSTERED)
    ignoring = [t for t in found if t in TESTS and "independent firms" in TESTS[t].assumes]
    assert len(ignoring) >= 8
    for test in ignoring:
        assert found[test] > 0.13, test
    for test in ("kp", "date-cluster", "two-way-cluster", "wild-cluster", "kp-patell", "grank-t"):
        assert found[test] < 0.07, test
    assert rates(WIDER)["kp-patell"] > 0.13  # takes the event's variance for that of other days
    assert rates(WIDER)["kp"] < 0.07


def test_overlapping_windows_are_counted_by_those_that_lead():
    found = rates(OVERLAPPING)
    for test in ("kp", "date-cluster", "date-portfolio", "calendar-portfolio"):
        assert found[test] < 0.065, test
    for test in ("bmp", "cross-t", "patell", "crude"):
        assert found[test] > 0.09, test


def test_power_is_shown_too():
    alone = rates("60 events: POWER, independent dates, +0.6 %")
    assert alone["bmp"] > 0.55
    assert alone["bmp"] > alone["cross-t"]  # standardising pays where volatilities differ
    assert rates("60 events: POWER, 30 dates, correlation 0.2, +0.8 %")["kp"] > 0.7


@pytest.mark.slow
def test_the_program_still_has_these_sizes(root):
    path = root / "scripts" / "simulate_sample_size.py"
    spec = importlib.util.spec_from_file_location("simulate_sample_size", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["simulate_sample_size"] = module
    spec.loader.exec_module(module)
    for scenario in (INDEPENDENT_DATES, WIDER, OVERLAPPING):
        counts = module.chunk((scenario, 0, 400))
        for test, rate in rates(scenario).items():
            made = counts[test, 1.0]
            error = np.sqrt(max(rate * (1 - rate), 0.01) / made)
            assert abs(counts[test, 0.05] / made - rate) < 4 * error, (scenario, test)
    del sys.modules["simulate_sample_size"]
