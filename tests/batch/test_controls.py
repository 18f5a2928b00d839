"""Control portfolios for files of events: the figures of single fits, resumed and on a cluster."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from analysis.batch import controls
from analysis.batch.batch import BatchRequest
from analysis.batch.control_events import NO_DONORS
from analysis.batch.controls import ControlRequest, by_cluster, by_threads, run_controls
from analysis.batch.inputs import FactorModel
from analysis.batch.partition import connected
from analysis.cli import main
from analysis.errors import DataError, OutputError, StudyError
from analysis.models import donors as donor_models
from analysis.models.catalog import MODELS
from analysis.windows import Window

FIRMS, SESSIONS = 24, 220
NAMES = tuple(f"F{firm:02d}" for firm in range(FIRMS))


@pytest.fixture(scope="module")
def returns():
    rng = np.random.default_rng(4)
    common = rng.normal(0, 0.01, (SESSIONS, 3))
    found = common @ rng.normal(1, 0.4, (3, FIRMS)) + rng.normal(0, 0.008, (SESSIONS, FIRMS))
    found[150, 3] -= 0.2
    found[150, 4] += 0.1
    found[60, 20] = np.nan  # no donor of windows that reach back so far
    return found


DAYS = pd.bdate_range("2024-01-01", periods=SESSIONS).strftime("%Y-%m-%d")
EVENTS = [("F03", 150), ("F04", 150), ("F03", 180), ("F07", 190), ("F20", 150), ("F05", 30)]


@pytest.fixture
def request_for(tmp_path, returns):
    def make(methods=("synthetic",), *, donors=None, events=EVENTS, **changes):
        market = returns[:, :20].mean(axis=1)
        pd.DataFrame({"session": DAYS, "m": market}).to_csv(tmp_path / "f.csv", index=False)
        frame = pd.DataFrame(
            {
                "symbol": np.repeat(NAMES, SESSIONS),
                "session": np.tile(DAYS, FIRMS),
                "return": returns.T.ravel(),
            }
        )
        frame.dropna().to_csv(tmp_path / "r.csv", index=False)
        pd.DataFrame(
            [(firm, DAYS[day] if isinstance(day, int) else day) for firm, day in events],
            columns=["symbol", "event_date"],
        ).to_csv(tmp_path / "e.csv", index=False)
        if donors is not None:
            pd.DataFrame(donors).to_csv(tmp_path / "d.csv", index=False)
        batch = BatchRequest(
            *(tmp_path / f"{name}.csv" for name in "rfe"),
            tmp_path / "o.csv",
            (FactorModel.parse("market=m"),),
            Window(-110, -11),
            changes.pop("window", Window(0, 0)),
            more_windows=changes.pop("more_windows", ()),
        )
        where = "all-untreated" if donors is None else str(tmp_path / "d.csv")
        return ControlRequest(batch, tuple(methods), where, **changes)

    return make


def run(request, **how):
    summary = run_controls(request, **how)
    return pd.read_csv(request.batch.out), summary


def test_a_row_is_what_one_fit_gives(request_for, returns):
    found, summary = run(request_for(["did", "synthetic", "ife"], more_windows=(Window(-1, 1),)))
    row = found[(found.symbol == "F03") & (found.model == "ife") & (found.window == "-1..1")]
    rows, ahead = slice(40, 140), slice(149, 152)
    others = [j for j in range(FIRMS) if j not in {3, 4, 20}]  # F04 has an event the same day
    fit = MODELS["ife"].estimator.fit(
        returns[rows, 3], returns[rows][:, others], tuple(NAMES[j] for j in others)
    )
    expected = fit.predict(returns[ahead][:, others], gap=10).expected
    first = row.iloc[0]
    assert first.car == pytest.approx(float((returns[ahead, 3] - expected).sum()), abs=1e-14)
    assert first.rmse == pytest.approx(float(np.sqrt(np.mean(fit.residuals**2))), rel=1e-12)
    assert (first.n_donors, first.n_estimation, first.n_window) == (21, 100, 3)
    market = np.column_stack([np.ones(100), returns[rows, :20].mean(axis=1)])
    market = market - 0  # the estimation window lacks no return of the market's firms
    left = returns[rows, 3] - market @ np.linalg.lstsq(market, returns[rows, 3], rcond=None)[0]
    assert first.rmse_model == pytest.approx(float(np.sqrt(np.mean(left**2))), rel=1e-9)
    assert first.p_conformal == pytest.approx(1 / 103, abs=0.03)
    assert first.car < -0.15
    assert summary.statuses == {"ok": 30, "too few estimation returns": 6}
    assert found.loc[found.model == "did", "car_se"].notna().sum() == 10
    assert found.loc[found.model != "did", "car_se"].isna().all()


def test_a_firm_with_gaps_is_fitted_on_the_sessions_that_it_has(request_for):
    found, _ = run(request_for())
    row = found[found.symbol == "F20"].iloc[0]
    assert row.n_estimation == 99
    assert row.n_donors == 21  # all but itself and the two that have an event on that day


@pytest.mark.parametrize("model", ["synthetic", "sdid"])
def test_each_row_is_the_same_alone_and_beside_others(request_for, model):
    many, _ = run(
        request_for([model, "did"], more_windows=(Window(-2, 2),), placebos=20),
        runner=by_threads(2),
    )
    few, _ = run(
        replace(request_for([model], placebos=20)),
    )
    kept = many[(many.model == model) & (many.window == "0..0")].drop(columns="window")
    pd.testing.assert_frame_equal(kept.reset_index(drop=True), few, check_exact=True)


def test_placebos_find_an_effect_and_bound_it(request_for):
    found, _ = run(request_for(placebos=40))
    row = found.iloc[0]
    assert row.p_space == pytest.approx(1 / (row.n_donors + 1))
    assert row.low < -0.2 < row.high < 0


class TestDonors:
    def test_by_firm_and_by_date(self, request_for):
        rows = [("F03", DAYS[150], f"F{j:02d}") for j in (8, 9, 10)]
        rows += [("F03", None, f"F{j:02d}") for j in (8, 9)]
        rows += [(None, None, f"F{j:02d}") for j in (5, 6, 7, 8)]
        by_day = [{"symbol": s, "event_date": d, "donor": n} for s, d, n in rows if d is not None]
        found, _ = run(request_for(donors=by_day))
        assert found.n_donors.tolist()[:2] == [3, 0]
        assert found.status.tolist()[1] == NO_DONORS
        by_firm = [{"symbol": s, "donor": n} for s, d, n in rows if s and d is None]
        found, _ = run(request_for(donors=by_firm))
        assert found.n_donors.tolist()[:3] == [2, 0, 2]
        common = [{"donor": n} for s, _, n in rows if s is None]
        found, _ = run(request_for(donors=common))
        assert found.n_donors.tolist()[:4] == [4, 4, 4, 3]  # F07 is no donor of itself

    def test_a_firm_with_an_event_at_the_time_is_one_only_by_force(self, request_for):
        found, _ = run(request_for())
        forced, _ = run(request_for(force_donors=True))
        assert forced.n_donors[0] == found.n_donors[0] + 1
        assert forced.n_donors[2] == found.n_donors[2]
        wide, _ = run(request_for(window=Window(0, 30)))
        assert wide.n_donors[2] == found.n_donors[2] - 3  # windows of F04, F07, F20 overlap

    @pytest.mark.parametrize(
        ("rows", "error", "words"),
        [
            ([{"donor": "F99"}], DataError, "line 2: F99 is not in"),
            ([{"symbol": "F03", "donor": "F03"}], StudyError, "F03 is the treated firm and no"),
            ([{"symbol": "F03", "donor": None}], DataError, "line 2: no symbol"),
            ([{"donors": "F03"}], DataError, "no column 'donor'"),
            ([{"event_date": "2024-02-01", "donor": "F03"}], DataError, "no column 'symbol'"),
        ],
    )
    def test_bad_lists_get_one_message(self, request_for, rows, error, words):
        with pytest.raises(error, match=words):
            run_controls(request_for(donors=rows))

    def test_more_than_memory_holds_gets_one_message(self, request_for, monkeypatch):
        monkeypatch.setattr(donor_models, "MOST_BYTES", 10_000)
        with pytest.raises(DataError, match="24 donors over 220 sessions need about"):
            run_controls(request_for())


class StoppedError(Exception):
    """The run ends here."""


def test_a_run_that_was_stopped_goes_on_where_it_was(request_for, tmp_path, monkeypatch):
    monkeypatch.setattr(controls, "BLOCK", 2)
    request = request_for(placebos=20)
    run_controls(request)
    whole = request.batch.out.read_bytes()
    request.batch.out.unlink()
    kept = replace(request, checkpoint=tmp_path / "parts")

    def stops(panel, how, blocks):
        for at, cells in enumerate(by_threads(1)(panel, how, blocks)):
            if at == 2:
                raise StoppedError
            yield cells

    with pytest.raises(StoppedError):
        run_controls(kept, runner=stops)
    assert not request.batch.out.exists()
    (tmp_path / "parts" / "part-000001.parquet").write_bytes(b"damaged")
    fresh = []

    def counted(panel, how, blocks):
        fresh.append(len(list(blocks := list(blocks))))
        yield from by_threads(1)(panel, how, blocks)

    summary = run_controls(kept, runner=counted)
    assert request.batch.out.read_bytes() == whole
    assert (summary.resumed, fresh) == (2, [2])
    with pytest.raises(OutputError, match=r"another run \(other methods, options\)"):
        run_controls(replace(kept, methods=("did",)))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    with pytest.raises(OutputError, match="holds other files"):
        run_controls(replace(kept, checkpoint=tmp_path / "mine"))


class OnTheSpot:
    """A cluster that does each task at once."""

    def submit(self, function, *given, pure):
        assert not pure
        return function(*given)

    def gather(self, futures):
        return futures


def test_a_cluster_gives_the_same_bytes(request_for, monkeypatch):
    monkeypatch.setattr(controls, "BLOCK", 2)
    request = request_for(["did", "synthetic"])
    run_controls(request)
    alone = request.batch.out.read_bytes()
    run_controls(request, runner=by_cluster(OnTheSpot()))
    assert request.batch.out.read_bytes() == alone


@pytest.mark.slow
def test_worker_processes_give_the_same_bytes(request_for, monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(controls, "BLOCK", 2)
    request = request_for(["synthetic"], placebos=20)
    run_controls(request)
    alone = request.batch.out.read_bytes()
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
        ) as cluster,
        connected(cluster.scheduler_address) as client,
    ):
        run_controls(request, runner=by_cluster(client))
    assert request.batch.out.read_bytes() == alone


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"methods": ("market",)}, "--method market is no control portfolio"),
        ({"methods": ("did", "did")}, "given twice"),
    ],
)
def test_bad_requests_get_one_message(request_for, changes, words):
    with pytest.raises(StudyError, match=words):
        request_for(**changes)


def words_of(request):
    batch = request.batch
    files = {"returns": batch.returns, "factors": batch.factors, "events": batch.events}
    words = [str(w) for name, path in files.items() for w in (f"--{name}", path)]
    return ["batch", *words, "--out", str(batch.out), "--estimation", "-110..-11"]


def test_the_command(request_for, tmp_path):
    words = words_of(request_for())
    given = ["--model", "market=m", "--method", "did", "--checkpoint", str(tmp_path / "parts")]
    first = CliRunner().invoke(main, [*words, *given, "--threads", "1"])
    assert first.exit_code == 0, first.output
    assert "6 events, 6 rows" in first.stdout
    again = CliRunner().invoke(main, [*words, *given, "--threads", "2"])
    assert "6 events were finished before" in again.stdout


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--model", "m", "--donors", "d.csv"], "add --method"),
        (["--model", "m", "--method", "synthetc"], "Did you mean|nearest|synthetic"),
        (["--model", "m", "--model", "mean=1", "--method", "did"], "give one --model"),
        (["--model", "m", "--method", "did", "--log"], "without --log"),
    ],
)
def test_the_command_refuses_in_one_line(request_for, given, words):
    import re

    result = CliRunner().invoke(main, [*words_of(request_for()), *given])
    assert result.exit_code == 2
    assert re.search(words, result.stderr)
    assert "Traceback" not in result.output


def test_a_fit_worse_than_the_models_is_said_first(request_for):
    common = [{"donor": name} for name in ("F05", "F06")]
    words = words_of(request_for(donors=common, events=[("F03", 150)]))
    given = [
        "--model",
        "m",
        "--method",
        "synthetic",
        "--donors",
        words[2].replace("r.csv", "d.csv"),
    ]
    result = CliRunner().invoke(main, [*words, *given, "--threads", "1"])
    assert result.stdout.splitlines()[0].startswith("1 of 1 controls fit worse than the model 'm'")
