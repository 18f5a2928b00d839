"""The simplex solver against full quadratic programs, and its properties."""

from __future__ import annotations

import numpy as np
import osqp
import pytest
import quadprog
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, sparse

from analysis.errors import DataError
from analysis.models import simplex
from analysis.models.simplex import simplex_least_squares


def market(rows, donors, seed, factors=5):
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(rows, factors)) * 0.01
    loads = rng.normal(1, 0.5, size=(factors, donors + 1))
    returns = common @ loads + rng.standard_t(4, size=(rows, donors + 1)) * 0.02
    return returns[:, 0].copy(), np.ascontiguousarray(returns[:, 1:])


def by_quadprog(y, x, ridge=0.0):
    """Goldfarb and Idnani's dual method; the Gram matrix must be positive definite."""
    donors = x.shape[1]
    gram = x.T @ x + ridge * np.eye(donors)
    constraints = np.column_stack([np.ones(donors), np.eye(donors)])
    bounds = np.append(1.0, np.zeros(donors))
    return quadprog.solve_qp(gram, x.T @ y, constraints, bounds, 1)[0]


def by_osqp(y, x):
    donors = x.shape[1]
    solver = osqp.OSQP()
    solver.setup(
        sparse.csc_matrix(2 * x.T @ x),
        -2 * x.T @ y,
        sparse.csc_matrix(np.vstack([np.ones(donors), np.eye(donors)])),
        np.append(1.0, np.zeros(donors)),
        np.append(1.0, np.ones(donors)),
        verbose=False,
        eps_abs=1e-12,
        eps_rel=1e-12,
        max_iter=200_000,
    )
    return solver.solve().x


def objective(y, x, weights):
    return float(np.square(y - x @ weights).sum())


@pytest.mark.parametrize("seed", range(10))
def test_the_optimum_is_that_of_a_full_quadratic_program(seed):
    y, x = market(250, 40, seed)
    fit = simplex_least_squares(y, x)
    np.testing.assert_allclose(fit.dense(40), by_quadprog(y, x), atol=1e-10)
    exact = objective(y, x, by_quadprog(y, x))
    assert fit.objective <= exact * (1 + 1e-12)
    assert objective(y, x, fit.dense(40)) == pytest.approx(fit.objective, rel=1e-12)


@pytest.mark.parametrize("ridge", [1e-4, 1e-2, 1.0])
def test_a_penalty_spreads_the_weights_as_the_full_program_does(ridge):
    y, x = market(100, 150, 4)  # more donors than rows: the penalty alone makes them unique
    fit = simplex_least_squares(y, x, ridge=ridge)
    exact = by_quadprog(y, x, ridge)
    np.testing.assert_allclose(fit.dense(150), exact, atol=1e-9)
    value = objective(y, x, exact) + ridge * float(exact @ exact)
    assert fit.objective <= value * (1 + 1e-12)
    free = simplex_least_squares(y, x).weights
    assert float(fit.weights @ fit.weights) < float(free @ free)


def test_an_interior_point_program_finds_nothing_better():
    y, x = market(100, 30, 3)
    other = np.clip(by_osqp(100 * y, 100 * x), 0, None)
    fit = simplex_least_squares(y, x)
    assert fit.objective <= objective(y, x, other / other.sum()) * (1 + 1e-8)
    np.testing.assert_allclose(fit.dense(30), other, atol=1e-4)


@pytest.mark.parametrize(("rows", "donors"), [(60, 1500), (250, 2000)])
def test_thousands_of_donors_meet_the_conditions_of_an_optimum(rows, donors):
    y, x = market(rows, donors, 11)
    fit = simplex_least_squares(y, x)
    weights = fit.dense(donors)
    assert (weights >= 0).all()
    assert weights.sum() == pytest.approx(1, abs=1e-12)
    gradient = x.T @ (x @ weights - y)
    level = float(weights @ gradient)
    assert gradient.min() >= level - 1e-12  # no donor is below the supporting plane
    gaps = x - y[:, None]
    gaps /= np.abs(gaps).max()
    other = optimize.nnls(np.vstack([gaps, np.ones(donors)]), np.append(np.zeros(rows), 1.0))[0]
    assert fit.objective <= objective(y, x, other / other.sum()) * (1 + 1e-10)


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.integers(2, 30), st.integers(3, 60))
def test_properties(seed, donors, rows):
    y, x = market(rows, donors, seed)
    fit = simplex_least_squares(y, x)
    weights = fit.dense(donors)
    order = np.random.default_rng(seed).permutation(donors)
    permuted = simplex_least_squares(y, x[:, order])
    np.testing.assert_allclose(permuted.objective, fit.objective, rtol=1e-9, atol=1e-16)
    doubled = simplex_least_squares(y, np.column_stack([x, x[:, 0]]))
    np.testing.assert_allclose(doubled.objective, fit.objective, rtol=1e-9, atol=1e-16)
    shifted = simplex_least_squares(y + 0.01, x + 0.01)
    np.testing.assert_allclose(shifted.objective, fit.objective, rtol=1e-8, atol=1e-14)
    if donors < rows:  # the weights are unique
        np.testing.assert_allclose(permuted.dense(donors), weights[order], atol=1e-8)
        both = doubled.dense(donors + 1)
        np.testing.assert_allclose(both[0] + both[-1], weights[0], atol=1e-8)
    warm = simplex_least_squares(y, x, start=simplex_least_squares(y * 0.9, x))
    np.testing.assert_allclose(warm.objective, fit.objective, rtol=1e-9, atol=1e-16)


def test_a_donor_equal_to_the_firm_gets_all_the_weight():
    y, x = market(250, 50, 5)
    x[:, 17] = y
    fit = simplex_least_squares(y, x)
    assert fit.donors.tolist() == [17]
    assert fit.objective == 0


def test_a_firm_inside_the_hull_is_met_exactly():
    _, x = market(20, 200, 5)
    y = x @ np.full(200, 1 / 200)
    fit = simplex_least_squares(y, x)
    assert fit.objective < 1e-20
    np.testing.assert_allclose(x @ fit.dense(200), y, atol=1e-10)


def test_one_donor_gets_everything_and_bad_input_gets_words():
    y, x = market(50, 1, 2)
    assert simplex_least_squares(y, x).weights.tolist() == [1.0]
    with pytest.raises(DataError, match="at least one donor"):
        simplex_least_squares(y, x[:, :0])
    x[3, 0] = np.nan
    with pytest.raises(DataError, match="without gaps"):
        simplex_least_squares(y, x)


@pytest.mark.parametrize("ridge", [0.0, 0.01])
def test_the_shortfall_bounds_what_is_missing(ridge):
    y, x = market(80, 20, 6)
    fit = simplex_least_squares(y, x, ridge=ridge)
    assert 0 <= fit.shortfall < 1e-14
    gradient = x.T @ (x @ fit.dense(20) - y) + ridge * fit.dense(20)
    assert gradient.min() >= fit.weights @ gradient[fit.donors] - 1e-14


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
@pytest.mark.parametrize("shift", [0.0, 3.0])
def test_neither_unit_nor_origin_of_the_returns_moves_a_weight(scale, shift):
    y, x = market(60, 15, 7)
    plain = simplex_least_squares(y, x)
    moved = simplex_least_squares(scale * (y + shift), scale * (x + shift))
    np.testing.assert_array_equal(moved.donors, plain.donors)
    np.testing.assert_allclose(moved.weights, plain.weights, atol=1e-10)
    assert moved.objective == pytest.approx(scale**2 * plain.objective, rel=1e-9)


@pytest.mark.parametrize("count", [63, 64, 65, 130])
def test_donors_that_enter_together_are_all_taken(count):
    """Of donors at right angles the nearest point weighs each by one over its squared length."""
    lengths = np.linspace(1.0, 2.0, count + 1)
    fit = simplex_least_squares(np.zeros(count + 1), np.diag(lengths))
    wanted = lengths**-2.0 / np.sum(lengths**-2.0)
    np.testing.assert_allclose(fit.dense(count + 1), wanted, rtol=1e-9)
    assert fit.objective == pytest.approx(1 / np.sum(lengths**-2.0))


def test_it_starts_from_the_nearest_donor():
    y, x = market(50, 12, 8)
    used, weights = simplex._start(y, x, None)
    assert used.tolist() == [int(np.argmin(np.square(x - y[:, None]).sum(axis=0)))]
    assert weights.tolist() == [1.0]
    one = simplex_least_squares(y, x)
    again, held = simplex._start(y, x, one)
    assert again.tolist() == one.donors.tolist()
    assert held.tolist() == one.weights.tolist()
    # of a market that has lost those donors it is no start
    fewer = x[:, : one.donors[-1]]
    assert simplex._start(y, fewer, one)[0].size == 1
    whole = simplex._start(y, x[:, : one.donors[-1] + 1], one)[0]
    assert whole.tolist() == one.donors.tolist()


def test_a_return_that_is_missing_anywhere_gets_words():
    y, x = market(50, 3, 2)
    for place in (None, 0, 2):
        own, donors = y.copy(), x.copy()
        if place is None:
            own[7] = np.nan
        else:
            donors[7, place] = np.nan
        with pytest.raises(DataError, match="without gaps"):
            simplex_least_squares(own, donors)
    with pytest.raises(DataError, match="one session"):
        simplex_least_squares(y[:0], x[:0])


def test_donors_that_hardly_differ_lose_no_digits():
    """Their Gram matrix holds half the digits of the weights; what QR makes of them holds all."""
    rng = np.random.default_rng(9)
    common = rng.standard_normal(60)
    x = common[:, None] + 1e-5 * rng.standard_normal((60, 4))
    for wanted in ([0.4, 0.3, 0.2, 0.1], [0.0, 0.7, 0.0, 0.3]):
        y = x @ wanted + 1e-6 * np.linalg.qr(np.column_stack([x, rng.standard_normal(60)]))[0][:, 4]
        fit = simplex_least_squares(y, x)
        np.testing.assert_allclose(fit.dense(4), wanted, atol=1e-9)
        assert (fit.weights > 0).all()
        assert fit.weights.sum() == pytest.approx(1, abs=1e-14)


def test_more_penalty_than_data_spreads_evenly():
    y, x = market(30, 6, 10)
    fit = simplex_least_squares(y, x, ridge=1e6)
    np.testing.assert_allclose(fit.dense(6), np.full(6, 1 / 6), atol=1e-6)
    assert fit.objective == pytest.approx(1e6 / 6, rel=1e-6)
