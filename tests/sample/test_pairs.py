"""What becomes of each pair; traps that other programs fall into."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.errors import DataError, StudyError, WindowError
from analysis.overrides import Overrides, override
from analysis.prices.snapshot import load_snapshot
from analysis.run.study import run_study
from analysis.sample.data import SampleData
from analysis.sample.events import FirmEvents, grouped_by, read_events
from analysis.sample.policies import Policies
from analysis.sample.result import AVERAGE_COLUMNS, FIRM_EVENT_COLUMNS, PATH_COLUMNS
from analysis.sample.run import run_sample
from analysis.sample.spec import SampleSpec
from analysis.sample.weights import weighted_by
from analysis.study_file import load_study
from analysis.windows import Window
from tests.sample.conftest import make_data, make_events

SPEC = SampleSpec(
    benchmark="MKT",
    estimation=Window(-120, -11),
    windows=(Window(0, 0), Window(-1, 1)),
    path=Window(-5, 10),
    draws=99,
)


def run(world, firm, position, spec=SPEC, **columns):
    data = make_data(*world)
    return run_sample(make_events(data, firm, position, **columns), data, spec)


def cars(result, window="-1..1"):
    frame = result.firm_events
    return frame[frame["window"] == window]["car"].to_numpy()


def test_columns_are_those_of_the_contract(world):
    result = run(world, [0, 1], [200, 300])
    assert tuple(result.tidy.columns) == AVERAGE_COLUMNS
    assert tuple(result.firm_events.columns) == FIRM_EVENT_COLUMNS
    assert tuple(result.paths().columns) == PATH_COLUMNS
    assert set(result.tidy["kind"]) == {"day", "window"}
    assert set(result.firm_events["alpha_used"]) == {"estimated"}
    assert result.paths()["alpha_used"].tolist() == (["estimated"] * 5 + ["zero"] * 11) * 2
    adjusted = replace(SPEC, model="market-adjusted", windows=(Window(0, 9),))
    assert set(run(world, [0, 1], [200, 300], adjusted).firm_events["alpha_used"]) == {"none"}


def test_pairs_are_identical_to_a_study_of_the_same_pairs():
    snapshot = load_snapshot()
    windows = (Window(0, 0), Window(-1, 1))
    models = ("market", "mean", "market-adjusted", "capm", "ff3")
    study = override(
        load_study(),
        Overrides(
            symbols=("NVDA", "AMD", "TSM", "ARM"),
            models=models,
            benchmarks=("SPY",),
            windows=windows,
        ),
    )
    expected = run_study(study, snapshot).tidy
    symbols = [s for s in study.symbols for _ in study.events]
    events = FirmEvents.make(symbols, [e.when for _ in study.symbols for e in study.events])
    for model in models:
        spec = SampleSpec(
            model=model,
            estimation=study.estimation,
            windows=windows,
            min_estimation=study.min_estimation,
            policies=Policies(other_events="keep"),
        )
        found = run_sample(events, SampleData.of(snapshot), spec).firm_events
        found = found[~found["status"].str.startswith("duplicate")]
        own = expected[expected["model"] == model]
        joined = found.merge(
            own, on=["symbol", "session", "window"], suffixes=("", "_study"), validate="m:m"
        )
        assert len(joined) >= 24
        for name in ("car", "se", "t", "df", "bhar", "sigma", "alpha", "n_estimation"):
            np.testing.assert_allclose(
                joined[name].astype(float),
                joined[f"{name}_study"].astype(float),
                rtol=1e-9,
                atol=1e-12,
                err_msg=f"{model} {name}",
            )


def test_adding_pairs_changes_no_other_row(world):
    few = run(world, [0, 1, 2], [200, 300, 400])
    many = run(world, [0, 1, 2, 5, 6, 7, 0], [200, 300, 400, 200, 300, 401, 500])
    np.testing.assert_array_equal(cars(few), cars(many)[:3])
    np.testing.assert_array_equal(few.firm_events["se"], many.firm_events["se"][:6])
    # an event in another's estimation window is the one exception, and the policy can end it
    near = run(world, [0, 1, 2, 0], [200, 300, 400, 150])
    assert cars(near)[0] != cars(few)[0]
    keep = replace(SPEC, policies=Policies(other_events="keep"))
    alone, beside = run(world, [0], [200], keep), run(world, [0, 0], [200, 150], keep)
    np.testing.assert_array_equal(cars(alone), cars(beside)[:1])


def test_order_of_the_file_changes_nothing(world):
    rng = np.random.default_rng(2)
    firm, position = rng.integers(0, 12, 60), rng.integers(140, 680, 60)
    keys = sorted(set(zip(firm.tolist(), position.tolist(), strict=True)))
    firm, position = np.array(keys).T
    shuffled = rng.permutation(len(firm))
    first = run(world, firm, position)
    second = run(world, firm[shuffled], position[shuffled])
    pd.testing.assert_frame_equal(first.tidy, second.tidy, check_exact=True)
    np.testing.assert_array_equal(cars(first)[shuffled], cars(second))


def test_threads_change_nothing(world, monkeypatch):
    from analysis.sample import histories, measure

    monkeypatch.setattr(measure, "BLOCK", 16)
    monkeypatch.setattr(histories, "BLOCK", 16)
    rng = np.random.default_rng(2)
    firm, position = np.repeat(np.arange(12), 9), np.tile(rng.integers(140, 680, 9), 12)
    data = make_data(*world)
    events = make_events(data, firm, position)
    one = run_sample(events, data, SPEC, threads=1)
    two = run_sample(events, data, SPEC, threads=3)
    pd.testing.assert_frame_equal(one.tidy, two.tidy, check_exact=True)
    pd.testing.assert_frame_equal(one.firm_events, two.firm_events, check_exact=True)


def test_caar_is_the_mean_of_cars_not_divided_by_days(world):
    result = run(world, [0, 1, 2, 3], [200, 250, 300, 350])
    average = result.of("all", Window(-1, 1))
    assert average.mean == pytest.approx(cars(result).mean(), abs=1e-16)
    days = [result.of("all", Window(d, d), "day").mean for d in (-1, 0, 1)]
    assert average.mean == pytest.approx(sum(days), abs=1e-14)


def test_a_firm_in_several_events_does_not_inflate_the_tests(world):
    # each of 30 events of one firm is one observation with its own forecast error
    rng = np.random.default_rng(3)
    position = np.sort(rng.choice(np.arange(140, 680, 4), 30, replace=False))
    result = run(world, np.zeros(30, dtype=int), position)
    outcomes = {o.test: o for o in result.of("all", Window(0, 0)).battery.outcomes}
    frame = result.firm_events[result.firm_events["window"] == "0..0"].dropna(subset="car")
    scar = frame["scar"].to_numpy()
    count = len(scar)
    assert 20 < count < 30  # where too many of 110 sessions are left out the pair says so
    assert outcomes["bmp"].statistic == pytest.approx(
        scar.mean() * np.sqrt(count) / scar.std(ddof=1), rel=1e-12
    )
    df = frame["df"].to_numpy()
    assert outcomes["patell"].statistic == pytest.approx(
        scar.sum() / np.sqrt((df / (df - 2)).sum()), rel=1e-12
    )
    assert outcomes["kp"].statistic == outcomes["bmp"].statistic  # no two windows overlap
    assert abs(outcomes["patell"].statistic) < 4


def test_weekend_dates_move_forward(world):
    data = make_data(*world)
    saturday = dt.date(2020, 2, 1)
    events = FirmEvents.make(["F000", "F001"], [saturday, dt.date(2020, 2, 3)])
    frame = run_sample(events, data, SPEC).firm_events
    assert set(frame["session"]) == {"2020-02-03"}
    assert set(frame["when"]) == {"2020-02-01", "2020-02-03"}


def test_an_instant_after_the_close_reacts_the_next_session(world):
    data = make_data(*world)
    after = dt.datetime(2020, 2, 3, 21, 5, tzinfo=dt.UTC)
    events = FirmEvents.make(["F000"], [after])
    frame = run_sample(events, data, SPEC).firm_events
    assert set(frame["session"]) == {"2020-02-04"}
    assert set(frame["when"]) == {"2020-02-03T21:05:00Z"}


def test_one_event_is_judged_by_its_own_forecast_error(world):
    result = run(world, [4], [300])
    average = result.of("all", Window(-1, 1))
    row = result.firm_events.iloc[1]
    assert average.lead.test == "t"
    assert (average.lead.statistic, average.lead.p) == (row["t"], row["p"])
    assert average.battery.se == row["se"]


def test_one_date_leads_with_the_adjusted_test_and_says_so(world):
    result = run(world, list(range(12)), [300] * 12)
    average = result.of("all", Window(0, 0))
    assert average.lead.test == "kp"
    assert "placebo dates" in average.battery.lead.reason
    outcomes = {o.test: o for o in average.battery.outcomes}
    assert not outcomes["date-cluster"].available
    assert "rejects a true null" in outcomes["bmp"].warning
    # the correlation is that of all pairs: the known function on the explicit residuals
    from analysis.inference.many_firms import mean_correlation

    returns, market = world
    at = np.arange(180, 290)
    design = np.column_stack([np.ones(110), market[at]])
    residuals = returns[at] - design @ np.linalg.lstsq(design, returns[at], rcond=None)[0]
    overlap = average.battery.overlap
    assert overlap.correlation == pytest.approx(mean_correlation(residuals), rel=1e-9)
    assert overlap.effective_dates == 1


def test_statuses_name_every_reason(world):
    returns, market = (part.copy() for part in world)
    returns[400:, [1, 7]] = np.nan  # leave the exchange
    returns[:250, 2] = np.nan  # listed late
    returns[300, 3] = np.nan
    data = make_data(returns, market)
    days = data.sessions.astype("datetime64[D]").tolist()
    cases = [
        ("F000", days[300], "ok"),
        ("F000", days[300], "duplicate of another pair"),
        ("F001", days[400], "no returns at the event: not yet listed or delisted"),
        ("F007", days[399], "ok: ends with the firm's last return"),
        ("F002", days[300], "too few estimation returns"),
        ("F003", days[300], "ok: some returns missing"),
        ("F004", days[-1], "window reaches the end of the data"),
        ("ZZZ", days[300], "symbol not in the data"),
        ("F005", dt.date(2035, 1, 1), "date outside the data"),
        ("F006", dt.datetime(2020, 1, 2, 12), "time without a zone"),  # noqa: DTZ001
        ("", days[300], "no symbol"),
    ]
    events = FirmEvents.make([c[0] for c in cases], [c[1] for c in cases])
    result = run_sample(events, data, SPEC)
    frame = result.firm_events[result.firm_events["window"] == "-1..1"]
    assert frame["status"].tolist() == [c[2] for c in cases]
    assert frame["car"].notna().tolist() == [c[2].startswith("ok") for c in cases]
    assert sum(result.statuses.values()) == len(cases)


def test_a_firm_that_leaves_on_day_0_ends_with_its_last_return(world):
    returns, market = (part.copy() for part in world)
    returns[301:, 0] = np.nan
    data = make_data(returns, market)
    result = run_sample(make_events(data, [0], [300]), data, SPEC)
    frame = result.firm_events
    days = result.paths()
    assert days["day"].max() == 0
    two = days[days["day"] >= -1]["ar"].sum()
    assert frame["car"].iloc[1] == pytest.approx(two, abs=1e-15)
    refused = run_sample(
        make_events(data, [0, 1], [300, 300]),
        data,
        replace(SPEC, policies=Policies(missing="refuse")),
    ).firm_events
    assert refused["status"].tolist()[:2] == ["ok", "no return in the window"]


def test_overlapping_events_of_a_firm(world):
    firm, position = [0, 0, 0, 1], [300, 302, 303, 302]
    kept = run(world, firm, position).firm_events.iloc[1::2]
    assert kept["status"].str.contains("another event").tolist() == [True, True, True, False]
    first = run(world, firm, position, replace(SPEC, policies=Policies(overlap="first")))
    assert first.firm_events.iloc[1::2]["car"].notna().tolist() == [True, False, True, True]
    none = run(world, firm, position, replace(SPEC, policies=Policies(overlap="refuse")))
    assert none.firm_events.iloc[1::2]["car"].notna().tolist() == [False, False, False, True]


def test_thin_trading_is_flagged_and_can_be_refused(world):
    returns, market = (part.copy() for part in world)
    returns[::2, 0] = 0.0
    data = make_data(returns, market)
    events = make_events(data, [0, 1], [300, 300])
    assert run_sample(events, data, SPEC).firm_events["status"].tolist()[0] == "ok: thin trading"
    strict = replace(SPEC, policies=Policies(most_zeros=0.4))
    status = run_sample(events, data, strict).firm_events["status"].tolist()
    assert status[0] == "too many zero returns in the estimation window"


def test_groups_of_one_and_their_difference(world):
    result = run(world, [0, 1, 2], [200, 300, 400], group=["a", "b", "b"])
    assert result.of("a", Window(0, 0)).lead.test == "t"
    pair = result.of("a - b", Window(0, 0))
    day = cars(result, "0..0")
    assert pair.mean == pytest.approx(day[0] - day[1:].mean(), abs=1e-15)
    assert not pair.lead.available  # three dates carry no difference
    with pytest.raises(DataError, match="stands for all pairs"):
        run(world, [0], [200], group=["all"])


def test_benchmark_of_each_pair(world):
    data = make_data(*world)
    own = {"OTHER": np.roll(world[1], 1)}
    data = replace(data, markets=own)
    events = make_events(data, [0, 0, 1], [300, 400, 300], benchmark=["", "OTHER", "NONE"])
    frame = run_sample(events, data, SPEC).firm_events.iloc[::2]
    assert frame["benchmark"].tolist() == ["MKT", "OTHER", "NONE"]
    assert frame["status"].tolist()[2] == "benchmark not in the data"
    alone = run_sample(
        make_events(data, [0], [400]), data, replace(SPEC, benchmark="OTHER")
    ).firm_events
    keep = replace(SPEC, policies=Policies(other_events="keep"))
    kept = run_sample(events, data, keep).firm_events.iloc[::2]
    assert kept["car"].iloc[1] == alone["car"].iloc[0]


def test_placebo_shifts_are_the_sample_moved_back(world):
    firm, position = np.arange(12), np.linspace(400, 650, 12).astype(int)
    result = run(world, firm, position, replace(SPEC, placebos=40))
    placebo = result.placebos[1]
    assert placebo.shifts[0] == 16  # clears the path of 16 sessions
    moved = run(world, firm, position - int(placebo.shifts[7]))
    assert placebo.car[7] == pytest.approx(moved.of("all", Window(-1, 1)).mean, abs=1e-15)
    outcome = next(o for _, o in result.of("all", Window(-1, 1)).extra if o.test == "placebo-shift")
    scar = result.firm_events.iloc[1::2]["scar"].mean()
    assert outcome.p == (1 + (np.abs(placebo.scar) >= abs(scar)).sum()) / 41


@pytest.mark.slow
def test_event_less_placebo_of_every_group_and_session(world):
    firm, position = np.arange(12), np.linspace(400, 650, 12).astype(int)
    group = ["a", "b"] * 6
    spec = replace(SPEC, placebos=19, path=Window(-1, 1))
    result = run(world, firm, position, spec, group=group)
    rows = result.tidy.query("test == 'placebo-shift'")
    assert len(rows) == 3 * (2 + 3)  # all, a, b; two windows and three sessions
    moved = [run(world, firm, position - shift, spec, group=group) for shift in range(3, 22)]
    for kind, day in (("window", Window(-1, 1)), ("day", Window(1, 1))):
        mean = result.of("b", day, kind).mean
        others = np.mean([one.of("b", day, kind).mean for one in moved])
        row = rows.query(f"group == 'b' and kind == '{kind}' and start == {day.start}")
        row = row[row["end"] == day.end]
        assert row["mean"].item() == pytest.approx(mean - others, abs=1e-15)


def test_events_file_keeps_every_row_and_column(tmp_path):
    path = tmp_path / "events.csv"
    path.write_text(
        "symbol,when,group,weight,size,sector\n"
        "A,2020-01-02,x,1,10,tech\n"
        "B,2020-01-03T21:30:00Z,y,,,\n"
        "C,nonsense,x,two,5,tech\n"
        ",2020-01-02,,-1,7,food\n",
        encoding="utf-8",
    )
    events = read_events(path)
    assert len(events) == 4
    np.testing.assert_array_equal(events.weight, [1, np.nan, np.nan, np.nan])
    assert events.ids.texts().tolist() == ["1", "2", "3", "4"]
    assert events.group.texts().tolist() == ["x", "y", "x", ""]
    assert events.characteristics["size"].tolist()[0] == 10
    assert events.characteristics["sector"].tolist()[2:] == ["tech", "food"]
    assert events.characteristics["sector"].isna().tolist() == [False, True, False, False]
    assert events.problems.lines() == [
        f"{path} line 4: weight 'two' is no number; left empty",
        f"{path} line 5: weight '-1' is negative; left empty",
    ]
    assert grouped_by(events, "sector").group.words == ("tech", "food")
    frame = pd.read_csv(path)
    frame.to_parquet(tmp_path / "events.parquet")
    again = read_events(tmp_path / "events.parquet")
    assert again.symbol.texts().tolist() == events.symbol.texts().tolist()
    assert again.instant.tolist() == events.instant.tolist()


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"model": "garch"}, StudyError, "pair by pair"),
        ({"model": "marekt"}, StudyError, "did you mean 'market'"),
        ({"windows": ()}, WindowError, "no event window"),
        ({"windows": (Window(-20, 0),)}, WindowError, "reaches into"),
        ({"path": Window(-60, 0)}, WindowError, "reaches into"),
        ({"level": 2.0}, StudyError, "level"),
        ({"placebos": 5}, StudyError, "cannot reach 5 %"),
    ],
)
def test_what_cannot_be_is_refused(changes, error, words):
    with pytest.raises(error, match=words):
        replace(SPEC, **changes)


def test_no_pair_at_all(world):
    data = make_data(*world)
    with pytest.raises(DataError, match="did you mean 'F000'"):
        run_sample(FirmEvents.make(["f000"], [dt.date(2020, 1, 2)]), data, SPEC)
    with pytest.raises(DataError, match="give one row a pair"):
        run_sample(FirmEvents.make([], []), data, SPEC)


def test_a_hundred_thousand_events_on_one_date(world):
    rng = np.random.default_rng(0)
    returns = rng.normal(0, 0.02, (160, 2000))
    data = make_data(returns, rng.normal(0, 0.01, 160))
    firm = np.tile(np.arange(2000), 50)
    groups = [f"g{at}" for at in range(50) for _ in range(2000)]
    result = run_sample(
        make_events(data, firm, np.full(100_000, 140), group=groups),
        data,
        replace(SPEC, windows=(Window(0, 0),), path=Window(0, 0), ranks=False),
    )
    average = result.of("all", Window(0, 0))
    assert average.n == 100_000
    assert average.battery.overlap.effective_dates == 1
    assert average.lead.test == "kp"


def test_sessions_measured_part_by_part_are_those_measured_at_once(world, monkeypatch):
    rng = np.random.default_rng(2)
    firm, position = np.repeat(np.arange(12), 9), np.tile(rng.integers(140, 680, 9), 12)
    spec = replace(SPEC, windows=(Window(-1, 1), Window(0, 4)))
    group = ["a", "b", "b"] * 36
    whole = run(world, firm, position, spec, group=group)
    monkeypatch.setattr("analysis.sample.days.MOST_CELLS", 3 * len(firm))
    parts = run(world, firm, position, spec, group=group)
    assert parts.daily.step < len(parts.daily.windows)
    pd.testing.assert_frame_equal(parts.tidy, whole.tidy, check_exact=True)
    pd.testing.assert_frame_equal(parts.paths(), whole.paths(), check_exact=True)


def test_two_events_on_one_date_are_one_date(world):
    firm, position = [*range(8), 8, 9], [*range(200, 520, 40), 480, 480]
    result = run(world, firm, position)
    overlap = result.of("all", Window(0, 0)).battery.overlap
    assert (overlap.pairs, overlap.dates) == (10, 8)
    assert overlap.share == pytest.approx(0.3)  # three pairs share a session with another
    row = result.tidy.query("test == 'date-cluster' and kind == 'window' and start == 0").iloc[0]
    assert row["df"] == 7
    same_firm = run(world, [0, 0, 1], [200, 200, 300]).firm_events.query("window == '0..0'")
    assert same_firm["status"].tolist() == ["ok", "duplicate of another pair", "ok"]


def test_one_firm_with_all_events(world):
    result = run(world, [3] * 12, list(range(150, 630, 40)))
    average = result.of("all", Window(0, 0))
    assert average.n == 12
    outcomes = {outcome.test: outcome for outcome in average.battery.outcomes}
    assert not outcomes["two-way-cluster"].available  # one firm is no cluster to count by
    for test in ("bmp", "cross-t", "patell", "date-cluster", "corrado", "grank-t"):
        assert np.isfinite(outcomes[test].statistic)


def test_characteristics_that_are_missing_leave_pairs_out(world):
    from analysis.sample.regression import explain

    size = [1.0, 2.0, np.nan, 4.0, 3.0, 7.0, 5.0, 6.0]
    frame = pd.DataFrame({"size": size})
    result = run(world, list(range(8)), list(range(200, 520, 40)), characteristics=frame)
    found = explain(result, "car ~ size")
    assert (found.n, found.left_out) == (7, 1)


def test_registered_tests_are_those_that_run(world):
    from analysis.inference.catalog import TESTS
    from analysis.inference.date_sums import Codes, DateSums
    from analysis.inference.registry import Settings

    weight = np.linspace(1, 2, 12)
    result = run(world, list(range(12)), list(range(150, 630, 40)), weight=weight)
    average = result.of("all", Window(0, 0))
    made = {o.test: o for o in average.battery.outcomes} | {o.test: o for _, o in average.extra}
    rows = np.flatnonzero(np.isfinite(result.fits.sigma2))

    class Column:
        car = result.windows.car[0, rows]
        position = result.pairs.date[rows]
        dates = Codes.of(result.pairs.date[rows])
        by_date = DateSums.of(car, dates)
        # every pair here has a firm and a date of its own
        squares = ((float(((car - car.mean()) ** 2).sum()), 12),) * 3
        weight = result.pairs.weight[rows]
        reach = 1

    settings = Settings(level=SPEC.level, draws=SPEC.draws, seed=SPEC.seed)
    run_here = [test for test in TESTS.of("events") if test.run is not None]
    assert len(run_here) == 6
    for test in run_here:
        alone, found = test.run(Column, settings), made[test.id]
        assert (alone.df, alone.draws, alone.p) == (found.df, found.draws, pytest.approx(found.p))
        assert alone.statistic == pytest.approx(found.statistic, rel=1e-12)
        assert alone.unavailable == found.unavailable


def test_no_weight_is_negative():
    """A portfolio short in some of its pairs is another estimate than an average of them."""
    day = dt.date(2020, 1, 2)
    with pytest.raises(DataError, match="the weight of pair 2, -3, is negative"):
        FirmEvents.make(["A", "B"], [day, day], weight=[0.0, -3.0])
    sizes = pd.DataFrame({"size": [2.0, -1.0, 0.0]})
    events = FirmEvents.make(["A", "B", "C"], [day] * 3, characteristics=sizes)
    with pytest.raises(DataError, match="'size' has 1 negative value;"):
        weighted_by(events, "size")
    kept = weighted_by(replace(events, characteristics=sizes.abs()), "size").weight
    np.testing.assert_array_equal(kept, [2, 1, np.nan])
