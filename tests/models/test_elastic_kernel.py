"""The elastic net's pass and its exact step, by hand and by conditions of optimality."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.models import elastic_kernel as kernel


def drawn(seed, donors=5, rows=30):
    rng = np.random.default_rng(seed)
    columns = rng.standard_normal((donors, rows))
    columns -= columns.mean(axis=1, keepdims=True)
    target = rng.standard_normal(donors) @ columns + rng.standard_normal(rows)
    return columns, target - target.mean()


def cost(columns, target, weights, lasso, ridge):
    misfit = target - weights @ columns
    return (
        misfit @ misfit / (2 * len(target))
        + lasso * np.abs(weights).sum()
        + ridge / 2 * weights @ weights
    )


@pytest.mark.parametrize(("lasso", "ridge"), [(0.0, 0.0), (0.3, 0.0), (0.0, 0.4), (0.2, 0.1)])
def test_a_pass_moves_each_weight_to_its_optimum_in_turn(lasso, ridge):
    """Soft thresholding of the covariance with what the others leave; Friedman et al. (2010)."""
    columns, target = drawn(1)
    weights = np.array([0.5, 0.0, -0.4, 0.0, 1.0])
    residual = target - weights @ columns
    wanted = weights.copy()
    moves = []
    for j, column in enumerate(columns):
        others = target - np.delete(wanted, j) @ np.delete(columns, j, axis=0)
        aim = column @ others / 30
        best = np.sign(aim) * max(abs(aim) - lasso, 0) / (column @ column / 30 + ridge)
        moves.append(abs(best - wanted[j]))
        wanted[j] = best
    largest = kernel._pass(columns, residual, weights, lasso, ridge)
    np.testing.assert_allclose(weights, wanted, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(residual, target - weights @ columns, atol=1e-12)
    assert largest == pytest.approx(max(moves))


def test_a_donor_that_never_moves_gets_no_weight():
    columns, target = drawn(2)
    columns[1] = 0.0
    found = kernel.descend(columns, target, np.zeros(5), 0.01, 0.0)
    assert found[1] == 0
    assert np.isfinite(found).all()
    assert not kernel.descend(columns, np.zeros(30), np.ones(5), 0.01, 0.1).any()


@pytest.mark.parametrize(("lasso", "ridge"), [(0.3, 0.0), (0.05, 0.2), (0.0, 0.5), (5.0, 0.0)])
@pytest.mark.parametrize("seed", range(4))
def test_the_end_meets_the_conditions_of_an_optimum(seed, lasso, ridge):
    columns, target = drawn(seed, donors=8)
    start = np.random.default_rng(seed).standard_normal(8)
    kept = start.copy()
    weights = kernel.descend(columns, target, start, lasso, ridge)
    np.testing.assert_array_equal(start, kept)
    slope = columns @ (target - weights @ columns) / 30 - ridge * weights
    used = weights != 0
    np.testing.assert_allclose(slope[used], lasso * np.sign(weights[used]), atol=1e-10)
    assert (np.abs(slope[~used]) <= lasso + 1e-10).all()


def test_the_exact_step_solves_for_the_weights_in_use():
    columns, target = drawn(5)
    weights = np.array([0.0, 0.6, 0.0, -0.5, 0.2])
    plain = np.linalg.lstsq(columns[[1, 3, 4]].T, target, rcond=None)[0]
    weights[[1, 3, 4]] = 0.1 * np.sign(plain)
    sign = np.sign(weights[[1, 3, 4]])
    some = columns[[1, 3, 4]]
    gram = some @ some.T / 30 + 0.1 * np.eye(3)
    wanted = np.linalg.solve(gram, some @ target / 30 - 0.01 * sign)
    assert (np.sign(wanted) == sign).all()
    kernel._solve(columns, target, weights, 0.01, 0.1)
    np.testing.assert_allclose(weights[[1, 3, 4]], wanted, rtol=1e-9)
    assert not weights[[0, 2]].any()


def test_a_weight_that_would_change_its_sign_is_dropped_where_it_reaches_nought():
    """And the others are solved for without it; the cost falls all the way."""
    for seed in range(12):
        columns, target = drawn(seed, donors=4)
        aim = np.linalg.solve(columns @ columns.T / 30 + 0.05 * np.eye(4), columns @ target / 30)
        weights = np.array([1.0, -1.0, 0.5, -0.2])
        before = weights.copy()
        kernel._solve(columns, target, weights, 0.02, 0.05)
        used = weights != 0
        assert (weights[used] * before[used] > 0).all()
        assert used.sum() < 4 or (np.sign(aim) == np.sign(before)).all()
        assert cost(columns, target, weights, 0.02, 0.05) <= cost(
            columns, target, before, 0.02, 0.05
        )
        some = columns[used]
        slope = some @ (target - weights @ columns) / 30 - 0.05 * weights[used]
        np.testing.assert_allclose(slope, 0.02 * np.sign(before[used]), atol=1e-9)


def test_two_weights_meet_nought_by_the_straight_way():
    """By hand, of donors at right angles: the first to reach nought stops all the others there."""
    columns = 2.0 * np.eye(4)[:3]  # of mean square 1
    target = np.array([6.0, -2.0, -6.0, 0.0])
    weights = np.array([1.0, 3.0, 1.0])
    kernel._solve(columns, target, weights, 0.0, 0.0)
    np.testing.assert_allclose(weights, [3.0, 0.0, 0.0], atol=1e-9)
