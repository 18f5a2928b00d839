"""Eigenvalues of a diagonal matrix and two or three directions, against whole decompositions."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.models import completion_kernel as kernel


def drawn(seed, size=9, directions=3):
    rng = np.random.default_rng(seed)
    values = np.sort(rng.uniform(0, 4, size))[::-1].copy()
    return values, rng.standard_normal((size, directions))


SCALES = {2: np.array([1.0, -0.4]), 3: np.array([1.0, -0.3, -1.0])}


@pytest.mark.parametrize("directions", [2, 3])
@pytest.mark.parametrize("seed", range(6))
def test_the_axes_beyond_a_bound_are_those_of_the_whole_matrix(seed, directions):
    values, sides = drawn(seed, directions=directions)
    scales = SCALES[directions]
    matrix = np.diag(values) + (sides * scales) @ sides.T
    sizes, turns = np.linalg.eigh(matrix)
    sizes, turns = sizes[::-1], turns[:, ::-1]
    for bound in (0.0, 0.5, 1.7, float(sizes[0]) * 0.9, float(sizes[0]) + 0.1):
        found, rows = kernel.leading_axes(values, sides, scales, bound)
        wanted = sizes > bound
        np.testing.assert_allclose(found, sizes[wanted], rtol=1e-12)
        assert rows.shape == (wanted.sum(), 9)
        if wanted.any():
            np.testing.assert_allclose(
                rows.T @ rows, turns[:, wanted] @ turns[:, wanted].T, atol=1e-9
            )
            np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, rtol=1e-12)


def test_directions_that_only_lower_or_only_raise():
    values, sides = drawn(7, directions=2)
    for scales in (np.array([0.5, 1.0]), np.array([-0.05, -0.1])):
        sizes = np.linalg.eigvalsh(np.diag(values) + (sides * scales) @ sides.T)[::-1]
        found, _ = kernel.leading_axes(values, sides, scales, 0.3)
        np.testing.assert_allclose(found, sizes[sizes > 0.3], rtol=1e-12)


def test_an_axis_all_but_untouched_keeps_its_digits():
    """Its eigenvalue lies 1e-14 from an entry of the diagonal."""
    values, sides = drawn(8, directions=2)
    sides[2] *= 1e-7
    sides[5] *= 1e-9
    scales = np.array([1.0, -0.4])
    sizes, turns = np.linalg.eigh(np.diag(values) + (sides * scales) @ sides.T)
    found, rows = kernel.leading_axes(values, sides, scales, 0.1)
    wanted = sizes > 0.1
    np.testing.assert_allclose(found, sizes[wanted][::-1], rtol=1e-13)
    near = rows[np.argmin(np.abs(found - values[2]))]
    assert abs(near[2]) == pytest.approx(1.0, abs=1e-9)
    np.testing.assert_allclose(rows.T @ rows, turns[:, wanted] @ turns[:, wanted].T, atol=1e-7)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_small_matrix_is_split_by_turns(size):
    rng = np.random.default_rng(size)
    for scale in (1e-6, 1.0, 1e6):
        whole = rng.standard_normal((size, size)) * scale
        whole = whole + whole.T
        matrix, vectors = whole.copy(), np.empty((size, size))
        kernel._turned(matrix, vectors)
        np.testing.assert_allclose(
            np.sort(matrix.diagonal()), np.linalg.eigvalsh(whole), rtol=1e-11, atol=1e-12 * scale
        )
        np.testing.assert_allclose(vectors.T @ vectors, np.eye(size), atol=1e-13)
        turned = vectors.T @ whole @ vectors
        np.testing.assert_allclose(turned, np.diag(matrix.diagonal()), atol=1e-12 * scale)


def test_equal_entries_are_turned_by_half_a_right_angle():
    matrix, vectors = np.array([[2.0, -1.0], [-1.0, 2.0]]), np.empty((2, 2))
    kernel._turned(matrix, vectors)
    np.testing.assert_allclose(np.sort(matrix.diagonal()), [1.0, 3.0], rtol=1e-15)
    np.testing.assert_allclose(np.abs(vectors), np.full((2, 2), 0.5**0.5), rtol=1e-15)


def test_the_small_matrix_and_its_slope_are_their_formulas():
    values, sides = drawn(9)
    inverse = 1 / SCALES[3]
    for origin, shift in ((0.0, 1.234), (float(values[3]), 0.05), (2.0, -0.3)):
        matrix, slope = np.full((3, 3), 7.0), np.full((3, 3), 7.0)
        kernel._small(values, sides, inverse, origin, shift, matrix, slope)
        apart = values - origin - shift
        np.testing.assert_allclose(matrix, np.diag(inverse) + sides.T / apart @ sides, rtol=1e-10)
        np.testing.assert_allclose(slope, sides.T / apart**2 @ sides, rtol=1e-10)


def test_the_inertia_of_the_small_matrix_counts_the_eigenvalues_beyond_a_point():
    values, sides = drawn(10)
    sizes = np.linalg.eigvalsh(np.diag(values) + (sides * SCALES[3]) @ sides.T)
    matrix, slope, turns = np.empty((3, 3)), np.empty((3, 3)), np.empty((3, 3))
    for point in (-3.0, 0.01, 0.7, 1.9, 3.3, 9.0, 40.0):
        kernel._small(values, sides, 1 / SCALES[3], 0.5, point - 0.5, matrix, slope)
        kernel._turned(matrix, turns)
        found = kernel._beyond(values, 0.5, point - 0.5, matrix, 1)
        assert found == (sizes > point).sum()


def test_small_parts():
    assert kernel._positive(np.array([1.0, 0.0, -2.0, 3.0])) == 2
    values = np.array([5.0, 3.0, 1.0])
    assert [kernel._nearest(values, at) for at in (9.0, 4.1, 3.9, 1.2, -4.0)] == [5, 5, 3, 1, 1]
    matrix = np.array([[-4.0, 9.0, 9.0], [9.0, 0.5, 9.0], [9.0, 9.0, 2.0]])
    turns, side = np.arange(9.0).reshape(3, 3), np.empty(3)
    assert kernel._crossing(matrix, turns, side) == 0.5
    assert side.tolist() == [1.0, 4.0, 7.0]
    assert kernel._along(matrix, np.array([1.0, 2.0, 3.0])) == pytest.approx(
        np.array([1.0, 2.0, 3.0]) @ matrix @ [1.0, 2.0, 3.0]
    )
