"""Claims against cases worked by hand, and the bundled ledger against paper and statsmodels."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.claims.check import check_claims, find, judged
from analysis.claims.evidence import abnormal, gather
from analysis.claims.expressions import PLAIN_FUNCTIONS, MissingError, Scope
from analysis.claims.ledger import Claim, load_ledger
from analysis.context.details import find_details
from analysis.errors import DataError, MarketImpactError, StudyError
from analysis.run.study import run_study
from analysis.study_file import load_study

if TYPE_CHECKING:
    from pathlib import Path

    from analysis.claims.check import ClaimCheck
    from analysis.claims.ledger import Ledger
    from analysis.prices.market_data import MarketData
    from analysis.results import StudyResult
    from analysis.study import Study


def claim(*claimed: float, **options: Any) -> Claim:
    return Claim("x", "said", "paper", claimed=claimed, **{"exact": 0.5, "rounding": 5, **options})


def absent() -> float:
    raise MissingError("no printed close is at hand")


SCOPE = Scope(
    {"shares": 10e9, "eve_close": 100.0, "close": 90.0},
    {**PLAIN_FUNCTIONS, "absent": absent},
    {"loss": "shares * (eve_close - close)"},
)


@pytest.mark.parametrize(
    ("item", "computed", "verdict"),
    [
        (claim(100.2, value="loss / 1e9"), (100.0,), "holds"),
        (claim(96, value="loss / 1e9"), (100.0,), "holds within rounding"),
        (claim(94, value="loss / 1e9"), (100.0,), "does not hold"),
        (claim(2, 10, value=["2", "low"], names={"low": "8 + 1.6"}), (2.0, 9.6), "holds"),
        (claim(2, 50, value=["2", "10"]), (2.0, 10.0), "does not hold"),
        (claim(value="loss", holds="loss > 1e9"), (1e11,), "holds"),
        (claim(holds="loss > 1e12"), (), "does not hold"),
        (claim(3, holds="claimed[0] == 3"), (), "holds"),
        (claim(94, value="loss / 1e9", near=7), (100.0,), "differs slightly"),  # 6.4 % off
        (claim(94, value="loss / 1e9", near=6), (100.0,), "does not hold"),
        (claim(100.2, value="loss / 1e9", own_inputs=True), (100.0,), "consistent"),
        (claim(94, value="loss / 1e9", own_inputs=True), (100.0,), "does not hold"),
        (claim(100, value="loss / 1e9", underivable="why"), (100.0,), "not derivable"),
        (claim(underivable="no figure at hand"), (), "not derivable"),
        (claim(untestable="years away"), (), "cannot be tested here"),
        (claim(1, value="absent()"), (), "cannot be tested here"),
    ],
)
def test_by_hand(item: Claim, computed: tuple[float, ...], verdict: str) -> None:
    finding = find(item, SCOPE)
    assert finding.computed == pytest.approx(computed)
    assert finding.verdict == verdict


def test_reasons_and_shown_figures_are_filled_in() -> None:
    item = claim(
        100, value="loss / 1e9", reasoning="{loss / 1e9:.0f} bn", shown="about {claimed[0]:g}"
    )
    assert (find(item, SCOPE).reasoning, find(item, SCOPE).shown) == ("100 bn", "about 100")
    missing = find(claim(1, value="absent()"), SCOPE)
    assert missing.reasoning == "no printed close is at hand"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "give value or holds"),
        ({"value": "1", "untestable": "why"}, "give value or holds"),
        ({"value": ["1", "2"]}, "2 computed figures cannot be held against 0 claimed"),
    ],
)
def test_a_claim_says_in_one_way_how_it_is_checked(options: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        claim(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"holds": "3"}, "neither true nor false"),
        ({"value": "'text'", "holds": "1 < 2"}, "is no number"),
        ({"value": "1 < 2", "holds": "1 < 2"}, "is no number"),
    ],
)
def test_an_expression_must_give_what_is_wanted(options: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        find(claim(**options), SCOPE)


@given(st.floats(-1e6, 1e6), st.floats(0, 10), st.floats(0, 10))
def test_the_verdict_follows_the_distance(value: float, exact: float, more: float) -> None:
    item = claim(0.0, value="v", exact=exact, rounding=exact + more)
    verdict = judged(item, [value])
    assert (verdict == "holds") == (abs(value) <= exact)
    assert (verdict == "does not hold") == (abs(value) > exact + more)


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return load_ledger(load_study("deepseek-2025").claims)


@pytest.fixture(scope="module")
def checked(ledger: Ledger, small: StudyResult, snapshot: MarketData) -> dict[str, ClaimCheck]:
    """The bundled ledger on one firm's results: no claim hangs on the other firms' cells."""
    return {c.claim.id: c.finding for c in check_claims(ledger, gather(ledger, small, snapshot))}


def test_the_market_claims_against_statsmodels(study: Study, snapshot: MarketData) -> None:
    """The abnormal return behind two claims, by an independent regression."""
    sm = pytest.importorskip("statsmodels.api")
    returns = (snapshot.levels / snapshot.levels.shift(1) - 1).iloc[1:]
    row = returns.index.get_loc(pd.Timestamp("2025-01-27"))
    sample, day = returns.iloc[row - 260 : row - 10], returns.iloc[row]
    fit = sm.OLS(sample["QQQ"], sm.add_constant(sample["RSP"])).fit()
    expected = day["QQQ"] - (fit.params["const"] + fit.params["RSP"] * day["RSP"])
    outcome = abnormal(study, snapshot, dt.date(2025, 1, 27), "QQQ", "RSP")
    assert outcome.value == pytest.approx(expected, rel=1e-9)
    assert outcome.raw == pytest.approx(day["QQQ"])


def test_an_abnormal_return_of_a_firm_is_the_cell_of_the_study(
    small: StudyResult, study: Study, snapshot: MarketData
) -> None:
    found = abnormal(study, snapshot, dt.date(2025, 1, 27), "NVDA", "SPY-ex")
    cell = small.headline_window
    assert (found.value, found.raw, found.p) == (cell.car, cell.raw, cell.t.p)


ON_PAPER = {
    "loss-593": [24.477 * 24.20],
    "loss-589": [24.477 * 24.20],
    "loss-588": [24.477 * 24.20],
    "loss-600": [24.477 * 24.20],
    "record": [357.0],
    "double-record": [24.477 * 24.20 / 279.0],
    "global-market": [15],
    "training-cost": [2.788 * 2],
    "training-cost-6": [2.788 * 2],
    "cost-pretraining": [2.664 * 2],
    "cost-context": [0.119 * 2],
    "cost-posttraining": [0.294],
    "gpus-h800": [2048],
    "gpus-h100": [2048],
    "duration-55": [2_788_000 / 2048 / 24],
    "active-parameters": [37],
    "capital-efficiency": [100 / 5.576, 500 / 5.576],
    "kv-cache-12x": [8 * 256 / 576],
    "kv-cache-70kb": [576 * 61 * 2 / 1000],
    "cost-stages": [5.568],
    "rivals-gpus": [50e6 / (6 * 730.5), 250e6 / (3 * 730.5)],
    "rivals-months": [2_788_000 / 2048 / 730.5],
    "rivals-dense": [1800 / 671, 1800 / 37],
}
"""Computed figures of the ledger, worked out by hand from the sources' figures."""

BY_REGRESSION = {"ripple-nasdaq", "chip-volatility", "cost-triggered"}


@pytest.mark.parametrize("name", sorted(ON_PAPER))
def test_every_formula_on_paper(checked: dict[str, ClaimCheck], name: str) -> None:
    assert checked[name].computed == pytest.approx(ON_PAPER[name], rel=1e-3)


def test_no_formula_is_without_a_test(ledger: Ledger) -> None:
    computed = {item.id for item in ledger.file.claims if item.value}
    assert computed == ON_PAPER.keys() | BY_REGRESSION


def test_what_does_not_follow_is_said_to_be_not_derivable(
    checked: dict[str, ClaimCheck],
) -> None:
    names = {
        *("capital-efficiency", "rivals-gpus", "rivals-months", "rivals-dense", "profit-margin"),
        "global-market",
    }
    assert {name for name, c in checked.items() if c.verdict == "not derivable"} == names
    assert all(checked[name].error is None for name in names)
    assert checked["rivals-gpus"].shown == "11,408 to 114,077"
    assert checked["profit-margin"].computed == ()
    assert "neither the revenue nor the cost" in checked["profit-margin"].reasoning


def test_the_nasdaq_without_the_firm_against_statsmodels(
    checked: dict[str, ClaimCheck], snapshot: MarketData
) -> None:
    """QQQ less NVDA's weight of each eve, as the known weights drift; on RSP and on IWM."""
    sm = pytest.importorskip("statsmodels.api")
    levels = snapshot.levels
    returns = levels / levels.shift(1) - 1
    weights = {
        pd.Timestamp(w.as_of): w.weight
        for w in snapshot.reference.weights
        if w.index.startswith("QQQ ") and w.symbol == "NVDA"
    }
    days = pd.DatetimeIndex(sorted(weights))
    nearest = days[abs(levels.index.to_numpy()[:, None] - days.to_numpy()).argmin(axis=1)]
    path = levels["NVDA"] / levels["QQQ"]
    drifted = path * [weights[day] / path[day] for day in nearest]
    eve = drifted.shift(1)
    rest = (returns["QQQ"] - eve * returns["NVDA"]) / (1 - eve)
    row = levels.index.get_loc(pd.Timestamp("2025-01-27"))
    said = checked["ripple-nasdaq"].reasoning
    for index in ("RSP", "IWM"):
        x = returns[index].to_numpy()
        fit = sm.OLS(
            rest.iloc[row - 260 : row - 10].to_numpy(), sm.add_constant(x[row - 260 : row - 10])
        ).fit()
        ahead = fit.get_prediction([[1, x[row]]])
        value = rest.iloc[row] - ahead.predicted_mean[0]
        t = value / ahead.se_obs[0]
        p = 2 * stats.t.sf(abs(t), fit.df_resid)
        assert f"{100 * value:.2f} %" in said
        assert f"(p = {p:.3f})" in said
        if index == "RSP":
            assert checked["ripple-nasdaq"].computed == pytest.approx([100 * value], rel=1e-9)
    assert f"without NVDA it returned {100 * rest.iloc[row]:.2f} %" in said
    assert checked["ripple-nasdaq"].verdict == "does not hold"  # p 0.03 and 0.17


def test_firms_that_were_asked_alone_have_no_family(checked: dict[str, ClaimCheck]) -> None:
    assert checked["chip-volatility"].verdict == "cannot be tested here"
    assert "NVDA was not asked among several firms" in checked["chip-volatility"].reasoning


@pytest.mark.slow
def test_chip_makers_are_counted_family_wise(
    ledger: Ledger, full: StudyResult, snapshot: MarketData
) -> None:
    item = next(c for c in ledger.file.claims if c.id == "chip-volatility")
    finding = find(item, gather(ledger, full, snapshot))
    makers = item.names["makers"]
    assert finding.computed == (sum(full.family.p[s] <= 0.05 for s in makers),)
    assert finding.shown == f"{finding.computed[0]:.0f} of 14"
    assert finding.verdict == "does not hold"


def test_the_bundled_ledger(checked: dict[str, ClaimCheck]) -> None:
    """Values worked out on paper from the sources' figures."""
    assert checked["loss-593"].computed[0] == pytest.approx(24.477 * 24.20)
    assert "588.4" in checked["loss-588"].reasoning  # 24.477 x (142.62 - 118.58)
    said = [checked[f"loss-{count}"].said for count in (593, 589, 588, 600)]
    assert said == [f"differs by {error} %" for error in ("0.1", "0.6", "0.7", "1.3")]  # of 592.34
    assert checked["cost-posttraining"].verdict == "does not hold"  # 294,000 published for R1
    assert checked["training-cost"].verdict == "consistent"
    assert checked["capital-efficiency"].verdict == "not derivable"
    assert checked["cost-stages"].said == "differs by 0.2 %"  # 5.568
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
    assert checked["release-date"].verdict == "does not hold"
    assert checked["capital-efficiency"].shown == "18 to 90"  # 100 and 500 over 5.576
    assert checked["demand-grow"].verdict == "cannot be tested here"
    assert all("\n" not in finding.reasoning for finding in checked.values())
    stages = [checked[f"cost-{stage}"].computed[0] for stage in ("pretraining", "context")]
    assert sum(stages) + 0.010 == pytest.approx(checked["training-cost"].computed[0])


def test_a_wrong_expression_is_refused_with_file_claim_and_nearest_name(
    ledger: Ledger, small: StudyResult, snapshot: MarketData
) -> None:
    first = replace(ledger.file.claims[0], value=("los / 1e9",))
    wrong = replace(ledger, file=replace(ledger.file, claims=(first,)))
    scope = gather(wrong, small, snapshot)
    with pytest.raises(
        DataError, match=r"claims.toml: claim 'loss-593': .*no 'los'; did you mean 'loss'"
    ):
        check_claims(wrong, scope)


CLAIMS = """
firm = "AMD"
eve = 2025-01-24
session = 2025-01-27
facts = "facts.toml"
[names]
move = "100 * cell('AMD').raw"
[[claims]]
id = "fell"
says = "AMD fell by six percent"
source = "a friend"
unit = "%"
claimed = -6
value = "move"
exact = 0.5
rounding = 1.0
reasoning = "AMD: {move:.2f} %, abnormal {100 * cell('AMD').car:.2f} %; {unit('chips')} {chips:g}"
[[claims]]
id = "elsewhere"
says = "a firm that is not studied fell"
source = "a friend"
holds = "cell('XYZ').car < 0"
"""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    (tmp_path / "claims.toml").write_text(CLAIMS)
    (tmp_path / "facts.toml").write_text(
        '[[facts]]\nid = "chips"\nvalue = 3\nunit = "bn"\nsource = "press"\n'
    )
    entry = 'kind = "x"\nconfounds = true\nsource = "s"\n'
    (tmp_path / "news.toml").write_text(
        f'[[event]]\nid = "sell-off"\ndate = 2025-01-27\ntitle = "It"\n{entry}'
        f'[[event]]\nid = "fed"\ndate = 2025-01-29\ntitle = "Fed"\n{entry}'
    )
    (tmp_path / "mine.toml").write_text(
        'id = "mine"\nevent_firm = "AMD"\nclaims = "claims.toml"\nchronology = "news.toml"\n'
        'windows = ["0..0", "0..5"]\n[[events]]\nid = "sell-off"\ntitle = "T"\nwhen = 2025-01-27\n'
    )
    return tmp_path / "mine.toml"


@pytest.mark.slow
def test_another_study_brings_its_own_claims_and_news(mine: Path, snapshot: MarketData) -> None:
    result = run_study(load_study(mine), snapshot)
    details = find_details(result, snapshot)
    fell, elsewhere = (item.finding for item in details.claims)
    move = snapshot.levels["AMD"].pct_change().loc["2025-01-27"] * 100
    assert fell.computed == pytest.approx([move])
    assert fell.verdict == "holds"
    assert fell.reasoning.endswith("; bn 3")
    assert elsewhere.verdict == "cannot be tested here"
    assert "no cell" in elsewhere.reasoning
    names = [item.name for item in (*result.inputs, *details.inputs)]
    for name in ("claims.toml", "facts.toml", "news.toml"):
        assert sum(found.endswith(name) for found in names) == 1
    day, week = result.headline.windows
    assert not [flag for flag in day.flags if flag.startswith("confounded")]  # never by itself
    assert [flag for flag in week.flags if flag.startswith("confounded")] == [
        "confounded:2025-01-29:fed"
    ]


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("claims.toml", "says", "say", "claims.toml: .*number 1 'fell': key 'say' is unknown; did"),
        ("claims.toml", 'id = "elsewhere"', 'id = "fell"', "claim 'fell' occurs twice"),
        ("claims.toml", "[names]", "[names]\n_x = 1", "'_x' is no name"),
        ("claims.toml", "[names]", "[names]\nx = true", "'x' is True; a number is needed"),
        ("claims.toml", "[names]", "[names]\nfirm = 3", "the name 'firm' is taken"),
        ("facts.toml", "value = 3", 'value = "3"', "facts.toml: .*'value' is '3'; a number"),
        ("facts.toml", "[[facts]]", "[[facts", "facts.toml: no valid TOML"),
        ("news.toml", "[[event]]", "[event]", "no valid TOML|as an .*event"),
        ("news.toml", "2025-01-29", '"29 Jan"', "news.toml: entry fed"),
    ],
)
def test_a_wrong_companion_is_refused_by_file(
    mine: Path, snapshot: MarketData, file: str, old: str, new: str, message: str
) -> None:
    path = mine.parent / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(MarketImpactError, match=message):
        find_details(run_study(load_study(mine), snapshot), snapshot)


def test_a_missing_companion_is_named(mine: Path, snapshot: MarketData) -> None:
    (mine.parent / "news.toml").unlink()
    with pytest.raises(DataError, match=r"news.toml, which the study names, cannot be read"):
        run_study(load_study(mine), snapshot)
    (mine.parent / "news.toml").mkdir()
    with pytest.raises(DataError, match="no regular file"):
        run_study(load_study(mine), snapshot)


def test_every_bundled_claim_names_its_source(ledger: Ledger) -> None:
    assert all(item.source and item.says for item in ledger.file.claims)
    assert len(ledger.file.claims) == 31


def test_a_study_without_claims_shows_none(study: Study) -> None:
    assert study.claims == "bundled:deepseek-2025/claims.toml"
    assert replace(study, claims="").claims == ""
    with pytest.raises(StudyError, match="'claims' is 3"):
        replace(study, claims=3)


@pytest.mark.slow
def test_the_cost_of_v3_moved_nothing_when_it_appeared(
    ledger: Ledger, full: StudyResult, snapshot: MarketData
) -> None:
    """The most testable statement: the report's own days, by the cells of the study."""
    scope = gather(ledger, full, snapshot)
    item = next(c for c in ledger.file.claims if c.id == "cost-triggered")
    finding = find(item, scope)
    cells = [full.firm(event, "NVDA", "market", "SPY-ex") for event in ("v3-release", "v3-report")]
    days = [cell.at(full.study.headline.window) for cell in cells]
    assert finding.computed == pytest.approx([100 * day.car for day in days])
    assert min(day.t.p for day in days) > 0.5
    assert finding.verdict == "does not hold"
