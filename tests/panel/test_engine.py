"""The panel engine against SciPy, statsmodels and hand cases."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import StudyError, WindowError
from analysis.panel import PanelReturns, estimate_panel
from analysis.panel.engine import estimate_windows
from analysis.panel.estimates import LinearModel
from analysis.panel.layout import STATUS_TEXT
from analysis.windows import Window
from tests.panel.oracle import assert_agrees, by_rows

ESTIMATION, WINDOW = Window(-120, -6), Window(-2, 3)
MODELS = ((0,), (0, 1, 2), (), (2, 0))


def simulated(rng, n_sessions=600, n_firms=4, *, missing=0.0, noise=0.02):
    factors = rng.normal(0.0003, 0.01, (n_sessions, 3))
    betas = rng.normal(1.0, 0.5, (3, n_firms))
    returns = 0.0002 + factors @ betas + rng.normal(0.0, noise, (n_sessions, n_firms))
    returns[rng.random(returns.shape) < missing] = np.nan
    return returns, factors


def hold_to_oracle(returns, factors, *, models=MODELS, rtol=1e-9, events=40, seed=3):
    rng = np.random.default_rng(seed)
    firm = rng.integers(0, returns.shape[1], events)
    position = rng.integers(130, len(returns) - 4, events)
    found = estimate_panel(
        returns,
        factors,
        firm,
        position,
        models=models,
        estimation=ESTIMATION,
        window=WINDOW,
        min_estimation=20,
    )
    computed = 0
    for event in range(events):
        for model, columns in enumerate(models):
            expected = by_rows(
                returns[:, firm[event]], factors, position[event], columns, ESTIMATION, WINDOW
            )
            if expected is None or expected["n"] < 20:
                assert not found.ok[event, model]
                assert np.isnan(found.car[event, model])
            else:
                assert_agrees(found, event, model, expected, rtol=rtol)
                computed += 1
    return computed


def test_hand_example_a():
    # METHODS section 0: alpha 0.2 %, beta 1.5, sigma^2 1e-5, AR -5.70 %, 1+h = 2.1, t = -12.438
    market = np.array([1, -1, 2, -2, 0, -3]) / 100
    stock = np.array([2, -1, 3, -3, 0, -10]) / 100
    found = estimate_panel(
        stock,
        market,
        [0],
        [5],
        models=[(0,)],
        estimation=Window(-5, -1),
        window=Window(0, 0),
        min_estimation=3,
    )
    np.testing.assert_allclose(found.coefficients[0, 0], [0.002, 1.5], rtol=1e-12)
    np.testing.assert_allclose(found.sigma2[0, 0], 1e-5, rtol=1e-12)
    np.testing.assert_allclose(found.car[0, 0], -0.057, rtol=1e-12)
    np.testing.assert_allclose(found.car_se[0, 0], np.sqrt(2.1e-5), rtol=1e-12)
    np.testing.assert_allclose(found.bhar[0, 0], 0.9 - 0.957, rtol=1e-12)
    assert (found.n_estimation[0, 0], found.df[0, 0], found.n_window[0]) == (5, 3, 1)


def test_bhar_compounds():
    # constant mean of zero: BHAR is the compounded return, CAR the sum
    returns = np.concatenate([np.tile([0.01, -0.01], 20), [-0.17, 0.09]])
    found = estimate_panel(
        returns,
        np.zeros(42),
        [0],
        [40],
        models=[()],
        estimation=Window(-40, -1),
        window=Window(0, 1),
    )
    np.testing.assert_allclose(found.car[0, 0], -0.08, atol=1e-15)
    np.testing.assert_allclose(found.bhar[0, 0], 0.83 * 1.09 - 1, atol=1e-15)


def test_complete_firms():
    returns, factors = simulated(np.random.default_rng(1))
    assert hold_to_oracle(returns, factors, rtol=1e-10) == 160


def test_thirty_percent_missing():
    returns, factors = simulated(np.random.default_rng(2), n_firms=40, missing=0.3)
    returns[:, :20][330:500] = np.where(  # whole event windows for some
        np.isnan(returns[:, :20][330:500]), 0.0, returns[:, :20][330:500]
    )
    assert hold_to_oracle(returns, factors, events=400) > 100


def test_missing_factors_cost_only_the_models_that_use_them():
    returns, factors = simulated(np.random.default_rng(3))
    factors[::7, 1] = np.nan
    assert hold_to_oracle(returns, factors) > 60
    alone = estimate_panel(
        returns, factors, [0], [300], models=[(0,)], estimation=ESTIMATION, window=WINDOW
    )
    assert alone.n_estimation[0, 0] == len(ESTIMATION)


@pytest.mark.parametrize("noise", [1e-5, 1e-8, 1e-11])
def test_tiny_residual_variance(noise):
    returns, factors = simulated(np.random.default_rng(4), noise=noise)
    # the returns themselves are rounded at 1e-18, which is 1e-7 of the smallest noise
    assert hold_to_oracle(returns, factors, models=((0, 1, 2),), rtol=max(1e-9, 1e-15 / noise))


def test_tiny_variances():
    returns, factors = simulated(np.random.default_rng(5))
    assert hold_to_oracle(returns * 1e-9, factors * 1e-7)


def test_offset():
    returns, factors = simulated(np.random.default_rng(6))
    # adding 1e4 rounds the data themselves at 2e-12: the oracle sees the same rounded data
    assert hold_to_oracle(returns + 1e4, factors + 1e4) == 160


def test_level_shift_between_windows():
    # after a jump the running sums dwarf the window's moments: rows are then solved by QR
    returns, factors = simulated(np.random.default_rng(7))
    returns[:140] += 1e4
    factors[:140] -= 1e3
    returns[0], factors[0] = 1e5, 1e5
    assert hold_to_oracle(returns[140:], factors[140:]) == 160
    with np.errstate(over="ignore"):
        assert hold_to_oracle(returns, factors, rtol=1e-8) == 160


def test_nearly_collinear_factors():
    returns, factors = simulated(np.random.default_rng(8))
    for gap in (1e-2, 1e-3, 1e-4, 1e-5):
        factors[:, 1] = factors[:, 0] + gap * np.random.default_rng(9).normal(0, 0.01, 600)
        assert hold_to_oracle(returns, factors, models=((0, 1), (0, 1, 2)), rtol=1e-9) == 80


def test_collinear_and_constant_factors_are_refused():
    returns, factors = simulated(np.random.default_rng(10))
    factors[:, 1] = 2 * factors[:, 0]
    factors[:, 2] = 0.013
    found = estimate_panel(
        returns,
        factors,
        [0, 1],
        [300, 400],
        models=[(0, 1), (2,), (0,)],
        estimation=ESTIMATION,
        window=WINDOW,
    )
    assert (found.status_text()[:, :2] == "collinear factors in the estimation window").all()
    assert np.isnan(found.car[:, :2]).all()
    assert found.ok[:, 2].all()


def test_perfect_fit_has_no_standard_error():
    _, factors = simulated(np.random.default_rng(11))
    exact = 0.001 + 2 * factors[:, 0]
    for returns in (exact, np.full(600, 0.01), np.zeros(600)):
        found = estimate_panel(
            returns, factors, [0], [300], models=[(0,)], estimation=ESTIMATION, window=Window(-2, 2)
        )
        assert "no residual variance" in found.status_text()[0, 0]
        assert np.isnan(found.scar[0, 0])
        assert abs(found.car[0, 0]) < 1e-12


def test_short_windows():
    returns, factors = simulated(np.random.default_rng(12))
    for length in (5, 9, 14):
        estimation = Window(-length, -1)
        found = estimate_panel(
            returns,
            factors,
            [0],
            [200],
            models=[(0, 1, 2)],
            estimation=estimation,
            window=WINDOW if WINDOW.start >= 0 else Window(0, 3),
            min_estimation=1,
        )
        expected = by_rows(returns[:, 0], factors, 200, (0, 1, 2), estimation, Window(0, 3))
        assert_agrees(found, 0, 0, expected)


def test_seven_factors():
    rng = np.random.default_rng(13)
    factors = rng.normal(0, 0.01, (600, 7))
    returns = (factors @ rng.normal(0, 1, 7) + rng.normal(0, 0.02, 600))[:, None]
    assert hold_to_oracle(returns, factors, models=(tuple(range(7)), (6, 3))) == 80
    with pytest.raises(StudyError, match="8 factors is too large"):
        estimate_panel(
            returns,
            np.ones((600, 8)),
            [0],
            [300],
            models=[range(8)],
            estimation=ESTIMATION,
            window=WINDOW,
        )


def test_every_status():
    returns, factors = simulated(np.random.default_rng(14), n_firms=3)
    returns[:200, 1] = np.nan
    returns[405:, 2] = np.nan
    returns[300, 0] = np.nan
    factors[500, 0] = np.nan
    cases = {
        (0, 250): "ok",
        (-1, 250): "unknown symbol",
        (3, 250): "unknown symbol",
        (0, -1): "event outside the data",
        (0, 600): "event outside the data",
        (1, 150): "event outside the data",
        (1, 201): "event window outside the data",
        (2, 403): "event window outside the data",
        (0, 299): "missing return in the event window",
        (0, 498): "missing factor in the event window",
        (1, 240): "too few estimation returns",
        (0, 30): "too few estimation returns",
    }
    firm, position = np.array(list(cases)).T
    found = estimate_panel(
        returns, factors, firm, position, models=[(0,)], estimation=ESTIMATION, window=WINDOW
    )
    assert found.status_text()[:, 0].tolist() == list(cases.values())
    assert np.isnan(found.bhar[1:, 0]).all()
    assert set(found.status_text().ravel()) < set(STATUS_TEXT)


def test_default_needs_half_the_window():
    returns, factors = simulated(np.random.default_rng(15), n_firms=1)
    half = (len(ESTIMATION) + 1) // 2
    first = 6 + half - 1  # the window's first `half` sessions are there
    found = estimate_panel(
        returns,
        factors,
        [0, 0],
        [first, first - 1],
        models=[(0,)],
        estimation=ESTIMATION,
        window=WINDOW,
    )
    assert found.n_estimation[:, 0].tolist() == [half, half - 1]
    assert found.ok[:, 0].tolist() == [True, False]


def test_result_depends_on_nothing_but_the_event():
    # threads, order, company and the cut of the firms change no bit
    rng = np.random.default_rng(16)
    returns, factors = simulated(rng, n_firms=30, missing=0.01)
    panel = PanelReturns.from_matrix(returns)
    firm, position = rng.integers(0, 30, 500), rng.integers(100, 590, 500)

    def estimate(data, firm, position, threads):
        return estimate_panel(
            data,
            factors,
            firm,
            position,
            models=MODELS,
            estimation=ESTIMATION,
            window=WINDOW,
            threads=threads,
        )

    whole = estimate(panel, firm, position, 2)
    shuffled = rng.permutation(500)
    mixed = estimate(panel, firm[shuffled], position[shuffled], 1)
    late = firm >= 12
    cut = estimate(panel.part(12, 30), firm[late] - 12, position[late], 3)
    for name in ("status", "coefficients", "sigma2", "car", "car_se", "scar", "bhar"):
        np.testing.assert_array_equal(getattr(whole, name)[shuffled], getattr(mixed, name))
        np.testing.assert_array_equal(getattr(whole, name)[late], getattr(cut, name))


@pytest.mark.parametrize("missing", [0.0, 0.03])
def test_a_model_costs_another_no_bit(missing):
    """Alone, beside other models and beside other factors: the same numbers."""
    rng = np.random.default_rng(21)
    returns, factors = simulated(rng, n_firms=5, missing=missing)
    wide = np.column_stack([rng.normal(0, 1, len(factors)), factors, rng.normal(5, 1, 600)])
    wide[:40, 0] = np.nan
    firm, position = rng.integers(0, 5, 200), rng.integers(130, 590, 200)

    def estimate(factors, models):
        return estimate_panel(
            returns, factors, firm, position, models=models, estimation=ESTIMATION, window=WINDOW
        )

    together = estimate(wide, ((0, 1, 4), (1,), (1, 2, 3), (), (3, 1), (4,)))
    for slot, columns in ((1, [0]), (2, [0, 1, 2]), (3, []), (4, [2, 0])):
        alone = estimate(factors[:, columns or [0]], (tuple(range(len(columns))),))
        for name in ("status", "n_estimation", "sigma2", "car", "car_se", "scar", "bhar"):
            np.testing.assert_array_equal(
                getattr(together, name)[:, slot], getattr(alone, name)[:, 0]
            )
        width = 1 + len(columns)
        np.testing.assert_array_equal(
            together.coefficients[:, slot, :width], alone.coefficients[:, 0, :width]
        )


def test_long_and_wide_returns_are_the_same_panel():
    returns, _ = simulated(np.random.default_rng(17), n_firms=5, missing=0.4)
    returns[:, 3] = np.nan
    wide = PanelReturns.from_matrix(returns)
    position, firm = np.nonzero(np.isfinite(returns))
    shuffled = np.random.default_rng(0).permutation(firm.size)
    firm, position = firm[shuffled].astype(np.int32), position[shuffled].astype(np.int32)
    rows = firm, position, returns[position, firm]
    pieces = [tuple(part[cut] for part in rows) for cut in (slice(70), slice(70, None))]
    long = PanelReturns.from_long(pieces, n_firms=5, n_sessions=600)
    np.testing.assert_array_equal(wide.rows.values, long.rows.values)
    np.testing.assert_array_equal(wide.rows.offsets, long.rows.offsets)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    missing=st.sampled_from([0.0, 0.02, 0.3, 0.6]),
    n_factors=st.integers(0, 4),
    length=st.integers(6, 90),
    gap=st.integers(0, 10),
    window=st.tuples(st.integers(-5, 5), st.integers(0, 8)),
    scale=st.sampled_from([1.0, 1e-6, 1e4]),
)
def test_random_panels_agree_with_statsmodels(seed, missing, n_factors, length, gap, window, scale):
    """
    OLS with a dummy for each event day: its coefficients are the abnormal returns.

    The constant of a window of more than five sessions counts in the estimation rows alone.
    """
    rng = np.random.default_rng(seed)
    window = Window(window[0], window[0] + window[1])
    estimation = Window(window.start - gap - length, window.start - gap - 1)
    factors = rng.normal(0, 0.01, (160, max(n_factors, 1)))
    returns = scale * (factors.sum(axis=1) + 0.02 * rng.standard_t(4, 160))
    returns[rng.random(160) < missing] = np.nan
    position = int(rng.integers(0, 160))
    columns = tuple(range(n_factors))
    found = estimate_panel(
        returns,
        factors,
        [0],
        [position],
        models=[columns],
        estimation=estimation,
        window=window,
        min_estimation=1,
    )
    rows = position + np.arange(estimation.start, estimation.end + 1)
    rows = rows[(rows >= 0) & (rows < 160)]
    rows = rows[np.isfinite(returns[rows])]
    days = position + np.arange(window.start, window.end + 1)
    inside = days[0] >= 0 and days[-1] < 160
    if not inside or np.isnan(returns[days]).any() or len(rows) < n_factors + 2:
        assert not found.ok[0, 0]
        return
    both = np.concatenate([rows, days])
    dummies = np.zeros((len(both), len(days)))
    dummies[len(rows) :] = np.eye(len(days))
    constant = np.ones(len(both))
    constant[len(rows) :] = len(days) <= 5
    design = np.column_stack([constant, factors[both, :n_factors], dummies])
    fit = sm.OLS(returns[both], design).fit()
    p = n_factors + 1
    assert found.ok[0, 0]
    assert found.df[0, 0] == fit.df_resid
    error = np.sqrt(fit.cov_params()[p:, p:].sum())
    np.testing.assert_allclose(found.sigma2[0, 0], fit.scale, rtol=1e-8)
    np.testing.assert_allclose(found.car_se[0, 0], error, rtol=1e-8)
    np.testing.assert_allclose(found.car[0, 0], fit.params[p:].sum(), atol=1e-8 * error)
    gap_in_slopes = np.abs(found.coefficients[0, 0, :p] - fit.params[:p])
    assert (gap_in_slopes <= 1e-8 * fit.bse[:p]).all()


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"models": []}, StudyError, "no model"),
        ({"models": [(5,)]}, StudyError, "not there"),
        ({"models": [(0, 0)]}, StudyError, "twice"),
        ({"estimation": Window(-20, -2)}, WindowError, "overlaps"),
        ({"factors": np.zeros((10, 3))}, StudyError, "one row a session"),
        ({"firm": [0, 1]}, StudyError, "one firm and one position"),
    ],
)
def test_refuses(change, error, words):
    returns, factors = simulated(np.random.default_rng(18))
    given = {
        "returns": returns,
        "factors": factors,
        "firm": [0],
        "position": [300],
        "models": [(0,)],
        "estimation": ESTIMATION,
        "window": WINDOW,
    } | change
    with pytest.raises(error, match=words):
        estimate_panel(**given)


def test_numba_loads_at_first_use_only():
    code = (
        "import sys, analysis.panel, analysis.batch.batch, analysis.cli.batch; "
        "sys.exit('numba' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_arrays_that_may_not_be_written_to_are_compiled_for_once():
    from analysis.panel.kernel import solve_firms, tabulate

    returns, factors = simulated(np.random.default_rng(19))
    rate = np.full(len(factors), 1e-4)
    how = {
        "models": [LinearModel((0,), excess=True), LinearModel((1,))],
        "estimation": ESTIMATION,
        "windows": [WINDOW],
    }
    first = estimate_windows(returns, factors, [0], [300], base=rate, **how)
    known = len(solve_firms.signatures), len(tabulate.signatures)
    for array in (returns, factors, rate):
        array.flags.writeable = False
    again = estimate_windows(returns, factors, [0], [300], base=rate, **how)
    assert (len(solve_firms.signatures), len(tabulate.signatures)) == known
    assert np.array_equal(first.car, again.car)
