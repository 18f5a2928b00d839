"""The daily look: numbers against other packages, families, words, exit codes."""

from __future__ import annotations

import datetime as dt
import json
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from click.testing import CliRunner
from scipy import stats
from statsmodels.stats.multitest import multipletests

from analysis.cli import main
from analysis.errors import DataError, StudyError, WindowError
from analysis.inference.student import fit_student
from analysis.prices.market_data import MarketData
from analysis.watch import WatchRequest, read_groups, watch, watch_page, watch_text

DAY = dt.date(2025, 1, 27)
GROUPS = {"chips": ("NVDA", "AMD", "AVGO", "GONE"), "power": ("VST", "CEG"), "alone": ("AAPL",)}


@pytest.fixture(scope="module")
def looked(snapshot):
    return watch(snapshot, WatchRequest(session=DAY, groups=GROUPS))


def _of(found, name, against="market"):
    return next(m for m in found.moves if m.name == name and m.against == against)


@pytest.mark.parametrize(("scale", "df", "seed"), [(1.0, 3.0, 1), (0.02, 8.0, 2), (5.0, 2.2, 3)])
def test_the_law_of_ordinary_days_is_scipys_maximum_likelihood(scale, df, seed):
    draws = scale * np.random.default_rng(seed).standard_t(df, 1500)
    found = fit_student(draws)
    nu, _, sigma = stats.t.fit(draws, floc=0)
    assert (found.df, found.scale) == pytest.approx((nu, sigma), rel=2e-3)
    assert found.p(4 * scale) == pytest.approx(2 * stats.t.sf(4 * scale / sigma, nu), rel=5e-3)
    assert stats.t.cdf(found.reach(0.9) / found.scale, found.df) == pytest.approx(0.95)


def test_dead_days_have_no_law():
    assert fit_student(np.zeros(1000)) is None
    assert fit_student(np.full(9, np.nan)) is None


@pytest.mark.parametrize("peers", [False, True])
def test_a_move_is_that_of_least_squares_and_riskmetrics(looked, snapshot, peers):
    returns = snapshot.levels.pct_change(fill_method=None)
    columns = {"market": returns["SPY"]}
    if peers:
        columns["peers"] = returns[["AMD", "AVGO"]].mean(axis=1)
    x = sm.add_constant(pd.DataFrame(columns))
    y, rows = returns["NVDA"], returns.index
    at = rows.get_loc(pd.Timestamp(DAY))
    abnormal = {}
    for day in range(at - 300, at + 1):
        fit = sm.OLS(y.iloc[day - 260 : day - 10], x.iloc[day - 260 : day - 10]).fit()
        abnormal[day] = y.iloc[day] - float(fit.predict(x.iloc[[day]]).iloc[0])
    variance = np.mean([abnormal[d] ** 2 for d in range(at - 300, at - 280)])
    for day in range(at - 280, at):
        variance = 0.94 * variance + 0.06 * abnormal[day] ** 2
    found = _of(looked, "NVDA", "market and group" if peers else "market")
    assert found.abnormal == pytest.approx(abnormal[at], abs=1e-12)
    assert found.forecast == pytest.approx(np.sqrt(variance), rel=1e-5)  # older days fade away
    assert found.scaled == found.abnormal / found.forecast


def test_each_family_is_controlled_on_its_own(looked):
    for kind, against in (("security", "market"), ("group", "market")):
        family = [m for m in looked.moves if (m.kind, m.against) == (kind, against)]
        p = [m.p for m in family]
        assert p == sorted(p)
        moved, adjusted, *_ = multipletests(p, alpha=0.05, method="fdr_bh")
        assert [m.p_adjusted for m in family] == pytest.approx(adjusted)
        assert [m.moved for m in family] == list(moved)
    strict = watch_of(looked, control="by")
    p = [m.p for m in strict.moves if m.kind == "security" and m.against == "market"]
    adjusted = multipletests(p, method="fdr_by")[1]
    assert [m.p_adjusted for m in strict.moves][: len(p)] == pytest.approx(adjusted)


def watch_of(found, **changes):
    from dataclasses import replace

    from analysis.prices.snapshot import load_snapshot

    return watch(load_snapshot(), replace(found.request, groups={}, **changes))


def test_a_value_is_the_same_alone_and_among_others(looked, snapshot):
    alone = watch(snapshot, WatchRequest(session=DAY, symbols=("NVDA",)))
    mine, theirs = _of(alone, "NVDA"), _of(looked, "NVDA")
    for name in ("abnormal", "forecast", "scaled", "df", "p", "p_rank", "low", "impact"):
        assert getattr(mine, name) == getattr(theirs, name)


def test_money_is_of_the_eve_and_groups_add_up(looked):
    nvda = _of(looked, "NVDA")
    assert nvda.market_value == pytest.approx(24.477e9 * 142.62)
    assert nvda.impact == nvda.abnormal * nvda.market_value
    chips = _of(looked, "chips")
    firms = [_of(looked, name) for name in ("NVDA", "AMD", "AVGO")]
    assert chips.abnormal == pytest.approx(np.mean([m.abnormal for m in firms]))
    assert chips.impact == pytest.approx(sum(m.impact for m in firms))
    assert (chips.currency, chips.impact_low) == ("USD", None)


def test_what_is_not_judged_says_why(looked, snapshot):
    assert looked.left_out["GONE"] == "of the group 'chips', not in the data"
    assert looked.left_out["alone"] == "a group of 1 firm(s) with a return; two are needed"
    assert looked.left_out["ARM"] == "101 ordinary days with a forecast; 250 are needed"
    levels = snapshot.levels.copy()
    levels.loc["2025-01-24":, "AMD"] = np.nan
    data = MarketData("mine", "XNYS", levels)
    gone = watch(data, WatchRequest(session=DAY, symbols=("AMD", "NVDA")))
    assert gone.left_out == {"AMD": "no return on 2025-01-27; last traded on 2025-01-23"}
    assert _of(gone, "NVDA").impact is None


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        ({"benchmark": "SPX"}, StudyError, "benchmark 'SPX' is not in bundled snapshot"),
        ({"symbols": ("NVDAA",)}, StudyError, "did you mean 'NVDA'"),
        ({"session": dt.date(2025, 1, 25)}, WindowError, "2025-01-25 is no session of"),
        ({"session": dt.date(2013, 2, 1)}, WindowError, "511 are needed"),
    ],
)
def test_what_cannot_be_is_refused_with_the_mend(snapshot, asked, error, words):
    with pytest.raises(error, match=words):
        watch(snapshot, WatchRequest(**asked))


def test_groups_come_from_tables_and_study_files(tmp_path, root):
    table = tmp_path / "groups.csv"
    table.write_text("symbol,group\nNVDA,chips\nVST,power\nAMD,chips\n")
    assert read_groups(table) == {"chips": ("NVDA", "AMD"), "power": ("VST",)}
    study = root / "data/studies/deepseek-2025/study.toml"
    assert "NVDA" in {s for members in read_groups(study).values() for s in members}
    table.write_text("symbol,group\nNVDA,chips\nNVDA,power\n")
    with pytest.raises(StudyError, match="NVDA stands in the groups 'chips' and 'power'"):
        read_groups(table)
    empty = tmp_path / "none.toml"
    empty.write_text("id = 'x'\n")
    with pytest.raises(StudyError, match="holds no group"):
        read_groups(empty)
    with pytest.raises(DataError, match="cannot be read"):
        read_groups(tmp_path / "absent.toml")


class _Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.seen = [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_text_of_80_columns_and_a_page_of_its_own(looked):
    text = watch_text(looked)
    assert max(map(len, text.splitlines())) <= 80
    assert "NVDA" in text
    assert "Groups: chips, power." in " ".join(text.split())
    page = watch_page(looked)
    tags = _Tags()
    tags.feed(page)
    assert not tags.open
    assert not [t for t, a in tags.seen if t in ("script", "img", "link") or "src" in a]
    quiet = watch_text(watch_of(looked, session=dt.date(2025, 1, 28)))
    assert "none of 31 securities moved beyond its ordinary days" in quiet


def test_the_command_says_by_its_exit_code_whether_something_moved(tmp_path):
    page = tmp_path / "day.html"
    asked = ["watch", "--data", "snapshot", "--symbols", "NVDA,AMD", "--format", "json"]
    moved = CliRunner().invoke(main, [*asked, "--session", "2025-01-27", "--page", str(page)])
    assert moved.exit_code == 10, moved.output
    document = json.loads(moved.stdout)
    assert document["found"] == sum(row["moved"] for row in document["moves"]) > 0
    assert page.read_text().startswith("<!doctype html>")
    calm = CliRunner().invoke(main, [*asked, "--session", "2025-01-28"])
    assert (calm.exit_code, json.loads(calm.stdout)["found"]) == (0, 0)
    rows = CliRunner().invoke(main, [*asked[:-1], "csv", "--session", "2025-01-27"])
    assert rows.stdout.splitlines()[0].startswith("session,kind,name,group,against,raw,abnormal")
    wrong = CliRunner().invoke(main, [*asked, "--session", "2025-01-25"])
    assert wrong.exit_code == 2
    assert wrong.stderr.startswith("error: 2025-01-25 is no session")


def _market(seed, sessions, firms):
    """Firms on one market: fat tails, clustered volatility, and errors that lean together."""
    draw = np.random.default_rng(seed)
    calm = np.ones(sessions)
    for t in range(1, sessions):
        shock = draw.standard_normal()
        calm[t] = np.exp(0.97 * np.log(calm[t - 1]) + 0.15 * shock)
    market = 0.01 * np.sqrt(calm) * draw.standard_normal(sessions)
    common = draw.standard_normal(sessions)[:, None]
    own = draw.standard_t(4, (sessions, firms)) / np.sqrt(2)
    errors = 0.02 * np.sqrt(calm)[:, None] * (0.3 * common + 0.95 * own)
    beta = draw.uniform(0.5, 1.8, firms)
    return market, market[:, None] * beta + errors


def _data(market, returns):
    days = pd.bdate_range("2015-01-01", periods=len(market)).as_unit("us")
    names = [f"F{n:03d}" for n in range(returns.shape[1])]
    levels = np.exp(np.cumsum(np.log1p(np.column_stack([market, returns])), axis=0))
    frame = pd.DataFrame(levels, index=days.rename("session"), columns=["SPY", *names])
    return MarketData("simulated", "XNYS", frame)


@pytest.mark.slow
def test_size_and_power_of_the_discoveries():
    days, firms, struck = 120, 40, 4
    market, returns = _market(5, 900 + days, firms)
    alarms, false, found = 0, [], 0
    for day in range(days):
        until = 901 + day
        quiet = watch(_data(market[:until], returns[:until]), WatchRequest())
        alarms += bool(quiet.found)
        shaken = returns[:until].copy()
        shaken[-1, :struck] -= 0.20
        shaken = np.maximum(shaken, -0.9)
        moved = {m.name for m in watch(_data(market[:until], shaken), WatchRequest()).found}
        hit = sum(name in moved for name in ("F000", "F001", "F002", "F003"))
        found += hit
        false.append((len(moved) - hit) / max(1, len(moved)))
    assert alarms / days <= 0.05 + 2.33 * np.sqrt(0.05 * 0.95 / days)
    assert np.mean(false) <= 0.05 + 2.33 * np.std(false) / np.sqrt(days)
    assert found / (days * struck) > 0.6
