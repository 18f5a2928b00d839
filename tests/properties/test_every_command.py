"""`study`, `batch`, `scan`, the specification curve and the placebo say the same of a cell."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from analysis.cli import main
from analysis.context.multiverse import multiverse
from analysis.overrides import Overrides, override
from analysis.run.study import run_study
from analysis.study import Event
from analysis.windows import Window

if TYPE_CHECKING:
    from pathlib import Path

    from analysis.results import StudyResult

EXACT = 1e-12
FIRMS = ("NVDA", "AMD", "VST")
WINDOWS = (Window(0, 0), Window(-1, 1), Window(0, 20))


@pytest.fixture(scope="module")
def asked(study):
    return override(
        study,
        Overrides(
            events=("sell-off", "v3-report"),
            symbols=FIRMS,
            models=("market", "mean", "market-adjusted", "capm", "ff3"),
            benchmarks=("SPY",),
            windows=WINDOWS,
        ),
    )


@pytest.fixture(scope="module")
def result(asked, snapshot) -> StudyResult:
    return run_study(asked, snapshot)


@pytest.fixture(scope="module")
def files(snapshot, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("panel")
    levels = snapshot.levels[[*FIRMS, "SPY"]]
    returns = levels.div(levels.shift(1)).sub(1)
    long = levels.rename_axis(columns="symbol").stack().rename("close").reset_index()
    long.assign(volume=1e6).to_csv(folder / "prices.csv", index=False, float_format="%.17g")
    long = returns[list(FIRMS)].rename_axis(columns="symbol").stack().rename("return")
    long.reset_index().to_csv(folder / "returns.csv", index=False, float_format="%.17g")
    factors = snapshot.factors[["rf"]].assign(spy=returns["SPY"]).iloc[1:]
    factors.to_csv(folder / "factors.csv", float_format="%.17g")
    events = [(s, d) for s in FIRMS for d in ("2025-01-27", "2024-12-27")]
    pd.DataFrame(events, columns=["symbol", "event_date"]).to_csv(
        folder / "events.csv", index=False
    )
    return folder


def command(*words: object) -> str:
    done = CliRunner().invoke(main, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_batch(result, files, window: Window) -> None:
    out = files / f"out{window}.csv"
    command(
        "batch", "--events", files / "events.csv", "--returns", files / "returns.csv",
        "--factors", files / "factors.csv", "--model", "market=spy", "--model", "mean=1",
        "--estimation=-260..-11", f"--window={window}", "--out", out,
    )  # fmt: skip
    rows = pd.read_csv(out)
    assert len(rows) == 12
    for row in rows.itertuples():
        event = "sell-off" if row.event_date == "2025-01-27" else "v3-report"
        benchmark = "SPY" if row.model == "market" else "none"
        cell = result.firm(event, row.symbol, row.model, benchmark).at(window)
        assert row.car == pytest.approx(cell.car, abs=EXACT)
        assert row.car_se == pytest.approx(cell.se, abs=EXACT)
        assert row.scar == pytest.approx(cell.t.statistic, rel=EXACT * 1e2, abs=EXACT)
        assert row.bhar == pytest.approx(cell.bhar, abs=EXACT)


def test_scan(result, files) -> None:
    printed = command(
        "scan", "--data", files / "prices.csv", "--date", "2025-01-27", "--benchmark", "SPY",
        "--estimation=-260..-11", "--format", "csv", "--placebos", "50",
    )  # fmt: skip
    rows = pd.read_csv(io.StringIO(printed)).set_index("symbol")
    assert set(rows.index) == set(FIRMS)
    for symbol in FIRMS:
        firm = result.firm("sell-off", symbol, "market", "SPY")
        cell = firm.at(Window(0, 0))
        assert rows.loc[symbol, "abnormal_return"] == pytest.approx(cell.car, abs=EXACT)
        assert rows.loc[symbol, "beta"] == pytest.approx(firm.beta, abs=EXACT)
        assert rows.loc[symbol, "t"] == pytest.approx(cell.t.statistic, rel=EXACT * 1e2)


@pytest.mark.slow
def test_the_specification_curve_has_the_studys_own_value_to_the_last_bit(asked, snapshot) -> None:
    wide = replace(asked, models=(*asked.models, "garch", "egarch", "huber", "kalman"))
    wide = replace(wide, symbols=("NVDA",), groups=(), windows=(Window(0, 0), Window(0, 1)))
    result = run_study(wide, snapshot)
    own = {
        (p.model, p.benchmark, p.window): p
        for curve in multiverse(wide, snapshot).curves
        for p in curve.points
        if (p.returns, p.length, p.gap) == ("simple", 250, 10)
    }
    compared = 0
    for firm in result.headline_models:
        for cell in firm.windows:
            point = own.get((firm.model, firm.benchmark, cell.window))
            if point is not None:
                assert point.abnormal == cell.car
                assert (point.low, point.high, point.p) == (cell.t.low, cell.t.high, cell.t.p)
                assert point.impact.abnormal == cell.impact.abnormal
                assert (point.impact.low, point.impact.high) == (cell.impact.low, cell.impact.high)
                compared += 1
    assert compared == 2 * 7 + 1  # but the CAPM; the factors over one session alone


def test_a_placebo_date_is_an_event_like_any_other(asked, result, snapshot) -> None:
    """The draw of a pseudo-date is the t statistic of a study of that date."""
    sessions = snapshot.levels.index
    event = sessions.get_loc(pd.Timestamp("2025-01-27"))
    for at in (event - 200, event - 50):
        day = Event("date", "A date", sessions[at].date(), "")
        head = replace(asked.headline, event="date")
        moved = run_study(replace(asked, events=(day,), headline=head), snapshot)
        for firm in moved.firms:
            drawn = result.firm("sell-off", firm.symbol, firm.model, firm.benchmark)
            for cell in firm.windows:
                draw = drawn.at(cell.window).draws[at - 261]
                assert draw == pytest.approx(cell.t.statistic, rel=1e-11, abs=EXACT)


def test_a_placebo_date_is_the_same_whichever_event_asks(result) -> None:
    for symbol in FIRMS:
        for model, benchmark in (("market", "SPY"), ("market-adjusted", "SPY"), ("ff3", "Mkt-RF")):
            for window in WINDOWS:
                early, late = (
                    result.firm(event, symbol, model, benchmark).at(window).draws
                    for event in ("v3-report", "sell-off")
                )
                assert len(early) < len(late)
                np.testing.assert_array_equal(early, late[: len(early)])
