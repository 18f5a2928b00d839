"""The simulation of test sizes, the table it left, and the page made from it."""

from __future__ import annotations

import importlib.util
import math
import sys

import pytest

from analysis.inference.catalog import TESTS, explain, simulated_sizes
from analysis.inference.page import methods_page
from analysis.models.catalog import MODELS

DRAWN_DATES = {
    "placebo-scaled",
    "placebo-volatile",
    "portfolio-garch",
}  # simulated with years of dates
MANY = [
    test for test in TESTS.of("group") if test.family == "many firms" and test.id not in DRAWN_DATES
]
EVENLY_HIT = ["kp", "grank-t", "placebo-bmp"]
INDEPENDENT = [test.id for test in MANY if "independent firms" in test.assumes]
ROBUST = [test.id for test in MANY if "independent firms" not in test.assumes]
INDEPENDENT_NORMAL = "30 firms: independent, normal"
CLUSTERED = "30 firms: one date, correlation 0.2"
WIDER = "30 firms: independent, event variance x 2"
CLUSTERED_WIDER = "30 firms: one date, correlation 0.2, event variance x 2"
COMMON = "30 firms: one date, correlation 0.2, common shock's sd x 2"


@pytest.fixture(scope="module")
def simulation(root):
    path = root / "scripts" / "simulate_size.py"
    spec = importlib.util.spec_from_file_location("simulate_size", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["simulate_size"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["simulate_size"]


def rate(test: str, scenario: str) -> float:
    return next(size.at_5 for size in simulated_sizes()[test] if size.scenario == scenario)


def test_the_page_is_the_one_that_the_catalogues_make(root):
    page = (root / "docs" / "methods.md").read_text(encoding="utf-8")
    assert page == methods_page(), "run scripts/write_methods.py"


def test_the_page_names_every_model_and_test():
    page = methods_page()
    for method in TESTS.values():
        assert f"(`{method.id}`)" in page
        assert method.reference in page
    for spec in MODELS.values():
        assert f"`{spec.id}`" in page


def test_every_scenario_has_two_thousand_replications():
    sizes = [size for found in simulated_sizes().values() for size in found]
    assert len(sizes) > 150
    assert min(size.replications for size in sizes) >= 2000
    assert {*ROBUST, *INDEPENDENT} <= set(simulated_sizes())
    assert "POWER" in explain("kp")


@pytest.mark.parametrize("test", [*ROBUST, *INDEPENDENT])
def test_every_test_keeps_its_size_where_all_its_assumptions_hold(test):
    # 3 standard errors of 2,000 replications are 1.5 points; the rank tests are approximations
    assert rate(test, INDEPENDENT_NORMAL) == pytest.approx(0.05, abs=0.02)


@pytest.mark.parametrize("test", INDEPENDENT)
def test_tests_that_take_firms_for_independent_reject_far_too_often_on_one_date(test):
    assert rate(test, CLUSTERED) > 0.35


@pytest.mark.parametrize("test", ROBUST)
def test_tests_that_lead_survive_one_date(test):
    assert rate(test, CLUSTERED) < 0.085


@pytest.mark.parametrize("test", ["kp", "placebo-bmp"])
def test_the_lead_survives_correlation_and_event_variance_together(test):
    assert rate(test, CLUSTERED_WIDER) < 0.07


@pytest.mark.parametrize("test", ["patell", "kp-patell", "portfolio", "crude", "placebo-mean"])
def test_tests_that_take_the_variance_for_steady_do_not(test):
    assert rate(test, WIDER) > 0.12


def test_no_test_survives_a_more_volatile_common_shock():
    assert all(rate(test, COMMON) > 0.2 for test in EVENLY_HIT)


def test_one_firm():
    assert rate("t", "1 firm: normal") == pytest.approx(0.05, abs=0.015)
    assert rate("sq", "1 firm: fat tails (t4)") == pytest.approx(0.05, abs=0.015)
    assert rate("conformal", "1 firm: fat tails (t4)") == pytest.approx(0.05, abs=0.015)
    plain = rate("t", "1 firm: autocorrelation 0.15 (window of 5)")
    mended = rate("hac-t", "1 firm: autocorrelation 0.15 (window of 5)")
    assert mended < plain
    assert rate("conformal-block", "1 firm: autocorrelation 0.15 (window of 5)") < plain
    assert rate("variance-f", "1 firm: GARCH, t4 (window of 5)") > 0.08


def test_the_same_seed_gives_the_same_counts(simulation):
    scenario = simulation.SCENARIOS[3]
    one = simulation.run_chunk((scenario, 0, 3))
    two = simulation.run_chunk((scenario, 0, 3))
    assert {test: row.tolist() for test, row in one.items()} == {
        test: row.tolist() for test, row in two.items()
    }


def test_the_scenarios_draw_what_they_say(simulation):
    rng = simulation.np.random.default_rng(1)
    by_name = {scenario.name: scenario for scenario in simulation.SCENARIOS}
    draws = simulation.np.array([by_name[CLUSTERED_WIDER].errors(rng) for _ in range(40)])
    before, after = draws[:, : simulation.SESSIONS], draws[:, simulation.SESSIONS :]
    assert before.var() == pytest.approx(1.0, rel=0.05)
    assert after.var() == pytest.approx(2.0, rel=0.15)
    matrix = simulation.np.corrcoef(before.reshape(-1, 30), rowvar=False)
    off = (matrix.sum() - 30) / (30 * 29)
    assert off == pytest.approx(0.2, abs=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", [INDEPENDENT_NORMAL, CLUSTERED])
def test_two_thousand_markets_give_the_sizes_that_theory_promises(simulation, scenario):
    chosen = tuple(s for s in simulation.SCENARIOS if s.name == scenario)
    sizes = simulation.simulate(chosen, 2000, processes=1)
    exact = ("cross-t", "bmp", "patell", "portfolio", "placebo-mean", "placebo-bmp", "kp")
    error = math.sqrt(0.05 * 0.95 / 2000)
    for (test, _), (five, one, count) in sizes.items():
        assert count == 2000
        if scenario == CLUSTERED and test in INDEPENDENT:
            assert five > 0.35
        elif test in exact:
            assert five == pytest.approx(0.05, abs=3.5 * error)
            assert one == pytest.approx(0.01, abs=0.01)
        # another processor may round a p-value across the level
        assert five == pytest.approx(rate(test, scenario), abs=0.002)
