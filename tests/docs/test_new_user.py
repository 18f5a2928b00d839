"""
A new user's first four studies, by the commands of the documents alone.

In a folder and a home of their own, on prices read where they lie: an outage on a Friday, results
after the close, a bank that stops trading, and a share in won. Every number is held against least
squares on the user's own file.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
import pytest
import statsmodels.api as sm

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


@dataclass
class Person:
    """Somebody at a terminal, with a folder, a home and prices."""

    folder: Path
    root: Path

    def run(self, command: str) -> str:
        """Type a command; it must succeed, and say nothing of a fault."""
        program = f'"{sys.executable}" -m analysis'
        done = subprocess.run(
            ["sh", "-euc", command.replace("market-impact", program)], cwd=self.folder,
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder), "COLUMNS": "80",
                 "PYTHONPATH": str(self.root)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout

    def study(self, name: str) -> tuple[dict, str]:
        """Validate and run a study; give the row that leads, and the text of its report."""
        assert "valid" in self.run(f"market-impact validate {name}.toml")
        self.run(f"market-impact study {name}.toml --report --out {name}")
        rows = json.loads((self.folder / name / "results.json").read_text())["rows"]
        page = (self.folder / name / "report.html").read_text()
        page = re.sub(r"<(script|style).*?</\1>", " ", page, flags=re.DOTALL)
        return rows[0], " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.fixture(scope="module")
def prices(shared):
    path = shared / "testdata" / "us_daily.parquet"
    if not path.is_file():
        pytest.skip("needs the data folder ../shared, with its test data")
    symbols = ["CRWD", "INTC", "WAL", "ZION", "SPY"]
    frame = pd.read_parquet(
        path, columns=["symbol", "session", "close"], filters=[("symbol", "in", symbols)]
    )
    wide = frame.assign(session=pd.to_datetime(frame["session"])).pivot_table(
        index="session", columns="symbol", values="close"
    )
    return wide.loc["2021":].astype(float).round(2)


@pytest.fixture
def person(tmp_path, root):
    return Person(tmp_path, root)


def least_squares(levels, firm, session):
    """Abnormal return and its standard error by another package."""
    returns = levels[[firm, "SPY"]].pct_change(fill_method=None)
    at = returns.index.get_loc(pd.Timestamp(session))
    sample = returns.iloc[at - 260 : at - 10].dropna()
    fit = sm.OLS(sample[firm], sm.add_constant(sample["SPY"])).fit()
    ahead = sm.add_constant(returns[["SPY"]], has_constant="add").iloc[[at]]
    told = fit.get_prediction(ahead)
    return returns[firm].iloc[at] - told.predicted_mean[0], told.se_obs[0]


def test_an_outage_on_a_friday(person, prices):
    prices[["CRWD", "SPY"]].to_csv(person.folder / "crwd.csv")
    person.run(
        "market-impact new crwd.toml --firm CRWD --when 2024-07-19T04:09:00Z "
        "--event 'A faulty update stops computers' --benchmark SPY --data crwd.csv"
    )
    row, page = person.study("crwd")
    car, se = least_squares(prices, "CRWD", "2024-07-19")
    assert row["session"] == "2024-07-19"
    assert (row["car"], row["se"]) == pytest.approx((car, se), rel=1e-9)
    assert row["car"] < -0.08
    assert "more than chance explains" in page
    assert "Nvidia reports" not in page
    assert "dividends included as far as the levels given hold them" in page


def test_results_after_the_close(person, prices):
    long = prices[["INTC", "SPY"]].melt(
        ignore_index=False, var_name="ticker", value_name="Adj Close"
    )
    long.rename_axis("Date").to_csv(person.folder / "intc.csv", sep=";", decimal=",")
    person.run(
        "market-impact new intc.toml --firm INTC --when 2024-08-01T20:01:00Z "
        "--event 'Results and job cuts' --benchmark SPY --data intc.csv"
    )
    row, page = person.study("intc")
    car, se = least_squares(prices, "INTC", "2024-08-02")
    assert row["session"] == "2024-08-02"
    assert (row["car"], row["se"]) == pytest.approx((car, se), rel=1e-9)
    assert row["car"] < -0.20
    assert "2 August 2024" in page


def test_a_bank_that_stops_trading_within_the_window(person, prices):
    bank = prices[["WAL", "ZION", "SPY"]].loc[:"2023-06"].copy()
    bank.loc["2023-03-14":, "WAL"] = float("nan")
    bank.to_csv(person.folder / "banks.csv")
    person.run(
        "market-impact new banks.toml --firm WAL --symbols ZION --when 2023-03-10 "
        "--event 'A bank of the same kind fails' --benchmark SPY --data banks.csv"
    )
    told = person.run("market-impact study banks.toml --window 0..0 --window 0,5 --format csv")
    head, *rows = (line.split(",") for line in told.splitlines())
    cells = {
        (r[head.index("symbol")], r[head.index("window")]): dict(zip(head, r, strict=True))
        for r in rows
    }
    car, se = least_squares(bank, "WAL", "2023-03-10")
    first = cells["WAL", "0..0"]
    assert (float(first["car"]), float(first["se"])) == pytest.approx((car, se), rel=1e-9)
    cut = cells["WAL", "0..5"]
    assert "last-traded:2023-03-13" in cut["flags"]
    assert float(cut["car"]) < float(first["car"]) - 0.3
    assert "last-traded" not in cells["ZION", "0..5"]["flags"]
    summary = person.run("market-impact study banks.toml --window 0..5")
    assert max(map(len, summary.splitlines())) <= 80
    assert "WAL last traded on 2023-03-13" in " ".join(summary.split())


def test_fifty_five_sessions_of_history_are_enough_for_a_report(person, prices):
    at = prices.index.get_loc(pd.Timestamp("2024-07-19"))
    prices[["CRWD", "SPY"]].iloc[at - 56 : at + 3].to_csv(person.folder / "short.csv")
    person.run(
        "market-impact new short.toml --firm CRWD --when 2024-07-19T04:09:00Z "
        "--event 'A faulty update stops computers' --benchmark SPY --data short.csv"
    )
    text = (person.folder / "short.toml").read_text()
    short = 'estimation = "-55..-1"\nmin_estimation = 40\n'
    (person.folder / "short.toml").write_text(short + text)
    row, page = person.study("short")
    assert row["n_estimation"] == 55
    assert row["car"] < -0.08
    assert "CRWD" in page


def test_a_share_in_won(person):
    told = " ".join(person.run("market-impact study deepseek-seoul-2025").split())
    assert "returned -9.86 % in one session" in told
    assert "lost KRW 15,011.9 bn of market value" in told
    assert "simple returns in KRW;" in told
    assert "USD" not in told.split("NOTES")[0].split("HEADLINE")[1].split("WINDOWS")[0]
    dollars = " ".join(person.run("market-impact study deepseek-seoul-2025 --currency USD").split())
    assert "simple returns in USD;" in dollars
    assert "returned -10.35 % in one session" in dollars  # the won fell too
