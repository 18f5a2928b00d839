"""Files in, files out."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from analysis import pieces, tabular
from analysis.batch.batch import run_batch
from analysis.batch.inputs import FactorModel
from analysis.errors import DataError, OutputError, ReliabilityWarning, StudyError, WindowError
from analysis.sessions import reaction_session, sessions_between
from analysis.windows import Window
from tests.panel.oracle import by_rows

HEADER = (
    "symbol,event_date,event_session,model,n_estimation,n_window,alpha,beta_mktrf,beta_smb,"
    "beta_hml,sigma2,car,car_se,scar,bhar,status"
)
COLUMNS = HEADER.split(",")


def test_rows_against_the_oracle(request_for, panel_frames):
    returns, factors, events = panel_frames
    request = request_for()
    summary = run_batch(request)
    found = pd.read_csv(request.out)
    assert found.columns.tolist() == COLUMNS
    assert summary.n_events == 80
    assert sum(summary.statuses.values()) == len(found) == 160
    # input order, both models of an event together
    assert found["symbol"].tolist() == events["symbol"].repeat(2).tolist()
    assert found["event_date"].tolist() == events["event_date"].repeat(2).tolist()
    assert found["model"].tolist() == ["market", "ff3"] * 80
    wide = returns.pivot(index="session", columns="symbol", values="return")
    wide = wide.reindex(factors["session"])
    x = factors[["mktrf", "smb", "hml"]].to_numpy()
    checked = 0
    for row in found.itertuples():
        position = factors["session"].tolist().index(row.event_session)
        columns = (0,) if row.model == "market" else (0, 1, 2)
        y = wide[row.symbol].to_numpy()
        expected = by_rows(y, x, position, columns, request.estimation, request.window)
        if expected is None or expected["n"] < 55:
            assert row.status != "ok"
            assert np.isnan(row.car)
            continue
        betas = [row.alpha, row.beta_mktrf, row.beta_smb, row.beta_hml]
        np.testing.assert_allclose(
            betas[: 1 + len(columns)], expected["coefficients"], rtol=1e-9, atol=1e-14
        )
        assert np.isnan(betas[1 + len(columns) :]).all()
        for name in ("sigma2", "car", "car_se", "scar", "bhar"):
            np.testing.assert_allclose(getattr(row, name), expected[name], rtol=1e-9)
        assert (row.n_estimation, row.n_window, row.status) == (expected["n"], 4, "ok")
        checked += 1
    assert checked > 60


def test_parquet_gives_the_same_numbers(request_for):
    as_csv = request_for("csv")
    as_parquet = request_for("parquet", out="out.parquet")
    run_batch(as_csv)
    run_batch(as_parquet)
    text, binary = pd.read_csv(as_csv.out), pd.read_parquet(as_parquet.out)
    assert pq.read_schema(as_parquet.out).field("symbol").type == "int64"
    numbers = [name for name in COLUMNS if text[name].dtype == float]
    # the shortest text of a float reads back as the same float
    pd.testing.assert_frame_equal(text[numbers], binary[numbers], check_exact=True)
    assert text["symbol"].tolist() == binary["symbol"].tolist()


def test_small_pieces_write_the_same_bytes(request_for, monkeypatch):
    request = request_for()
    run_batch(request)
    whole = request.out.read_bytes()
    monkeypatch.setattr(tabular, "CSV_BLOCK", 200)
    run_batch(request)
    assert request.out.read_bytes() == whole


def test_bad_rows_keep_their_place_and_say_their_line(request_for, panel_frames):
    returns, factors, events = (frame.astype(object) for frame in panel_frames)
    events.loc[3, "event_date"] = "2020-13-45"
    events.loc[5, "symbol"] = None
    events.loc[7, "event_date"] = None
    events.loc[9, "symbol"] = 999
    events.loc[11, "event_date"] = "2031-01-01"
    events.loc[13, ["symbol", "event_date"]] = [10003, "2021-01-02"]  # a Saturday
    returns.loc[4, "return"] = "C"
    returns.loc[6, "session"] = "yesterday"
    returns.loc[8, "session"] = "2020-01-04"
    request = request_for(frames=(returns, factors, events))
    summary = run_batch(request)
    found = pd.read_csv(request.out).iloc[::2].reset_index(drop=True)
    assert len(found) == 80
    assert found.loc[3, "status"] == "unreadable event date '2020-13-45'"
    assert found.loc[5, "status"] == "no symbol"
    assert found.loc[7, "status"].startswith("unreadable event date")
    assert found.loc[9, "status"] == "unknown symbol"
    assert found.loc[11, "status"] == "event outside the data"
    assert found.loc[13, ["event_date", "event_session", "status"]].tolist() == [
        "2021-01-02",
        "2021-01-04",
        "ok",
    ]
    assert summary.problems.count == 6
    text = "\n".join(summary.problems.lines())
    for place in (
        "returns.csv line 6: return 'C'",
        "returns.csv line 8: 'yesterday' is no date",
        "returns.csv line 10: 2020-01-04 is no session",
        "events.csv line 5:",
        "events.csv line 7: no symbol",
        "events.csv line 9:",
    ):
        assert place in text


def test_lines_are_right_beyond_the_first_piece(request_for, panel_frames, monkeypatch):
    monkeypatch.setattr(tabular, "CSV_BLOCK", 200)
    returns, factors, events = panel_frames
    events = events.astype(object)
    events.loc[61, "event_date"] = "?"
    summary = run_batch(request_for(frames=(returns, factors, events)))
    assert summary.problems.lines()[0].endswith(
        "events.csv line 63: unreadable event date '?'; kept with that status"
    )


def test_many_problems_are_counted():
    problems = pieces.Problems(most=2)
    for line in range(5):
        problems.add(f"f line {line}", "bad")
    assert problems.lines() == [
        "f line 0: bad",
        "f line 1: bad",
        "... and 3 more rows with problems",
    ]


def test_symbols_are_texts(request_for, panel_frames):
    # NA is a listed company, and 007 is not 7
    returns, factors, events = panel_frames
    names = {10001: "NA", 10002: "007", 10003: 'A"B,C'}
    returns = returns.assign(symbol=returns["symbol"].map(lambda x: names.get(x, str(x))))
    events = events.assign(symbol=events["symbol"].map(lambda x: names.get(x, str(x))))
    request = request_for(frames=(returns, factors, events))
    run_batch(request)
    found = pd.read_csv(request.out, keep_default_na=False, dtype=str)
    assert found["symbol"].tolist() == events["symbol"].repeat(2).tolist()
    assert "unknown symbol" not in set(found["status"])


def test_repeated_return_is_refused_and_nothing_written(request_for, panel_frames):
    returns, factors, events = panel_frames
    request = request_for(frames=(pd.concat([returns, returns.iloc[[40]]]), factors, events))
    with pytest.raises(DataError, match=f"10001 has two returns on {returns.loc[40, 'session']}"):
        run_batch(request)
    assert not request.out.exists()
    assert not list(request.out.parent.glob(".*"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda r, f, e: (r, f.rename(columns={"smb": "SMB2"}), e), "no factor 'smb'"),
        (lambda r, f, e: (r.rename(columns={"return": "ret"}), f, e), "did you mean 'ret'"),
        (lambda r, f, e: (r, f, e.rename(columns={"symbol": "x"})), "no column 'symbol'"),
        (lambda r, f, e: (r, pd.concat([f, f.iloc[[0]]]), e), "2020-01-01 is there twice"),
        (lambda r, f, e: (r, f.replace({"session": {"2020-01-02": "soon"}}), e), "line 3: 'soon'"),
        (lambda r, f, e: (r.iloc[:0], f, e), "no returns"),
    ],
)
def test_unusable_inputs(request_for, panel_frames, change, words):
    request = request_for(frames=change(*panel_frames))
    with pytest.raises(DataError, match=words):
        run_batch(request)
    assert not request.out.exists()


def test_ragged_line_is_named(request_for):
    request = request_for()
    with request.events.open("a") as file:
        file.write("10001,2020-05-05,extra\n")
    named = r"(line 82|the line '10001,2020-05-05,extra') has more cells"  # as the reader knows it
    with pytest.raises(DataError, match=rf"events\.csv.*{named}"):
        run_batch(request)
    assert not request.out.exists()


def test_failed_write_leaves_the_old_file(request_for, panel_frames, monkeypatch):
    request = request_for()
    request.out.write_text("old")

    def fail(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("analysis.batch.batch.result_rows", fail)
    with pytest.raises(KeyboardInterrupt):
        run_batch(request)
    assert request.out.read_text() == "old"
    assert not list(request.out.parent.glob(".*"))


def test_no_events_give_an_empty_table(request_for, panel_frames):
    returns, factors, events = panel_frames
    request = request_for(frames=(returns, factors, events.iloc[:0]))
    assert run_batch(request).n_events == 0
    assert pd.read_csv(request.out).columns.tolist() == COLUMNS


def test_calendar_of_an_exchange(request_for, panel_frames):
    returns, factors, events = panel_frames
    with pytest.raises(DataError, match="2020-01-01 is no session of XNYS"):
        run_batch(request_for(calendar="XNYS"))
    holidays = [
        "2020-01-01",
        "2020-01-20",
        "2020-02-17",
        "2020-04-10",
        "2020-05-25",
        "2020-07-03",
        "2020-09-07",
        "2020-11-26",
        "2020-12-25",
        "2021-01-01",
        "2021-01-18",
        "2021-02-15",
        "2021-04-02",
        "2021-05-31",
        "2021-07-05",
    ]
    keep = ~factors["session"].isin(holidays)
    factors = factors[keep & (factors["session"] != "2020-06-10")]  # a session without factors
    events = pd.DataFrame({"symbol": [10001, 10001], "event_date": ["2020-11-26", "2020-06-10"]})
    request = request_for(frames=(returns, factors, events), calendar="XNYS", window=Window(0, 0))
    run_batch(request)
    found = pd.read_csv(request.out)
    assert found["event_session"].tolist() == ["2020-11-27"] * 2 + ["2020-06-10"] * 2
    assert found["status"].tolist()[2:] == ["missing factor in the event window"] * 2


@pytest.mark.parametrize("text", ["", "a=", "=x", "a=x+", "+"])
def test_malformed_models(text):
    with pytest.raises(StudyError, match="is no model"):
        FactorModel.parse(text)


def test_models_beyond_the_engine():
    with pytest.raises(StudyError, match="names a factor twice"):
        FactorModel.parse("m=a+b+a")
    with pytest.raises(StudyError, match="has 8 factors; at most 7"):
        FactorModel.parse("m=a+b+c+d+e+f+g+h")


def test_request_refuses(request_for):
    with pytest.raises(StudyError, match="two models are called 'm'"):
        request_for(models=(FactorModel("m", ("mktrf",)), FactorModel("m", ("smb",))))
    with pytest.raises(StudyError, match="no model"):
        request_for(models=())
    with pytest.raises(OutputError, match="is an input"):
        request_for(out="events.csv")


def batch_of(request_for, panel_frames, *, row=None, factor=None, event=None, **changes):
    """Run a batch with one return, one factor or one event replaced; give its rows and problems."""
    returns, factors, events = (frame.astype(object) for frame in panel_frames)
    if row is not None:
        returns.loc[row[0], "return"] = row[1]
    if factor is not None:
        factors.loc[factor[0], "mktrf"] = factor[1]
    if event is not None:
        events = pd.DataFrame({"symbol": [10001], "event_date": [event]})
    request = request_for(frames=(returns, factors, events), **changes)
    summary = run_batch(request)
    return pd.read_csv(request.out), summary.problems


@pytest.mark.parametrize(
    ("value", "words"),
    [
        *(
            (code, f"return {code} is CRSP's code for a missing return")
            for code in (-44, -55, -66, -77, -88, -99)
        ),
        ("-2", "return -2 is impossible"),
        ("-1", "return -1 is impossible"),
        ("1e308", "return 1e+308 is impossible"),
        ("1_0", "return '1_0' is no number"),
        ("\u0661", "return '\u0661' is no number"),
        ("0x1", "return '0x1' is no number"),
        ("inf", "return 'inf' is no number"),
        ("0,01", "return '0,01' is no number"),
    ],
)
def test_a_return_that_cannot_be_counts_as_missing(request_for, panel_frames, value, words):
    without, _ = batch_of(request_for, panel_frames, row=(200, None))
    found, problems = batch_of(request_for, panel_frames, row=(200, value))
    pd.testing.assert_frame_equal(found, without, check_exact=True)
    assert problems.count == 1
    assert f"returns.csv line 202: {words}" in problems.messages[0]
    assert problems.messages[0].endswith("; taken as missing")


@pytest.mark.parametrize("value", ["-99.99", "0.51", "7", "-1_0"])
def test_a_factor_that_cannot_be_counts_as_missing(request_for, panel_frames, value):
    without, _ = batch_of(request_for, panel_frames, factor=(200, None))
    found, problems = batch_of(request_for, panel_frames, factor=(200, value))
    pd.testing.assert_frame_equal(found, without, check_exact=True)
    assert problems.count == 1
    assert "factors.csv line 202: mktrf" in problems.messages[0]


def test_large_but_possible_figures_are_kept(request_for, panel_frames):
    for value in ("-0.99", "19.9", "+0.5", "5e-1", ".5"):
        _, problems = batch_of(request_for, panel_frames, row=(200, value))
        assert problems.count == 0
    _, problems = batch_of(request_for, panel_frames, factor=(200, "-0.4999"))
    assert problems.count == 0


@pytest.mark.parametrize("which", [0, 1])
def test_percent_is_told_from_decimals(request_for, panel_frames, which):
    frames = [frame.copy() for frame in panel_frames]
    columns = [["return"], ["mktrf", "smb", "hml"]][which]
    frames[which][columns] *= 100
    with pytest.warns(ReliabilityWarning, match="are they in percent"):
        run_batch(request_for(frames=tuple(frames)))


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_an_events_clock_is_obeyed(request_for, panel_frames, kind):
    returns, factors, _ = panel_frames
    held = pd.Series(list(exchange_days("2020-01-01", 400)))
    factors = factors.assign(session=held.iloc[:400].to_numpy())
    old = panel_frames[1]["session"]
    returns = returns.assign(session=returns["session"].map(dict(zip(old, held, strict=True))))
    times = [  # a Friday; 21:00 UTC is the close in New York
        ("2021-01-22", "2021-01-22"),
        ("2021-01-22T20:59:59Z", "2021-01-22"),
        ("2021-01-22T21:00:00Z", "2021-01-25"),
        ("2021-01-22T22:30:00Z", "2021-01-25"),
        ("2021-01-22T22:30:00+09:00", "2021-01-22"),
        ("2021-01-23", "2021-01-25"),
    ]
    if kind == "parquet":
        times = [pair for pair in times if pair[0].endswith("Z")]
    stamps = [pair[0] for pair in times]
    events = pd.DataFrame({"symbol": 10001, "event_date": stamps})
    if kind == "parquet":
        events["event_date"] = pd.to_datetime(events["event_date"])
    request = request_for(kind, frames=(returns, factors, events), calendar="XNYS")
    request.out.unlink(missing_ok=True)
    run_batch(request)
    found = pd.read_csv(request.out)
    assert found["event_session"].tolist()[::2] == [pair[1] for pair in times]
    for (when, session), given in zip(times, found["event_date"].tolist()[::2], strict=True):
        assert when.startswith(given)
        if len(when) > 10:  # the study's own rule
            moment = dt.datetime.fromisoformat(when)
            assert str(reaction_session("XNYS", moment).date()) == session


def exchange_days(first, count):
    days = sessions_between("XNYS", dt.date.fromisoformat(first), dt.date(2022, 12, 30))
    return days[:count].strftime("%Y-%m-%d")


def test_an_hour_without_zone_or_exchange_is_refused(request_for, panel_frames):
    found, problems = batch_of(request_for, panel_frames, event="2021-01-22T15:30:00")
    assert found["status"].tolist() == ["event time without a zone '2021-01-22T15:30:00'"] * 2
    assert found["event_session"].isna().all()
    assert "events.csv line 2: event time without a zone" in problems.messages[0]
    found, problems = batch_of(request_for, panel_frames, event="2021-01-22T15:30:00Z")
    assert found["status"].str.contains("name the exchange whose closes count").all()
    assert found["event_session"].isna().all()
    assert problems.count == 1


def test_several_windows_are_those_of_single_runs(request_for):
    windows = (Window(0, 0), Window(-5, 5), Window(3, 3))
    models = (
        FactorModel.parse("market=mktrf"),
        FactorModel.parse("adjusted=1*mktrf"),
        FactorModel.parse("raw=0+mktrf"),
    )
    request = request_for(window=windows[0], more_windows=windows[1:], models=models)
    run_batch(request)
    together = pd.read_csv(request.out)
    assert together.columns.tolist()[4] == "window"
    assert len(together) == 80 * 9
    for window in windows:
        alone = request_for(out="alone.csv", window=window, models=models)
        run_batch(alone)
        expected = pd.read_csv(alone.out)
        found = together[together["window"] == str(window)].drop(columns="window")
        same = [name for name in expected.columns if name != "n_window"]
        pd.testing.assert_frame_equal(
            found[same].reset_index(drop=True), expected[same], check_exact=True
        )
    adjusted = together[(together["model"] == "adjusted") & (together["status"] == "ok")]
    assert set(adjusted["alpha"]) == {0.0}
    assert set(adjusted["beta_mktrf"]) == {1.0}


def test_parts_of_a_piece_change_nothing(request_for, monkeypatch):
    from analysis.batch import batch

    request = request_for(more_windows=(Window(0, 0),))
    whole = run_batch(request)
    before = request.out.read_bytes()
    monkeypatch.setattr(batch, "MOST_RESULTS", 12)
    assert run_batch(request).statuses == whole.statuses
    assert request.out.read_bytes() == before


def test_a_window_twice_is_refused(request_for):
    with pytest.raises(WindowError, match="twice"):
        request_for(window=Window(0, 0), more_windows=(Window(0, 0),))
