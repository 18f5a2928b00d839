"""Securities known by PERMNO, CUSIP or ISIN: every command takes them for what they are, texts."""

from __future__ import annotations

import io
import json

import pandas as pd
import pytest
from click.testing import CliRunner

from analysis.cli import main

pytestmark = pytest.mark.slow

TICKERS = ("NVDA", "AMD", "MSFT", "SPY")
KINDS = {
    "PERMNO": ("86580", "61241", "10107", "84398"),
    # a CUSIP may begin with noughts, and look like 59156 times ten to the tenth
    "CUSIP": ("67066G104", "007903107", "59156E10", "78462F103"),
    "ISIN": ("US67066G1040", "US0079031078", "US5949181045", "US78462F1030"),
}


@pytest.fixture(params=[*KINDS, "PERMNO in numbers"])
def named(request, snapshot, tmp_path, monkeypatch):
    """A folder with the bundled levels under other names; the names by ticker."""
    monkeypatch.chdir(tmp_path)
    kind = request.param.partition(" ")[0]
    names = dict(zip(TICKERS, KINDS[kind], strict=True))
    levels = snapshot.levels[list(TICKERS)].loc["2021-06":"2025-03"].rename(columns=names)
    long = levels.melt(ignore_index=False, var_name=kind, value_name="close").reset_index()
    long["volume"] = 5e6
    if kind == request.param:
        long.to_csv("prices.csv", index=False)
    else:
        long[kind] = long[kind].astype("int64")
        long.to_parquet("prices.csv")  # what it is, its first bytes say
    returns = levels.pct_change(fill_method=None).dropna()
    alone = returns[[names["NVDA"]]].rename(columns={names["NVDA"]: "return"})
    alone.assign(**{kind: names["NVDA"]}).to_csv("returns.csv")
    returns[[names["SPY"]]].rename(columns={names["SPY"]: "market"}).to_csv("factors.csv")
    events = f"{names['NVDA']},2024-08-29\n{names['AMD']},2024-10-30\n"
    (tmp_path / "events.csv").write_text(f"symbol,when\n{events}")
    (tmp_path / "dates.csv").write_text(f"{kind},event_date\n{names['NVDA']},2025-01-27\n")
    return kind, names


def run(*words: str, code: int = 0) -> str:
    result = CliRunner().invoke(main, [*words, "--quiet"])
    assert result.exit_code == code, result.output
    return result.stdout


def test_every_command_knows_them(named) -> None:
    kind, names = named
    firm, other, _, index = names.values()
    told = ["--event", "Fall", "--when", "2025-01-27", "--benchmark", index]
    run("new", "s.toml", "--firm", firm, "--symbols", other, *told, "--data", "prices.csv")
    assert "valid" in run("validate", "s.toml")
    rows = pd.read_csv(
        io.StringIO(run("study", "s.toml", "--format", "csv")), dtype={"symbol": str}
    )
    assert rows["symbol"].tolist() == [firm, other]
    assert rows["car"][0] == pytest.approx(-0.1337, abs=1e-4)

    told = ["--data", "prices.csv", "--benchmark", index, "--window", "0..0"]
    run("sample", "events.csv", *told, "--out", "out")
    pairs = pd.read_csv("out/firm_events.csv", dtype={"symbol": str})
    assert pairs["symbol"].tolist() == [firm, other]
    assert set(pairs["status"]) == {"ok"}

    told = ["--returns", "returns.csv", "--factors", "factors.csv", "--events", "dates.csv"]
    run("batch", *told, "--model", "market", "--symbol-column", kind, "--out", "rows.csv")
    batch = pd.read_csv("rows.csv", dtype={"symbol": str})
    assert batch["symbol"].tolist() == [firm]
    assert batch["car"][0] == pytest.approx(rows["car"][0], rel=1e-9)

    told = ["--data", "prices.csv", "--date", "2025-01-27", "--benchmark", index]
    found = run("scan", *told, "--symbol-column", kind, "--placebos", "20", "--format", "csv")
    ranked = pd.read_csv(io.StringIO(found), dtype={"symbol": str})
    assert set(ranked["symbol"]) == set(names.values()) - {index}
    assert ranked["symbol"][0] == firm
    assert ranked["abnormal_return"][0] == pytest.approx(rows["car"][0], rel=1e-9)

    told = ["--data", "prices.csv", "--session", "2025-01-27", "--benchmark", index]
    moves = json.loads(run("watch", *told, "--symbols", firm, "--format", "json", code=10))["moves"]
    assert [move["name"] for move in moves] == [firm]
