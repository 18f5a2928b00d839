"""Rank tests, mean correlations and diagnostics of many firms, written out plainly, with holes."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.diagnostic import acorr_ljungbox
from statsmodels.stats.stattools import jarque_bera

from analysis.errors import ReliabilityWarning
from analysis.inference.diagnostics import broken_assumptions
from analysis.inference.many_firms import (
    adjusted_bmp,
    bmp_test,
    kolari_pynnonen_patell_test,
    kolari_pynnonen_test,
    mean_correlation,
)
from analysis.inference.rank_tests import (
    corrado_test,
    corrado_zivney_test,
    daily_mean,
    grank_of_daily,
    grank_t,
    grank_test,
    modified_rank_test,
    scaled_ranks,
)


def holed(rows: int = 40, firms: int = 5, seed: int = 1) -> np.ndarray:
    """Draw correlated values; every sixth or so is missing, the last row is whole."""
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((rows, firms)) + rng.standard_normal((rows, 1))
    values[rng.random((rows, firms)) < 0.15] = np.nan
    values[-2:] = rng.standard_normal((2, firms))
    return values


def ranks_by_pandas(values: np.ndarray) -> np.ndarray:
    frame = pd.DataFrame(values)
    return (frame.rank() / (frame.notna().sum() + 1) - 0.5).to_numpy()


@pytest.mark.parametrize("values", [holed(), holed().round(0), np.nan_to_num(holed())])
def test_ranks_are_those_of_pandas(values):
    np.testing.assert_allclose(scaled_ranks(values), ranks_by_pandas(values), atol=1e-15)


def test_a_session_without_a_firm_has_no_rank_and_few_firms_weigh_less():
    ranks = np.array([[0.2, 0.4], [np.nan, 0.3], [np.nan, np.nan]])
    assert daily_mean(ranks, weighted=False).tolist() == pytest.approx([0.3, 0.3, 0.0])
    assert daily_mean(ranks, weighted=True).tolist() == pytest.approx([0.3, 0.3 / math.sqrt(2), 0])


@pytest.mark.parametrize("window", [1, 2])
def test_rank_statistics_session_by_session(window):
    values = holed()
    residuals, ar = values[:-window], values[-window:]
    ranks = ranks_by_pandas(values)
    daily = np.nanmean(ranks, axis=1)
    z = math.sqrt(window) * daily[-window:].mean() / math.sqrt(np.square(daily).mean())
    found = corrado_test(residuals, ar)
    assert found.statistic == pytest.approx(z)
    assert found.p == pytest.approx(2 * stats.norm.sf(abs(z)))
    weighted = daily * np.sqrt(np.isfinite(values).mean(axis=1))
    z = math.sqrt(window) * weighted[-window:].mean() / math.sqrt(np.square(weighted).mean())
    assert modified_rank_test(residuals, ar).statistic == pytest.approx(z)
    scaled = ar / ar.std(axis=1, ddof=1, keepdims=True)
    ranks = ranks_by_pandas(np.vstack([residuals, scaled]))
    weighted = np.nanmean(ranks, axis=1) * np.sqrt(np.isfinite(ranks).mean(axis=1))
    z = math.sqrt(window) * weighted[-window:].mean() / math.sqrt(np.square(weighted).mean())
    assert corrado_zivney_test(residuals, ar).statistic == pytest.approx(z)


def test_generalised_ranks_by_their_formulas():
    values = holed()
    sar, scar = values[:-1], 3 * values[-1]
    ranks = ranks_by_pandas(np.vstack([sar, scar / scar.std(ddof=1)]))
    weighted = np.nanmean(ranks, axis=1) * np.sqrt(np.isfinite(ranks).mean(axis=1))
    rows = len(weighted)
    z = weighted[-1] / math.sqrt(np.square(weighted).mean())
    t = z * math.sqrt((rows - 2) / (rows - 1 - z**2))
    found = grank_test(sar, scar)
    assert (found.statistic, found.df) == (pytest.approx(t), rows - 2)
    assert found.p == pytest.approx(2 * stats.t.sf(abs(t), rows - 2))
    known = np.isfinite(ranks).sum(axis=0)
    # a uniform law on T ranks scaled by T + 1 has variance (T - 1) / (12 (T + 1))
    spread = math.sqrt(((known - 1) / (12 * (known + 1))).sum()) / len(scar)
    assert grank_test(sar, scar, "grank-z").statistic == pytest.approx(ranks[-1].mean() / spread)
    assert math.isfinite(grank_t(30.0, 100).statistic)  # a ratio beyond what ranks can reach
    assert grank_of_daily(np.zeros(30)).unavailable == "the mean rank never moves"


@pytest.mark.parametrize("scar", [np.array([0.3]), np.array([0.3, np.nan]), np.array([0.3, 0.3])])
def test_no_rank_of_one_firm_or_of_equal_ones(scar):
    sar = holed(40, len(scar))
    assert "two firms" in grank_test(sar, scar).unavailable
    event = scar[None, :]
    assert corrado_zivney_test(sar, event).unavailable
    two = np.array([0.3, 0.4])
    assert grank_test(holed(40, 2), two).available
    assert corrado_zivney_test(holed(40, 2), two[None, :]).available


def test_mean_correlation_pair_by_pair():
    values = holed(60, 6)
    values[18:-2, 5] = np.nan  # a firm that shares fewer than twenty sessions with any other
    pairs = []
    for a, b in itertools.combinations(range(6), 2):
        both = np.isfinite(values[:, [a, b]]).all(axis=1)
        if both.sum() >= 20:
            pairs.append(np.corrcoef(values[both][:, [a, b]].T)[0, 1])
    assert 0 < len(pairs) <= 10
    assert mean_correlation(values) == pytest.approx(np.mean(pairs))
    assert math.isnan(mean_correlation(values[:, :1]))
    assert math.isnan(mean_correlation(np.where(np.arange(60)[:, None] < 19, holed(60, 2), np.nan)))
    exactly = np.random.default_rng(2).standard_normal((21, 2))
    exactly[0, 0] = np.nan
    wanted = np.corrcoef(exactly[1:].T)[0, 1]
    assert mean_correlation(exactly) == pytest.approx(wanted)
    assert math.isnan(mean_correlation(exactly[:-1]))


def test_the_adjustment_for_correlation():
    scar, df = np.array([-3.0, -1.0, -2.5, np.nan, -2.0]), np.full(5, 100.0)
    known = scar[np.isfinite(scar)]
    plain = stats.ttest_1samp(known, 0)
    found = bmp_test(scar)
    assert (found.statistic, found.p) == pytest.approx((plain.statistic, plain.pvalue))
    found = kolari_pynnonen_test(scar, 0.3)
    assert found.statistic == pytest.approx(plain.statistic * math.sqrt(0.7 / 1.9))
    assert found.df == 3
    z = known.sum() / math.sqrt(4 * 100 / 98)
    patell = kolari_pynnonen_patell_test(scar, df, 0.3)
    assert patell.statistic == pytest.approx(z / math.sqrt(1.9))
    assert not patell.warning
    for correlation in (math.nan, 0.0):
        assert adjusted_bmp(bmp_test(scar), correlation).statistic == pytest.approx(plain.statistic)
    # 1 + 3 r = 0.1 is where it breaks
    assert not kolari_pynnonen_test(scar, -0.299).warning
    with pytest.warns(ReliabilityWarning, match="of 4 firms"):
        broken = kolari_pynnonen_test(scar, -0.3001)
    assert broken.statistic == pytest.approx(plain.statistic)
    with pytest.warns(ReliabilityWarning):
        assert kolari_pynnonen_patell_test(scar, df, -0.5).statistic == pytest.approx(z)


def test_what_breaks_the_assumptions_is_seen_by_statsmodels_too():
    """About each threshold of 0.1 %: the note stands exactly where the p-value says so."""
    seen = {"normal errors": set(), "independent sessions": set(), "constant volatility": set()}
    for seed in range(60):
        rng = np.random.default_rng(seed)
        rows = 120
        noise = rng.standard_t(9, rows)
        noise[1:] += 0.28 * noise[:-1]
        noise *= 1 + 0.3 * np.sin(np.arange(rows) / 8)
        centred = noise - noise.mean()
        first = centred[1:] @ centred[:-1] / (centred @ centred)
        box = acorr_ljungbox(np.abs(noise), lags=[10])["lb_pvalue"].iloc[0]
        wanted = {
            "normal errors": jarque_bera(noise)[1] < 0.001,
            "independent sessions": 2 * stats.norm.sf(abs(first) * math.sqrt(rows)) < 0.001,
            "constant volatility": box < 0.001,
        }
        found = broken_assumptions(noise, 2)
        assert {name: name in found for name in wanted} == wanted
        assert "independent sessions" not in broken_assumptions(noise, 1)
        for name, broken in wanted.items():
            seen[name].add(bool(broken))
    assert all(both == {True, False} for both in seen.values())


def test_a_short_or_flat_series_breaks_nothing():
    alternating = np.array([0.1, -0.1, 0.1, -0.1])
    assert "constant volatility" not in broken_assumptions(alternating, 1)
    assert isinstance(broken_assumptions(np.array([0.1, 0.2, -0.2]), 2), dict)
