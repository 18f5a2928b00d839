"""Study files of many firm-events, and the two that travel with the program."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis.errors import MarketImpactError, StudyError
from analysis.figures.sample.files import sample_figure_files
from analysis.prices.snapshot import load_snapshot
from analysis.sample.caar import caar_path
from analysis.sample.file import load_sample
from analysis.sample.find import bundled_samples, sample_path
from analysis.sample.regression import explain
from analysis.windows import Window

LISTED = """
id = "mine"
windows = ["0..0", "-1..1"]
model = "market"
benchmark = "SPY-ex"
explain = ["car ~ size"]

[policies]
overlap = "first"

[[benchmarks]]
id = "SPY-ex"
purged_of = "NVDA"
weight = 0.0696
weight_session = 2025-01-24

[[firm_events]]
symbol = "NVDA"
when = 2025-01-27
size = 3

[[firm_events]]
symbol = "AMD"
when = 2025-01-25T12:00:00Z
group = "cpu"
size = 1
"""


def write(tmp_path, text):
    path = tmp_path / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_pairs_listed_in_the_file_with_a_purged_benchmark(tmp_path):
    path = write(tmp_path, LISTED)
    assert sample_path(str(path)) == path
    study = load_sample(path)
    assert study.spec.policies.overlap == "first"
    assert study.explain == ("car ~ size",)
    frame = study.run().firm_events
    assert round(float(frame["car"].iloc[0]), 4) == -0.1672  # the bundled study's own
    assert frame["session"].tolist() == ["2025-01-27"] * 4


def test_events_file_beside_the_study(tmp_path):
    (tmp_path / "events.csv").write_text("symbol,when\nNVDA,2025-01-27\n", encoding="utf-8")
    study = load_sample(write(tmp_path, 'events_file = "events.csv"\nwindows = ["0..0"]\n'))
    assert study.run().firm_events["car"].round(3).tolist() == [-0.134]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('events_file = "e.csv"\nmodle = "x"\n', "did you mean 'model'"),
        ('events_file = "no.csv"\n', "no such file"),
        ("windows = []\n", "give either"),
        (LISTED.replace('"first"', '"frist"'), "did you mean 'first'"),
        (LISTED.replace("2025-01-27\n", '"2025-01-27"\n'), "without quotes"),
        (LISTED.replace('purged_of = "NVDA"', 'purged_of = "NVDX"'), "did you mean 'NVDA'"),
        (LISTED.replace("size = 3", "symbl = 3").replace('symbol = "NVDA"', ""), "no 'symbol'"),
        ("windows = 3\nevents_file = 4\n", "'events_file' is 4"),
        (
            LISTED.replace("windows = [", "windows = [5, "),
            "'windows number 1' is 5; a str is needed",
        ),
        ("fx = [5]\n" + LISTED, "'fx number 1' is 5; a dict is needed"),
        ("firm_events = [5]\n", "'firm_events number 1' is 5"),
        (f"level = {'9' * 400}\n" + LISTED, "'level' is a whole number beyond 64 bits"),
        ('draws = "x"\n' + LISTED, "'draws' is x; a int is needed"),
        ("draws = 0\n" + LISTED, "'draws' is 0; a number from 1 to 1,000,000 is needed"),
        ("seed = -1\n" + LISTED, "'seed' is -1; a number from 0 to"),
        ("min_estimation = 0\n" + LISTED, "'min_estimation' is 0; a number from 1"),
        ("placebos = true\n" + LISTED, "'placebos' is True"),
        ('data = "a\\u0000"\n' + LISTED, "'data' holds a null character"),
        (LISTED.replace('["car ~ size"]', "[[]]"), r"'explain number 1' is \[\]"),
        (LISTED.replace("size = 3", 'weight = "x"'), "weight 'x' is no number"),
        (LISTED.replace("size = 3", "weight = inf"), "weight 'inf' is no number"),
        (LISTED.replace("size = 3", "weight = -0.5"), "weight '-0.5' is negative"),
        (LISTED.replace("size = 3", "size = []"), "'size' holds several values"),
        (LISTED.replace("size = 3", f"size = {'9' * 400}"), "'size' is a whole number beyond"),
        (LISTED + f"deep = {'[' * 600}{']' * 600}\n", "nested too deep"),
        (LISTED + ".".join("a" * 1000) + " = 1\n", "a key has more than"),
    ],
)
def test_what_cannot_be_is_refused_with_the_file(tmp_path, text, words):
    path = write(tmp_path, text)
    with pytest.raises(MarketImpactError, match=words) as caught:
        load_sample(path).run()
    assert "Traceback" not in str(caught.value)


def test_another_study_is_none_of_many_firm_events(tmp_path):
    assert sample_path("deepseek-2025") is None
    assert sample_path(str(write(tmp_path, 'id = "x"\n'))) is None
    assert sample_path(str(write(tmp_path, f"x = {'[' * 600}{']' * 600}\n"))) is None
    assert sample_path(str(write(tmp_path, ".".join("a" * 1000) + " = 1\n"))) is None
    with pytest.raises(StudyError, match="no study"):
        load_sample("nvda-result")


def test_bundled_lists():
    assert set(bundled_samples()) == {"largest-falls", "nvda-results-2016-2025"}
    results = load_sample("nvda-results-2016-2025")
    words = results.events.group.texts()
    assert (words == "results").sum() == 40
    assert (words == "warning").sum() == 2
    assert len(load_sample("largest-falls").events) == 26


@pytest.fixture(scope="module")
def results():
    return load_sample("nvda-results-2016-2025").run()


def test_results_days_against_statsmodels_and_published_returns(results):
    frame = results.firm_events[results.firm_events["window"] == "0..0"]
    assert (results.statuses["ok"], len(frame)) == (38, 42)
    returns = load_snapshot().levels.pct_change(fill_method=None)
    y, x = returns["NVDA"].to_numpy(), returns["SPY"].to_numpy()
    positions = returns.index.get_indexer(pd.to_datetime(frame["session"]))
    for place, row in enumerate(frame.itertuples()):
        at = positions[place]
        rows = np.arange(at - 260, at - 10)
        near = np.concatenate([np.arange(p - 1, p + 2) for p in positions])
        rows = rows[~np.isin(rows, near)]
        fit = sm.OLS(y[rows], sm.add_constant(x[rows])).fit()
        ahead = np.array([1.0, x[at]])
        se = np.sqrt(fit.mse_resid * (1 + ahead @ fit.normalized_cov_params @ ahead))
        assert row.n_estimation == len(rows)
        assert row.car == pytest.approx(y[at] - ahead @ fit.params, abs=1e-12)
        assert row.se == pytest.approx(se, rel=1e-9)
    scar = frame["scar"].to_numpy()
    bmp = scar.mean() * np.sqrt(42) / scar.std(ddof=1)
    average = results.of("all", Window(0, 0))
    assert average.lead.test == "bmp"
    assert average.lead.statistic == pytest.approx(bmp, rel=1e-10)
    assert round(100 * average.mean, 2) == 2.02


def test_band_of_one_pair_is_its_own_prediction_error(results):
    from dataclasses import replace

    study = load_sample("nvda-results-2016-2025")
    keep = np.array([5])
    one = replace(
        study,
        events=type(study.events).make(
            ["NVDA"], [study.events.day[keep].astype("datetime64[D]").tolist()[0]]
        ),
    )
    result = one.run()
    path = caar_path(result)
    returns = load_snapshot().levels.pct_change(fill_method=None)
    y, x = returns["NVDA"].to_numpy(), returns["SPY"].to_numpy()
    at = returns.index.get_loc(pd.Timestamp(result.firm_events["session"].iloc[0]))
    rows = np.arange(at - 260, at - 10)
    fit = sm.OLS(y[rows], sm.add_constant(x[rows])).fit()
    days = np.arange(at - 10, at + 21)
    ahead = np.column_stack([np.ones(31), x[days]])
    sums, se = [], []
    for d in range(31):
        own = ahead[: d + 1] * [d < 5, 1]  # a window of more than five sessions carries no alpha on
        covariance = np.eye(d + 1) + own @ fit.normalized_cov_params @ own.T
        sums.append((y[days[: d + 1]] - own @ fit.params).sum())
        se.append(np.sqrt(fit.mse_resid * covariance.sum()))
    np.testing.assert_allclose(path.caar, sums, atol=1e-12)
    from scipy import stats

    half = stats.t.ppf(0.975, 248) * np.array(se)
    np.testing.assert_allclose(path.high, sums + half, rtol=1e-8, atol=1e-12)
    assert path.band == "prediction error of the one pair"


def test_band_of_many_is_from_the_spread_of_their_sums(results):
    path = caar_path(results)
    frame = results.paths()
    sums = frame.pivot_table(index="id", columns="day", values="car")
    np.testing.assert_allclose(path.caar, sums.mean(), atol=1e-14)
    from scipy import stats

    half = stats.t.ppf(0.975, 41) * sums.std(ddof=1) / np.sqrt(42)
    np.testing.assert_allclose(path.low, sums.mean() - half, atol=1e-12)


@pytest.mark.slow
def test_figures_of_every_kind_are_drawn_the_same_twice(results):
    regressions = [explain(results, "car ~ overnight")]
    first = sample_figure_files(results, regressions, formats=("svg",))
    assert set(first) == {
        *("caar-path.svg", "aar-bars.svg", "car-distribution.svg", "forest.svg"),
        *("events-calendar.svg", "exposure-1.svg"),
    }
    assert first == sample_figure_files(results, regressions, formats=("svg",))
    assert all(len(content) > 5000 for content in first.values())


def test_dollars_are_those_of_a_study_of_the_same_pairs():
    from analysis.overrides import Overrides, override
    from analysis.run.study import run_study
    from analysis.sample.events import FirmEvents
    from analysis.sample.file import SampleStudy
    from analysis.sample.spec import SampleSpec
    from analysis.study_file import load_study

    snapshot, windows = load_snapshot(), (Window(0, 0), Window(0, 1))
    choices = Overrides(
        symbols=("NVDA", "AMD"),
        events=("sell-off",),
        models=("market",),
        benchmarks=("SPY",),
        windows=windows,
    )
    study = override(load_study(), choices)
    expected = run_study(study, snapshot).tidy
    events = FirmEvents.make(["NVDA", "AMD"], [study.events[0].when] * 2)
    spec = SampleSpec(windows=windows, min_estimation=study.min_estimation)
    found = SampleStudy(spec, events).run_on(snapshot).firm_events
    joined = found.merge(expected, on=["symbol", "window"], suffixes=("", "_study"))
    assert len(joined) == 4
    assert joined["impact_usd"].notna().all()
    np.testing.assert_allclose(joined["impact_usd"], joined["impact_usd_study"], rtol=1e-9)
