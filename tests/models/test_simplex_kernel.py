"""The nearest point of a small hull, its parts against NumPy and quadratic programs."""

from __future__ import annotations

import numpy as np
import pytest
import quadprog

from analysis.models import simplex_kernel as kernel

TOLERANCE = 1e-13


def points(seed, count, size=8):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((size, count)) + 0.5


def nearest(gram):
    count = len(gram)
    sums = np.column_stack([np.ones(count), np.eye(count)])
    bounds = np.append(1.0, np.zeros(count))
    return quadprog.solve_qp(gram, np.zeros(count), sums, bounds, 1)[0]


def moved(gram, start, weights):
    """Run from a start; the weights of all candidates."""
    count = len(gram)
    corral, trial = np.zeros(count + 1, np.int64), np.zeros(count + 1)
    corral[: len(start)], trial[: len(start)] = start, weights
    size = kernel.nearest_point(gram, corral, trial, len(start), TOLERANCE)
    assert len(set(corral[:size].tolist())) == size
    assert (trial[:size] > 0).all()
    found = np.zeros(count)
    found[corral[:size]] = trial[:size]
    return found


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("count", [1, 2, 6])
def test_the_nearest_point_is_that_of_a_quadratic_program_from_any_start(seed, count):
    x = points(seed, count)
    gram = x.T @ x
    wanted = nearest(gram)
    everyone = np.arange(count)
    for start in ([0], [count - 1], everyone, everyone[::-1], everyone[: (count + 1) // 2]):
        weights = np.arange(1.0, len(start) + 1)
        found = moved(gram, start, weights / weights.sum())
        np.testing.assert_allclose(found, wanted, atol=1e-10)


def test_a_start_whose_points_depend_on_each_other_falls_back_on_the_heaviest():
    x = points(3, 4)
    x[:, 1] = x[:, 0]
    gram = x.T @ x
    for weights in ([0.3, 0.5, 0.2], [0.6, 0.3, 0.1], [0.1, 0.2, 0.7]):
        found = moved(gram, [0, 1, 2], weights)
        point = x @ found
        assert (x.T @ point).min() >= point @ point - 1e-12
        assert found.sum() == pytest.approx(1.0)


def test_a_hull_around_the_origin_is_met_at_it():
    x = np.column_stack([np.eye(2), -np.eye(2)])
    found = moved(x.T @ x, [0], [1.0])
    np.testing.assert_allclose(x @ found, 0, atol=1e-12)
    assert found.sum() == pytest.approx(1.0)


def test_points_in_line_leave_the_corral_as_they_must():
    """The nearest of three points on a line is the one in the middle of the other two's reach."""
    x = np.array([[1.0, 1.0, 1.0], [-3.0, 0.0, 2.0]])
    for start in ([0], [1], [2], [0, 2], [2, 0]):
        weights = np.full(len(start), 1 / len(start))
        point = x @ moved(x.T @ x, start, weights)
        np.testing.assert_allclose(point, [1.0, 0.0], atol=1e-12)


def test_the_factor_is_that_of_cholesky_row_by_row():
    x = points(4, 5)
    gram = x.T @ x
    corral = np.array([3, 0, 4, 1, 0])
    factor = np.full((6, 6), 7.0)
    assert kernel._extend(factor, gram, corral, 0, 4) == 4
    used = corral[:4]
    wanted = np.linalg.cholesky(1 + gram[np.ix_(used, used)])
    np.testing.assert_allclose(np.tril(factor[:4, :4]), wanted, rtol=1e-12)
    kept = factor.copy()
    assert kernel._extend(factor, gram, corral, 2, 4) == 4
    np.testing.assert_array_equal(factor, kept)
    assert kernel._extend(factor, gram, corral, 0, 5) == 4  # the point 0 is there already
    assert kernel._extend(factor, gram, corral[1:], 0, 4) == 3


def test_the_affine_point_solves_its_equations():
    x = points(5, 4)
    gram = x.T @ x
    factor, weights = np.zeros((5, 5)), np.zeros(5)
    kernel._extend(factor, gram, np.arange(4), 0, 4)
    kernel._affine(factor, 4, weights)
    solved = np.linalg.solve(gram + 1, np.ones(4))
    np.testing.assert_allclose(weights[:4], solved / solved.sum(), rtol=1e-10)
    assert weights[4] == 0


def test_a_candidate_enters_from_a_tolerance_below_the_plane():
    gram = np.array([[1.0, 0.9], [0.9, 4.0]])
    for tolerance, used in ((0.05, 2), (0.2, 1)):
        corral, weights = np.array([0, 0, 0]), np.array([1.0, 0.0, 0.0])
        assert kernel.nearest_point(gram, corral, weights, 1, tolerance) == used
