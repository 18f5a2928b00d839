"""What controls choose for themselves, by trying every choice plainly."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.models.completion import SplitMarket, best_penalty, completed, penalties
from analysis.models.donors import ElasticNet, SyntheticControl
from analysis.models.latent import InteractiveEffects, best_rank, principal_components
from analysis.models.simplex import simplex_least_squares


def market(rows: int, donors: int, seed: int = 1):
    """Draw donors with one common factor, and a firm that shares it."""
    rng = np.random.default_rng(seed)
    factor = rng.standard_normal(rows)
    x = np.outer(factor, 1 + 0.3 * rng.standard_normal(donors))
    x += 0.7 * rng.standard_normal((rows, donors))
    return factor + 0.7 * rng.standard_normal(rows), x


@pytest.mark.parametrize("rows", [5, 6, 9])
def test_the_number_of_factors_errs_least_on_sessions_left_out(rows):
    """Regressions on the factors as they are, refitted without each session in turn."""
    for seed in range(25):
        y, x = market(rows, 4, seed)
        scores, _ = principal_components(x)
        most = min(rows - 2, scores.shape[1])
        errors = []
        for rank in range(most + 1):
            design = np.column_stack([np.ones(rows), scores[:, :rank]])
            total = 0.0
            for out in range(rows):
                keep = np.arange(rows) != out
                values = np.linalg.lstsq(design[keep], y[keep], rcond=None)[0]
                total += float(y[out] - design[out] @ values) ** 2
            errors.append(total)
        assert best_rank(y, scores, most) == int(np.argmin(errors))


def test_a_fit_on_factors_is_least_squares_on_them():
    y, x = market(60, 8)
    left = np.linalg.svd(x - x.mean(axis=0), full_matrices=False)[0][:, :2]
    design = np.column_stack([np.ones(60), left])
    values = np.linalg.lstsq(design, y, rcond=None)[0]
    fit = InteractiveEffects(factors=2).fit(y, x, tuple("abcdefgh"))
    np.testing.assert_allclose(fit.residuals, y - design @ values, atol=1e-12)
    assert (fit.df, fit.tuning) == (57, 2)
    again = fit.predict(x, gap=0).expected
    np.testing.assert_allclose(y - again, fit.residuals, atol=1e-12)


def test_freedom_is_what_the_weights_that_are_used_leave():
    y, x = market(60, 5)
    for estimator, free in ((ElasticNet(0.5, 0.3), 1), (SyntheticControl(), -1)):
        fit = estimator.fit(y, x, tuple("abcde"))
        weights = np.array(list(fit.coefficients.values()))[1:]
        assert weights[0] != 0
        used = int((np.abs(weights) > 1e-12).sum())
        assert fit.df == 60 - used - free


@pytest.mark.parametrize("donors", [3, 30])
def test_penalties_fall_from_the_largest_singular_value_to_a_hundredth(donors):
    y, x = market(12, donors)
    matrix = np.column_stack([x, y])
    centred = matrix - matrix.mean(axis=0) - matrix.mean(axis=1, keepdims=True) + matrix.mean()
    grid = penalties(y, x)
    assert grid[0] == pytest.approx(np.linalg.svd(centred, compute_uv=False)[0])
    np.testing.assert_allclose(grid[1:] / grid[:-1], 0.01 ** (1 / 7))
    assert len(grid) == 8


def test_the_search_for_a_penalty_ends_where_the_error_has_risen_twice():
    y, x = market(40, 6)
    donors = SplitMarket.of(x)
    fold = np.arange(40) % 5

    def errors(penalty):
        out = np.empty(40)
        for held in range(5):
            known = fold != held
            out[~known] = (y - completed(y, donors, known, float(penalty)))[~known]
        return out

    grid = penalties(y, x)
    totals = np.array([np.square(errors(penalty)).sum() for penalty in grid])
    order = np.argsort(totals)
    best, good, bad, worst = grid[order[[0, 1, -2, -1]]]
    found, residuals = best_penalty(y, donors, np.array([good, bad, best]))
    assert found == best
    np.testing.assert_allclose(residuals, errors(best), atol=1e-5)
    found, residuals = best_penalty(y, donors, np.array([good, bad, worst, best]))
    assert found == good
    np.testing.assert_allclose(residuals, errors(good), atol=1e-5)


@pytest.mark.parametrize("donors", [6, 60])
def test_missing_cells_are_those_that_lowered_singular_values_give_back(donors):
    """Mazumder, Hastie and Tibshirani's plain iteration to its fixed point."""
    y, x = market(40, donors)
    known = np.arange(40) < 37
    penalty = float(penalties(y, x)[2])
    column = np.where(known, y, 0.0)
    for _ in range(3000):
        matrix = np.column_stack([x, column])
        rows, columns = matrix.mean(axis=1, keepdims=True), matrix.mean(axis=0)
        effects = rows + columns - matrix.mean()
        left, sizes, right = np.linalg.svd(matrix - effects, full_matrices=False)
        lowered = (left * np.maximum(sizes - penalty, 0)) @ right + effects
        before, column = column, np.where(known, y, lowered[:, -1])
        if np.abs(column - before).max() < 1e-9:
            break
    found = completed(y, SplitMarket.of(x), known, penalty)
    np.testing.assert_allclose(found[~known], column[~known], atol=1e-5)
    np.testing.assert_allclose(found[known], lowered[known, -1], atol=1e-5)


@pytest.mark.parametrize("ridge", [0.0, 3.0])
def test_the_objective_is_the_distance_and_its_penalty(ridge):
    y, x = market(30, 5)
    fit = simplex_least_squares(y, x, ridge=ridge)
    weights = fit.dense(5)
    wanted = np.square(y - x @ weights).sum() + ridge * np.square(weights).sum()
    assert fit.objective == pytest.approx(wanted)
