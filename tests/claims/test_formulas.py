"""Every formula of the claims ledger against a case worked by hand."""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.claims.evidence import Evidence, check_claims, gather
from analysis.claims.formulas import FORMULAS, judged
from analysis.claims.ledger import CLAIMS, Claim, Fact, PublishedLoss, load_ledger
from analysis.errors import DataError
from analysis.prices.market_data import MarketData
from analysis.prices.snapshot import load_snapshot

FACTS = {
    "v3_hours_total": 3_000_000,
    "v3_hours_pretraining": 2_400_000,
    "v3_hours_context_extension": 400_000,
    "v3_hours_posttraining": 200_000,
    "v3_price_per_hour": 4,
    "v3_cluster_gpus": 1_000,
    "v3_params_active": 10,
    "v3_params_total": 200,
    "mla_d_c": 400,
    "mla_d_h_R": 100,
    "mla_d_h": 50,
    "mla_n_h": 20,
    "v3_layers": 10,
}
DAY = dt.date(2025, 1, 27)


def loss(company: str, date: dt.date, usd_bn: float | None) -> PublishedLoss:
    return PublishedLoss(company, date, None if usd_bn is None else usd_bn * 1e9, None, "", "")


@pytest.fixture
def evidence() -> Evidence:
    """Round figures: 10 bn shares falling from 100 to 90, USD 100 bn."""
    return Evidence(
        firm="AAA",
        eve=dt.date(2025, 1, 24),
        session=DAY,
        shares=10e9,
        eve_close=100.0,
        close=90.0,
        facts={k: Fact(k, float(v), "H800 GPUs", "") for k, v in FACTS.items()},
        losses=(
            loss("AAA", DAY, 101),
            loss("BBB", dt.date(2024, 9, 3), 40),
            loss("CCC", dt.date(2026, 1, 29), 60),
            loss("Some of all (sum)", dt.date(2024, 1, 2), 900),
            loss("DDD", dt.date(2024, 1, 2), None),
        ),
        dates={"v3": dt.date(2024, 12, 26), "r1": dt.date(2025, 1, 20)},
        data=MarketData("none", "XNYS", pd.DataFrame()),
    )


def claim(formula: str, *claimed: float, exact: float = 0.5, rounding: float = 5, **options: Any):
    return Claim("x", "", "", tuple(claimed), "", formula, exact, rounding, options)


CASES = [
    # formula, claimed, options, computed, verdict
    ("one_day_loss", (100.2,), {}, (100.0,), "holds"),
    ("one_day_loss", (96,), {}, (100.0,), "holds within rounding"),
    ("one_day_loss", (94,), {"early_print": 90.6}, (100.0,), "does not hold"),
    ("record_loss", (), {}, (60.0,), "holds"),
    ("previous_record_ratio", (2,), {}, (2.5,), "holds"),
    ("previous_record_ratio", (3,), {}, (2.5,), "does not hold"),
    ("training_cost", (12,), {}, (12.0,), "holds"),
    ("training_cost", (9.6,), {"stage": "pretraining"}, (9.6,), "holds"),
    ("training_cost", (1.6,), {"stage": "context_extension"}, (1.6,), "holds"),
    ("training_cost", (0.8,), {"stage": "posttraining"}, (0.8,), "holds"),
    ("cluster", (1_000,), {"kind": "H800"}, (1_000.0,), "holds"),
    ("cluster", (1_000,), {"kind": "H100"}, (1_000.0,), "does not hold"),
    ("cluster", (1_001,), {"kind": "H800"}, (1_000.0,), "does not hold"),
    ("training_days", (124.9,), {}, (125.0,), "holds"),
    ("active_parameters", (10,), {}, (10.0,), "holds"),
    ("capital_efficiency", (2, 10), {"rivals": [24, 120]}, (2.0, 10.0), "holds"),
    ("capital_efficiency", (2, 50), {"rivals": [24, 120]}, (2.0, 10.0), "does not hold"),
    ("cache_reduction", (0.4,), {"groups": 2}, (0.4,), "holds"),
    ("cache_reduction", (12,), {"groups": 2}, (0.4,), "does not hold"),
    ("cache_per_token", (10,), {}, (10.0,), "holds"),
    ("release_date", (), {"entry": "v3", "other": "r1", "month": "2025-01"}, (), "does not hold"),
    ("release_date", (), {"entry": "r1", "other": "v3", "month": "2025-01"}, (), "holds"),
    ("cannot_be_tested", (), {"reasoning": "why"}, (), "cannot be tested here"),
]


@pytest.mark.parametrize(("formula", "claimed", "options", "computed", "verdict"), CASES)
def test_by_hand(evidence, formula, claimed, options, computed, verdict) -> None:
    finding = FORMULAS[formula](claim(formula, *claimed, **options), evidence)
    assert finding.computed == pytest.approx(computed)
    assert finding.verdict == verdict
    assert finding.reasoning
    assert "\n" not in finding.reasoning


def test_a_loss_below_another_is_no_record(evidence) -> None:
    smaller = replace(evidence, close=95.0)
    assert FORMULAS["record_loss"](claim("record_loss"), smaller).verdict == "does not hold"


def test_every_formula_has_a_case() -> None:
    market = {"firms_beyond_chance", "index_abnormal_return"}
    assert {case[0] for case in CASES} | market == set(FORMULAS)


@given(st.floats(-1e6, 1e6), st.floats(0, 10), st.floats(0, 10))
def test_the_verdict_follows_the_distance(value, exact, more) -> None:
    item = claim("one_day_loss", 0.0, exact=exact, rounding=exact + more)
    verdict = judged(item, value)
    assert (verdict == "holds") == (abs(value) <= exact)
    assert (verdict == "does not hold") == (abs(value) > exact + more)


@pytest.fixture(scope="module")
def checked():
    ledger = load_ledger()
    return {c.claim.id: c.finding for c in check_claims(ledger, gather(ledger, load_snapshot()))}


def test_the_market_claims_against_statsmodels() -> None:
    """The abnormal return behind two claims, by an independent regression."""
    sm = pytest.importorskip("statsmodels.api")
    data = load_snapshot()
    returns = (data.levels / data.levels.shift(1) - 1).iloc[1:]
    row = returns.index.get_loc(pd.Timestamp("2025-01-27"))
    sample, day = returns.iloc[row - 260 : row - 10], returns.iloc[row]
    fit = sm.OLS(sample["QQQ"], sm.add_constant(sample["RSP"])).fit()
    expected = day["QQQ"] - (fit.params["const"] + fit.params["RSP"] * day["RSP"])
    ledger = load_ledger()
    outcome = gather(ledger, data).abnormal("QQQ", "RSP")
    assert outcome.value == pytest.approx(expected, rel=1e-9)
    assert outcome.raw == pytest.approx(day["QQQ"])


def test_the_bundled_ledger(checked) -> None:
    """Values worked out on paper from the sources' figures."""
    assert checked["loss-593"].computed[0] == pytest.approx(24.477 * 24.20)
    assert "588.4" in checked["loss-588"].reasoning  # 24.477 x (142.62 - 118.58)
    assert checked["loss-593"].verdict == "holds within rounding"  # 592.3
    assert checked["loss-589"].verdict == "does not hold"
    assert checked["loss-588"].verdict == "does not hold"
    assert checked["loss-600"].verdict == "holds within rounding"
    assert checked["record"].verdict == "holds"
    assert checked["double-record"].verdict == "holds"
    assert checked["training-cost"].computed[0] == pytest.approx(5.576)
    assert checked["duration-55"].computed[0] == pytest.approx(56.72, abs=0.01)
    assert checked["kv-cache-12x"].computed[0] == pytest.approx(2048 / 576)
    assert "56.9x" in checked["kv-cache-12x"].reasoning
    assert "27 groups" in checked["kv-cache-12x"].reasoning
    assert checked["gpus-h100"].verdict == "does not hold"
    assert checked["gpus-h800"].verdict == "holds"
    assert checked["release-date"].shown == "2024-12-26"
    assert checked["demand-grow"].verdict == "cannot be tested here"
    parts = sum(
        checked[f"cost-{s}"].computed[0] for s in ("pretraining", "context", "posttraining")
    )
    assert parts == pytest.approx(checked["training-cost"].computed[0])


def test_an_unknown_formula_is_refused(evidence) -> None:
    ledger = load_ledger()
    wrong = replace(ledger, claims=(replace(ledger.claims[0], formula="one_day_los"),))
    with pytest.raises(DataError, match="did you mean 'one_day_loss'"):
        check_claims(wrong, evidence)


def test_every_claim_names_its_source(root) -> None:
    document = tomllib.loads((root / "data" / CLAIMS).read_text())
    for item in document["claim"]:
        assert item["source"]
        assert item["says"]
    assert len({item["id"] for item in document["claim"]}) == len(document["claim"])
