"""What is measured for the tables alone is what stands in them, to the last bit."""

from __future__ import annotations

import pytest
from pandas.testing import assert_frame_equal

import analysis.run.panel_draws as draws
from analysis.overrides import Overrides, override
from analysis.run.study import run_study
from analysis.windows import Window


@pytest.fixture(scope="module")
def asked(study):
    """Two events, two groups, a model with regressors of each firm's own, and two benchmarks."""
    return override(
        study,
        Overrides(
            events=("r1-release", "sell-off"),
            symbols=("NVDA", "AMD", "MU"),
            models=("market", "market-industry", "ff3"),
            benchmarks=("SPY-ex", "SOXX"),
            windows=(Window(0, 0), Window(-1, 1)),
        ),
    )


@pytest.fixture(scope="module")
def everything(asked, snapshot):
    return run_study(asked, snapshot)


@pytest.fixture(scope="module")
def shown(asked, snapshot):
    return run_study(asked, snapshot, shown_only=True)


def test_the_tables_are_those_of_the_whole_study(everything, shown):
    assert shown.summary() == everything.summary()
    assert shown.summary(tests=True) == everything.summary(tests=True)
    assert shown.to_markdown() == everything.to_markdown()


def test_each_cell_is_as_it_is_among_all(everything, shown):
    keys = ["event", "symbol", "model", "benchmark", "window"]
    found, whole = shown.tidy.set_index(keys), everything.tidy.set_index(keys)
    assert_frame_equal(found, whole.loc[found.index], check_dtype=False, check_exact=True)
    keys[1] = "group"
    found, whole = shown.tidy_groups.set_index(keys), everything.tidy_groups.set_index(keys)
    assert_frame_equal(found, whole.loc[found.index], check_dtype=False, check_exact=True)
    assert shown.tidy_tests.equals(everything.tidy_tests)
    assert shown.tidy_recoveries.equals(everything.tidy_recoveries)


def test_only_what_is_shown_is_measured(everything, shown):
    """Three firms at two events under the headline's specification, and one firm at one else."""
    specifications = len(everything.headline_models)
    assert specifications == 5
    assert len(everything.firms) == 2 * 3 * specifications
    assert len(shown.firms) == 2 * 3 + specifications - 1
    assert {(g.model, g.benchmark) for g in shown.groups} == {("market", "SPY-ex")}


def test_pseudo_dates_are_drawn_in_few_calls_and_only_of_what_is_shown(
    asked, snapshot, monkeypatch
):
    calls = []

    def counted(returns, factors, firm, position, **how):
        calls.append((returns.shape[1], len(how["models"])))
        return draws_of(returns, factors, firm, position, **how)

    draws_of = draws.estimate_windows
    monkeypatch.setattr(draws, "estimate_windows", counted)
    linear = override(asked, Overrides(models=("market", "ff3")))
    run_study(linear, snapshot)
    assert calls == [(3, 3)]  # firms, models
    calls.clear()
    run_study(linear, snapshot, shown_only=True)
    assert sorted(calls) == [(1, 2), (3, 1)]
