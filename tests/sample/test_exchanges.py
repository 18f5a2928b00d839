"""Several exchanges in one run, and the files that stand beside the figures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis.errors import DataError, StudyError
from analysis.sample.calendar_time import by_month, held_portfolio
from analysis.sample.events import read_events
from analysis.sample.file import SampleStudy
from analysis.sample.longrun import long_run
from analysis.sample.own import OwnFiles
from analysis.sample.policies import Policies
from analysis.sample.spec import SampleSpec
from analysis.sessions import sessions_between
from analysis.tables.sample import sample_text
from analysis.windows import Window

CALENDARS = ("XNYS", "XTKS", "XLON")
FIRST, LAST = pd.Timestamp("2023-01-02").date(), pd.Timestamp("2024-06-28").date()
SPEC = SampleSpec(
    benchmark="IX_XNYS",
    estimation=Window(-120, -11),
    windows=(Window(-1, 1), Window(0, 0)),
    path=Window(-2, 3),
    policies=Policies(other_events="keep"),
    draws=99,
)


@pytest.fixture(scope="module")
def levels():
    """One shock a day for all exchanges, one index and three firms each, gaps on their holidays."""
    rng = np.random.default_rng(5)
    spans = {code: sessions_between(code, FIRST, LAST) for code in CALENDARS}
    days = spans["XNYS"].union(spans["XTKS"]).union(spans["XLON"])
    shock = pd.Series(rng.normal(0, 0.01, len(days)), index=days)
    frame = pd.DataFrame(index=days)
    for code, span in spans.items():
        market = rng.normal(0.0003, 0.008, len(span))
        frame[f"IX_{code}"] = pd.Series(market, index=span)
        for firm in range(3):
            own = 1.1 * market + shock.reindex(span) + rng.normal(0, 0.01, len(span))
            frame[f"{code[1:3]}{firm}"] = own
    grown = 100 * (1 + frame.fillna(0)).cumprod()
    return grown.where(frame.notna())


@pytest.fixture(scope="module")
def folder(levels, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exchanges")
    levels.rename_axis("session").to_csv(folder / "levels.csv", date_format="%Y-%m-%d")
    rows = [
        (symbol, code, f"IX_{code}")
        for code in CALENDARS
        for symbol in (f"IX_{code}", *(f"{code[1:3]}{firm}" for firm in range(3)))
    ]
    pd.DataFrame(rows, columns=["symbol", "calendar", "benchmark"]).to_csv(
        folder / "securities.csv", index=False
    )
    days = ["2023-10-09", "2023-11-03", "2023-12-25", "2024-01-18", "2024-02-12", "2024-03-20"]
    pairs = [(f"{code[1:3]}{firm}", day) for code in CALENDARS for firm in range(3) for day in days]
    pd.DataFrame(pairs, columns=["symbol", "when"]).to_csv(folder / "events.csv", index=False)
    return folder


def study_of(folder, events="events.csv", **changes):
    given = {
        "spec": SPEC,
        "events": read_events(folder / events),
        "data": str(folder / "levels.csv"),
        "files": OwnFiles(securities=folder / "securities.csv"),
    }
    return SampleStudy(**{**given, **changes})


@pytest.fixture(scope="module")
def found(folder):
    return study_of(folder).run()


def test_each_pair_is_what_its_exchange_alone_gives(folder, levels, found):
    rows = found.firm_events
    assert (rows["status"] == "ok").all()
    for code in CALENDARS:
        own = [name for name in levels.columns if name.endswith(code) or name[:2] == code[1:3]]
        here = sessions_between(code, FIRST, LAST)
        path = folder / f"{code}.csv"
        levels.loc[here, own].rename_axis("session").to_csv(path, date_format="%Y-%m-%d")
        events = pd.read_csv(folder / "events.csv")
        events[events["symbol"].isin(own)].to_csv(folder / "some.csv", index=False)
        spec = SampleSpec(
            **{**{f: getattr(SPEC, f) for f in SPEC.__slots__}, "benchmark": f"IX_{code}"}
        )
        alone = study_of(
            folder, "some.csv", spec=spec, data=str(path), calendar=code, files=OwnFiles()
        ).run()
        expected = alone.firm_events.drop(columns="id").reset_index(drop=True)
        mine = rows[rows["symbol"].isin(own)].drop(columns="id").reset_index(drop=True)
        pd.testing.assert_frame_equal(mine, expected, check_exact=True)


def test_alpha_of_a_portfolio_of_several_exchanges(levels, found):
    """Its market is that of the firms held, day by day; a closed exchange holds no firm."""
    sums = {}
    for code in CALENDARS:
        span = sessions_between(code, FIRST, LAST)
        returns = levels.reindex(span).pct_change(fill_method=None)
        own = found.data.exchanges[[b.calendar for b in found.data.exchanges].index(code)]
        for firm, position in zip(found.pairs.firm, found.pairs.position, strict=True):
            if not own.start <= position < own.stop:
                continue
            name = next(word for word, at in found.data.symbols.items() if at == firm)
            at = position - own.start
            for day, value, market in zip(
                span[at + 1 : at + 41],
                returns[name].iloc[at + 1 : at + 41],
                returns[f"IX_{code}"].iloc[at + 1 : at + 41],
                strict=True,
            ):
                sums.setdefault(day, []).append((value, market))
    both = pd.DataFrame({day: np.mean(x, axis=0) for day, x in sums.items()}, index=["p", "m"]).T
    both = both.sort_index()
    lags = int(4 * (len(both) / 100) ** (2 / 9))
    fit = sm.OLS(both["p"], sm.add_constant(both["m"])).fit(
        cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": True}, use_t=True
    )
    rows = long_run(found, (40,))
    row = rows[rows["against"] == "equal portfolio, alpha a session"].iloc[0]
    assert row["n"] == len(both)
    assert row["mean"] == pytest.approx(fit.params["const"], rel=1e-8)
    assert row["statistic"] == pytest.approx(fit.tvalues["const"], rel=1e-8)
    portfolio = held_portfolio(found, 40, np.ones(len(found.pairs)))
    first, last = both.index[[0, -1]]
    days = pd.to_datetime(np.unique(found.data.sessions).astype("datetime64[D]"))
    inside = (days >= first) & (days <= last)
    months, market = by_month(portfolio)
    whole = pd.Series(inside, index=days).groupby(days.to_period("M")).all().to_numpy()
    assert 2 < whole.sum() == np.isfinite(months).sum()
    grown = (1 + both).groupby(both.index.to_period("M")).prod() - 1
    grown = grown.reindex(days.to_period("M").unique()[whole])
    np.testing.assert_allclose(months[whole], grown["p"], rtol=1e-9)
    np.testing.assert_allclose(market[whole], grown["m"], rtol=1e-9)


def test_a_long_table_of_several_exchanges(folder, levels, found):
    """Row by row in any order, and with a row on a holiday, it is what the wide file is."""
    long = levels.rename_axis("session").stack().rename("close").reset_index()
    long.columns = ["session", "symbol", "close"]
    stray = pd.DataFrame({"session": [pd.Timestamp("2023-12-25")], "symbol": "NY0", "close": 9.0})
    long = pd.concat([long.sample(frac=1, random_state=3), stray])
    long["session"] = long["session"].dt.strftime("%Y-%m-%d")
    long.to_csv(folder / "long.csv", index=False)
    study = study_of(folder, data=str(folder / "long.csv"), panel=True)
    result = study.run()
    pd.testing.assert_frame_equal(result.firm_events, found.firm_events, check_exact=True)
    pd.testing.assert_frame_equal(result.tidy, found.tidy, check_exact=True)
    assert "1 figures on days that are no sessions of XNYS" in " ".join(
        study.events.problems.lines()
    )


def test_a_closed_exchange_reacts_on_its_next_session(found):
    rows = found.firm_events.set_index(["symbol", "when", "window"])["session"]
    assert rows["XN"[1:] + "Y0", "2023-10-09", "0..0"] == "2023-10-09"  # New York trades
    assert rows["TK0", "2023-10-09", "0..0"] == "2023-10-10"  # sports day in Tokyo
    assert rows["LO0", "2023-12-25", "0..0"] == "2023-12-27"  # Christmas and Boxing Day in London


def test_market_model_on_the_local_index(levels, found):
    own = levels[["TK1", "IX_XTKS"]].dropna()
    returns = (own / own.shift(1) - 1).to_numpy()
    at = own.index.get_loc(pd.Timestamp("2024-01-18"))
    rows = slice(at - 120, at - 10)
    fit = sm.OLS(returns[rows, 0], sm.add_constant(returns[rows, 1])).fit()
    expected = fit.predict(sm.add_constant(returns[:, 1]))[at - 1 : at + 2]
    row = found.firm_events.query("symbol == 'TK1' and when == '2024-01-18' and window == '-1..1'")
    assert row["car"].item() == pytest.approx(
        (returns[at - 1 : at + 2, 0] - expected).sum(), abs=1e-12
    )
    assert row["benchmark"].item() == "IX_XTKS"


def test_what_the_pairs_were_measured_by_is_said(found):
    words = "market model on IX_XLON, IX_XNYS, IX_XTKS, sessions of 3 exchanges"
    assert found.model_words == words
    assert words in sample_text(found)


def test_pairs_of_one_day_are_one_date_whatever_their_exchange(found):
    overlap = found.of("all", Window(0, 0)).battery.overlap
    sessions = found.firm_events.query("window == '0..0'")["session"]
    assert overlap.dates == sessions.nunique() < 3 * 6
    assert overlap.share == 1.0
    assert overlap.correlation > 0.3  # the shock of the day is common to all exchanges


def test_correlation_across_exchanges_is_by_the_day(levels, found):
    """By hand, over days on which both exchanges are open."""
    rows = np.flatnonzero(np.isfinite(found.fits.sigma2))
    days, residuals = [], []
    pairs, data = found.pairs, found.data
    for row in rows:
        t = pairs.position[row] + np.arange(-120, -10)
        own = data.panel.rows
        firm = pairs.firm[row]
        y = own.values[own.offsets[firm] + t - own.first[firm]]
        x = found.measurer.regressors[pairs.benchmark[row]].factors[t, 0]
        alpha, beta = found.fits.coefficients[row]
        series = pd.Series(y - alpha - beta * x, index=data.sessions[t])
        residuals.append(series / np.sqrt(np.square(series).sum()))
        days.append(data.sessions[pairs.position[row]])
    total = count = 0.0
    for a in range(len(rows)):
        for b in range(len(rows)):
            if a != b and days[a] == days[b]:
                total += (residuals[a] * residuals[b]).sum()
                count += 1
    overlap = found.of("all", Window(0, 0)).battery.overlap
    assert overlap.correlation == pytest.approx(total / count, rel=1e-10)


def test_one_index_for_all_exchanges(folder, levels):
    table = pd.read_csv(folder / "securities.csv").drop(columns="benchmark")
    table.to_csv(folder / "calendars.csv", index=False)
    result = study_of(folder, files=OwnFiles(securities=folder / "calendars.csv")).run()
    rows = result.firm_events.query("window == '0..0'")
    assert set(rows["benchmark"]) == {"IX_XNYS"}
    tokyo = sessions_between("XTKS", FIRST, LAST)
    index = levels["IX_XNYS"].reindex(tokyo)
    market, firm = index / index.shift(1) - 1, levels["TK0"].reindex(tokyo).pct_change()
    at = tokyo.get_loc(pd.Timestamp("2024-01-18"))
    both = pd.DataFrame({"y": firm, "x": market}).iloc[at - 120 : at - 10].dropna()
    assert len(both) < 110  # New York was closed on some of Tokyo's days
    fit = sm.OLS(both["y"], sm.add_constant(both["x"])).fit()
    row = rows.query("symbol == 'TK0' and when == '2024-01-18'")
    assert row["n_estimation"].item() == len(both)
    assert row["car"].item() == pytest.approx(
        firm.iloc[at] - fit.params["const"] - fit.params["x"] * market.iloc[at], abs=1e-12
    )


def test_wide_returns_and_own_factors(folder, levels):
    new_york = sessions_between("XNYS", FIRST, LAST)
    own = levels.loc[new_york, ["NY0", "NY1", "NY2", "IX_XNYS"]]
    returns = (own / own.shift(1) - 1).iloc[1:].rename_axis("session")
    returns.to_csv(folder / "returns.csv", date_format="%Y-%m-%d")
    rng = np.random.default_rng(2)
    oil = pd.DataFrame({"oil": rng.normal(0, 0.01, len(returns))}, index=returns.index)
    oil.to_csv(folder / "factors.csv", date_format="%Y-%m-%d")
    events = pd.DataFrame({"symbol": ["NY0", "NY1"], "when": ["2024-01-18"] * 2})
    events.to_csv(folder / "two.csv", index=False)
    spec = SampleSpec(
        model="own=benchmark+oil",
        benchmark="IX_XNYS",
        estimation=Window(-120, -11),
        windows=(Window(0, 0),),
        path=Window(0, 0),
    )
    files = OwnFiles(factors=folder / "factors.csv", returns=True)
    result = study_of(
        folder, "two.csv", spec=spec, data=str(folder / "returns.csv"), files=files
    ).run()
    at = returns.index.get_loc(pd.Timestamp("2024-01-18"))
    x = sm.add_constant(np.column_stack([returns["IX_XNYS"], oil["oil"]]))
    fit = sm.OLS(returns["NY0"].iloc[at - 120 : at - 10], x[at - 120 : at - 10]).fit()
    row = result.firm_events.iloc[0]
    assert row["model"] == "own"
    assert row["n_estimation"] == 110
    assert row["car"] == pytest.approx(returns["NY0"].iloc[at] - fit.predict(x[at])[0], abs=1e-12)


@pytest.mark.parametrize(("day", "compounded"), [("2024-01-22", False), ("2024-01-19", True)])
def test_return_on_delisting_ends_the_window(folder, levels, day, compounded):
    own = levels.loc[sessions_between("XNYS", FIRST, LAST), ["NY0", "IX_XNYS"]].copy()
    own.loc["2024-01-20":, "NY0"] = np.nan
    own.rename_axis("session").to_csv(folder / "left.csv", date_format="%Y-%m-%d")
    (folder / "delistings.csv").write_text(f"symbol,session,return\nNY0,{day},-0.4\n")
    (folder / "one.csv").write_text("symbol,when\nNY0,2024-01-18\n")
    spec = SampleSpec(
        model="market-adjusted",
        benchmark="IX_XNYS",
        estimation=Window(-120, -11),
        windows=(Window(0, 4),),
        path=Window(0, 4),
    )
    files = OwnFiles(delistings=folder / "delistings.csv")
    data = str(folder / "left.csv")
    row = study_of(folder, "one.csv", spec=spec, data=data, files=files).run().firm_events.iloc[0]
    returns = own.pct_change(fill_method=None)
    firm = returns["NY0"].loc["2024-01-18":"2024-01-19"].tolist()
    firm = [firm[0], (1 + firm[1]) * 0.6 - 1] if compounded else [*firm, -0.4]
    market = returns["IX_XNYS"].loc["2024-01-18":day].tolist()
    assert row["car"] == pytest.approx(sum(firm) - sum(market), abs=1e-12)
    assert row["status"] == "ok: ends with the firm's last return"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("securities", "symbol,calendar\nNY0,XNYS\nNY0,XTKS\n", "NY0 is there twice"),
        ("securities", "symbol,country\nNY0,US\n", "neither 'calendar' nor 'benchmark'"),
        (
            "delistings",
            "symbol,session,return\nNY0,2024-01-19,-3\n",
            "-3 is no return on delisting",
        ),
        ("delistings", "symbol,session\nNY0,2024-01-19\n", "return"),
    ],
)
def test_files_that_cannot_be(folder, name, text, words):
    (folder / "bad.csv").write_text(text)
    with pytest.raises(DataError, match=words):
        study_of(folder, files=OwnFiles(**{name: folder / "bad.csv"})).run()


def test_files_need_figures_of_their_own(folder):
    with pytest.raises(StudyError, match="go with a file of figures"):
        study_of(folder, data="snapshot").run()
