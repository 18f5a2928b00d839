"""Size and power of the test that leads a group on one date: the stored table, and fresh draws."""

from __future__ import annotations

import importlib.util
import math
import sys

import numpy as np
import pytest

from analysis.inference.catalog import group_rates
from analysis.results.verdict import GROUP_LEADS

LEAD = "placebo-scaled"
WIDER = "clustered, event variance x 2"


@pytest.fixture(scope="module")
def simulation(root):
    path = root / "scripts" / "simulate_size_of_groups.py"
    spec = importlib.util.spec_from_file_location("simulate_size_of_groups", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["simulate_size_of_groups"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["simulate_size_of_groups"]


def of(test: str, *, effect: float, evenly: bool = True):
    return [r for r in group_rates() if (r.test, r.effect, r.evenly) == (test, effect, evenly)]


def test_the_table_holds_every_group_market_and_effect():
    leading = [r for r in group_rates() if r.test == LEAD]
    assert GROUP_LEADS[0] == LEAD
    assert {r.firms for r in leading} == {2, 3, 5, 26}
    assert {r.market for r in leading} == {"independent", "clustered", WIDER, "real dates"}
    assert {r.effect for r in leading} == {0.0, -0.02, -0.05, -0.10, -0.20}
    assert len(leading) == 4 * 4 * 9
    assert min(r.trials for r in leading) >= 1000


def test_the_leading_test_has_its_size_but_where_the_event_raises_the_variance():
    for rate in of(LEAD, effect=0.0):
        assert (0.04 <= rate.share <= 0.07) == (rate.market != WIDER), rate
    assert all(0.12 < r.share < 0.22 for r in of(LEAD, effect=0.0) if r.market == WIDER)


@pytest.mark.parametrize("evenly", [True, False])
def test_it_finds_a_fall_of_ten_percent_however_uneven(evenly):
    for rate in of(LEAD, effect=-0.10, evenly=evenly):
        assert rate.share >= (0.95 if rate.firms >= 3 else 0.90), rate


def test_whether_firms_were_hit_evenly_finds_less_the_deeper_an_uneven_fall():
    """Why it has no vote: the more the firms differ, the less it sees."""
    small = [r for r in of("kp", effect=-0.20, evenly=False) if r.firms <= 3]
    assert small
    assert all(r.share < 0.02 for r in small)
    even = [r for r in of("kp", effect=-0.20) if r.firms == 26]
    assert all(r.share > 0.95 for r in even)


def test_uneven_effects_have_the_mean_and_spread_asked_for(simulation):
    rng = np.random.default_rng(1)
    for firms in (2, 5, 26):
        drawn = simulation.effects(rng, firms, -0.10, evenly=False)
        assert drawn.mean() == pytest.approx(-0.10)
        assert drawn.std() == pytest.approx(0.07)
    assert simulation.effects(rng, 3, -0.1, evenly=True).tolist() == [-0.1] * 3


def test_no_rule_asks_tests_to_agree(root):
    """The rule of version 0.1 could not reject small groups hit unevenly at any fall."""
    pages = [root / "docs" / "methods.md", *(root / "analysis" / "inference").rglob("*.py")]
    pages.append(root / "analysis" / "results" / "verdict.py")
    for page in pages:
        text = page.read_text(encoding="utf-8").lower()
        for old in ("must agree", "all three reject", "tests agree", "that survive it lead and"):
            assert old not in text, (page.name, old)


@pytest.mark.slow
@pytest.mark.parametrize("market", ["independent", "clustered"])
def test_fresh_markets_give_the_size_and_power_of_the_table(simulation, monkeypatch, market):
    monkeypatch.setattr(simulation, "SEED", 7)
    trials = 300
    fresh = {
        (r.firms, r.effect, r.evenly, r.test): r.share for r in simulation.simulated(market, trials)
    }
    for rate in group_rates():
        if rate.market != market:
            continue
        p = min(max(rate.share, 0.01), 0.99)
        error = math.sqrt(p * (1 - p) * (1 / trials + 1 / rate.trials))
        key = (rate.firms, rate.effect, rate.evenly, rate.test)
        assert abs(fresh[key] - rate.share) <= 4.5 * error, key
    for firms in (3, 5, 26):
        assert fresh[firms, -0.10, False, LEAD] >= 0.95
    assert fresh[2, -0.10, False, "kp"] < 0.05


@pytest.mark.slow
def test_real_dates_give_the_size_and_power_of_the_table(simulation):
    rates = {(r.firms, r.effect, r.evenly, r.test): r.share for r in simulation.real(2)}
    for firms in (2, 3, 5, 26):
        assert 0.04 <= rates[firms, 0.0, True, LEAD] <= 0.07
        assert rates[firms, -0.10, False, LEAD] >= (0.95 if firms > 2 else 0.90)
