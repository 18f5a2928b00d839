"""The simulation of test sizes, the table it left, and the page made from it."""

from __future__ import annotations

import importlib.util
import math
import sys

import pytest
from scipy import integrate, stats

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
POWER = "30 firms: POWER, correlation 0.2, effect of 1.5 sd"
ONE_NORMAL, ONE_POWER = "1 firm: normal", "1 firm: POWER, effect of 3 sd"
MARKETS = {INDEPENDENT_NORMAL: 400, CLUSTERED: 400, WIDER: 400, POWER: 400} | {
    ONE_NORMAL: 200,
    ONE_POWER: 200,
}
"""How many markets of a scenario the quick tests draw, of seeds that the table has not."""


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


@pytest.fixture(scope="module")
def drawn(simulation):
    """Shares rejected at 5 % in fresh markets, by scenario and test, by the code as it is."""
    by_name = {scenario.name: scenario for scenario in simulation.SCENARIOS}
    shares = {}
    for name, markets in MARKETS.items():
        counts = simulation.run_chunk((by_name[name], 1000, markets))
        assert {int(row[2]) for row in counts.values()} == {markets}
        shares[name] = {test: row[0] / markets for test, row in counts.items()}
    return shares


@pytest.fixture(scope="module")
def near(drawn):
    """Whether the share of a scenario lies within 4 standard errors of a probability."""

    def judge(scenario, test, truth, *, slack=0.0, others=math.inf):
        error = math.sqrt(truth * (1 - truth) * (1 / MARKETS[scenario] + 1 / others))
        return abs(drawn[scenario][test] - truth) <= 4 * error + slack

    return judge


@pytest.mark.slow
@pytest.mark.parametrize("test", [*ROBUST, *INDEPENDENT])
def test_fresh_markets_are_rejected_as_often_as_the_level_says(near, test):
    # ranks and the correlation estimated for Kolari and Pynnonen are approximations
    assert near(INDEPENDENT_NORMAL, test, 0.05, slack=0.01)
    if test in ROBUST:
        assert near(CLUSTERED, test, 0.05, slack=0.015)


def power_of_signs(correlation, firms, effect):
    """Share of days on which so many signs of equally correlated normal returns agree at 5 %."""
    among = 2 / math.pi * math.asin(correlation)  # the correlation of two signs
    deviation = math.sqrt(among * (1 - 1 / firms) + 1 / firms)
    need = math.ceil(firms * (1 + stats.norm.isf(0.025) * deviation) / 2)

    def density(common):
        own = (effect + common * math.sqrt(correlation)) / math.sqrt(1 - correlation)
        return stats.norm.pdf(common) * stats.binom.sf(need - 1, firms, stats.norm.cdf(own))

    return integrate.quad(density, -8, 8)[0]


@pytest.mark.slow
def test_the_portfolio_and_patells_test_have_the_size_and_power_of_theory(near):
    # equal correlation r of n firms: a mean has variance r + (1 - r) / n
    deviation = math.sqrt(0.2 + 0.8 / 30)
    patell = 2 * stats.norm.sf(stats.norm.isf(0.025) / (deviation * math.sqrt(30)))
    assert near(CLUSTERED, "patell", patell, slack=0.01)
    power = stats.norm.sf(stats.norm.isf(0.025) - 1.5 / deviation)
    for test in ROBUST:
        # weights by volatility, ranks and estimated correlation cost some of it
        truth = power_of_signs(0.2, 30, 1.5) if test == "corrado-sign" else power
        assert near(POWER, test, truth, slack=0.05), test
    assert near(WIDER, "patell", 2 * stats.norm.sf(1.96 / math.sqrt(2)), slack=0.01)


@pytest.mark.slow
@pytest.mark.parametrize(
    "test", ["t", "hac-t", "sq", "conformal", "conformal-block", "bootstrap", "variance-f"]
)
def test_fresh_firms_are_rejected_as_often_as_theory_says(near, test):
    assert near(ONE_NORMAL, test, 0.05, slack=0.01)
    power = stats.nct.sf(stats.t.isf(0.025, 248), 248, 3 / math.sqrt(1 + 1 / 250))
    assert near(ONE_POWER, test, power, slack=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", [INDEPENDENT_NORMAL, CLUSTERED, WIDER, POWER, ONE_NORMAL])
def test_the_stored_table_is_the_one_that_the_code_would_give(drawn, near, scenario):
    for test in drawn[scenario]:
        if ":" not in test:
            assert near(scenario, test, rate(test, scenario), slack=0.002, others=2000), test


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
