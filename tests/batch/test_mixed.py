"""Events with choices of their own: each is what a run of its kind alone gives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.batch.batch import run_batch
from analysis.batch.inputs import FactorModel
from analysis.batch.mixed import MixedRequest, run_mixed_batch
from analysis.errors import StudyError
from analysis.sessions import sessions_between
from analysis.windows import Window

MODELS = (FactorModel.parse("market=benchmark"), FactorModel.parse("two=benchmark+smb"))


def frames_of(request):
    return pd.read_csv(request.out, dtype={"symbol": str})


@pytest.fixture
def mixed(request_for, panel_frames):
    """Two benchmarks, three windows and two estimation windows over eighty events."""
    returns, factors, events = panel_frames
    rng = np.random.default_rng(1)
    events = events.assign(
        benchmark=rng.choice(["mktrf", "hml"], len(events)),
        window=rng.choice(["", "0..0", "-3..5"], len(events)),
        estimation=rng.choice(["", "-80..-11"], len(events)),
    )
    request = request_for(frames=(returns, factors, events), models=MODELS)
    return MixedRequest(request, "benchmark", "window", "estimation"), events


def test_each_event_is_what_its_choices_give_all(mixed, request_for, panel_frames):
    request, events = mixed
    summary = run_mixed_batch(request)
    assert summary.n_events == len(events)
    found = frames_of(request.batch)
    assert found["symbol"].tolist() == [str(s) for s in events["symbol"] for _ in MODELS]
    returns, factors, _ = panel_frames
    for (benchmark, window, estimation), own in events.groupby(
        ["benchmark", "window", "estimation"]
    ):
        models = [
            FactorModel(m.name, tuple(benchmark if f == "benchmark" else f for f in m.factors))
            for m in MODELS
        ]
        alone = request_for(
            frames=(returns, factors, own),
            out="alone.csv",
            models=tuple(models),
            window=Window.parse(window or "-1..2"),
            estimation=Window.parse(estimation or "-120..-11"),
        )
        run_batch(alone)
        expected = frames_of(alone)
        rows = np.concatenate([[2 * at, 2 * at + 1] for at in own.index])
        mine = found.iloc[rows].reset_index(drop=True)
        same = [
            "symbol",
            "event_session",
            "n_estimation",
            "alpha",
            "car",
            "car_se",
            "bhar",
            "status",
        ]
        pd.testing.assert_frame_equal(mine[same], expected[same], check_exact=True)
        assert mine["beta_benchmark"].equals(expected[f"beta_{benchmark}"].rename("beta_benchmark"))
        assert set(mine["window"]) == {window or "-1..2"}
        assert set(mine["estimation"]) == {estimation or "-120..-11"}
        assert set(mine["benchmark"]) == {benchmark}


def test_what_an_event_asks_in_vain_is_its_status(mixed):
    request, events = mixed
    events = events.iloc[:4].assign(
        benchmark=["nikkei", "", "hml", "hml"], window=["0..0", "0..0", "later", "-30..0"]
    )
    events.to_csv(request.batch.events, index=False)
    summary = run_mixed_batch(request)
    found = frames_of(request.batch)
    words = found["status"].iloc[::2].tolist()
    assert words[:2] == ["no benchmark 'nikkei'", "no benchmark"]
    assert "later" in words[2]
    assert "overlaps the event window -30..0" in words[3]
    assert found["car"].isna().all()
    assert summary.problems.count == 4


def test_slices_of_a_piece_change_nothing(mixed, monkeypatch):
    request, _ = mixed
    run_mixed_batch(request)
    whole = request.batch.out.read_bytes()
    monkeypatch.setattr("analysis.batch.mixed.MOST_RESULTS", 14)
    run_mixed_batch(request)
    assert request.batch.out.read_bytes() == whole


def test_exchanges_count_their_own_sessions(request_for, tmp_path):
    """Firms of three exchanges on local indices against a run of each exchange alone."""
    rng = np.random.default_rng(4)
    first, last = pd.Timestamp("2023-01-02").date(), pd.Timestamp("2024-03-28").date()
    codes = ("XNYS", "XTKS", "XLON")
    spans = {code: sessions_between(code, first, last) for code in codes}
    days = spans["XNYS"].union(spans["XTKS"]).union(spans["XLON"])
    factors = pd.DataFrame({"session": days.strftime("%Y-%m-%d")})
    rows, table = [], []
    for code, span in spans.items():
        market = pd.Series(rng.normal(0, 0.01, len(span)), index=span)
        factors[f"IX_{code}"] = market.reindex(days).to_numpy()
        for firm in (f"{code}1", f"{code}2"):
            table.append((firm, code, f"IX_{code}"))
            own = 1.2 * market + rng.normal(0, 0.01, len(span))
            rows += [(firm, str(day.date()), value) for day, value in own.items()]
    returns = pd.DataFrame(rows, columns=["symbol", "session", "return"])
    events = pd.DataFrame(
        [(firm, day) for firm, _, _ in table for day in ("2023-10-09", "2023-12-25", "2024-02-12")],
        columns=["symbol", "event_date"],
    )
    securities = tmp_path / "securities.csv"
    pd.DataFrame(table, columns=["symbol", "calendar", "benchmark"]).to_csv(securities, index=False)
    request = request_for(frames=(returns, factors, events), models=MODELS[:1])
    run_mixed_batch(MixedRequest(request, securities=securities))
    found = frames_of(request)
    assert (found["status"] == "ok").all()
    for code in codes:
        own = [firm for firm, of, _ in table if of == code]
        here = factors["session"].isin(spans[code].strftime("%Y-%m-%d"))
        alone = request_for(
            frames=(
                returns[returns["symbol"].isin(own)],
                factors.loc[here, ["session", f"IX_{code}"]],
                events[events["symbol"].isin(own)],
            ),
            out="alone.csv",
            models=(FactorModel("market", (f"IX_{code}",)),),
        )
        run_batch(alone)
        expected = frames_of(alone).rename(columns={f"beta_IX_{code}": "beta_benchmark"})
        mine = found[found["symbol"].isin(own)].drop(columns="benchmark").reset_index(drop=True)
        pd.testing.assert_frame_equal(mine, expected, check_exact=True)


def test_what_does_not_go_together_is_refused(request_for):
    request = request_for(models=MODELS)
    with pytest.raises(StudyError, match="needs --benchmark-column"):
        MixedRequest(request)
    with pytest.raises(StudyError, match="have one each"):
        MixedRequest(
            replace(request, more_windows=(Window(0, 0),)), "benchmark", window_column="window"
        )
