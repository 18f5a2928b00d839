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
from analysis.panel.engine import estimate_windows, plan_windows
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


@pytest.fixture(scope="module")
def few():
    rng = np.random.default_rng(41)
    factors = 0.01 * rng.standard_normal((40, 1))
    return factors + 0.02 * rng.standard_normal((40, 2)), factors


class TestDefaults:
    """What is not said: half the window, gaps that end windows, no rate but for excess returns."""

    @pytest.mark.parametrize(("sessions", "half"), [(6, 3), (7, 4), (8, 4)])
    def test_half_of_the_estimation_sessions_are_needed_rounded_up(self, few, sessions, half):
        how = {"models": [()], "estimation": Window(-sessions - 1, -2), "windows": [Window(0, 0)]}
        at = [1 + half, half]  # which find so many sessions before them, and one less
        found = estimate_windows(*few, [0, 0], at, **how)
        assert found.n_estimation[:, 0].tolist() == [half, half - 1]
        assert (found.status[:, 0] == 0).tolist() == [True, False]

    def test_a_gap_ends_a_window(self, few):
        returns, factors = few[0].copy(), few[1]
        returns[31, 0] = np.nan
        how = {"models": [(0,)], "estimation": Window(-20, -2), "windows": [Window(0, 2)]}
        plain = estimate_windows(returns, factors, [0], [30], **how)
        plan = plan_windows(returns, factors, [30], **how).estimate([0], [30])
        told = estimate_windows(returns, factors, [0], [30], skip_missing=False, **how)
        for found in (plain, plan, told):
            assert found.window_status[0, 0, 0] == 4
            assert np.isnan(found.car[0, 0, 0])

    def test_returns_are_simple(self, few):
        how = {"models": [(0,)], "estimation": Window(-20, -2), "windows": [Window(0, 2)]}
        found = estimate_windows(*few, [0], [30], **how)
        alpha, beta = found.coefficients[0, 0]
        expected = np.prod(1 + alpha + beta * few[1][30:33, 0])
        wanted = np.prod(1 + few[0][30:33, 0]) - expected
        assert found.bhar[0, 0, 0] == pytest.approx(wanted)
        plan = plan_windows(*few, [30], **how).estimate([0], [30])
        assert plan.bhar[0, 0, 0] == found.bhar[0, 0, 0]

    def test_events_fall_on_the_first_session_and_the_last(self, few):
        how = {"models": [()], "estimation": Window(2, 9), "windows": [Window(0, 1)]}
        found = estimate_windows(*few, [0, 0, 0], [0, 39, 5], **how)
        wanted = few[0][0:2, 0].sum() - 2 * few[0][2:10, 0].mean()
        assert found.car[0, 0, 0] == pytest.approx(wanted)
        before = {"models": [()], "estimation": Window(-8, -1), "windows": [Window(0, 0)]}
        last = estimate_windows(*few, [0], [39], **before)
        assert last.car[0, 0, 0] == pytest.approx(few[0][39, 0] - few[0][31:39, 0].mean())

    def test_a_rate_is_taken_off_returns_in_excess_of_it_alone(self, few):
        rate = np.full(40, 0.003)
        rate[12] = np.nan
        how = {"estimation": Window(-20, -2), "windows": [Window(0, 0)]}
        models = [LinearModel((0,)), LinearModel((0,), excess=True)]
        found = estimate_windows(*few, [0], [30], models=models, base=rate, **how)
        plain = estimate_windows(*few, [0], [30], models=[(0,)], **how)
        assert found.n_estimation[0].tolist() == [19, 18]
        assert found.car[0, 0, 0] == plain.car[0, 0, 0]
        rows = np.delete(np.arange(10, 29), 2)
        beta, alpha = np.polyfit(few[1][rows, 0], few[0][rows, 0] - 0.003, 1)
        np.testing.assert_allclose(found.coefficients[0, 1], [alpha, beta])
        for bad in (None, rate[:-1], rate[:, None]):
            with pytest.raises(StudyError, match="needs the rate of every session"):
                estimate_windows(*few, [0], [30], models=models, base=bad, **how)

    @pytest.mark.parametrize(
        ("models", "words"),
        [
            ([(1,)], "a factor column that is not there"),
            ([(-1,)], "a factor column that is not there"),
            ([(0, 0)], "names a factor twice"),
            ([], "no model given"),
        ],
    )
    def test_models_that_cannot_be_are_refused(self, few, models, words):
        how = {"estimation": Window(-20, -2), "windows": [Window(0, 0)]}
        with pytest.raises(StudyError, match=words):
            estimate_windows(*few, [0], [30], models=models, **how)

    def test_factors_have_a_row_a_session(self, few):
        how = {"models": [(0,)], "estimation": Window(-20, -2), "windows": [Window(0, 0)]}
        for bad in (few[1][:-1], few[1][None]):
            with pytest.raises(StudyError, match="do not fit 40 sessions"):
                estimate_windows(few[0], bad, [0], [30], **how)
        flat = estimate_windows(few[0], few[1][:, 0], [0], [30], **how)
        assert flat.car[0, 0, 0] == estimate_windows(*few, [0], [30], **how).car[0, 0, 0]

    def test_a_factor_that_is_rounding_alone_is_constant(self, few):
        """Its spread is 1e-15 of its size; 1e-10 of it would be a spread."""
        how = {"models": [(0,)], "estimation": Window(-20, -2), "windows": [Window(0, 0)]}
        noise = np.random.default_rng(3).standard_normal((40, 1))
        for level in (1.0, 1e6):
            for apart, status in ((1e-15, 6), (1e-10, 0)):
                found = estimate_windows(few[0], level * (1 + apart * noise), [0], [30], **how)
                assert found.status[0, 0] == status

    def test_the_freedom_is_what_the_coefficients_leave(self, few):
        models = [LinearModel(()), LinearModel((0,)), LinearModel((0,), "origin"),
                  LinearModel((0,), "fixed")]  # fmt: skip
        assert [model.parameters for model in models] == [1, 2, 1, 0]
        how = {"estimation": Window(-20, -2), "windows": [Window(0, 0), Window(1, 2)]}
        found = estimate_windows(*few, [0], [30], models=models, **how)
        assert found.df[0].tolist() == [18, 17, 18, 19]
        one = estimate_windows(*few, [0, 9], [39, 30], models=models[:2], **how)
        window = one.of_window(1)
        assert window.df[0].tolist() == [18, 17]
        assert window.status[:, 0].tolist() == [3, 8]  # outside the data, and no such firm
        assert window.n_window.tolist() == [0, 0]
        assert np.isnan(window.sigma2).all()
        assert np.isnan(window.coefficients).all()
        assert one.of_window(0).ok[0].all()
        assert one.of_window(0).n_window.tolist() == [1, 0]
        np.testing.assert_array_equal(one.of_window(0).sigma2[0], one.sigma2[0])
