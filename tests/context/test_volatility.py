"""The spread of abnormal returns before and after, against statsmodels, pandas and SciPy."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from crowd_market import EVENT, ROWS, asked, case_of, crowd, simple
from scipy import stats

from analysis.context.absent import Absent
from analysis.context.volatility import volatility_change
from analysis.windows import Window


def abnormal() -> tuple[object, np.ndarray]:
    """The fit of A, and its abnormal returns of all sessions, by statsmodels."""
    returns = simple(crowd().levels)
    x = sm.add_constant(returns["M"].to_numpy())
    fit = sm.OLS(returns["A"].to_numpy()[ROWS], x[ROWS]).fit()
    return fit, returns["A"].to_numpy() - x @ fit.params


def test_both_sides_of_the_event_session() -> None:
    fit, series = abnormal()
    found = volatility_change(case_of())
    after = len(series) - 1 - EVENT
    later = series[EVENT + 1 :]
    assert (found.n_after, after) == (48, 48)
    year = math.sqrt(252)
    assert found.before == pytest.approx(year * math.sqrt(fit.scale), rel=1e-9)
    assert found.after == pytest.approx(year * np.std(later, ddof=1), rel=1e-9)
    assert found.after > 1.4 * found.before  # twice the returns after the event
    quiet = pd.Series(
        np.delete(series, EVENT), index=np.delete(np.arange(len(series)) - EVENT, EVENT)
    ).loc[-110:]
    rolling = year * quiet.rolling(20).std().dropna()
    assert found.offsets.tolist() == rolling.index.tolist()
    assert found.offsets[0] == -91
    assert 0 not in found.offsets
    np.testing.assert_allclose(found.rolling, rolling, rtol=1e-9)
    test = stats.levene(fit.resid, later, center="median")
    assert found.outcome.p == pytest.approx(test.pvalue, rel=1e-9)
    assert found.tidy["event_time"].tolist() == found.offsets.tolist()


def test_sessions_after_are_sixty_at_the_most_and_twenty_at_the_least() -> None:
    data = crowd()
    for sessions, there in ((20, True), (19, False)):
        short = crowd(levels=data.levels.iloc[: EVENT + sessions + 1])
        found = volatility_change(case_of(data=short))
        assert isinstance(found, Absent) is not there
        if there:
            assert found.n_after == sessions
    early = asked(estimation=Window(-110, -61), reaction_window=Window(0, 0), min_estimation=40)
    assert volatility_change(case_of(early)).offsets[0] == -91


def test_the_first_session_has_no_return_and_is_left_out() -> None:
    """Data that begin where the estimation window does: -110 has a return, -111 the level."""
    data = crowd()
    found = volatility_change(case_of(data=crowd(levels=data.levels.iloc[EVENT - 111 :])))
    whole = volatility_change(case_of())
    np.testing.assert_allclose(found.rolling, whole.rolling, rtol=1e-12)
